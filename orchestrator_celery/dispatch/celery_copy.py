"""Celery's copy of a result: stored and deleted by means of the app's result backend, as far as it can do that."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from celery.backends.rpc import RPCBackend

__all__ = ("forget_copy", "store_copy")


def forget_copy(backend: Any, task_id: str) -> None:
    """Delete Celery's copy of a result. Some backends cannot delete, or raise if there is no copy."""
    with suppress(NotImplementedError, FileNotFoundError):
        backend.forget(task_id)


def store_copy(backend: Any, task_id: str, result: Any, state: str) -> None:
    """Store a copy of a result outside of its task.

    The rpc backend sends results to the client of a task. Outside of the task there is no client to send to.
    """
    if not isinstance(backend, RPCBackend):
        backend.store_result(task_id, result, state)

"""The task of an eager run that runs in this context, for `current_node()`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator_celery.lifecycle.eager.parts import EagerParts
    from orchestrator_celery.model.ids import LeafId

__all__ = ("EagerTask", "eager_task", "running_task")


@dataclass(frozen=True)
class EagerTask:
    """One task of an eager run.

    Args:
        parts: the parts of the run.
        leaf: the run, the node and the attempt.
    """

    parts: EagerParts
    leaf: LeafId


_RUNNING: ContextVar[EagerTask | None] = ContextVar("orchestrator_celery_eager_task", default=None)


def eager_task(task_id: str | None) -> EagerTask | None:
    """Return the task of an eager run that has this id; None for a task that such a task applies by itself."""
    found = _RUNNING.get()
    return found if found is not None and str(found.leaf) == task_id else None


@contextmanager
def running_task(task: EagerTask) -> Iterator[None]:
    """Mark a block in which the task runs."""
    token = _RUNNING.set(task)
    try:
        yield
    finally:
        _RUNNING.reset(token)

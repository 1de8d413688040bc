"""Starts of runs with arguments that a person has given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from orchestrator_celery import InvalidWorkflow

__all__ = ("given_arguments",)


@contextmanager
def given_arguments() -> Iterator[None]:
    """Refuse arguments that the first tasks do not take, which Celery tells by a `TypeError`; nothing was started.

    Raises:
        InvalidWorkflow: names the task and the argument.
    """
    try:
        yield
    except TypeError as exc:
        raise InvalidWorkflow(f"Nothing was started, because the arguments do not fit: {exc}.") from exc

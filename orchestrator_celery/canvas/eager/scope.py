"""Whether a task runs in an eager application of a primitive, which needs no store, broker or result backend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ("running_eagerly", "runs_eagerly")

_INSIDE: ContextVar[bool] = ContextVar("orchestrator_celery_eager", default=False)


def runs_eagerly() -> bool:
    """Whether an eager application of a primitive is under way in this context."""
    return _INSIDE.get()


@contextmanager
def running_eagerly(app: Any) -> Iterator[None]:
    """Mark a block in which the tasks of an app run eagerly, as parts of a primitive."""
    app.finalize(auto=True)  # tasks get what the extension adds to them
    token = _INSIDE.set(True)
    try:
        yield
    finally:
        _INSIDE.reset(token)

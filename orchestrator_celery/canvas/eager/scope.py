"""Whether a task runs in an eager application of a primitive, which needs no store, broker or result backend."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar

__all__ = ("eagerly", "runs_eagerly")

Method = TypeVar("Method", bound=Callable[..., Any])

_INSIDE: ContextVar[bool] = ContextVar("orchestrator_celery_eager", default=False)


def runs_eagerly() -> bool:
    """Whether an eager application of a primitive is under way in this context."""
    return _INSIDE.get()


def eagerly(method: Method) -> Method:
    """Decorator of the methods that apply a primitive in this process."""

    @wraps(method)
    def apply(self: Any, *args: Any, **kwargs: Any) -> Any:
        self.app.finalize(auto=True)  # tasks get what the extension adds to them
        token = _INSIDE.set(True)
        try:
            return method(self, *args, **kwargs)
        finally:
            _INSIDE.reset(token)

    return apply  # type: ignore[return-value]

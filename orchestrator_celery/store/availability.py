"""Turns connection errors of Redis into `StoreUnavailable`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from orchestrator_celery.errors import StoreUnavailable

__all__ = ("UNREACHABLE", "raises_store_unavailable")

#: The errors that mean: the store cannot be reached now.
UNREACHABLE = (StoreUnavailable, RedisConnectionError, RedisTimeoutError)

Class = TypeVar("Class", bound=type)


def raises_store_unavailable(cls: Class) -> Class:
    """Class decorator: public methods raise `StoreUnavailable` if Redis cannot be reached."""
    for name, member in list(vars(cls).items()):
        if callable(member) and not name.startswith("_"):
            setattr(cls, name, _converting(member))
    return cls


def _converting(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except (RedisConnectionError, RedisTimeoutError) as exc:
            raise StoreUnavailable(f"The store did not answer: {exc}. Check that it is up, then call again.") from exc

    return call

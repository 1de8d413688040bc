"""A store that does not answer is one error of ours, whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from orchestrator_celery.errors import StoreUnavailable

__all__ = ("UNREACHABLE", "answers")

#: What says that the server cannot be asked now.
UNREACHABLE = (StoreUnavailable, RedisConnectionError, RedisTimeoutError)

Class = TypeVar("Class", bound=type)


def answers(cls: Class) -> Class:
    """Let the public methods of a class raise `StoreUnavailable` where Redis cannot be asked."""
    for name, member in list(vars(cls).items()):
        if callable(member) and not name.startswith("_"):
            setattr(cls, name, _plainly(member))
    return cls


def _plainly(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def asked(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except (RedisConnectionError, RedisTimeoutError) as exc:
            raise StoreUnavailable(f"The store did not answer: {exc}. Check that it is up, then call again.") from exc

    return asked

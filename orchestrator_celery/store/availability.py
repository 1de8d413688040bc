"""A store that cannot be used now raises one error of ours, whatever Redis says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any, TypeVar

from redis.exceptions import (
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from orchestrator_celery.errors import StoreUnavailable

__all__ = ("UNREACHABLE", "asking", "raises_store_unavailable", "refused_for_now")

#: Errors of a store that cannot be used now.
UNREACHABLE = (StoreUnavailable, RedisConnectionError, RedisTimeoutError)

#: Refusals for which redis-py has a class, with the error code that it removes from the text.
_REFUSALS: dict[type[BaseException], str] = {
    BusyLoadingError: "LOADING",
    ClusterDownError: "CLUSTERDOWN",
    MasterDownError: "MASTERDOWN",
    NoPermissionError: "NOPERM",
    OutOfMemoryError: "OOM",
    ReadOnlyError: "READONLY",
    TryAgainError: "TRYAGAIN",
}
#: Error codes with which a server refuses a command that it may take later, from the list of error replies in the Redis
#: documentation (`redis.io/docs/latest/develop/reference/protocol-spec`) and `server.c`.
#: Inside a script Redis 6.2 puts them behind a dash, in the middle of a sentence.
_CODES = re.compile(
    r"(?:^|[\s:-])(?:OOM|READONLY|MISCONF|NOREPLICAS|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|LOADING|BUSY|NOPERM)\b"
    r"|The user executing the script can't"  # Redis 6.2 and 7.0 leave the code out
)

Class = TypeVar("Class", bound=type)


def refused_for_now(exc: BaseException) -> bool:
    """Whether a server refused a command that it may take later: memory is full, it is read-only, it still loads."""
    return isinstance(exc, tuple(_REFUSALS)) or (isinstance(exc, ResponseError) and bool(_CODES.search(str(exc))))


class _Asking:
    """The block of `asking`. It is a class because a generator costs more, and each call to the store enters two."""

    def __init__(self, consequence: str) -> None:
        self._consequence = consequence

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: object) -> None:
        if isinstance(exc, (RedisConnectionError, RedisTimeoutError, ResponseError)):
            self._translate(exc)

    def _translate(self, exc: BaseException) -> None:
        start = f"{self._consequence}: the store" if self._consequence else "The store"
        for_now, is_answer = refused_for_now(exc), not isinstance(exc, (RedisConnectionError, RedisTimeoutError))
        if for_now:
            advice = f"{_advice(exc)}, then call again." if is_answer else "Call again later."
            raise StoreUnavailable(f"{start} refused for now: {_words(exc)}. {advice}") from exc
        if not is_answer:
            words = f"{_words(exc)}. Check that it is up, then call again."
            raise StoreUnavailable(f"{start} did not answer: {words}") from exc


def asking(consequence: str = "") -> AbstractContextManager[None]:
    """Raise `StoreUnavailable` if the store cannot be used in the block.

    Args:
        consequence: begins the error's message, such as "The run was not started".

    Raises:
        StoreUnavailable: the server cannot be reached, or refused the command for now; with the server's own words.
    """
    return _Asking(consequence)


def raises_store_unavailable(cls: Class) -> Class:
    """Class decorator: public methods raise `StoreUnavailable` if Redis cannot be used now."""
    for name, member in list(vars(cls).items()):
        if callable(member) and not name.startswith("_"):
            setattr(cls, name, _translated(member))
    return cls


def _translated(method: Callable[..., Any]) -> Callable[..., Any]:
    if isgeneratorfunction(method):

        @wraps(method)
        def iterated(*args: Any, **kwargs: Any) -> Iterator[Any]:
            with asking():
                yield from method(*args, **kwargs)

        return iterated

    @wraps(method)
    def asked(*args: Any, **kwargs: Any) -> Any:
        with asking():
            return method(*args, **kwargs)

    return asked


def _advice(exc: BaseException) -> str:
    if isinstance(exc, NoPermissionError) or "NOPERM" in str(exc) or "The user executing" in str(exc):
        return "`celery orchestrator doctor` lists what the store's user lacks: allow it"
    return "Check its memory, its disk and its role"


def _words(exc: BaseException) -> str:
    """The words of the server, with the error code that redis-py took off."""
    code = _REFUSALS.get(type(exc), "")
    return f"{code} {exc}".strip().rstrip(".")

"""Repeats a call while the store is unavailable."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from orchestrator_celery.store.availability import UNREACHABLE

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("patiently",)

Result = TypeVar("Result")

#: Seconds between two tries, first and at most.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0


def patiently(
    container: Container,
    call: Callable[..., Result],
    *args: Any,
    transient: tuple[type[BaseException], ...] = UNREACHABLE,
) -> Result:
    """Make a call and repeat it while the store is unavailable, for up to `orchestrator_store_patience` seconds.

    Args:
        container: the parts of the orchestrator.
        call: the function; calling it twice must be safe.
        *args: its arguments.
        transient: the errors after which the call is repeated.

    Raises:
        redis.exceptions.ConnectionError, redis.exceptions.TimeoutError: the store is still unavailable at the end.
    """
    deadline, pause = time.monotonic() + container.settings.store_patience, _FIRST_PAUSE
    while True:
        try:
            return call(*args)
        except transient:
            if time.monotonic() >= deadline:
                raise
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

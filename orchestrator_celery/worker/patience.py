"""Patience with a store that is away for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from orchestrator_celery.store.availability import UNREACHABLE

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("patiently",)

Result = TypeVar("Result")

#: Seconds between two tries.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0


def patiently(
    container: Container,
    call: Callable[..., Result],
    *args: Any,
    passing: tuple[type[BaseException], ...] = UNREACHABLE,
) -> Result:
    """Call something, and call it again while the store is away, for up to `orchestrator_store_patience` seconds.

    Args:
        container: the parts of the orchestrator.
        call: a call that may be repeated.
        args: its arguments.
        passing: errors that may pass.

    Raises:
        redis.exceptions.ConnectionError, redis.exceptions.TimeoutError: the store stayed away.
    """
    deadline, pause = time.monotonic() + container.settings.store_patience, _FIRST_PAUSE
    while True:
        try:
            return call(*args)
        except passing:
            if time.monotonic() >= deadline:
                raise
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

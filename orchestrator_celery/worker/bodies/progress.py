"""The progress that a task reports: written a few times a second at most, and once more before its outcome."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.store.availability import UNREACHABLE

if TYPE_CHECKING:
    from orchestrator_celery.model.ids import Fence, LeafId
    from orchestrator_celery.store import Effects

__all__ = ("ProgressUpdate", "ProgressWriter", "progress_update")

logger = safe_logger(__name__)

#: Seconds between two writes of one body, and after a write that did not reach the store.
_EVERY, _LATER = 0.25, 2.0
#: Most characters of a message.
_LONGEST = 1000

#: Writes the progress of a body to the store; calling it twice is safe.
Write = Callable[["LeafId", "Fence", str, str, str], "Effects"]


class ProgressUpdate(NamedTuple):
    """One report of progress, as text for the store."""

    done: str
    total: str
    message: str


def progress_update(done: Any, total: Any, message: Any) -> ProgressUpdate:
    """Check one report of progress.

    Raises:
        OrchestratorError: a value is not a finite number or is negative, the total is 0, or the message is not text.
    """
    if total is not None and _number("total", total) == "0":
        raise _refused("total", total, "give a number above 0, or None if the total is unknown")
    if not isinstance(message, str):
        raise _refused("message", message, "give text")
    return ProgressUpdate(_number("done", done), "" if total is None else _number("total", total), message[:_LONGEST])


def _number(name: str, value: Any) -> str:
    if not isinstance(value, bool) and isinstance(value, Real):
        with suppress(OverflowError):
            number = float(value)
            if math.isfinite(number) and number >= 0:
                return f"{number:.15g}"
    raise _refused(name, value, "give a number of at least 0")


def _refused(name: str, value: Any, instead: str) -> OrchestratorError:
    return OrchestratorError(f"progress({name}={safe_repr(value)}) is not allowed: {instead}.")


class ProgressWriter:
    """Writes the progress of one body, and keeps the newest report until it may be written."""

    def __init__(self) -> None:
        # Reentrant: a signal handler may run while the body reports its progress.
        self._lock = threading.RLock()
        self._waiting: ProgressUpdate | None = None
        self._next = 0.0

    def write(self, update: ProgressUpdate, write: Write, leaf: LeafId, fence: Fence) -> None:
        """Write a report, or keep it until the next write is due. An unavailable store does not fail the body."""
        with self._lock:
            self._waiting = update
            now = time.monotonic()
            if now < self._next:
                return
            self._next = now + _LATER
            with suppress(*UNREACHABLE):
                write(leaf, fence, *update)
                self._next = now + _EVERY
                self._forget(update)

    def flush(self, patiently: Callable[..., Effects], write: Write, leaf: LeafId, fence: Fence) -> None:
        """Write the report that waits, before the outcome of the body is reported."""
        with self._lock:
            update = self._waiting
            if update is None:
                return
            try:
                patiently(write, leaf, fence, *update)
            except UNREACHABLE as exc:
                logger.warning(
                    "The last progress of a task was not stored: %r",
                    exc,
                    extra={"action": "progress", "run": leaf.run, "node": leaf.node},
                )
            self._forget(update)

    def _forget(self, update: ProgressUpdate) -> None:
        if self._waiting is update:
            self._waiting = None

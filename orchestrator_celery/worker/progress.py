"""What a task says of how far it is: written a few times a second at most, and the last word before its end is told."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.safe_log import safe_logger
from orchestrator_celery.model.safe_text import safe_repr
from orchestrator_celery.store.availability import UNREACHABLE

if TYPE_CHECKING:
    from orchestrator_celery.model.ids import Fence, LeafId
    from orchestrator_celery.store import Effects

__all__ = ("Said", "Words", "words")

logger = safe_logger(__name__)

#: Seconds between two writes of one body, and after one that did not reach the store.
_EVERY, _LATER = 0.25, 2.0
_LONGEST = 1000

#: Writes words for a body; may be done twice.
Write = Callable[["LeafId", "Fence", str, str, str], "Effects"]


class Words(NamedTuple):
    """What a task says, as the store takes it."""

    done: str
    total: str
    message: str


def words(done: Any, total: Any, message: Any) -> Words:
    """Check what a task says.

    Raises:
        OrchestratorError: no numbers, a negative one, a total of 0, or a message that is no text.
    """
    if total is not None and _number("total", total) == "0":
        raise _refused("total", total, "give a number above 0, or None where nobody knows")
    if not isinstance(message, str):
        raise _refused("message", message, "give text")
    return Words(_number("done", done), "" if total is None else _number("total", total), message[:_LONGEST])


def _number(name: str, value: Any) -> str:
    if not isinstance(value, bool) and isinstance(value, Real):
        with suppress(OverflowError):
            number = float(value)
            if math.isfinite(number) and number >= 0:
                return f"{number:.15g}"
    raise _refused(name, value, "give a number of at least 0")


def _refused(name: str, value: Any, instead: str) -> OrchestratorError:
    return OrchestratorError(f"progress({name}={safe_repr(value)}) is not allowed: {instead}.")


class Said:
    """What one body has said, and what of it is still to be written."""

    def __init__(self) -> None:
        # Entered again by a handler of a signal that hits the body while it speaks.
        self._lock = threading.RLock()
        self._waiting: Words | None = None
        self._next = 0.0

    def say(self, said: Words, write: Write, leaf: LeafId, fence: Fence) -> None:
        """Write it, or keep it until it is time; a store that is away is no matter of the body's."""
        with self._lock:
            self._waiting = said
            now = time.monotonic()
            if now < self._next:
                return
            self._next = now + _LATER
            with suppress(*UNREACHABLE):
                write(leaf, fence, *said)
                self._next = now + _EVERY
                self._forget(said)

    def last(self, patiently: Callable[..., Effects], write: Write, leaf: LeafId, fence: Fence) -> None:
        """Write what waits: the end of the body is told next."""
        with self._lock:
            said = self._waiting
            if said is None:
                return
            try:
                patiently(write, leaf, fence, *said)
            except UNREACHABLE as exc:
                logger.warning(
                    "How far a task was at its end could not be kept: %r",
                    exc,
                    extra={"action": "progress", "run": leaf.run, "node": leaf.node},
                )
            self._forget(said)

    def _forget(self, said: Words) -> None:
        if self._waiting is said:
            self._waiting = None

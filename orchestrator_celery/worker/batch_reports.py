"""The ends of a batch's items that the store does not know yet, and when to report them.

If the process is killed, the items whose ends are not reported run again. The end of a body that took longer than a
report costs is therefore reported before the next body begins. The ends of shorter bodies are gathered for a moment.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator_celery.store.transitions.swarms import Ended

__all__ = ("UnreportedEnds",)

#: Seconds for which a body has to run, so that a report of its own costs little beside it; at least `_SHARE` reports.
_LONG_BODY, _SHARE = 0.005, 4
#: Seconds for which ends of shorter bodies are gathered.
_GATHER = 0.025


class UnreportedEnds:
    """Collects ends. The caller holds a lock around each call, and during the block of `reporting`."""

    def __init__(self) -> None:
        self._ended: list[Ended] = []
        self._since = 0.0
        #: Seconds that the last report took.
        self._cost = 0.0

    def __bool__(self) -> bool:
        return bool(self._ended)

    def add(self, ended: Ended) -> None:
        """Add the end of an item."""
        if not self._ended:
            self._since = time.monotonic()
        self._ended.append(ended)

    def are_due(self, seconds: float = 0.0) -> bool:
        """Whether the ends are to be reported now.

        Args:
            seconds: how long the last body ran.
        """
        if not self._ended:
            return False
        is_long = seconds >= max(_LONG_BODY, _SHARE * self._cost)
        return is_long or time.monotonic() - self._since >= _GATHER

    @contextmanager
    def reporting(self) -> Iterator[list[Ended]]:
        """Hand out all ends; if the block raises an error, they are due again."""
        ended, self._ended = self._ended, []
        begun = time.monotonic()
        try:
            yield ended
        except BaseException:
            self._ended = [*ended, *self._ended]
            raise
        if ended:
            self._cost = min(time.monotonic() - begun, _GATHER / _SHARE)

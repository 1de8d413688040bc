"""Entries of the feed on their way to the store: never in the way of a task, and bounded.

A thread collects the entries of a few milliseconds and writes them with one call. A process that is killed loses the
entries of that time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.records.streams.feed import FeedEntry, FeedKind
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.store.buffers.process_buffer import ProcessBuffer

__all__ = ("FeedBuffer",)

logger = safe_logger(__name__)

#: Most entries of one write.
_AT_ONCE = 500
#: Most entries that wait in a process. The feed says that further ones are missing.
_MOST = 10_000


class FeedBuffer(ProcessBuffer):
    """The entries of this process that are not written yet.

    Args:
        write: writes entries to the store.
    """

    _name, _every, _later = "orchestrator-feed", 0.02, 1.0

    def __init__(self, write: Callable[[Sequence[FeedEntry]], Any]) -> None:
        self._write = write
        super().__init__()
        self._flush_at_exit()

    def add(self, entry: FeedEntry) -> None:
        """Keep an entry until it is written. This never waits."""
        self._adopt()
        if len(self._entries) >= _MOST:
            self._is_full = True
            return
        self._entries.append(entry)
        self._wake()

    def flush(self) -> bool:
        """Write all entries, and return whether none is left."""
        self._adopt()
        with self._writing:
            while self._entries or self._is_full:
                if not self._write_some():
                    return False
            return True

    def _write_some(self) -> bool:
        taken = [self._entries.popleft() for _ in range(min(_AT_ONCE, len(self._entries)))]
        if not taken:
            self._is_full = False
            taken = [FeedEntry(FeedKind.LOST.value, value="changes came faster than they could be stored")]
        try:
            self._write(taken)
        except UNREACHABLE:
            self._entries.extendleft(reversed(taken))
            return False
        except Exception:  # the store refuses these entries for good, for example because it is full
            logger.exception("Entries of the feed of all runs were dropped.", extra={"action": "feed"})
        return True

    def _clear(self) -> None:
        self._entries: deque[FeedEntry] = deque()
        #: Whether entries were dropped, which the feed does not say yet.
        self._is_full = False

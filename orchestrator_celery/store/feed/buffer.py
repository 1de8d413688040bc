"""Entries of the feed on their way to the store: never in the way of a task, and bounded.

A thread collects the entries of a few milliseconds and writes them with one call. A process that is killed loses the
entries of that time.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.records.streams.feed import FeedEntry, FeedKind
from orchestrator_celery.store.availability import UNREACHABLE

__all__ = ("FeedBuffer",)

logger = safe_logger(__name__)

#: Seconds for which entries are collected, and after a write that did not reach the store.
_EVERY, _LATER = 0.02, 1.0
#: Most entries of one write.
_AT_ONCE = 500
#: Most entries that wait in a process. The feed says that further ones are missing.
_MOST = 10_000


class FeedBuffer:
    """The entries of this process that are not written yet.

    Args:
        write: writes entries to the store.
    """

    def __init__(self, write: Callable[[Sequence[FeedEntry]], Any]) -> None:
        self._write = write
        self._thread: threading.Thread | None = None
        self._start()
        own = weakref.ref(self)
        atexit.register(lambda: _flush_at_exit(own))

    def add(self, entry: FeedEntry) -> None:
        """Keep an entry until it is written. This never waits."""
        if self._pid != os.getpid():
            self._start()
        if len(self._entries) >= _MOST:
            self._is_full = True
            return
        self._entries.append(entry)
        if self._filled.empty():
            self._filled.put(None)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="orchestrator-feed", daemon=True)
            self._thread.start()

    def flush(self) -> bool:
        """Write all entries, and return whether none is left."""
        if self._pid != os.getpid():
            self._start()
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

    def _start(self) -> None:
        """Begin anew, in a new process: the entries, the lock and the thread belong to the old one."""
        self._pid = os.getpid()
        self._entries: deque[FeedEntry] = deque()
        #: Whether entries were dropped, which the feed does not say yet.
        self._is_full = False
        self._writing = threading.Lock()
        self._filled: SimpleQueue[None] = SimpleQueue()
        self._thread = None

    def _run(self) -> None:
        filled = self._filled
        while True:
            filled.get()
            time.sleep(_EVERY)
            while not self.flush():
                time.sleep(_LATER)


def _flush_at_exit(buffer: weakref.ref[FeedBuffer]) -> None:
    """Write what a client that ends has not written; a store that is away keeps it no longer than one call."""
    found = buffer()
    if found is not None and found._pid == os.getpid():
        with suppress(Exception):
            found.flush()

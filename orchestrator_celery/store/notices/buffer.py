"""Changes of status of which this process has to send notices: a thread does it, never in the way of a task.

If the process ends before that, or the broker cannot be reached, the reconciler sends them: the records of the runs
list them.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue

from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.records.notices.pending import OwedChange

__all__ = ("NoticeBuffer",)

logger = safe_logger(__name__)

#: Most changes that wait in a process; the reconciler takes care of others.
_MOST = 10_000


class NoticeBuffer:
    """The changes that this process has made and has not told of.

    Args:
        send: sends the notices of changes of a run.
    """

    def __init__(self, send: Callable[[str, Sequence[OwedChange]], object]) -> None:
        self._send = send
        self._thread: threading.Thread | None = None
        self._start()
        own = weakref.ref(self)
        atexit.register(lambda: _flush_at_exit(own))

    def add(self, run: str, change: OwedChange) -> None:
        """Have the notices of a change sent. This never waits."""
        if self._pid != os.getpid():
            self._start()
        if len(self._changes) >= _MOST:
            return
        self._changes.append((run, change))
        self._filled.put(None)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="orchestrator-notices", daemon=True)
            self._thread.start()

    def flush(self) -> None:
        """Send all notices now, as far as the broker and the store can be reached."""
        if self._pid != os.getpid():
            self._start()
        with self._sending:
            while self._changes:
                run, change = self._changes.popleft()
                try:
                    self._send(run, [change])
                except Exception as exc:
                    logger.warning(
                        "The reconciler sends the notices of a run, which cannot be sent now: %r",
                        exc,
                        extra={"action": "notify", "run": run},
                    )

    def _start(self) -> None:
        """Begin anew, in a new process: the changes, the lock and the thread belong to the old one."""
        self._pid = os.getpid()
        self._changes: deque[tuple[str, OwedChange]] = deque()
        self._sending = threading.Lock()
        self._filled: SimpleQueue[None] = SimpleQueue()
        self._thread = None

    def _work(self) -> None:
        filled = self._filled
        while True:
            filled.get()
            self.flush()


def _flush_at_exit(buffer: weakref.ref[NoticeBuffer]) -> None:
    """Send what a client that ends has not sent."""
    found = buffer()
    if found is not None and found._pid == os.getpid():
        with suppress(Exception):
            found.flush()

"""Changes of status of which this process has to send notices: a thread does it, never in the way of a task.

If the process ends before that, or the broker cannot be reached, the reconciler sends them: the records of the runs
list them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.records.notices.pending import OwedChange
from orchestrator_celery.store.buffers.process_buffer import ProcessBuffer

__all__ = ("NoticeBuffer",)

logger = safe_logger(__name__)

#: Most changes that wait in a process; the reconciler takes care of others.
_MOST = 10_000


class NoticeBuffer(ProcessBuffer):
    """The changes that this process has made and has not told of.

    Args:
        send: sends the notices of changes of a run.
    """

    _name, _every, _later = "orchestrator-notices", 0.0, 0.0

    def __init__(self, send: Callable[[str, Sequence[OwedChange]], object]) -> None:
        self._send = send
        super().__init__()
        self._flush_at_exit()

    def add(self, run: str, change: OwedChange) -> None:
        """Have the notices of a change sent. This never waits."""
        self._adopt()
        if len(self._changes) >= _MOST:
            return
        self._changes.append((run, change))
        self._wake()

    def flush(self) -> bool:
        """Send all notices now, as far as the broker and the store can be reached; none is left here."""
        self._adopt()
        with self._writing:
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
        return True

    def _clear(self) -> None:
        self._changes: deque[tuple[str, OwedChange]] = deque()

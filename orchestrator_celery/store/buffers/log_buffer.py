"""Log lines on their way to the store: never in the way of a task, and bounded.

A thread writes the buffer four times a second, and at once when many lines wait. The end of a body writes it first, so
that the lines of a node are there when its end is known. A process that is killed loses the lines of a quarter
of a second.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from typing import Any

from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.records.streams.logs import write_line
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.store.buffers.process_buffer import ProcessBuffer

__all__ = ("LogBuffer",)

logger = safe_logger(__name__)

#: Number of lines that are written at once, and at which the thread does not wait.
_AT_ONCE = 200
#: Most lines that wait in a process. Further ones are dropped and counted.
_MOST = 5_000


class LogBuffer(ProcessBuffer):
    """The lines of this process that are not written yet.

    Args:
        write: writes lines of a run to the store.
        mark: records which runs have new lines, for searches. The thread calls it, so that no task waits for it.
        dropped: is told how many lines were dropped.
    """

    _name, _every, _later = "orchestrator-logs", 0.25, 2.0

    def __init__(
        self,
        write: Callable[[str, list[bytes]], Any],
        mark: Callable[[list[str]], Any],
        dropped: Callable[[int], Any] = lambda count: None,
    ) -> None:
        self._write = write
        self._mark = mark
        self._on_dropped = dropped
        super().__init__()

    def add(self, run: str, line: bytes) -> None:
        """Keep a line until it is written. This never waits, and may be called from a signal handler."""
        self._adopt()
        if len(self._lines) >= _MOST:
            self._drop(run, line)
            return
        self._lines.append((run, line))
        self._wake(at_once=len(self._lines) >= _AT_ONCE)

    def flush(self) -> bool:
        """Write all lines, and return whether none is left. Without lines this costs nothing."""
        self._adopt()
        if not self._lines and not self._dropped and not self._writing.locked():
            return True
        with self._writing:
            while self._lines or self._dropped:
                if not (self._write_some() if self._lines else self._tell_dropped()):
                    return False
            return True

    def _work(self) -> bool:
        is_done = self.flush()
        if is_done:
            self._mark_runs()
        return is_done

    def _write_some(self) -> bool:
        taken = [self._lines.popleft() for _ in range(min(_AT_ONCE, len(self._lines)))]
        left: dict[str, list[bytes]] = {}
        for run, line in taken:
            left.setdefault(run, []).append(line)
        for run, lines in list(left.items()):
            try:
                self._write(run, lines)
            except UNREACHABLE:
                self._lines.extendleft(reversed([(other, line) for other, line in taken if other in left]))
                return False
            except Exception:  # the store refuses these lines for good
                self._drop(run, lines[-1], len(lines))
            self._unmarked.add(run)
            del left[run]
        return True

    def _mark_runs(self) -> None:
        """Record the runs whose lines were written. A search that lacks some finds them after their next line."""
        runs = list(self._unmarked)
        if not runs:
            return
        self._unmarked.difference_update(runs)
        try:
            self._mark(runs)
        except UNREACHABLE:
            self._unmarked.update(runs)
        except Exception:
            logger.exception("Runs with log lines cannot be recorded.", extra={"action": "logs"})

    def _tell_dropped(self) -> bool:
        """Write how many lines of a run are missing, after the lines that came through."""
        run, (count, line) = self._dropped.popitem()
        self._on_dropped(count)
        try:
            self._write(run, [_missing(count, line)])
        except UNREACHABLE:
            self._drop(run, line, count)
            return False
        except Exception:  # the store refuses this line, too
            return True
        return True

    def _drop(self, run: str, line: bytes, count: int = 1) -> None:
        self._dropped[run] = (self._dropped.get(run, (0, line))[0] + count, line)

    def _clear(self) -> None:
        self._lines: deque[tuple[str, bytes]] = deque()
        #: Numbers of dropped lines by run, with the last one.
        self._dropped: dict[str, tuple[int, bytes]] = {}
        #: Runs whose newest lines a search does not know of.
        self._unmarked: set[str] = set()


def _missing(count: int, line: bytes) -> bytes:
    """Return a line that says how many lines are missing after another one."""
    text = f"{count:,} lines were dropped: they came faster than they could be stored, or the store refused them."
    return write_line(json.loads(line)[0] / 1000, "WARNING", "orchestrator_celery", text, "", "", 0, "", "")

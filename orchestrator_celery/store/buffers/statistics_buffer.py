"""Counts of bodies on their way to the store: never in the way of a task, and bounded.

To count, a body appends to a list of its process. A thread adds up and writes what was counted every few seconds. A
process that is killed loses the counts of these seconds. Counts are never written twice: if the answer to a write is
lost, its counts are given up.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NamedTuple

from orchestrator_celery.errors import ForeignRun, FormatTooNew, FormatTooOld
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.records.statistics import Counted, Durations, Kind, Timed, bucket_of
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.store.buffers.process_buffer import ProcessBuffer

__all__ = ("StatisticsBuffer",)

logger = safe_logger(__name__)

#: Most tasks and categories that a process counts apart from each other in an hour.
_MOST_KINDS = 500
#: A run is told of its tasks when they took so many seconds, or are so many; and so many runs may wait for that.
_LONG, _MANY, _MOST_RUNS = 1.0, 50, 500
#: The category of all kinds beyond.
_OTHER = "(other)"


class _Event(NamedTuple):
    kind: Kind
    what: Counted
    timed: Timed | None
    seconds: float
    run: str
    number: int


class StatisticsBuffer(ProcessBuffer):
    """The counts of this process that are not written yet.

    Args:
        hour: asks the store for its hour.
        write: adds counts to an hour.
        tally: adds to the durations of a run.
    """

    _name, _every, _later = "orchestrator-statistics", 5.0, 5.0
    _counts: dict[Kind, Counter[str]]
    _runs: dict[str, dict[str, Durations]]
    _hour: int
    _known: set[Kind]

    def __init__(
        self,
        hour: Callable[[], int],
        write: Callable[[int, Mapping[Kind, Mapping[str, int]]], None],
        tally: Callable[[str, Mapping[str, Durations]], object],
    ) -> None:
        self._tally = tally
        self._ask_hour = hour
        self._write = write
        super().__init__()

    def add(
        self,
        kind: Kind,
        what: Counted,
        timed: Timed | None = None,
        seconds: float = 0.0,
        run: str = "",
        number: int = 1,
    ) -> None:
        """Count one body. This never waits.

        Args:
            kind: its task and category.
            what: the counter.
            timed: what `seconds` is, if it counts.
            seconds: a duration or a wait.
            run: the run in which a body of it has ended; '' for none.
            number: how many.
        """
        self._adopt()
        self._events.append(_Event(kind, what, timed, seconds, run, number))
        self._wake()

    def flush(self) -> bool:
        """Write all counts, and return whether none is left. Without counts this costs nothing."""
        self._adopt()
        if not self._events and not self._counts:
            return True
        with self._writing:
            self._add_up()
            try:
                hour = self._ask_hour()
            except UNREACHABLE:
                return False
            if hour != self._hour:
                self._hour, self._known = hour, set()
            counts, self._counts = self._counts, {}
            try:
                self._write(hour, self._bounded(counts))
                self._tell_runs()
            except Exception as exc:
                logger.warning("The statistics of some seconds are lost: %r", exc, extra={"action": "statistics"})
        return True

    def _add_up(self) -> None:
        while self._events:
            kind, what, timed, seconds, run, number = self._events.popleft()
            if run:
                tasks = self._runs.setdefault(run, {})
                tasks[kind.task] = tasks.get(kind.task, Durations()).plus(Durations(1, seconds, seconds**2))
            counts = self._counts.setdefault(kind, Counter())
            counts[what.value] += number
            if timed is not None:
                total = Counted.WAIT if timed is Timed.WAIT else Counted.DURATION
                counts[total.value] += round(seconds * 1000)
                counts[f"{timed.value}{bucket_of(seconds)}"] += 1

    def _tell_runs(self) -> None:
        """Tell runs how long their tasks took, where that costs little beside the tasks."""
        for run, tasks in list(self._runs.items()):
            if sum(one.total for one in tasks.values()) >= _LONG or sum(one.number for one in tasks.values()) >= _MANY:
                del self._runs[run]
                with suppress(ForeignRun, FormatTooNew, FormatTooOld):
                    self._tally(run, tasks)
        while len(self._runs) > _MOST_RUNS:
            del self._runs[next(iter(self._runs))]

    def _bounded(self, counts: Mapping[Kind, Counter[str]]) -> Mapping[Kind, Counter[str]]:
        """Return the counts; those of too many categories are added up."""
        found: dict[Kind, Counter[str]] = {}
        for kind, counted in counts.items():
            if kind.category and kind not in self._known and len(self._known) >= _MOST_KINDS:
                kind = kind._replace(category=_OTHER)
            self._known.add(kind)
            found.setdefault(kind, Counter()).update(counted)
        return found

    def _clear(self) -> None:
        self._events: deque[_Event] = deque()
        self._counts, self._runs = {}, {}
        self._hour, self._known = -1, set()

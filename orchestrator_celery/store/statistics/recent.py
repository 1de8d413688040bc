"""How long tasks took lately, as the statistics of all runs say. Read seldom, because an estimate asks for it often."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from orchestrator_celery.records.statistics import Counted, Durations, Timed, buckets_in, middle_of
from orchestrator_celery.store.statistics.counters import StatisticsStore

__all__ = ("RecentDurations",)

#: Hours that count, and seconds until they are read again.
_HOURS, _FRESH = 24, 30.0


class RecentDurations:
    """Durations by task, kept for half a minute in this process.

    Args:
        statistics: the statistics of tasks.
    """

    def __init__(self, statistics: Callable[[], StatisticsStore]) -> None:
        self._statistics = statistics
        self._found: dict[str, tuple[float, Durations]] = {}

    def of(self, tasks: Iterable[str]) -> dict[str, Durations]:
        """Return the durations of tasks that are known, by name."""
        now, wanted = time.monotonic(), set(tasks)
        old = {task for task in wanted if task not in self._found or now - self._found[task][0] > _FRESH}
        if old:
            self._found = {task: entry for task, entry in self._found.items() if now - entry[0] <= _FRESH}
            self._found.update((task, (now, durations)) for task, durations in self._read(old).items())
        return {task: self._found[task][1] for task in wanted if self._found[task][1].number}

    def _read(self, tasks: set[str]) -> dict[str, Durations]:
        statistics, found = self._statistics(), dict.fromkeys(tasks, Durations())
        last = statistics.hour()
        for _, kind, counters in statistics.read(range(last - _HOURS + 1, last + 1), lambda kind: kind.task in tasks):
            buckets = buckets_in(counters.items(), Timed.DURATION)
            squares = sum(count * middle_of(bucket) ** 2 for bucket, count in buckets.items())
            total = counters.get(Counted.DURATION.value, 0) / 1000
            found[kind.task] = found[kind.task].plus(Durations(sum(buckets.values()), total, squares))
        return found

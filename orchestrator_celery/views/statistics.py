"""Adds up the statistics of tasks."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.observe.statistics import HourStatistics, KindStatistics, Spread, Statistics
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.records.statistics import Counted, Kind, Timed, buckets_in, middle_of
from orchestrator_celery.store.statistics.counters import HOUR, StatisticsStore

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("read_statistics", "spread_of", "statistics_at")


def read_statistics(
    container: Container, task: str | None, category: str | None, since: datetime | timedelta | str
) -> Statistics:
    """Read the statistics of the whole hours since a time.

    Args:
        container: the parts of the orchestrator.
        task: only tasks of this name, in which `*` stands for any characters.
        category: only runs of this category; '' for runs without one.
        since: an aware datetime, or an age.

    Raises:
        OrchestratorError: `since` cannot be read, or has no time zone.
    """
    now = datetime.fromtimestamp(container.store.now(), timezone.utc)
    return statistics_at(container.statistics, now, container.settings.stats_retention, task, category, since)


def statistics_at(
    store: StatisticsStore,
    now: datetime,
    retention: float,
    task: str | None,
    category: str | None,
    since: datetime | timedelta | str,
) -> Statistics:
    """Read the statistics at a time; the other arguments and errors are those of `read_statistics`.

    Args:
        store: reads the counters.
        now: the time by the store's clock.
        retention: seconds for which hours are kept.
        task: the task.
        category: the category.
        since: the begin.
    """
    last = int(now.timestamp() // HOUR)
    first = max(int(_start(since, now).timestamp() // HOUR), last - int(retention // HOUR) - 1)
    total: Counter[str] = Counter()
    hours, tasks, categories = (defaultdict[Any, Counter[str]](Counter) for _ in range(3))
    for hour, kind, counters in store.read(range(first, last + 1), _wanted(task, category)):
        for found in (total, hours[hour], tasks[kind.task], categories[kind.category]):
            found.update(counters)
    begin = from_ms(first * HOUR * 1000)
    seconds = (now - begin).total_seconds()
    return Statistics(
        since=begin,
        until=now,
        **_facts(total, seconds),
        series=tuple(_hour(hour, hours[hour], now) for hour in sorted(hours)),
        tasks=tuple(KindStatistics(name=name, **_facts(tasks[name], seconds)) for name in sorted(tasks)),
        categories=tuple(KindStatistics(name=name, **_facts(categories[name], seconds)) for name in sorted(categories)),
    )


def _start(since: datetime | timedelta | str, now: datetime) -> datetime:
    if isinstance(since, timedelta):
        return now - since
    found = RunFilter.of(since=since).bound("since", now)
    if found is None:
        raise OrchestratorError(f"since={safe_repr(since)} is not a time: give a datetime or an age like 2h.")
    return found


def _wanted(task: str | None, category: str | None) -> Callable[[Kind], bool]:
    pattern = None if task is None else re.compile(".*".join(map(re.escape, task.split("*"))), re.DOTALL)

    def wanted(kind: Kind) -> bool:
        is_named = pattern is None or pattern.fullmatch(kind.task) is not None
        return kind.task != "" and is_named and category in (None, kind.category)

    return wanted


def _hour(hour: int, counters: Mapping[str, int], now: datetime) -> HourStatistics:
    begin = from_ms(hour * HOUR * 1000)
    seconds = min(HOUR, max(1.0, (now - begin).total_seconds()))
    return HourStatistics(hour=begin, **_facts(counters, seconds))


def _facts(counters: Mapping[str, int], seconds: float) -> dict[str, Any]:
    counts = {name.name.lower(): counters.get(name.value, 0) for name in Counted}
    durations, waits = counts.pop("duration"), counts.pop("wait")
    return {
        **counts,
        "throughput": (counts["succeeded"] + counts["failed"]) / max(seconds, 1.0),
        "duration": spread_of(buckets_in(counters.items(), Timed.DURATION), durations / 1000),
        "wait": spread_of(buckets_in(counters.items(), Timed.WAIT), waits / 1000),
    }


def spread_of(buckets: Mapping[int, int], total: float) -> Spread:
    """Return how times are spread.

    Args:
        buckets: number of times in each bucket.
        total: their sum in seconds.
    """
    count = sum(buckets.values())
    if not count:
        return Spread()
    found = [_percentile(buckets, share * count) for share in (0.5, 0.95, 0.99)]
    return Spread(count=count, mean=total / count, p50=found[0], p95=found[1], p99=found[2])


def _percentile(buckets: Mapping[int, int], rank: float) -> float:
    seen = 0
    for bucket in sorted(buckets):
        seen += buckets[bucket]
        if seen >= rank:
            return middle_of(bucket)
    return middle_of(max(buckets))

"""Collects the metrics at the time of a scrape: some indexes, the runs that have not ended, the statistics of tasks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from orchestrator_celery.metrics.live_runs import LiveRuns
from orchestrator_celery.records.statistics import Counted, Kind, Timed, buckets_in, middle_of
from orchestrator_celery.store.availability import UNREACHABLE

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("Collector",)

#: Upper bounds of the buckets of histograms, in seconds.
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200)
#: Counters of tasks: what is counted, the end of the name, and its description.
_COUNTERS = (
    (Counted.STARTED, "started", "Bodies of tasks that began; each try counts."),
    (Counted.SUCCEEDED, "succeeded", "Bodies of tasks that returned."),
    (Counted.FAILED, "failed", "Bodies of tasks that raised, and messages that can never run a body."),
    (Counted.RETRIED, "retried", "Bodies of tasks that asked for another try."),
    (Counted.LOST, "lost", "Bodies of tasks whose process was gone."),
    (Counted.RESUMED, "resumed", "Bodies of tasks that were started again after their process was gone."),
    (Counted.VETOED, "vetoed", "Messages whose body did not begin: superseded, suspended, or running already."),
)
_LABELS = ("task", "category")


class Collector:
    """A collector of `prometheus_client`.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics; only `orchestrator_up` if the store cannot be reached."""
        begun = time.perf_counter()
        try:
            now = self._container.store.now()
            latency = time.perf_counter() - begun
            metrics = [*self._store(latency, now), *self._runs(now), *self._tasks()]
        except UNREACHABLE:
            yield _gauge("orchestrator_up", "Whether the store can be reached.", 0)
            return
        yield _gauge("orchestrator_up", "Whether the store can be reached.", 1)
        yield from metrics
        yield _gauge("orchestrator_scrape_seconds", "Seconds that this scrape took.", time.perf_counter() - begun)

    def _store(self, latency: float, now: float) -> Iterator[Metric]:
        store, registry = self._container.store, self._container.registry
        yield _gauge("orchestrator_store_latency_seconds", "Seconds of one call to the store.", latency)
        yield _gauge("orchestrator_workers", "Live workers with the extension.", len(registry.alive(now * 1000)))
        kept = store.client.zcount(store.keys.runs, "(-inf", "+inf")  # without the mark of a complete index
        yield _gauge("orchestrator_runs_kept", "Runs on record, ended ones included.", kept)
        oldest = store.client.zrange(store.keys.due, 0, 0, withscores=True)
        lag = max(0.0, now - oldest[0][1] / 1000) if oldest else 0.0
        yield _gauge("orchestrator_reconciler_lag_seconds", "Seconds that the check of a run is late.", lag)

    def _runs(self, now: float) -> Iterator[Metric]:
        found = LiveRuns(self._container).look(now)
        runs = GaugeMetricFamily("orchestrator_runs", "Runs that have not ended.", labels=("status",))
        for status, count in found.runs.items():
            runs.add_metric((status.value,), count)
        yield runs
        nodes = GaugeMetricFamily("orchestrator_nodes", "Live nodes of runs that have not ended.", labels=("state",))
        for state, count in found.nodes.items():
            nodes.add_metric((state.value,), count)
        yield nodes
        yield _gauge(
            "orchestrator_queue_age_seconds", "Seconds that the oldest published message waits.", found.queue_age
        )
        yield _gauge(
            "orchestrator_runs_not_looked_at",
            "Unfinished runs beyond the number that a scrape looks at.",
            found.left_out,
        )

    def _tasks(self) -> Iterator[Metric]:
        totals = list(self._container.statistics.totals())
        dropped = sum(counters.get(Counted.DROPPED.value, 0) for _, counters in totals)
        yield CounterMetricFamily("orchestrator_log_lines_dropped", "Log lines that were dropped.", value=dropped)
        tasks = [(kind, counters) for kind, counters in totals if kind.task]
        for what, name, words in _COUNTERS:
            family = CounterMetricFamily(f"orchestrator_task_{name}", words, labels=_LABELS)
            for kind, counters in tasks:
                family.add_metric(kind, counters.get(what.value, 0))
            yield family
        yield _histogram(
            "orchestrator_task_duration_seconds",
            "Durations of bodies that returned.",
            tasks,
            Timed.DURATION,
            Counted.DURATION,
        )
        yield _histogram(
            "orchestrator_task_wait_seconds",
            "Time from the publication of messages to the begin of their bodies.",
            tasks,
            Timed.WAIT,
            Counted.WAIT,
        )


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


def _histogram(
    name: str, words: str, tasks: list[tuple[Kind, dict[str, int]]], timed: Timed, total: Counted
) -> HistogramMetricFamily:
    family = HistogramMetricFamily(name, words, labels=_LABELS)
    for kind, counters in tasks:
        buckets = _cumulated(buckets_in(counters.items(), timed))
        if buckets[-1][1]:
            family.add_metric(kind, buckets, counters.get(total.value, 0) / 1000)
    return family


def _cumulated(buckets: Mapping[int, int]) -> list[tuple[str, float]]:
    """Return how many times are at most as long as each bound. A time counts as the middle of its narrow bucket."""
    within: Counter[float] = Counter()
    for bucket, count in buckets.items():
        within[next((bound for bound in _BOUNDS if middle_of(bucket) <= bound), float("inf"))] += count
    found, seen = list[tuple[str, float]](), 0
    for bound in (*_BOUNDS, float("inf")):
        seen += within[bound]
        found.append(("+Inf" if bound == float("inf") else repr(float(bound)), seen))
    return found

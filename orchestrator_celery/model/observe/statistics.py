"""Statistics of tasks, as `orchestrator.stats()` returns them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

__all__ = ("HourStatistics", "KindStatistics", "Spread", "Statistics")


class Spread(BaseModel):
    """How times are spread, in seconds. Percentiles are exact to 2.5 %; None if no time was counted.

    Args:
        count: the number of times.
        mean: their mean.
        p50: half of the times are shorter.
        p95: 95 % of the times are shorter.
        p99: 99 % of the times are shorter.
    """

    model_config = ConfigDict(frozen=True)

    count: int = 0
    mean: float | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


class _Counts(BaseModel):
    model_config = ConfigDict(frozen=True)

    started: int = 0
    succeeded: int = 0
    failed: int = 0
    retried: int = 0
    lost: int = 0
    resumed: int = 0
    vetoed: int = 0
    #: Bodies that ended with a result or an error, per second.
    throughput: float = 0.0
    #: Seconds from the begin to the end of bodies that returned.
    duration: Spread = Spread()
    #: Seconds from the publication of a message, or from its planned start, to the begin of its body.
    wait: Spread = Spread()

    @property
    def success_rate(self) -> float | None:
        """The share of ended bodies that returned; None if none has ended."""
        ended = self.succeeded + self.failed
        return self.succeeded / ended if ended else None


class HourStatistics(_Counts):
    """The statistics of one hour.

    Args:
        hour: the begin of the hour, in UTC.
    """

    hour: datetime


class KindStatistics(_Counts):
    """The statistics of one task, or of one category.

    Args:
        name: the name of the task or of the category; '' for runs without a category.
    """

    name: str


class Statistics(_Counts):
    """The statistics of all tasks that were asked for.

    Workers add up what they see and write it every few seconds. So the newest seconds may be missing, and a worker that
    is killed loses some.

    Args:
        since: the begin of the first hour.
        until: the time of the call.
        started: the bodies that began; each try counts.
        succeeded: the bodies that returned.
        failed: the bodies that raised, and the messages that can never run a body.
        retried: the bodies that asked for another try.
        lost: the bodies whose process was gone.
        resumed: the bodies that were started again after that.
        vetoed: the messages whose body did not begin, because it was superseded, suspended or running already.
        series: each hour in which something was counted, the oldest first.
        tasks: each task, by name.
        categories: each category, by name.
    """

    since: datetime
    until: datetime
    series: tuple[HourStatistics, ...] = ()
    tasks: tuple[KindStatistics, ...] = ()
    categories: tuple[KindStatistics, ...] = ()

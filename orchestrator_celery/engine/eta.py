"""How long a run takes still: a run of its remaining tasks in miniature, with durations as they are known.

Durations of tasks are skewed: a few take much longer than most. So each kind of task has a lognormal distribution, with
the mean and the spread of the bodies that have ended. A number of scenarios draws a duration for each task that waits,
and gives the tasks to as many places as the run was seen to use, one after the other, as workers do. The estimate is
the middle of the scenarios. Its bounds leave out the outermost scenario at each end.

The draws come from a fixed sequence, so the same facts give the same estimate.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple

from orchestrator_celery.records.statistics import Durations

__all__ = ("Estimate", "Facts", "RunningTask", "estimate")

_NORMAL = NormalDist()
#: Number of scenarios, and most tasks that one of them draws singly; of further ones, only the sum is drawn.
_SCENARIOS, _SINGLY = 25, 120
#: Share of the scenarios below the lower bound, and above the upper one.
_BEYOND = 0.05
#: Spread of tasks of which nothing is known, as a share of the mean; and the number of bodies that it counts as.
_SPREAD, _PRIOR = 0.5, 2.0
#: How many bodies the statistics count as at most, beside those of the run itself.
_STATISTICS_COUNT_AS = 5.0
#: The mean of a skewed distribution is less sure than its logarithmic mean.
_DOUBT = 1.5
#: Share of all durations above which a task takes as long again as it has taken, or less.
_UNUSUAL = 0.9999
#: Shortest duration in seconds.
_SHORTEST = 1e-4


class RunningTask(NamedTuple):
    """A task that runs.

    Args:
        task: its name; '' if it was not looked up.
        elapsed: seconds since its start.
        fraction: the share that it has said to be done.
    """

    task: str
    elapsed: float
    fraction: float | None = None


class Facts(NamedTuple):
    """What is known of a run.

    Args:
        elapsed: seconds since its start, without the time that it was suspended.
        ended: tasks that have ended.
        waiting: tasks that are still to start; in a graph, as many as are expected to.
        planned: tasks by name, as the run was started; empty if it has one kind of task only, or if that is not known.
        running: tasks that run.
        own: durations in this run by task's name.
        known: durations in the statistics by task's name.
    """

    elapsed: float
    ended: int
    waiting: float
    planned: Mapping[str, int]
    running: Sequence[RunningTask]
    own: Mapping[str, Durations]
    known: Mapping[str, Durations]


class Estimate(NamedTuple):
    """Seconds until the end: the middle, and bounds that hold in four of five cases."""

    middle: float
    low: float
    high: float


class _Kind(NamedTuple):
    """A kind of tasks: logarithmic mean and spread of its durations, how sure that mean is, and how many tasks wait."""

    log_mean: float
    log_spread: float
    doubt: float
    waiting: float

    @property
    def mean(self) -> float:
        return math.exp(self.log_mean + self.log_spread**2 / 2)

    @property
    def variance(self) -> float:
        return (math.exp(self.log_spread**2) - 1) * self.mean**2


def estimate(facts: Facts) -> Estimate | None:
    """Return how long a run takes still; None if nothing is known yet."""
    usual = _usual(facts)
    if usual is None:
        return None
    kinds = _kinds(facts, usual)
    pace = _parallelism(facts, kinds, usual)
    ends = sorted(_scenario(number, facts, kinds, usual, pace) for number in range(_SCENARIOS))
    beyond = int(_BEYOND * _SCENARIOS)
    return Estimate(ends[_SCENARIOS // 2], ends[beyond], ends[-1 - beyond])


def _usual(facts: Facts) -> Durations | None:
    """Return the durations of any task of the run, as far as they are known, or else as the pace of the run says."""
    for found in (facts.own, facts.known):
        bodies = [one for one in found.values() if one.number]
        if bodies:
            return Durations(*(sum(values) for values in zip(*bodies, strict=True)))
    if not facts.ended or facts.elapsed <= 0:
        return None
    mean = facts.elapsed * max(1, len(facts.running)) / facts.ended
    return Durations(1, mean, mean**2 * (1 + _SPREAD**2))


def _kinds(facts: Facts, usual: Durations) -> dict[str, _Kind]:
    """Return the kinds by task's name; '' is any other task."""
    running = [task.task for task in facts.running]
    ended = {name: facts.own.get(name, Durations()).number for name in facts.planned}
    left = {name: max(0.0, number - ended[name] - running.count(name)) for name, number in facts.planned.items()}
    if not any(left.values()):
        left = {"": 1.0}
    scale = facts.waiting / sum(left.values())
    names = {*left, *running, ""}
    return {name: _kind(name, facts, usual, left.get(name, 0.0) * scale) for name in names}


def _kind(name: str, facts: Facts, usual: Durations, waiting: float) -> _Kind:
    """Return a kind: its durations in this run first, then in the statistics, then those of any task."""
    own, known = facts.own.get(name, Durations()), facts.known.get(name, Durations())
    if name == "":
        own = usual
    spare = known if known.number else usual
    weight = min(spare.number, _STATISTICS_COUNT_AS if known.number else 0.5) / spare.number
    count, total, squares = (mine + weight * other for mine, other in zip(own, spare, strict=True))
    mean = max(total / count, _SHORTEST)
    relative = max(0.0, squares / count / mean**2 - 1)
    # Of a few bodies the spread is hardly known; a usual one keeps the estimate from being too sure.
    relative = (relative * count + _SPREAD**2 * _PRIOR) / (count + _PRIOR)
    log_spread = math.sqrt(math.log(1 + relative))
    return _Kind(math.log(mean) - log_spread**2 / 2, log_spread, _DOUBT * log_spread / math.sqrt(count), waiting)


def _parallelism(facts: Facts, kinds: Mapping[str, _Kind], usual: Durations) -> float:
    """Return how many tasks have run at the same time so far, on average."""
    own = Durations(*(sum(values) for values in zip(*facts.own.values(), strict=True))) if facts.own else Durations()
    # Tasks whose durations are not reported yet took as long as the others.
    busy = own.total + max(0.0, facts.ended - own.number) * usual.total / usual.number
    busy += sum(min(task.elapsed, facts.elapsed) for task in facts.running)
    seen = busy / facts.elapsed if facts.elapsed > 0 else 1.0
    return max(0.1, min(seen, facts.ended + len(facts.running) or 1))


def _scenario(number: int, facts: Facts, kinds: Mapping[str, _Kind], usual: Durations, pace: float) -> float:
    """Return the seconds until the end in one scenario."""
    draws = _draws(number)
    doubts = {name: math.exp(kind.doubt * _NORMAL.inv_cdf(next(draws))) for name, kind in kinds.items()}
    # A place is empty between two tasks, while messages travel: then its tasks count as longer.
    places = max(1, round(pace), len(facts.running))
    slower = max(1.0, places / pace) if facts.ended > len(facts.running) else 1.0
    ends = [_remaining(task, kinds, doubts, next(draws)) for task in facts.running]
    ends += [0.0] * (places - len(ends))
    heapq.heapify(ends)
    bulk = 0.0
    for name, kind in kinds.items():
        singly = min(kind.waiting, _SINGLY * kind.waiting / max(facts.waiting, 1e-9))
        if singly < kind.waiting:  # far more tasks than places: only their sum matters
            rest = kind.waiting - singly
            noise = math.sqrt(rest * kind.variance) * _NORMAL.inv_cdf(next(draws))
            bulk += max(0.0, (rest * kind.mean + noise) * doubts[name])
        for share in _parts(singly):
            drawn = math.exp(kind.log_mean + kind.log_spread * _NORMAL.inv_cdf(next(draws)))
            heapq.heapreplace(ends, ends[0] + share * drawn * doubts[name] * slower)
    return max(ends) + bulk * slower / places


def _parts(count: float) -> Iterator[float]:
    """Yield 1 for each whole task, and the rest."""
    yield from [1.0] * int(count)
    if count % 1 > 1e-6:  # noqa: PLR2004 -- a rounding error is no task
        yield count % 1


def _remaining(task: RunningTask, kinds: Mapping[str, _Kind], doubts: Mapping[str, float], draw: float) -> float:
    """Return the seconds that a running task takes still."""
    if task.fraction is not None and task.fraction > 0:
        return task.elapsed * (1 - task.fraction) / task.fraction
    kind = kinds[task.task]
    if task.elapsed <= _SHORTEST:
        passed = 0.0
    else:
        passed = _NORMAL.cdf((math.log(task.elapsed / doubts[task.task]) - kind.log_mean) / max(kind.log_spread, 1e-6))
    if passed > _UNUSUAL:
        return task.elapsed * draw
    # It takes longer than it has taken so far.
    rank = min(1 - 1e-6, passed + (1 - passed) * draw)
    whole = math.exp(kind.log_mean + kind.log_spread * _NORMAL.inv_cdf(rank)) * doubts[task.task]
    return max(0.0, whole - task.elapsed)


def _draws(number: int) -> Iterator[float]:
    """Yield numbers between 0 and 1, spread evenly and without order; each scenario has its own."""
    state = (number + 1) * 2654435761 % 2**32
    while True:
        state = (1664525 * state + 1013904223) % 2**32
        mixed = (state ^ (state >> 15)) * 2246822519 % 2**32
        yield ((mixed ^ (mixed >> 13)) + 0.5) / 2**32

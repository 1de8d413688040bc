"""How far off the estimated time of a run is, over simulated runs with skewed durations.

    python -m tests.benchmarks.eta [RUNS]

Each run is played task by task, with a clock of its own, and asked for its estimate at 25, 50 and 75 % of its time. The
estimate is made by `engine/eta.py`, of the facts that the store would have. The error is the difference to the time that
the run really took still, as a share of that time.
"""

from __future__ import annotations

import heapq
import random
import statistics
import sys
from typing import NamedTuple

from orchestrator_celery.engine.eta import Facts, RunningTask, estimate
from orchestrator_celery.records.statistics import Durations

PLACES = (0.25, 0.5, 0.75)
#: The workers' counts reach the store every few seconds; here as a share of the run's time.
LAG = 0.02


class Body(NamedTuple):
    task: str
    start: float
    end: float


def kinds_of(draw):
    """Tasks by name, with median and spread of their lognormal durations."""
    return {f"t{n}": (draw.lognormvariate(0, 1), draw.uniform(0.3, 1.2)) for n in range(draw.choice((1, 1, 2, 3)))}


def played(draw, kinds):
    """One run: its bodies, as a pool of workers would run them."""
    names = draw.choices(list(kinds), k=draw.randint(20, 400))
    places = [0.0] * draw.choice((1, 2, 4, 8, 16))
    bodies = []
    for name in names:
        median, spread = kinds[name]
        start = heapq.heappop(places) + draw.expovariate(1 / 0.01)
        end = start + median * draw.lognormvariate(0, spread)
        heapq.heappush(places, end)
        bodies.append(Body(name, start, end))
    return bodies


def summed(bodies):
    found = {}
    for body in bodies:
        took, before = body.end - body.start, found.get(body.task, Durations())
        found[body.task] = before.plus(Durations(1, took, took**2))
    return found


def facts_at(bodies, now, whole, known):
    """What the store knows of a run at a time."""
    ended = [body for body in bodies if body.end <= now]
    running = [body for body in bodies if body.start <= now < body.end]
    planned = {}
    for body in bodies:
        planned[body.task] = planned.get(body.task, 0) + 1
    return Facts(
        elapsed=now,
        ended=len(ended),
        waiting=len(bodies) - len(ended) - len(running),
        planned=planned if len(planned) > 1 else {},
        running=[RunningTask(body.task if len(planned) > 1 else "", now - body.start) for body in running],
        own=summed(body for body in ended if body.end <= now - LAG * whole),
        known=known,
    )


def simulated(runs, seed=1, *, with_statistics=False):
    """Errors by place, and how often the end lies between the bounds."""
    draw, errors, inside = random.Random(seed), {place: [] for place in PLACES}, []
    for _ in range(runs):
        kinds = kinds_of(draw)
        known = summed(played(draw, kinds)) if with_statistics else {}
        bodies = played(draw, kinds)
        whole = max(body.end for body in bodies)
        for place in PLACES:
            left = whole * (1 - place)
            found = estimate(facts_at(bodies, whole * place, whole, known))
            errors[place].append(abs(found.middle - left) / left if found else 1.0)
            inside.append(found is not None and found.low <= left <= found.high)
    return errors, statistics.fmean(inside)


def main(runs=200):
    print("| durations known | error at 25 % | at 50 % | at 75 % | between the bounds |")
    print("|---|---|---|---|---|")
    for with_statistics, words in (False, "of this run"), (True, "of this run and an earlier one"):
        errors, inside = simulated(runs, with_statistics=with_statistics)
        cells = [
            f"{statistics.median(errors[place]):.0%} ({statistics.quantiles(errors[place], n=10)[-1]:.0%})"
            for place in PLACES
        ]
        print(f"| {words} | {' | '.join(cells)} | {inside:.0%} |")
    print("\nMedian, and in parentheses the error that nine of ten runs do not exceed.")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

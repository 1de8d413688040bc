"""One cell's client in a process of its own: starts the job, waits for it, says what it took.

Usage: python -m tests.benchmarks.client MODE N
"""

import json
import os
import resource
import sys
import time
from itertools import pairwise

from celery import chain, chord, group

from tests.benchmarks import project as p
from tests.benchmarks.graph_rows import LENGTH
from tests.benchmarks.told_jobs import (  # noqa: F401 - modes
    native_told,
    native_told_line,
    ours_told,
    ours_told_graph,
    ours_told_line,
)


def ours_fan_out(n):
    from orchestrator_celery import Swarm

    return Swarm(p.double.s(i) for i in range(n)).apply_async, lambda value: sum(value) == n * (n - 1)


def ours_batched(n):
    from orchestrator_celery import Swarm

    return Swarm((p.double.s(i) for i in range(n)), batch=100).apply_async, lambda value: sum(value) == n * (n - 1)


def ours_chain(n):
    from orchestrator_celery import ComplexSignature

    return ComplexSignature(_chain(n)).apply_async, lambda value: value == n


def ours_chains(n):
    from orchestrator_celery import ComplexSignature

    return _one_after_the_other(n, lambda: ComplexSignature(_chain(LENGTH)).apply_async())


def ours_graphs(n):
    from orchestrator_celery import result

    return _one_after_the_other(n, lambda: _line(lambda number: result > number).apply_async((0,)))


def ours_graphs_looking(n):
    """The condition of each node looks at the one before it as well."""
    from orchestrator_celery import node, result

    def goes_on(number):
        return (result > number) & (node(str(max(0, number - 1))) > 0)

    return _one_after_the_other(n, lambda: _line(goes_on).apply_async((0,)))


def _line(condition):
    """A graph of nodes in a line, each of which decides whether it goes on."""
    from orchestrator_celery import END, START, ConditionalGraph, otherwise, when

    graph = ConditionalGraph("line").add_edge(START, "0")
    for number in range(LENGTH):
        graph.add_node(str(number), p.inc.s())
        following = str(number + 1) if number + 1 < LENGTH else END
        graph.add_conditional_edges(str(number), [when(condition(number), following), otherwise("wrong")])
    return graph.add_node("wrong", p.inc.si(-1000)).add_edge("wrong", END)


def _one_after_the_other(n, start):
    """Runs of twenty tasks each, so that what a run costs as a whole is the same on all sides."""

    class Results:
        def get(self, timeout):
            return [start().get(timeout=timeout) for _ in range(n // LENGTH)]

    return Results, lambda values: values == [LENGTH] * (n // LENGTH)


def native_chord(n):
    return chord([p.double.s(i) for i in range(n)], p.xsum.s()).apply_async, lambda value: value == n * (n - 1)


def native_group(n):
    return group(p.double.s(i) for i in range(n)).apply_async, lambda value: sum(value) == n * (n - 1)


def native_chain(n):
    return _chain(n).apply_async, lambda value: value == n


def plain(n):
    """Tasks that are part of nothing; the last one's result tells that all are done, for there is one queue."""

    def start():
        for i in range(n - 1):
            p.quiet.delay(i)
        return p.double.delay(1)

    return start, lambda value: value == 2


def bounded(n):
    from orchestrator_celery import Swarm

    swarm = Swarm([p.nap.s(i) for i in range(n)], max_concurrency=10)
    return swarm.apply_async, lambda value: _span(swarm) if value == list(range(n)) else {}


def bounded_batched(n):
    from orchestrator_celery import Swarm

    swarm = Swarm([p.nap.s(i) for i in range(n)], max_concurrency=10, batch="auto")
    return swarm.apply_async, lambda value: _span(swarm) if value == list(range(n)) else {}


def _span(swarm):
    """Seconds from a run's first item to its end, by its own record."""
    from orchestrator_celery import Orchestrator

    view = Orchestrator.of(p.app).run(swarm._applied).view
    return {"span": (view.finished - view.started).total_seconds()}


def added_in_bulk(n):
    def start():
        swarm = Swarm(open=True, app=p.app)
        run = swarm.apply_async()
        swarm.add_tasks_bulk(p.double.s(i) for i in range(n))
        swarm.close()
        return run

    from orchestrator_celery import Swarm

    return start, lambda value: len(value) == n


def added_one_by_one(n):
    def start():
        swarm = Swarm(open=True, app=p.app)
        run = swarm.apply_async()
        for i in range(n):
            swarm.add_task(p.double.s(i))
        swarm.close()
        return run

    from orchestrator_celery import Swarm

    return start, lambda value: len(value) == n


def waiting(n):
    """Items that wait in the store, for their queue has no worker."""
    from orchestrator_celery import Swarm

    arguments = sum(len(json.dumps([i])) for i in range(n))
    before = p.app.backend.client.info("memory")["used_memory"]
    swarm = Swarm((p.double.s(i) for i in range(n)), max_concurrency=1, queue="nobody")

    class Waiting:
        def __init__(self):
            self.run = swarm.apply_async()

        def get(self, timeout):
            return p.app.backend.client.info("memory")["used_memory"] - before - arguments

    return Waiting, lambda size: {"bytes": size}


def million(n):
    """Items that a generator adds to an open swarm: memory of the client and of Redis, and the time of the items."""
    from orchestrator_celery import Swarm

    redis = p.app.backend.client
    #: Arguments and results are numbers, without the JSON around them.
    given = sum(len(json.dumps([i])) + len(str(2 * i)) for i in range(n))
    begun = {"client": _peak(), "redis": redis.info("memory")["used_memory"]}
    swarm = Swarm(open=True, batch=100, app=p.app)

    class Added:
        def __init__(self):
            self.run = swarm.apply_async()
            swarm.add_tasks_bulk(p.double.s(i) for i in range(n))
            swarm.close()

        def get(self, timeout):
            ends, client = time.monotonic() + 5 * timeout, _peak() - begun["client"]
            marks, first = [], self.run.progress().done
            while (done := self.run.progress().done) < n and time.monotonic() < ends:
                marks.append((time.monotonic(), done))
                time.sleep(0.5)
            marks.append((time.monotonic(), done))
            assert done == n, (first, done)
            used = redis.info("memory")["used_memory"] - begun["redis"] - given
            return {"client": client, "redis": used, **_rates(marks, n)}

    return Added, lambda found: found


def _peak():
    """Bytes of memory that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _rates(marks, n):
    """Seconds that the second and the last tenth of the items took; workers wake up during the first one."""

    def reached(share):
        wanted = share * n
        for (before, less), (after, more) in pairwise(marks):
            if more >= wanted:
                return before + (after - before) * (wanted - less) / max(1, more - less)
        return marks[-1][0]

    return {"early": reached(0.2) - reached(0.1), "late": reached(1) - reached(0.9)}


def flat(n):
    """How long the first and the last tenth of many items took, by their own records."""
    from orchestrator_celery import Orchestrator, Swarm
    from orchestrator_celery.records.ended import parse_ended

    swarm = Swarm((p.double.s(i) for i in range(n)), batch=100)

    def tenths(value):
        reader = Orchestrator.of(p.app).container.reader
        ends = []
        for first in range(0, n, 1000):
            records = reader.terminal(swarm._applied, [f"0.{i}" for i in range(first, min(first + 1000, n))])
            ends += [parse_ended(raw).finished.timestamp() for raw in records]
        ends.sort()
        tenth = n // 10
        return {"first": ends[tenth] - ends[0], "last": ends[-1] - ends[-1 - tenth]}

    return swarm.apply_async, tenths


def _chain(n):
    return chain([p.inc.s(0)] + [p.inc.s()] * (n - 1))


def main(mode, n):
    start, check = globals()[mode](n)
    with p.app.producer_or_acquire() as producer:  # a connection that is there already is not what is measured
        producer.connection.ensure_connection()
    p.app.backend.client.ping()
    cpu, begun = os.times(), time.perf_counter()
    result = start()
    submitted = time.perf_counter()
    value = result.get(timeout=600)
    ended, after = time.perf_counter(), os.times()
    found = check(value)
    assert found, "the result is wrong"
    print(json.dumps({
        "submit": submitted - begun, "total": ended - begun,
        "extra": found if isinstance(found, dict) else {},
        "client": after.user + after.system - cpu.user - cpu.system,
    }))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

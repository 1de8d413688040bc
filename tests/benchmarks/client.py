"""One cell's client in a process of its own: starts the job, waits for it, says what it took.

Usage: python -m tests.benchmarks.client MODE N
"""

import json
import os
import sys
import time

from celery import chain, chord, group

from tests.benchmarks import project as p


def ours_fan_out(n):
    from orchestrator_celery import Swarm

    return Swarm(p.double.s(i) for i in range(n)).apply_async, lambda value: sum(value) == n * (n - 1)


def ours_batched(n):
    from orchestrator_celery import Swarm

    return Swarm((p.double.s(i) for i in range(n)), batch=100).apply_async, lambda value: sum(value) == n * (n - 1)


def ours_chain(n):
    from orchestrator_celery import ComplexSignature

    return ComplexSignature(_chain(n)).apply_async, lambda value: value == n


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

    return Swarm([p.nap.s(i) for i in range(n)], max_concurrency=10).apply_async, lambda value: value == list(range(n))


def bounded_batched(n):
    from orchestrator_celery import Swarm

    items = [p.nap.s(i) for i in range(n)]
    return Swarm(items, max_concurrency=10, batch="auto").apply_async, lambda value: value == list(range(n))


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
    assert check(value), "the result is wrong"
    print(json.dumps({
        "submit": submitted - begun, "total": ended - begun,
        "client": after.user + after.system - cpu.user - cpu.system,
    }))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

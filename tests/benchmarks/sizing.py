"""The figures of the page "Sizing": CPU and memory of Redis per run, item, event and log line; sweeps; a cluster.

Usage: python -m tests.benchmarks.sizing [--scale F] [--million N] [--write-docs]

Store calls are made as workers make them, without workers, so that only Redis is measured. CPU is what Redis reports.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
from redis.cluster import RedisCluster

from orchestrator_celery import OrchestratorSettings, Swarm
from orchestrator_celery.model.effects import CloseRun, Dispatch
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.store import Store
from orchestrator_celery.store.due_index import DueIndex
from orchestrator_celery.store.embedded import EmbeddedRedis
from orchestrator_celery.store.worker_registry import WorkerRegistry
from tests.benchmarks.cell import machine
from tests.kit.clusters import redis_cluster
from tests.kit.workers import Worker, environment
from tests.store.play import Play
from tests.store.trees import leaf, swarm, unit

PAGE = Path(__file__).parents[2] / "docs" / "discussions" / "sizing.md"
MARKS = re.compile(r"(<!-- figures -->\n).*(<!-- /figures -->)", re.DOTALL)
#: A message of a task with small arguments, as the definition of a leaf keeps it.
PAYLOAD = json.dumps({"t": "shop.tasks.resize", "a": [12345], "o": {"queue": "images"}}).encode()


@contextmanager
def one_server():
    """A store on one Redis."""
    with EmbeddedRedis() as server, server.client() as client:
        yield Store(client, OrchestratorSettings())


@contextmanager
def three_servers():
    """A store on a cluster of three masters on this machine."""
    with redis_cluster() as url:
        client = RedisCluster.from_url(url.replace("redis+cluster", "redis"))
        yield Store(client, OrchestratorSettings())
        client.close()


def redis_cpu(store):
    """Seconds of CPU of all servers."""
    return sum(own["used_cpu_user"] + own["used_cpu_sys"] for own in _servers(store, "cpu"))


def memory(store):
    """Bytes of data."""
    return sum(own["used_memory_dataset"] for own in _servers(store, "memory"))


def _servers(store, section):
    if isinstance(store.client, RedisCluster):
        return store.client.info(section, target_nodes=RedisCluster.PRIMARIES).values()
    return [store.client.info(section)]


class Spent:
    """CPU of Redis, of this client, and time, of a block."""

    def __init__(self, store):
        self._store, self._process = store, psutil.Process()

    def __enter__(self):
        self._begun = (redis_cpu(self._store), sum(self._process.cpu_times()[:2]), time.monotonic())
        return self

    def __exit__(self, *error):
        ended = (redis_cpu(self._store), sum(self._process.cpu_times()[:2]), time.monotonic())
        self.redis, self.client, self.seconds = (b - a for a, b in zip(self._begun, ended, strict=True))


def work_off(store, effects):
    """Claim and finish what is to be sent, until nothing is left."""
    todo = list(effects.todo)
    while todo:
        effect = todo.pop()
        if isinstance(effect, Dispatch):
            store.claim(effect.leaf, effect.fence, "w/1/a")
            todo += store.finish(effect.leaf, effect.fence, b"12345", None).todo
        elif isinstance(effect, CloseRun):
            store.claim(effect.leaf, Fence(), "w/1/a")
            store.ended(effect.leaf)


def runs_of_one_task(n, place=one_server):
    """What a run of one task costs."""
    with place() as store:
        work_off(store, Play(store, "warm").start(unit(leaf(PAYLOAD))))
        before = memory(store)
        with Spent(store) as spent:
            for k in range(n):
                work_off(store, Play(store, f"run-{k}").start(unit(leaf(PAYLOAD))))
        return spent.redis / n, (memory(store) - before) / n, spent


def items_of_a_swarm(n):
    """What an item costs: CPU, memory while it waits, and memory once it has ended."""
    with one_server() as store:
        work_off(store, Play(store, "warm").start(swarm(leaf(PAYLOAD))))
        before = memory(store)
        play = Play(store, "swarm")
        effects = play.start(swarm(*[leaf(PAYLOAD)] * n, max_concurrency=100))
        waiting = (memory(store) - before) / n
        with Spent(store) as spent:
            work_off(store, effects)
        return spent.redis / n, waiting, (memory(store) - before) / n


def log_lines(n):
    """What a log line of a hundred characters costs, written two hundred at a time."""
    line = json.dumps(["1700000000000", "INFO", "shop", "x" * 100, "0.0", 1, "w1@host"]).encode()
    with one_server() as store:
        Play(store, "r").start(unit(leaf(PAYLOAD)))
        store.logs.append("r", [line])
        before = memory(store)
        with Spent(store) as spent:
            for _ in range(n // 200):
                store.logs.append("r", [line] * 200)
        return spent.redis / n, (memory(store) - before) / n


def events(n):
    """Memory of an event: a task that starts and ends writes two."""
    with one_server() as store:
        play = Play(store, "r")
        work_off(store, play.start(swarm(*[leaf(PAYLOAD)] * n, max_concurrency=100)))
        key = store.keys.events("r")
        return store.client.memory_usage(key, samples=0) / store.client.xlen(key)


def sweeps(runs, workers):
    """A heartbeat among many workers, and a routine look at a run among many; CPU of Redis of each."""
    with one_server() as store:
        for k in range(runs):
            play = Play(store, f"run-{k}")
            [sent] = play.start(unit(leaf(PAYLOAD))).todo
            store.claim(sent.leaf, sent.fence, f"w{k % workers}/1/a")
        registry = WorkerRegistry(store.client, store.keys)
        for k in range(workers):
            registry.beat(f"w{k}/1/a", 3600, [str(LeafId(f"run-{k}", "0.0", 1))])
        with Spent(store) as beats:
            for k in range(workers):
                registry.beat(f"w{k}/1/a", 3600, [str(LeafId(f"run-{k}", "0.0", 1))])
        due: DueIndex = store.due_index
        with Spent(store) as looks:
            for start in range(0, runs, 100):
                due.check([f"run-{k}" for k in range(start, min(start + 100, runs))])
        return beats.redis / workers, looks.redis / runs


def million(n):
    """Measure a swarm of many items, in a process of its own: the project reads its servers when it is imported."""
    code = f"import json; from tests.benchmarks.sizing import in_this_process; print(json.dumps(in_this_process({n})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def in_this_process(n):
    """Add a swarm of many items from a generator, then run them in batches; memory of the client and of Redis."""
    with EmbeddedRedis() as server:
        os.environ.update(environment(server.url(0), server.url(1)))
        from tests.kit import project  # reads the environment

        container = project.orchestrator.container
        pool = Swarm([], open=True, batch=1000)
        run = pool.apply_async(queue="later")
        process, before = psutil.Process(), psutil.Process().memory_info().rss
        most, stop = [before], threading.Event()
        watcher = threading.Thread(target=_watch, args=(process, most, stop))
        watcher.start()
        begun = time.monotonic()
        pool.add_tasks_bulk((project.identity.s(i) for i in range(n)), batch_size=1000)
        added = time.monotonic() - begun
        pool.close()
        stop.set()
        watcher.join()
        waiting = memory(container.store)
        marks, begun = [], time.monotonic()
        with Worker(server.url(0), server.url(1), queues="later,celery", fresh=True):
            for tenth in range(1, 11):
                while run.progress().done < n * tenth // 10:
                    time.sleep(0.1)
                marks.append(time.monotonic() - begun)
        pace = [b - a for a, b in zip([0.0, *marks], marks, strict=False)]
        return added / n, most[0] - before, waiting / n, memory(container.store) / n, pace


def _watch(process, most, stop):
    while not stop.wait(0.05):
        most[0] = max(most[0], process.memory_info().rss)


def lines_of(scale, items):
    """The rows of the page."""

    def many(n):
        return max(200, int(n * scale))

    cpu, kept, alone = runs_of_one_task(many(5000))
    yield f"| a run of one task: create, claim, finish, tell | {cpu * 1e6:,.0f} µs | {kept:,.0f} B |"
    cpu, waiting, ended = items_of_a_swarm(many(20_000))
    yield f"| an item of a swarm: claim, finish | {cpu * 1e6:,.0f} µs | {waiting:,.0f} B waiting, {ended:,.0f} B ended |"
    yield f"| an event | in the above | {events(many(2000)):,.0f} B |"
    cpu, kept = log_lines(many(9_000))  # more would be trimmed
    yield f"| a log line of 100 characters | {cpu * 1e6:,.1f} µs | {kept:,.0f} B |"
    runs, workers = many(100_000), max(10, int(1000 * scale))
    beat, look = sweeps(runs, workers)
    yield f"| a heartbeat, of {workers:,} workers | {beat * 1e6:,.0f} µs | |"
    yield f"| a routine look at a run, of {runs:,} live runs | {look * 1e6:,.1f} µs | |"
    cpu, _, spread = runs_of_one_task(many(5000), three_servers)
    yield (
        f"| a run of one task, on a cluster of three nodes (all nodes together) | {cpu * 1e6:,.0f} µs | "
        f"client: {spread.client / alone.client:.2f} of the CPU with one node |"
    )
    if items:
        per, client, waiting, ended, pace = million(items)
        yield (
            f"| a swarm of {items:,} items, `batch=1000`, added from a generator: {per * 1e6:,.0f} µs an item, "
            f"{client / 2**20:,.0f} MiB of client memory; last tenth {pace[-1] / pace[1]:.2f} of the second | "
            f"| {waiting:,.0f} B waiting, {ended:,.0f} B ended |"
        )


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.sizing")
    parser.add_argument("--scale", type=float, default=1.0, help="factor on all sizes")
    parser.add_argument("--million", type=int, default=0, help="items of the large swarm; 0 leaves it out")
    parser.add_argument("--write-docs", action="store_true", help="write the table into docs/discussions/sizing.md")
    options = parser.parse_args(arguments)
    lines = [f"{machine()}.", "", "| what | CPU of Redis | memory of Redis |", "|---|---:|---:|"]
    print("\n".join(lines), flush=True)
    for line in lines_of(options.scale, options.million):
        lines.append(line)
        print(line, flush=True)
    if options.write_docs:
        PAGE.write_text(MARKS.sub(lambda match: match[1] + "\n".join(lines) + "\n" + match[2], PAGE.read_text()))
    return lines


if __name__ == "__main__":
    main()

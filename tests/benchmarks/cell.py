"""One measurement: a fresh Redis, a fresh prefork worker, one client."""

import json
import os
import subprocess
import sys
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass

import psutil

from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.benchmarks.watched import watched
from tests.kit.forking import FORKS
from tests.kit.workers import ROOT, Worker

#: The database of the store.
STORE = 1
#: The database in which a last task tells that all is done.
TOLD = 2
#: Whether workers and clients are forks, which start sooner; what is measured starts as a user starts it.
forked = False


@dataclass(frozen=True)
class Cell:
    """Figures of one job of `n` tasks; times in seconds, sizes in bytes; `calls`: what clients sent to the store."""

    n: int
    submit: float
    total: float
    client: float
    main: float
    children: float
    redis: float
    bytes_in: int
    memory: int
    scripts: int
    extra: dict[str, float]
    calls: int = 0

    @property
    def cpu(self):
        """CPU seconds of all processes together."""
        return self.client + self.main + self.children + self.redis


def measure(mode, n, *, extension=True, processes=2, counted=False, continued="auto"):
    """Run one job and say what it took.

    Args:
        mode: name of a function in `tests.benchmarks.client`.
        n: number of tasks.
        extension: whether the worker and the client load the extension.
        processes: of the worker's pool.
        continued: the setting `orchestrator_continue`.
        counted: count what is sent to the store; Redis tells, and is slower for it.
    """
    sent = Counter()
    with EmbeddedRedis() as server:
        env = {
            "BENCH_BROKER": server.url(0), "BENCH_BACKEND": server.url(STORE), "BENCH_TOLD": server.url(TOLD),
            "BENCH_EXTENSION": "1" if extension else "0", "BENCH_CONTINUE": json.dumps(continued),
        }  # fmt: skip
        with Worker(
            server.url(0),
            server.url(STORE),
            concurrency=processes,
            app="tests.benchmarks.project",
            env=env,
            fresh=not forked,
        ) as worker:
            _warm_up(env)
            client = server.client()
            before, used = client.info(), _cpu_of(worker)
            client.config_resetstat()
            with watched(client, STORE) if counted else nullcontext((sent, sent)) as (sent, _):
                answer = _client(mode, n, env)
            after, used_after = client.info(), _cpu_of(worker)
            scripts = client.info("commandstats").get("cmdstat_evalsha", {}).get("calls", 0)
    return Cell(
        n, answer["submit"], answer["total"], answer["client"],
        used_after[0] - used[0], used_after[1] - used[1],
        _redis_cpu(after) - _redis_cpu(before),
        after["total_net_input_bytes"], after["used_memory_peak"] - before["used_memory"],
        scripts,
        answer["extra"],
        sent.total(),
    )  # fmt: skip


def machine():
    """Versions and size of this machine, without its name."""
    import celery
    import kombu
    import redis

    with EmbeddedRedis() as server:
        version = server.client().info("server")["redis_version"]
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"Python {sys.version.split()[0]}, Celery {celery.__version__}, kombu {kombu.__version__}, "
        f"redis-py {redis.__version__}, Redis {version}; {os.cpu_count()} cores, {memory:.0f} GiB"
    )


def _warm_up(env):
    """Opens connections and loads scripts and modules on both sides, which is not what is measured."""
    if env["BENCH_EXTENSION"] == "1":
        _client("ours_fan_out", 20, env)
    _client("native_group", 20, env)


def _client(mode, n, env):
    program = ["-m", "tests.benchmarks.client", mode, str(n)]
    done = (FORKS.run if forked else _run)(*program, cwd=ROOT, env={**os.environ, **env}, timeout=3600)
    if done.returncode:
        raise RuntimeError(f"{mode} of {n} failed:\n{done.stdout[-3000:]}")
    # The results that nobody asked for may complain below the answer when the process ends.
    return json.loads(next(line for line in reversed(done.stdout.splitlines()) if line.startswith("{")))


def _run(*program, **options):
    return subprocess.run(
        [sys.executable, *program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options
    )


def _cpu_of(worker):
    own = psutil.Process(worker.process.pid)
    children = sum(sum(child.cpu_times()[:2]) for child in own.children())
    return sum(own.cpu_times()[:2]), children


def _redis_cpu(info):
    return info["used_cpu_user"] + info["used_cpu_sys"]

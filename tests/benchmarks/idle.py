"""What runs cost that only wait, on top of a worker without the extension.

Usage: python -m tests.benchmarks.idle [--runs N] [--minutes M] [--write-docs]

The dates at which runs are looked at are spread over one round of the sweeper before anything is counted: all runs
were made within seconds, and would be looked at together, once in minutes; those of a project are as old as they are.
"""

import argparse
import re
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil
from celery import Celery

from orchestrator_celery import ComplexSignature, Orchestrator, Swarm
from orchestrator_celery.store.embedded import EmbeddedRedis
from orchestrator_celery.store.scripting import scripts
from tests.benchmarks.cell import machine
from tests.benchmarks.watched import watched
from tests.kit.waiting import wait_for
from tests.kit.workers import Worker

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
MARKS = re.compile(r"(<!-- idle -->\n).*(<!-- /idle -->)", re.DOTALL)
#: Keys of Celery's own that hold what is on its way.
BROKER = ("celery", "unacked", "unacked_index")
#: What this program asks itself.
OURS = {"info", "monitor", "config|resetstat"}
#: Milliseconds of `worker/recovery/reconciler.py`: a round of routine looks takes at least so long ...
SHORTEST_ROUND = 10_000
#: ... and so long for each run.
PER_RUN = 60


def open_swarm(app):
    return Swarm([], open=True, app=app).apply_async()


def suspended(app):
    run = ComplexSignature(app.signature("tests.kit.project.nap", args=(1,)), app=app).apply_async()
    run.suspend()
    return run


def countdown(app):
    step = app.signature("tests.kit.project.nap", args=(1,)).set(countdown=3600)
    return ComplexSignature(step, app=app).apply_async()


KINDS = {
    "open swarms that wait for items": open_swarm,
    "suspended runs whose message was delivered and refused": suspended,
    "runs of a task with a countdown of an hour": countdown,
}


@dataclass(frozen=True)
class Quiet:
    """What one worker and its Redis did in a stretch of time.

    Args:
        commands: run by Redis in a minute, by name; those inside scripts too.
        sent: by clients in a minute, by name.
        scripts: the package's, in a minute, by verb.
        redis: CPU in percent of one core.
        worker: the same, of all its processes.
        store: memory of Redis, messages aside, in bytes.
        messages: memory of what the broker keeps for Celery.
    """

    commands: Counter
    sent: Counter
    scripts: Counter
    redis: float
    worker: float
    store: int
    messages: int


def measure(start, n, seconds, *, extension=True):
    """Start runs, then a worker; wait until nothing moves, and count.

    Args:
        start: starts one run of an app.
        n: how many.
        seconds: how long to count.
        extension: whether the worker has it.
    """
    with EmbeddedRedis() as server:
        client, broker = server.client(1), server.client(0)
        app = Celery("kit", broker=server.url(0), backend=server.url(1), set_as_current=False)
        orchestrator = Orchestrator(app) if extension else None
        env = {} if extension else {"TEST_WITHOUT_EXTENSION": "1"}
        if extension:
            _warm_up(app, start, client)
        for _ in range(n):
            start(app)
        if n:
            _make_all_due(orchestrator, client)
        with Worker(server.url(0), server.url(1), env=env, fresh=True) as worker:
            if extension:
                _settle(orchestrator, client, broker, n)
            found = _count(client, broker, worker, seconds)
            worker.kill()
        app.close()
    return found


def _warm_up(app, start, client):
    """Loads the scripts, whose memory is not that of a run."""
    start(app)
    for name in scripts.names():
        scripts.load(name).ensure(client)
    client.flushall()


def _make_all_due(orchestrator, client):
    """What is not due afterwards any more has been looked at."""
    due = orchestrator.container.store.keys.due
    client.zadd(due, {run: 0 for run in client.zrange(due, 0, -1) if run})


def _settle(orchestrator, client, broker, n):
    """Every message is delivered, every run was looked at; then spreads the dates of the next looks."""
    keys = orchestrator.container.store.keys
    due = keys.due
    wait_for(lambda: broker.llen("celery") == 0, 600, "the deliveries")
    wait_for(lambda: client.hlen(f"{keys.workers}:active") == 1, 30, "the worker's sign of life")

    def looked_at():
        now = orchestrator.container.store.now() * 1000
        return client.zcard(due) == n + 1 and not client.zcount(due, "-inf", now + 1000)

    wait_for(looked_at, 120, "the first look at every run")
    now = orchestrator.container.store.now() * 1000
    whole = max(SHORTEST_ROUND, n * PER_RUN)
    runs = [run for run in client.zrange(due, 0, -1) if run]
    if runs:
        client.zadd(due, {run: now + whole * place / len(runs) for place, run in enumerate(runs)})


def _count(client, broker, worker, seconds):
    memory = _used(client, broker)
    with watched(client) as (sent, called):
        used, cpu, begun = _worker_cpu(worker), client.info("cpu"), time.monotonic()
        client.config_resetstat()
        time.sleep(seconds)
        stats, after, used_after = client.info("commandstats"), client.info("cpu"), _worker_cpu(worker)
        took = time.monotonic() - begun
    per_minute = 60 / took
    commands = {name.removeprefix("cmdstat_"): words["calls"] for name, words in stats.items()}
    redis = sum(after[key] - cpu[key] for key in ("used_cpu_user", "used_cpu_sys"))
    return Quiet(
        Counter({name: calls * per_minute for name, calls in commands.items() if name not in OURS}),
        Counter({name: calls * per_minute for name, calls in sent.items() if name not in OURS}),
        Counter({name: calls * per_minute for name, calls in called.items()}),
        redis / took * 100, (used_after - used) / took * 100, *memory,
    )  # fmt: skip


def _used(client, broker):
    """Memory of the store, and of what Celery keeps of messages."""
    messages = sum(broker.memory_usage(key, samples=0) or 0 for key in BROKER)
    return client.info("memory")["used_memory"] - messages, messages


def _worker_cpu(worker):
    own = psutil.Process(worker.process.pid)
    return sum(sum(process.cpu_times()[:2]) for process in (own, *own.children()))


def native_line(title, quiet):
    """The first row: a worker without the extension, for itself."""
    return (
        f"| {title} | {sum(quiet.commands.values()):,.0f} | {sum(quiet.sent.values()):,.0f} | | "
        f"{quiet.redis:.2f} % | {quiet.worker:.2f} % | | |"
    )


def line(title, quiet, native, idle=None, n=0):
    """A row: what comes on top of the native one, and the memory of each of `n` runs on top of an idle worker's."""
    memory = f"{(quiet.store - idle.store) / n:,.0f} B | {(quiet.messages - idle.messages) / n:,.0f} B" if n else "|"
    called = ", ".join(f"{name} {calls:,.0f}" for name, calls in quiet.scripts.most_common() if calls >= 1)
    return (
        f"| {title} | {_sum(quiet.commands, native.commands):+,.0f} | {_sum(quiet.sent, native.sent):+,.0f} | {called} | "
        f"{quiet.redis - native.redis:+.2f} % | {quiet.worker - native.worker:+.2f} % | {memory} |"
    )


def _sum(ours, theirs):
    return sum(ours.values()) - sum(theirs.values())


def by_command(title, quiet, native):
    """What is sent and run more often than natively, the most frequent first."""
    more = {name: quiet.commands[name] - native.commands[name] for name in quiet.commands}
    words = [f"{name.upper()} {calls:,.0f}" for name, calls in Counter(more).most_common() if calls >= 1]
    return f"- {title}: {', '.join(words)}"


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.idle")
    parser.add_argument("--runs", type=int, default=10_000, help="how many runs wait")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long each row is counted")
    parser.add_argument("--write-docs", action="store_true", help="write the table into docs/benchmarks.md")
    options = parser.parse_args(arguments)
    seconds = options.minutes * 60
    lines = []

    def say(*more):
        lines.extend(more)
        print("\n".join(more), flush=True)

    native = measure(None, 0, seconds, extension=False)
    say(
        f"{machine()}; one worker with two processes, {options.runs:,} runs, {options.minutes:g} min a row.", "",
        "| waiting runs | commands a minute | sent by clients | calls of scripts | CPU of Redis | CPU of the worker | "
        "memory of a run | of its message |",
        "|---|---:|---:|---|---:|---:|---:|---:|",
        native_line("nothing, without the extension", native),
    )  # fmt: skip
    rows = {"nothing": measure(open_swarm, 0, seconds)}
    say(line("nothing", rows["nothing"], native))
    for title, start in KINDS.items():
        rows[title] = measure(start, options.runs, seconds)
        say(line(title, rows[title], native, rows["nothing"], options.runs))
    say("", "By command, including the commands that scripts call inside Redis:", "")
    say(*(by_command(title, quiet, native) for title, quiet in rows.items()))
    if options.write_docs:
        PAGE.write_text(MARKS.sub(lambda match: match[1] + "\n".join(lines) + "\n" + match[2], PAGE.read_text()))
    return lines


if __name__ == "__main__":
    main()

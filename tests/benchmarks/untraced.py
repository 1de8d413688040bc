"""What tracing costs a task while `orchestrator_traces` is off: CPU per task beside the same code without any tracing.

Usage: python -m tests.benchmarks.untraced [--rounds N] [--tasks N]

The other side is a copy of the package from which all lines were taken out that ask for traces. Both sides run in processes of
their own, in turns: a client and a worker thread that share the process run swarms of empty tasks, a message for each. The
figure is the CPU time of the process.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "orchestrator_celery"
#: What asks for traces, by file, with the number of places.
ASKS = {
    "worker/turns.py": 2, "worker/bodies/claims.py": 2, "worker/task_signals.py": 2, "dispatch/publisher.py": 2,
    "lifecycle/start.py": 3,
}  # fmt: skip
_BLOCK = re.compile(
    r"^( +)if (?:self\._traces is not None|request and TRACE_HEADER in request):\n(?:\1 +.*\n)+", re.MULTILINE
)
_CALL = re.compile(r"^( +)self\.(?:_spans|_turns\.spans)\.(?:begin|end|mark)\(.*\)\n", re.MULTILINE)
_FIELD = re.compile(
    r" \| self\._trace\(run, head\)|, \*\*self\._trace\(run, head\)|^ +head \|= self\._trace\(run, head\)\n",
    re.MULTILINE,
)

SIDE = """
import sys, time
sys.path.insert(0, sys.argv[1])
from celery import Celery
from celery.contrib.testing.worker import start_worker
from orchestrator_celery import Orchestrator, Swarm

url, count = sys.argv[2], int(sys.argv[3])
app = Celery("bench", broker=url + "/0", backend=url + "/1", set_as_current=False)
app.conf.update(orchestrator_continue=False, worker_hijack_root_logger=False)
Orchestrator(app)

@app.task(shared=False)
def nothing():
    pass

with start_worker(app, pool="solo", perform_ping_check=False, loglevel="ERROR"):
    Swarm([nothing.si() for _ in range(50)], app=app).apply_async().get(timeout=120)
    before = time.process_time()
    Swarm([nothing.si() for _ in range(count)], app=app).apply_async().get(timeout=600)
    print(f"cpu {(time.process_time() - before) / count * 1e6:.1f}", flush=True)
"""


def without_traces(folder):
    """Copy the package to a folder, without the lines that ask for traces."""
    shutil.copytree(
        ROOT / PACKAGE, folder / PACKAGE, ignore=shutil.ignore_patterns("frontend", "static", "__pycache__")
    )
    for name, places in ASKS.items():
        path = folder / PACKAGE / name
        text, found = path.read_text(), 0
        for pattern, instead in ((_BLOCK, ""), (_CALL, r"\1pass\n"), (_FIELD, "")):
            text, count = pattern.subn(instead, text)
            found += count
        assert found == places, f"{name}: {found} places instead of {places}"
        path.write_text(text)


def cpu_per_task(path, url, tasks):
    """Microseconds of CPU for a task, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", SIDE, str(path), url, str(tasks)], capture_output=True, text=True, check=True, cwd=path
    )
    return float(re.search(r"^cpu ([\d.]+)$", done.stdout, re.MULTILINE)[1])


def measure(rounds, tasks):
    """Return the figures of both sides, round by round."""
    from orchestrator_celery.store.embedded import EmbeddedRedis

    pairs = []
    with tempfile.TemporaryDirectory() as folder, EmbeddedRedis() as server:
        without_traces(Path(folder))
        url = server.url(0).rpartition("/")[0]
        for number in range(rounds):
            sides = [ROOT, Path(folder)]
            found = {}
            for side in sides if number % 2 else sides[::-1]:
                with server.client() as client:
                    client.flushall()
                found[side] = cpu_per_task(side, url, tasks)
            pairs.append((found[ROOT], found[Path(folder)]))
            print(f"round {number + 1}: {found[ROOT]:.0f} µs, without tracing {found[Path(folder)]:.0f} µs", flush=True)
    return pairs


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.untraced")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--tasks", type=int, default=1500)
    options = parser.parse_args(arguments)
    pairs = measure(options.rounds, options.tasks)
    ours, others = (median(side) for side in zip(*pairs, strict=True))
    ratios = sorted(one / other for one, other in pairs)
    low, high = ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4]
    print(
        f"off: {ours:.0f} µs a task; without tracing: {others:.0f} µs; ratio {median(ratios):.3f} ({low:.3f} to {high:.3f})"
    )


if __name__ == "__main__":
    main()

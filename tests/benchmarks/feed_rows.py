"""How soon a change of status reaches `orchestrator.watch()` in another process."""

import json
import subprocess
import sys
from statistics import median, quantiles

from celery import Celery

from orchestrator_celery import ComplexSignature, Orchestrator
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.benchmarks import cell
from tests.benchmarks.figures import Figure
from tests.kit.workers import ROOT, Worker

#: Most milliseconds, as the median.
LIMIT = 200
WATCHER = """
import json, sys, time
from celery import Celery
from orchestrator_celery import Orchestrator, RunChanged

broker, backend, count = sys.argv[1:]
changes = Orchestrator(Celery("kit", broker=broker, backend=backend)).watch()
print("ready", flush=True)
late, ended = [], 0
while ended < int(count):
    change = next(changes)
    if isinstance(change, RunChanged):
        late.append((time.time() - change.time.timestamp()) * 1000)
        ended += change.status.ended
print(json.dumps(late))
"""


def watching(n, repeat):
    """Runs of one task, one after the other, and a process that watches all runs."""
    late = [moment for _ in range(repeat) for moment in _measure(n)]
    for name, value, target in (
        ("median", median(late), f"at most {LIMIT}"),
        ("95th percentile", quantiles(late, n=20)[-1], ""),
    ):
        title = f"status change to orchestrator.watch() in another process: {name}"
        yield Figure(title, value, None, "ms", value / LIMIT, target, not target or value <= LIMIT)


def _measure(n):
    with EmbeddedRedis() as server, Worker(server.url(0), server.url(1), fresh=not cell.forked):
        app = Celery("kit", broker=server.url(0), backend=server.url(1), set_as_current=False)
        Orchestrator(app)
        program = [sys.executable, "-c", WATCHER, server.url(0), server.url(1), str(n)]
        with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True) as watcher:
            assert watcher.stdout.readline() == "ready\n"
            for number in range(n):
                task = app.signature("tests.kit.project.add", args=(number, 1))
                ComplexSignature(task, app=app).apply_async().get(timeout=60)
            found = json.loads(watcher.stdout.readline())
        app.close()
    return found

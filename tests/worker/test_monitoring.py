"""Watching and paging: events come at once, from any process, and a large swarm is never held as a whole."""

import json
import subprocess
import sys
import time
from statistics import median

from orchestrator_celery import NodeStarted, NodeState, NodeSucceeded
from tests.kit.workers import ROOT

#: What a monitor does that looks at every item, in a process of its own; prints what it found and what it needed.
MONITOR = """
import json, resource, sys
from celery import Celery
from orchestrator_celery import Orchestrator

app = Celery("kit", broker=sys.argv[1], backend=sys.argv[2])
run = Orchestrator(app).run(sys.argv[3])
run.items()[0]  # modules and connections
before, redis = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, app.orchestrator.container.store.client
calls = redis.info("stats")["total_commands_processed"]
items = sum(1 for item in run.items())
calls = redis.info("stats")["total_commands_processed"] - calls
results = sum(1 for result in run.results())
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
page = [item.index for item in run.items(state="WAITING", offset=90_000, limit=3)]
print(json.dumps({"items": items, "results": results, "page": page, "grown": grown, "calls": calls}))
"""


def test_events_come_within_moments(busy):
    """Given a watched run, then half of its events are there less than 200 ms after they happened."""
    run = busy.swarm([busy.tasks("nap", i, 0.05) for i in range(40)], max_concurrency=2).apply_async()
    late = [time.time() - event.time.timestamp() for event in run.watch()
            if isinstance(event, (NodeStarted, NodeSucceeded))]  # fmt: skip
    assert len(late) >= 80
    assert median(late) < 0.2


def test_a_hundred_thousand_items_are_paged(stand):
    """Given a hundred thousand items, when another process looks at all of them, then it needs little memory, a few
    calls for each page of five hundred, and one for each block of 32 definitions."""
    swarm = stand.swarm([], max_concurrency=1, open=True)
    run = swarm.apply_async()
    assert swarm.add_tasks_bulk(stand.tasks("add", i) for i in range(100_000)).added == 100_000
    arguments = [stand.broker, stand.backend, run.id]
    done = subprocess.run(
        [sys.executable, "-c", MONITOR, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["items"], found["results"]) == (100_000, 100_000)
    assert found["page"] == [90_000, 90_001, 90_002]
    assert found["grown"] < 50 * 1024, "kilobytes"
    assert found["calls"] < 200 * 12 + 100_000 / 32


def test_each_item_tells_all_there_is(busy, ledger):
    """Given an item that failed after a retry, then its attempts, worker, times, traceback and callbacks are shown."""
    t = busy.tasks
    run = busy.swarm([t("fail"), t("add", 1)], max_failures=1, on_task_cleanup=t("on_link")).apply_async()
    assert run.get(timeout=120) == [None, 1]
    [item] = run.items(state=NodeState.FAILED)
    assert (item.index, item.attempts, item.state) == (0, 1, NodeState.FAILED)
    assert item.started <= item.finished
    assert item.worker.count("/") == 2
    assert item.error.type == "ValueError"
    assert "no good" in item.error.traceback
    assert [callback.name.rpartition(".")[2] for callback in item.callbacks] == ["on_link"]

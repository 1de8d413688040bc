"""Batches stay batches on real workers, whatever happens to their run; bodies and callbacks run once where they should."""

import re
from collections import Counter
from itertools import product

import pytest

from orchestrator_celery import RunStatus
from orchestrator_celery.model.events import NodeStarted
from tests.kit.cases import pairwise
from tests.kit.waiting import wait_for
from tests.worker.support import events

COUNT = 24
BATCHES = [1, 8, "auto"]
CALLBACKS = [None, "on_task_success", "on_task_error", "on_task_cleanup"]
BROKEN = set(range(0, COUNT, 5))
#: Items that wait for the gate. A runner that waits there may have taken the items behind it.
GATED = {10, 11}


def swarm(stand, batch, callback, fails=False, gated=True):
    """Items that return their number; some fail until they are repaired, some wait for a gate."""
    items = [
        stand.tasks("gated", i, "gate" if gated and i in GATED else "open", fails=fails and i in BROKEN)
        for i in range(COUNT)
    ]
    return stand.swarm(items, batch=batch, **({callback: stand.tasks("notes_item")} if callback else {}))


def bodies(ledger):
    return Counter(entry[1] for entry in ledger.entries("start"))


def called_for(ledger):
    """Items for which the callback ran."""
    return Counter(entry[1] for entry in ledger.entries("called"))


def messages_of_items(worker, run):
    """Items that had a message of their own."""
    return sorted({int(i) for i in re.findall(rf"\[{run.id}:0\.(\d+):\d+\] received", worker.log)})


def runners(worker, run):
    return len(re.findall(rf"orchestrator\.batch\[{run.id}:0\.b\d+:\d+\] received", worker.log))


def most_runners(batch, count):
    return -(-count // batch) if isinstance(batch, int) else count


def expected(callback, broken):
    """For which items a callback runs."""
    every = set(range(COUNT))
    return Counter(
        {"on_task_success": every - broken, "on_task_error": broken, "on_task_cleanup": every}.get(callback, ())
    )


def at_rest(run, ledger):
    """A condition: all ends are reported, and for some looks nothing has begun: who runs waits at the gate."""
    seen = []

    def rests():
        seen.append(len(ledger.entries("start")))
        return len(set(seen[-10:])) == 1 and len(seen) >= 10 and run.progress().done >= len(ledger.entries("end"))

    return rests


@pytest.fixture
def opened(ledger):
    ledger.redis.set("open", 1)
    return ledger


@pytest.mark.parametrize(("batch", "callback", "verb"), pairwise(product(BATCHES, CALLBACKS, ["retry", "rerun"])))
def test_again(make_stand, opened, batch, callback, verb):
    stand = make_stand()
    with stand.worker() as worker:
        run = swarm(stand, batch, callback, fails=True, gated=False).apply_async()
        run.get(timeout=120, propagate=False)
        assert run.status is RunStatus.FAILED
        first = expected(callback, BROKEN)
        wait_for(lambda: called_for(opened).total() == first.total(), 30, "the callbacks")
        before = runners(worker, run)
        opened.redis.set("open:repaired", 1)
        again = run if verb == "retry" else run.rerun()
        if verb == "retry":
            run.retry()
        assert again.get(timeout=120) == list(range(COUNT))
        ran = BROKEN if verb == "retry" else set(range(COUNT))
        total = first + Counter({i: n for i, n in expected(callback, set()).items() if i in ran})
        wait_for(lambda: called_for(opened).total() >= total.total(), 30, "the callbacks")
        assert bodies(opened) == Counter(range(COUNT)) + Counter(ran)
        assert called_for(opened) == total
        assert not messages_of_items(worker, again)
        sent = runners(worker, again) - (before if verb == "retry" else 0)
        assert 1 <= sent <= most_runners(batch, len(ran))


@pytest.mark.parametrize(
    ("batch", "callback", "verb"),
    pairwise(product(BATCHES, [None, "on_task_success", "on_task_cleanup"], ["suspend", "interrupt", "kill"])),
)
def test_held_in_the_middle(make_stand, opened, batch, callback, verb):
    total = expected(callback, set())
    stand = make_stand(orchestrator_heartbeat=0.5, orchestrator_lease=2)
    with stand.worker() as first:
        run = swarm(stand, batch, callback).apply_async()
        wait_for(lambda: set(bodies(opened)) >= GATED or len(opened.entries("end")) >= 10, 30, "the gate to be reached")
        wait_for(lambda: any(i in GATED for i in bodies(opened)), 30, "a body at the gate")
        wait_for(at_rest(run, opened), 30, "the ends to be reported, and nothing more to begin")
        if verb == "kill":
            first.kill()
        elif verb == "interrupt":
            run.interrupt(grace=5)
        else:
            run.suspend()
        begun = bodies(opened)
        if verb != "kill":
            assert run.status in (RunStatus.SUSPENDED, RunStatus.INTERRUPTED)
            opened.redis.set("gate", 1)
            wait_for(lambda: not any(str(item.state) == "RUNNING" for item in run.items()), 30, "nothing to run")
            run.resume()
            assert run.get(timeout=120) == list(range(COUNT))
            singles = messages_of_items(first, run)
            # Callbacks may run after the end of their run, and need its worker.
            wait_for(lambda: called_for(opened).total() >= total.total(), 30, "the callbacks")
    if verb == "kill":
        opened.redis.set("gate", 1)
        with stand.worker() as second:
            assert run.get(timeout=120) == list(range(COUNT))
            singles = messages_of_items(second, run)
    repeated = bodies(opened) - Counter(range(COUNT))
    assert set(bodies(opened)) == set(range(COUNT))
    assert repeated.total() <= (0 if verb == "suspend" else 2), "at most what ran in the two processes"
    assert max(begun.values()) == 1
    taken = sum(1 for event in events(run, NodeStarted) if event.attempt > 1)
    assert len(singles) <= (taken if verb == "kill" else 0)
    if verb != "kill":
        assert called_for(opened) == total

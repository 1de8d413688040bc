"""R8, cancellation: nothing starts any more, whoever is up, whatever is killed; and nothing is left."""

import time

import pytest
from celery import chain

from orchestrator_celery import ComplexSignature, RunCancelled, RunNotFound, RunStatus, Swarm
from orchestrator_celery.lifecycle.side_effects.pending import SideEffects
from tests.kit import project as p
from tests.kit.answers import is_answers
from tests.kit.clients import crash_client
from tests.kit.waiting import limit, wait_for, wait_for_beats

HASTY = {"orchestrator_heartbeat": 0.5, "orchestrator_lease": 2, "orchestrator_republish_after": 1}


def left_of(run):
    """Keys that name the run; Celery's own result of its id, and answers to callers, aside."""
    client, keys = p.orchestrator.container.store.client, p.orchestrator.container.store.keys
    found = [key.decode() for key in client.scan_iter() if run.id.encode() in key and not is_answers(client, key)]
    indexed = [key for key in (keys.runs, keys.due) if client.zscore(key, run.id) is not None]
    return [key for key in found + indexed if key != f"celery-task-meta-{run.id}"]


def test_r8_cancelled_with_no_worker_up(site, ledger):
    """200 queued messages, nobody to ask: whoever comes runs none of them."""
    run = ComplexSignature(chain(Swarm([p.nap.s(i) for i in range(200)]), p.identity.s())).apply_async()
    run.cancel(confirm=True)
    assert left_of(run) == []
    with pytest.raises(RunCancelled):
        run.get(timeout=120)
    worker = site.worker(**HASTY)
    wait_for(lambda: site.server.client(0).llen("celery") == 0, what="the deliveries")
    worker.kill()
    site.worker(**HASTY)
    assert p.add.delay(1, 1).get(timeout=120) == 2
    wait_for_beats(p.orchestrator, 3)
    assert ledger.entries("start") == []
    assert left_of(run) == []


def test_r8_cancelled_in_the_middle_and_the_worker_killed(site, ledger):
    worker = site.worker(**HASTY)
    run = Swarm([p.nap.s(i, 0.1) for i in range(200)]).apply_async()
    wait_for(lambda: run.progress().done >= 10, what="ten items")
    run.cancel(confirm=True)
    cancelled = time.monotonic()
    worker.kill()
    before = len(ledger.entries("start"))
    with pytest.raises(RunCancelled):
        run.get(timeout=120)
    assert time.monotonic() - cancelled <= limit(5)
    site.worker(**HASTY)
    assert p.add.delay(1, 1).get(timeout=120) == 2
    wait_for_beats(p.orchestrator, 3)
    assert len(ledger.entries("start")) <= before + 2, "what a process had in its hands"
    assert left_of(run) == []


def test_r8_tail_and_join_of_native_canvas_end(site, ledger):
    """The worker is killed right after the call; the tail does not stay PENDING."""
    worker = site.worker(**HASTY)
    swarm = Swarm([p.nap.si(i, 0.2) for i in range(20)])
    result = chain(p.add.s(1, 1), swarm, p.tail.s()).apply_async()
    wait_for(lambda: ledger.entries("start"), what="the swarm")
    [view] = p.orchestrator.runs(status=RunStatus.RUNNING)
    run = p.orchestrator.run(view.id)
    run.cancel(confirm=True)
    worker.kill()
    site.worker(**HASTY)
    wait_for(lambda: result.state == "REVOKED", 30, "the tail")
    with pytest.raises(RunCancelled):
        result.get(timeout=120)
    assert ledger.entries("tail") == []
    wait_for(lambda: left_of(run) == [], 30, "nothing to be left")


CANCELS = ["store.cancel.before", "store.cancel.after", "store.erase.before", "store.erase.after"]


@pytest.mark.parametrize("point", CANCELS)
def test_r3_whoever_cancels_crashes_at(default_site, ledger, tmp_path, point):
    """Either nothing has happened, or a sweep draws the consequences."""
    default_site.worker(**HASTY)
    run = Swarm([p.nap.s(i, 30) for i in range(2)]).apply_async()
    wait_for(lambda: len(ledger.entries("start")) == 2, what="the bodies")
    code = f"from tests.kit.project import *\norchestrator.run({run.id!r}).cancel(confirm=True, reason='test')\n"
    crash_client(default_site, point, tmp_path / "crashed", code)
    if point == "store.cancel.before":
        assert run.status is RunStatus.RUNNING
        run.cancel(confirm=True, reason="test")
    with pytest.raises(RunCancelled):
        run.get(timeout=120)
    wait_for(lambda: left_of(run) == [], 30, "nothing to be left")
    with pytest.raises(RunNotFound):
        p.orchestrator.run(run.id)
    assert [entry.reason for entry in p.orchestrator.audit(run=run.id, verb="cancel")] == ["test"]
    assert p.add.delay(1, 1).get(timeout=120) == 2, "the pool is free: the bodies were stopped"
    assert ledger.entries("end") == []


@pytest.mark.parametrize("point", ["store.cancel.after", "store.go_on_cancel.before#2", "store.go_on_cancel.after#3"])
def test_r3_whoever_cancels_a_large_run_crashes_at(default_site, ledger, tmp_path, point):
    """The nodes of a large run are read in slices before they are deleted; a sweep does the rest of it."""
    default_site.worker(**HASTY)
    run = Swarm([p.nap.s(i, 30) for i in range(700)], max_concurrency=700).apply_async()
    SideEffects(p.orchestrator.container).apply(run.id)  # starts all items, as claims would do burst by burst
    wait_for(lambda: len(ledger.entries("start")) == 2, what="the bodies")
    code = f"from tests.kit.project import *\norchestrator.run({run.id!r}).cancel(confirm=True, reason='test')\n"
    crash_client(default_site, point, tmp_path / "crashed", code)
    with pytest.raises(RunNotFound):
        p.orchestrator.run(run.id)
    assert left_of(run) != [], "the rest is still to be done"
    wait_for(lambda: left_of(run) == [], 60, "nothing to be left")
    assert [entry.reason for entry in p.orchestrator.audit(run=run.id, verb="cancel")] == ["test"]
    default_site.server.client(0).delete("celery")  # messages of items that are vetoed
    assert p.add.delay(1, 1).get(timeout=120) == 2, "the pool is free: the bodies were stopped"
    assert ledger.entries("end") == []

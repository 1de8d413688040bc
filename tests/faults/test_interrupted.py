"""R3 for an interruption: whoever it passes through crashes; nothing starts meanwhile, and everything goes on after."""

import pytest
from celery import chain

from orchestrator_celery import ComplexSignature, NodeInterrupted, NodeStarted, RunStatus
from tests.kit import project as p
from tests.kit.clients import crash_client
from tests.kit.waiting import wait_for

HASTY = {"orchestrator_heartbeat": 0.5, "orchestrator_lease": 2, "orchestrator_republish_after": 1}


def starts(run):
    return [event.attempt for event in run.events() if isinstance(event, NodeStarted) and event.node == "0.0.0"]


@pytest.mark.parametrize("side", ["before", "after"])
def test_the_caller_crashes_at_the_change_of_status(default_site, ledger, tmp_path, side):
    """Either nothing was done, or the run is interrupted, and the call may be repeated."""
    default_site.worker(**HASTY)
    run = ComplexSignature(chain(p.nap.s(1, 20), p.identity.s())).apply_async()
    wait_for(lambda: ledger.entries("start"), what="the body")
    code = f"from tests.kit.project import *\norchestrator.run({run.id!r}).interrupt()"
    crash_client(default_site, f"store.interrupt.{side}", tmp_path / "crashed", code)
    assert run.status is (RunStatus.RUNNING if side == "before" else RunStatus.INTERRUPTED)
    assert [task.outcome for task in run.interrupt().tasks] == ["terminated"]
    run.resume()
    wait_for(lambda: starts(run) == [1, 2], what="the second attempt")


@pytest.mark.parametrize("side", ["before", "after"])
def test_the_worker_crashes_when_it_reports(default_site, ledger, tmp_path, side):
    """Its task is held all the same, fenced off or found by a sweep, and starts again only with the resumption."""
    mark = tmp_path / "crashed"
    env = {"ORCHESTRATOR_CRASH": f"store.stopped.{side}", "ORCHESTRATOR_CRASH_ONCE": str(mark)}
    default_site.worker(env=env, **HASTY)
    run = ComplexSignature(chain(p.nap.s(1, 10), p.identity.s())).apply_async()
    wait_for(lambda: ledger.entries("start"), what="the body")
    [task] = run.interrupt(grace=0.5).tasks
    wait_for(mark.exists, what="the crash")
    assert task.outcome in ("terminated", "unreachable")
    assert run.status is RunStatus.INTERRUPTED
    default_site.worker(**HASTY)
    assert starts(run) == [1]
    run.resume()
    assert run.get(timeout=240) == 1
    assert starts(run) == [1, 2]


def test_what_a_dead_caller_did_not_signal_is_stopped_all_the_same(default_site, ledger):
    """A sweep tells the workers again, with the signal that was asked for, once the caller has had its time."""
    default_site.worker(**HASTY)
    run = ComplexSignature(chain(p.nap.s(1, 60), p.identity.s())).apply_async()
    wait_for(lambda: ledger.entries("start"), what="the body")
    p.orchestrator.container.store.interrupt(run.id, "SIGINT", 0.5)  # as a caller that died right after
    [stopped] = wait_for(
        lambda: [e for e in run.events() if isinstance(e, NodeInterrupted)], what="the end of the body"
    )
    assert (stopped.node, stopped.attempt, stopped.reason) == ("0.0.0", 1, "terminated")
    assert (run.status, starts(run)) == (RunStatus.INTERRUPTED, [1])
    run.resume()
    wait_for(lambda: starts(run) == [1, 2], what="the second attempt")


def test_a_worker_dies_while_its_task_is_to_be_stopped(default_site, ledger):
    """The next worker finds it, and holds it."""
    worker = default_site.worker(**HASTY)
    run = ComplexSignature(p.nap.s(1, 2)).apply_async()
    wait_for(lambda: ledger.entries("start"), what="the body")
    p.orchestrator.container.store.interrupt(run.id)  # as a caller that died right after
    worker.kill()
    default_site.worker(**HASTY)
    wait_for(lambda: p.orchestrator.resume_reports(), what="the report")
    [node] = p.orchestrator.resume_reports()[0].nodes
    assert node.action == "kept"
    assert len(ledger.entries("start")) == 1
    run.resume()
    assert run.get(timeout=240) == 1

"""R8, suspension: it holds, whoever is up, whatever is killed."""

import threading
import time

import pytest
from billiard.exceptions import WorkerLostError
from celery import chain

from orchestrator_celery import ComplexSignature, InvalidTransition, NodeState, RunNotFound, RunStatus, Swarm
from orchestrator_celery.model.ids import LeafId
from tests.kit import project as p
from tests.kit.waiting import wait_for, wait_for_beats

HASTY = {"orchestrator_heartbeat": 0.5, "orchestrator_lease": 2, "orchestrator_republish_after": 1}


def test_r8_suspended_with_no_worker_up(site, ledger):
    run = ComplexSignature(chain(Swarm([p.nap.s(i) for i in range(200)]), p.identity.s())).apply_async()
    run.suspend()
    worker = site.worker(**HASTY)
    # All 200 messages are delivered, and every one is vetoed.
    wait_for(lambda: site.server.client(0).llen("celery") == 0, what="the deliveries")
    wait_for_beats(p.orchestrator, 3)
    assert ledger.entries("start") == []
    assert run.status is RunStatus.SUSPENDED
    assert "run.resume()" in run.status_message
    worker.kill()
    site.worker(**HASTY)
    wait_for_beats(p.orchestrator, 3)
    assert ledger.entries("start") == []
    run.resume()
    assert run.get(timeout=240) == list(range(200))
    assert len(ledger.entries("start")) == 200
    assert run.status is RunStatus.SUCCEEDED


def test_r8_suspended_in_the_middle(site, ledger):
    worker = site.worker(**HASTY)
    run = Swarm([p.nap.s(i, 0.1) for i in range(200)]).apply_async()
    wait_for(lambda: run.progress().done >= 10, what="ten items")
    run.suspend()
    worker.kill()
    suspended = time.time()
    site.worker(**HASTY)
    wait_for_beats(p.orchestrator, 3)
    begun = [event.time.timestamp() for event in run.events() if type(event).__name__ == "NodeStarted"]
    assert max(begun) <= suspended + 1
    started = len(ledger.entries("start"))
    run.resume()
    assert run.get(timeout=240) == list(range(200))
    assert len(ledger.entries("start")) <= 200 + 2
    assert started < 200


def test_what_runs_may_finish_and_what_is_added_is_held(default_site, ledger):
    default_site.worker(**HASTY)
    swarm = Swarm([p.nap.s(1, 1)], open=True)
    run = swarm.apply_async()
    wait_for(lambda: run.progress().running == 1, what="the body")
    run.suspend()
    swarm.add_tasks_bulk([p.nap.s(i) for i in (2, 3)])
    wait_for(lambda: run.progress().done == 1, what="its end")
    wait_for_beats(p.orchestrator, 3)
    assert [item.state for item in run.items()][1:] == [NodeState.QUEUED] * 2
    assert len(ledger.entries("start")) == 1
    run.resume()
    swarm.close()
    assert run.get(timeout=120) == [1, 2, 3]


def test_a_chain_stops_between_its_steps(default_site, ledger):
    default_site.worker(**HASTY)
    run = ComplexSignature(chain(p.nap.s(1, 0.5), p.nap.s(0.01))).apply_async()
    wait_for(lambda: run.progress().running == 1, what="the first step")
    run.suspend()
    wait_for(lambda: run.progress().done == 1, what="its end")
    wait_for_beats(p.orchestrator, 3)
    assert len(ledger.entries("start")) == 1
    run.resume()
    assert run.get(timeout=120) == 1


def test_a_run_that_stands_in_for_a_task_is_suspended_with_it(default_site, ledger):
    default_site.worker(**HASTY)
    run = ComplexSignature(chain(p.replaced.s("slow"), p.add.s(1))).apply_async()
    wait_for(lambda: ledger.entries("start"), what="the replacement")
    run.suspend()
    wait_for(lambda: ledger.entries("end"), what="the end of what ran")
    wait_for_beats(p.orchestrator, 3)
    assert len(ledger.entries("start")) == 1
    run.resume()
    assert run.get(timeout=120) == 2
    assert len(ledger.entries("start")) == 2


@pytest.mark.parametrize("status", [RunStatus.SUSPENDED, RunStatus.INTERRUPTED])
def test_a_caller_dies_before_it_has_told_a_run_that_stands_in(default_site, ledger, status):
    """Given a status that changed in the store alone, then a sweep has what stands in for its tasks follow."""
    default_site.worker(**HASTY)
    run = ComplexSignature(chain(p.replaced.s("long"), p.add.s(1))).apply_async()
    wait_for(lambda: ledger.entries("start"), what="the replacement")
    inner = p.orchestrator.result(str(LeafId(run.id, "0.0.0", 1)))
    store = p.orchestrator.container.store
    effects = store.suspend(run.id) if status is RunStatus.SUSPENDED else store.interrupt(run.id)
    assert effects.refused is None
    wait_for(lambda: inner.status is status, 40, "the sweep")
    wait_for(lambda: "owed" not in p.orchestrator.container.reader.head(run.id), what="the debt to be paid")
    p.orchestrator.container.publisher.act(store.resume(run.id).todo)
    assert run.get(timeout=240) == 2


def test_verbs_that_do_not_fit_the_status_are_refused(default_site):
    default_site.worker(**HASTY)
    run = ComplexSignature(p.nap.s(1, 1)).apply_async()
    with pytest.raises(InvalidTransition, match="cannot be resumed"):
        run.resume()
    run.suspend()
    with pytest.raises(InvalidTransition, match="is SUSPENDED and cannot be suspended"):
        run.suspend()
    run.resume()
    assert run.get(timeout=120) == 1
    for verb in (run.suspend, run.resume):
        with pytest.raises(InvalidTransition, match="SUCCEEDED"):
            verb()
    with pytest.raises(RunNotFound):
        p.orchestrator.result("no such run").suspend()


def test_a_task_that_a_rule_holds_back_is_resumed_by_hand(default_site, ledger):
    worker = default_site.worker(**HASTY, orchestrator_auto_resume_exclude=["*.nap"])
    run = ComplexSignature(chain(p.nap.s(7, 1), p.add.s(1))).apply_async()
    wait_for(lambda: ledger.entries("start"), what="the body")
    worker.kill()
    default_site.worker(**HASTY, orchestrator_auto_resume_exclude=["*.nap"])
    wait_for(lambda: p.orchestrator.resume_reports(), what="the report")
    [report] = p.orchestrator.resume_reports()
    [refused] = report.nodes
    assert (refused.action, refused.reason) == ("refused", "orchestrator_auto_resume_exclude")
    assert "held back by a rule" in run.status_message
    assert len(ledger.entries("start")) == 1
    run.resume()
    assert run.get(timeout=120) == 8
    assert len(ledger.entries("start")) == 2


def test_a_canvas_inside_that_ends_meanwhile_is_not_forgotten(default_site, ledger):
    """The last body of a canvas that replaced a task ends while the run is suspended: its result counts."""
    default_site.worker(**HASTY)
    run = ComplexSignature(chain(p.replaced.s("napping"), p.add.s(1))).apply_async()
    wait_for(lambda: ledger.entries("start"), what="the body")
    run.suspend()
    wait_for(lambda: ledger.entries("end"), what="its end")
    inner = p.orchestrator.result(f"{run.id}:0.0.0:1")
    wait_for(lambda: "RunClosed" in [type(event).__name__ for event in inner.events()], what="the inner run's end")
    run.resume()
    assert run.get(timeout=120) == 2
    assert len(ledger.entries("start")) == 1
    assert not [event for event in run.events() if type(event).__name__ == "NodeLost"]


@pytest.mark.parametrize(
    ("rule", "words"), [("never", "is not to be started again"), ("broken_rule", "raised KeyError")]
)
def test_a_validator_is_asked_when_a_worker_died(default_site, ledger, rule, words):
    """Also one that raises: it has said no, and others are resumed all the same."""
    rules = {"orchestrator_auto_resume_validators": [f"tests.kit.project.{rule}"]}
    worker = default_site.worker(**HASTY, **rules)
    run = ComplexSignature(p.nap.s(7, 1)).apply_async()
    wait_for(lambda: run.progress().running == 1, what="the body")
    worker.kill()
    default_site.worker(**HASTY, **rules)
    wait_for(lambda: p.orchestrator.resume_reports(), what="the report")
    [node] = p.orchestrator.resume_reports()[0].nodes
    assert node.action == "refused"
    assert words in node.reason
    assert "held back by a rule" in run.status_message
    run.resume()
    assert run.get(timeout=120) == 7


def test_a_validator_is_asked_when_a_child_died(default_site, ledger):
    """Where it says no, the task fails as it does natively."""
    default_site.worker(**HASTY, orchestrator_auto_resume_validators=["tests.kit.project.never"])
    run = ComplexSignature(p.suicide_once.s(1)).apply_async()
    # The heartbeat or Celery's pool notices the exit first.
    with pytest.raises(WorkerLostError, match=r"signal 9|prematurely|is gone"):
        run.get(timeout=120)
    assert len(ledger.entries("once")) == 1


def test_a_report_is_an_event_of_celery_too(default_site, ledger):
    worker = default_site.worker(**HASTY)
    run = ComplexSignature(p.nap.s(7, 5)).apply_async()
    wait_for(lambda: run.progress().running == 1, what="the body")
    received, heard = [], threading.Event()
    handlers = {"orchestrator-resume-report": received.append, "worker-heartbeat": lambda event: heard.set()}
    with p.app.connection_for_read() as connection:
        receiver = p.app.events.Receiver(connection, handlers=handlers)
        listener = threading.Thread(target=receiver.capture, kwargs={"limit": None, "timeout": None, "wakeup": False})
        listener.start()
        try:
            assert heard.wait(20)
            worker.kill()
            default_site.worker(**HASTY)
            wait_for(lambda: any(event["dead"] for event in received), what="the event")
        finally:
            receiver.should_stop = True
            listener.join(20)
    assert run.get(timeout=120) == 7
    [report] = [report for report in p.orchestrator.resume_reports() if report.dead]
    [event] = [event for event in received if event["dead"]]
    assert (event["resumed"], event["looked_at"]) == (1, report.looked_at)
    assert tuple(event["dead"]) == report.dead

"""A pool process that dies: its task starts again under a new attempt, until it is poisoned. Nothing is lost."""

import os
import signal

import pytest
from celery import chain, chord, group

from orchestrator_celery import NodeState, PoisonedTask, RunStatus, Swarm
from orchestrator_celery.model.events import NodeFailed, NodeLost, NodeStarted, NodeSucceeded, RunClosed
from tests.kit.waiting import wait_for
from tests.worker.support import error_of, events, wait_for_event, wait_until_running


def test_child_killed_while_its_task_runs(busy, ledger):
    t = busy.tasks
    victim = t("nap", "a", seconds=1).set(link_error=t("on_new_error"), link=t("on_link"))
    run = busy.complex(chain(victim, t("nap"))).apply_async(link_error=t("on_old_error"))
    child = wait_until_running(run, "0.0.0")
    wait_for(lambda: ledger.entries("start"), 10, "its body")
    os.kill(child, signal.SIGKILL)
    assert run.get(timeout=120) == "a"
    assert run.status is RunStatus.SUCCEEDED
    # Two bodies of the victim, the first of which did not end, and one of what follows.
    assert len(ledger.entries("start")) == 3
    assert len(ledger.entries("end")) == 2
    assert [event.attempt for event in events(run, NodeLost)] == [1]
    assert run.tree().children[0].children[0].attempts == 2
    wait_for(lambda: ledger.entries("link"), 10, "the link")
    assert len(ledger.entries("link")) == 1
    assert ledger.entries("new-errback") == ledger.entries("old-errback") == []


@pytest.mark.parametrize("shape", ["group", "chord", "swarm"])
def test_children_killed_again_and_again(busy, ledger, shape):
    t = busy.tasks
    items = [t("suicide_once", i) if i % 6 == 0 else t("nap", i) for i in range(24)]
    workflow = {"group": group(items), "chord": chord(items, t("identity")), "swarm": Swarm(items, max_concurrency=3)}
    run = busy.run(workflow[shape])
    assert run.get(timeout=240) == list(range(24))
    lost = events(run, NodeLost)
    assert len({event.node for event in lost}) >= 4
    assert len(ledger.entries("start")) <= 20 + len(lost)
    succeeded = [event.node for event in events(run, NodeSucceeded)]
    assert len(succeeded) == len(set(succeeded)), "each node ends once"


def test_both_children_killed_at_once(busy, ledger):
    t = busy.tasks
    run = busy.run(chord([t("nap", 1, seconds=2), t("nap", 2, seconds=2)], t("xsum")))
    pids = {wait_until_running(run, f"0.0.0.{index}") for index in (0, 1)}
    wait_for(lambda: len(ledger.entries("start")) == 2, 10, "both bodies")
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert run.get(timeout=120) == 3
    # One, where the pool still lacked a process that an earlier test took from it.
    assert len(events(run, NodeLost)) == len(pids)
    assert len(ledger.entries("start")) == 2 + len(pids)
    assert events(run, NodeFailed) == []


def test_children_that_are_replaced_after_every_task(make_stand, ledger):
    """A process that ends in good order right after its task is no lost one."""
    stand = make_stand(worker_max_tasks_per_child=1, orchestrator_heartbeat=0.1)
    t = stand.tasks
    with stand.worker():
        items = [t("nap", i) for i in range(6)] + [t("flaky", 1, i) for i in (6, 7)]
        run = stand.swarm(items, max_concurrency=4).apply_async()
        assert run.get(timeout=120) == list(range(8))
    assert sorted(entry[1] for entry in ledger.entries("start")) == list(range(6))
    assert len(ledger.entries("flaky")) == 4
    assert events(run, NodeLost) == []


@pytest.mark.parametrize("task", ["suicide", "suicide_late"], ids=["early", "acks_late and reject_on_worker_lost"])
def test_poison(busy, ledger, task):
    t = busy.tasks
    poison = t(task, "p").set(link_error=[t("on_new_error"), t("on_old_error")])
    run = busy.complex(chain(poison, t("nap")), on_error=t("on_handler")).apply_async()
    with pytest.raises(PoisonedTask):
        run.get(timeout=120)
    assert run.status is RunStatus.FAILED
    assert [event.attempt for event in events(run, NodeStarted) if event.node == "0.0.0"] == [1, 2, 3]
    assert len([event for event in events(run, NodeFailed) if event.node == "0.0.0"]) == 1
    wait_for(lambda: ledger.entries("handler") and ledger.entries("old-errback"), 10, "the callbacks")
    # The worker goes on, and nothing of the poison is left with the broker.
    assert busy.run(t("nap", 1)).get(timeout=120) == 1
    wait_for(lambda: not busy.queued() and not busy.unacked(), 20, "an empty queue")
    assert len(ledger.entries("suicide")) == 3, "exactly three runs"
    assert [entry[2] for entry in ledger.entries("new-errback")] == ["PoisonedTask"]
    assert len(ledger.entries("handler")) == len(ledger.entries("old-errback")) == 1
    assert len(ledger.entries("start")) == 1


def test_poison_on_a_worker_with_late_acknowledgement_everywhere(make_stand, ledger):
    stand = make_stand(task_acks_late=True, task_reject_on_worker_lost=True, orchestrator_max_resumes=1)
    with stand.worker():
        run = stand.swarm([stand.tasks("suicide", "p"), stand.tasks("nap", 1)], max_failures=1).apply_async()
        assert run.get(timeout=120) == [None, 1]
        assert [item.error.type for item in run.items(state=NodeState.FAILED)] == ["PoisonedTask"]
        wait_for(lambda: not stand.queued() and not stand.unacked(), 20, "an empty queue")
    assert len(ledger.entries("suicide")) == 2, "the first and one resume"


def test_poison_in_a_group_fails_it_once(busy, ledger):
    t = busy.tasks
    body = t("identity").set(link_error=t("on_old_error"))
    run = busy.run(chord([t("suicide", "p"), t("nap", 1)], body))
    assert "PoisonedTask" in repr(error_of(run, timeout=120))
    wait_for(lambda: ledger.entries("old-errback"), 10, "the error callback")
    assert busy.run(t("nap", 1)).get(timeout=120) == 1
    assert len(ledger.entries("suicide")) == 3
    assert len(ledger.entries("old-errback")) == 1


def test_task_whose_policy_forbids_a_resume_fails_as_it_does_natively(busy, ledger):
    run = busy.run(busy.tasks("never_resumed", 1))
    error = error_of(run, timeout=120)
    assert type(error).__name__ == "WorkerLostError"
    assert len(ledger.entries("never")) == 1


@pytest.mark.parametrize("shape", ["alone", "in a chain"])
def test_process_that_dies_while_it_closes_the_run(busy, ledger, shape):
    """The closing message is a task too: Celery must not hear of a failure that is none."""
    t = busy.tasks
    unit = busy.complex(t("grenade")).set(link=t("on_link", "done").set(immutable=True), link_error=t("on_old_error"))
    last = t("nap", "next").set(immutable=True, link_error=t("on_old_error"))
    signature = unit if shape == "alone" else chain(unit, last, app=busy.app)
    result = signature.apply_async()
    run = result if shape == "alone" else busy.orchestrator.run(result.parent.id)
    wait_for_event(run, RunClosed)
    assert ledger.redis.exists("exploded"), "the closing has died once"
    assert result.get(timeout=120) == ("pulled" if shape == "alone" else "next")
    assert run.status is RunStatus.SUCCEEDED
    wait_for(lambda: ledger.entries("link"), 10, "the callback")
    assert busy.run(t("add", 1, 1)).get(timeout=120) == 2
    assert ledger.entries("old-errback") == []
    assert len(ledger.entries("link")) == 1
    assert len(ledger.entries("start")) == (shape != "alone")

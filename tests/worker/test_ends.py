"""Every way a message may end without a result: ignored, rejected, revoked, expired, out of time. None hangs a run,
and each fires the error callback exactly once."""

import pytest
from celery import chain, chord, group
from celery.exceptions import SoftTimeLimitExceeded, TaskRevokedError, TimeLimitExceeded

from orchestrator_celery import LeafIgnored, NodeState, RunStatus, Swarm
from orchestrator_celery.model.events import NodeFailed, NodeStarted, NodeSucceeded
from tests.kit.waiting import wait_for
from tests.worker.support import error_of, events, leaf, wait_for_event, wait_until_running


def failing_places(t, bad):
    """A failing leaf where native canvas may have one."""
    return {
        "task": bad,
        "first step": chain(bad, t("nap")),
        "last step": chain(t("identity", 1), bad),
        "member": group(bad, t("identity", 1)),
        "header": chord([bad, t("identity", 1)], t("collect")),
        "item": Swarm([bad, t("identity", 1)]),
    }


def failed_once(run, node="0.0"):
    return len([event for event in events(run, NodeFailed) if event.node == node]) == 1


# -- Ignore and Reject


@pytest.mark.parametrize("task", ["ignoring", "rejecting"])
def test_ignored_and_rejected_never_hang(busy, ledger, task):
    places = failing_places(busy.tasks, busy.tasks(task).set(immutable=True))
    runs = {place: busy.run(workflow) for place, workflow in places.items()}
    errors = {place: error_of(run, timeout=120) for place, run in runs.items()}
    assert {place: run.status for place, run in runs.items()} == dict.fromkeys(places, RunStatus.FAILED)
    for place in ("task", "first step", "last step", "member"):
        assert isinstance(errors[place], LeafIgnored), place
        assert {"ignoring": "Ignore", "rejecting": "Reject"}[task] in str(errors[place])
    assert ledger.entries("start") == [], "nothing follows what was ignored"


def test_requeued_task_comes_again(busy, ledger):
    run = busy.run(chain(busy.tasks("requeueing", 2), busy.tasks("nap")))
    assert run.get(timeout=120) == "done"
    assert len(ledger.entries("requeueing")) == 3
    assert len(events(run, NodeSucceeded)) == 4
    assert len(events(run, NodeFailed)) == 0


def test_reject_with_requeue_where_the_message_is_acknowledged_already(busy, ledger):
    # Without acks_late Celery cannot requeue: the message is gone, and only the outbox has it still.
    run = busy.run(busy.tasks("requeueing_early", 1))
    assert run.get(timeout=120) == "done"
    assert len(ledger.entries("requeueing")) == 2


# -- revoked


def test_leaf_revoked_before_it_starts(busy, ledger):
    run = busy.run(chain(busy.tasks("nap", 1, seconds=1), busy.tasks("nap").set(link_error=busy.tasks("on_new_error"))))
    wait_until_running(run, "0.0.0")
    busy.app.control.revoke(leaf(run, "0.0.1"), reply=True, timeout=5, limit=1)
    with pytest.raises(TaskRevokedError):
        run.get(timeout=120)
    assert run.status is RunStatus.FAILED
    assert failed_once(run, "0.0.1")
    wait_for(lambda: ledger.entries("new-errback"), 10, "the error callback")
    assert len(ledger.entries("start")) == 1
    assert [entry[2] for entry in ledger.entries("new-errback")] == ["TaskRevokedError"]


@pytest.mark.parametrize("number", ["SIGTERM", "SIGKILL"])
def test_leaf_revoked_while_it_runs(busy, ledger, number):
    signature = busy.tasks("nap", 1, seconds=30).set(link_error=busy.tasks("on_new_error"))
    run = busy.run(chain(signature, busy.tasks("nap")))
    wait_until_running(run, "0.0.0")
    busy.app.control.revoke(leaf(run, "0.0.0"), terminate=True, signal=number)
    with pytest.raises(TaskRevokedError):
        run.get(timeout=120)
    assert failed_once(run, "0.0.0")
    assert [event.attempt for event in events(run, NodeStarted) if event.node == "0.0.0"] == [1], "nobody resumes it"
    wait_for(lambda: ledger.entries("new-errback"), 10, "the error callback")
    assert len(ledger.entries("new-errback")) == 1
    assert ledger.entries("end") == []


def test_revoked_member_fails_its_group_and_item_is_tolerated(busy):
    t = busy.tasks
    group_run = busy.run(group(t("nap", 1, seconds=30), t("nap", 2)))
    swarm_run = busy.swarm([t("nap", 1, seconds=30), t("nap", 2)], max_failures=1).apply_async()
    wait_until_running(group_run, "0.0.0")
    busy.app.control.revoke(leaf(group_run, "0.0.0"), terminate=True)
    with pytest.raises(TaskRevokedError):
        group_run.get(timeout=120)
    wait_until_running(swarm_run, "0.0")
    busy.app.control.revoke(leaf(swarm_run, "0.0"), terminate=True)
    assert swarm_run.get(timeout=120) == [None, 2]


# -- expired


def test_expired_before_it_could_start(stand, ledger):
    t = stand.tasks
    run = stand.run(chain(t("nap", 1).set(expires=0.2, link_error=t("on_new_error")), t("nap")))
    relative = stand.swarm([t("nap", 2)]).apply_async(expires=0.2)
    fine = stand.run(t("nap", 3).set(expires=60))
    wait_for(
        lambda: stand.orchestrator.container.store.now() > run.view.created.timestamp() + 0.5, 10, "the time to pass"
    )
    with stand.worker():
        for expired in (run, relative):
            error = error_of(expired, timeout=120)
            assert isinstance(error, TaskRevokedError) or error.failures[0]["type"] == "TaskRevokedError"
            assert expired.status is RunStatus.FAILED
        assert fine.get(timeout=120) == 3
        wait_for(lambda: ledger.entries("new-errback"), 10, "the error callback")
    assert ledger.entries("start") == [["start", 3]]
    assert len(ledger.entries("new-errback")) == 1


# -- out of time


def test_hard_time_limit(busy, ledger):
    """Celery reports it twice."""
    t = busy.tasks
    limited = t("too_long").set(link_error=[t("on_new_error"), t("on_old_error")])
    run = busy.complex(chain(limited, t("nap")), on_error=t("on_handler")).apply_async(link_error=t("on_old_error"))
    with pytest.raises(TimeLimitExceeded):
        run.get(timeout=120)
    assert failed_once(run, "0.0.0")
    wait_for(lambda: ledger.entries("handler") and len(ledger.entries("old-errback")) >= 2, 10, "the callbacks")
    # Another run behind it: whatever Celery's second report has caused would have come by now.
    busy.run(t("nap", 1)).get(timeout=120)
    assert [entry[2:] for entry in ledger.entries("new-errback")] == [["TimeLimitExceeded", "TimeLimitExceeded(1,)"]]
    assert sorted(entry[1] for entry in ledger.entries("old-errback")) == sorted([leaf(run, "0.0.0"), run.id])
    assert len(ledger.entries("handler")) == 1
    assert len(ledger.entries("too_long")) == 1, "it is not run again"
    assert len(ledger.entries("start")) == 1


def test_hard_time_limit_in_a_swarm_gives_its_slot_back(busy, ledger):
    t = busy.tasks
    items = [t("too_long"), t("nap", 1), t("nap", 2)]
    run = busy.swarm(items, max_concurrency=1, max_failures=1).apply_async()
    assert run.get(timeout=120) == [None, 1, 2]
    assert [item.error.type for item in run.items(state=NodeState.FAILED)] == ["TimeLimitExceeded"]


def test_soft_time_limit(busy, ledger):
    t = busy.tasks
    caught = busy.run(t("politely_too_long", catch=True))
    run = busy.run(chain(t("politely_too_long").set(link_error=t("on_new_error")), t("nap")))
    with pytest.raises(SoftTimeLimitExceeded):
        run.get(timeout=120)
    assert caught.get(timeout=120) == "caught"
    assert failed_once(run, "0.0.0")
    wait_for(lambda: ledger.entries("new-errback"), 10, "the error callback")
    assert len(ledger.entries("new-errback")) == 1
    assert ledger.entries("start") == []


def test_limits_given_with_the_run_hold_for_its_tasks(busy):
    run = busy.swarm([busy.tasks("nap", 1, seconds=30)]).apply_async(time_limit=1)
    assert error_of(run, timeout=120).failures[0]["type"] == "TimeLimitExceeded"
    assert wait_for_event(run, NodeFailed, 2)

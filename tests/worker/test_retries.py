"""Retries: a task's own retry supersedes its message, and nothing is lost or doubled in between."""

import os
import signal

import pytest
from celery import chain, chord, group

from orchestrator_celery import RunStatus
from orchestrator_celery.model.events import NodeFailed, NodeRetried, NodeStarted, NodeSucceeded
from tests.kit.waiting import wait_for
from tests.worker.support import events, wait_for_event


def test_retry_without_pause_many_times(busy, ledger):
    # Celery publishes a retry before the body has ended: with two processes the new message is often claimed first.
    run = busy.swarm([busy.tasks("flaky", 10, i) for i in range(20)]).apply_async()
    assert run.get(timeout=240) == list(range(20))
    assert len(ledger.entries("flaky")) == 20 * 11, "each retry ran once"
    for retries in range(11):
        assert len(ledger.entries("flaky", retries)) == 20
    assert len(events(run, NodeSucceeded)) == 21
    assert len([event for event in events(run, NodeStarted) if event.node != "$"]) == 20 * 11
    assert run.progress().done == 20


def test_retry_in_chain_group_and_chord(busy):
    t = busy.tasks
    assert busy.run(chain(t("flaky", 3, 5), t("add", 1))).get(timeout=120) == 6
    assert busy.run(chain(t("add", 1, 0), t("flaky", "done"))).get(timeout=120) == "done"
    assert busy.run(group(t("flaky", 3, 5), t("flaky", 0, 7))).get(timeout=120) == [5, 7]
    assert busy.run(chord([t("flaky", 2, 5), t("flaky", 1, 7)], t("xsum"))).get(timeout=120) == 12


def test_attempt_stays_the_same_through_retries(busy):
    run = busy.run(busy.tasks("flaky", 2))
    assert run.get(timeout=120) == 2
    assert {event.attempt for event in events(run, NodeStarted, NodeRetried)} == {1}
    assert run.tree().children[0].attempts == 1


def test_retry_exhausted_fails_with_the_task_s_own_error(busy):
    run = busy.run(chain(busy.tasks("hopeless"), busy.tasks("add", 1)))
    with pytest.raises(OSError, match="still down"):
        run.get(timeout=120)
    assert run.status is RunStatus.FAILED
    assert len([event for event in events(run, NodeStarted) if event.node == "0.0.0"]) == 3
    assert len([event for event in events(run, NodeFailed) if event.node == "0.0.0"]) == 1


def test_autoretry(busy):
    assert busy.run(busy.tasks("autoretried", 3)).get(timeout=120) == 3
    run = busy.run(busy.tasks("autoretried", 4))
    with pytest.raises(KeyError, match="again"):
        run.get(timeout=120)
    assert len([event for event in events(run, NodeStarted) if event.node == "0.0"]) == 4


def test_retried_task_keeps_its_arguments_and_options(busy, ledger):
    signature = busy.tasks("flaky", 2, value={"k": [1, 2]}).set(priority=3, headers={"odd": "even"})
    assert busy.run(signature).get(timeout=120) == {"k": [1, 2]}


def test_result_of_a_body_that_a_retry_has_superseded_is_refused(busy, ledger):
    run = busy.run(chain(busy.tasks("changes_its_mind"), busy.tasks("nap")))
    assert run.get(timeout=120) == "the retry's"
    assert len(ledger.entries("retry")) == len(ledger.entries("start")) == 1
    assert len([event for event in events(run, NodeSucceeded) if event.node == "0.0.0"]) == 1


def test_process_killed_in_a_retry(busy, ledger):
    run = busy.run(busy.tasks("dies_in_its_second_try"))
    assert run.get(timeout=120) == "survived"
    # A new attempt is the task from its beginning, so it counts its retries anew.
    assert [event.attempt for event in events(run, NodeStarted) if event.node == "0.0"] == [1, 1, 2, 2]


def test_retry_is_not_published_again_before_it_is_due(make_stand, ledger):
    # A message that nobody claims is sent again after a second; a pause that is meant is no such message.
    stand = make_stand(orchestrator_republish_after=1, orchestrator_heartbeat=0.3, orchestrator_lease=2)
    with stand.worker():
        run = stand.run(stand.tasks("patient", 3))
        assert run.get(timeout=120) == "done"
    starts = [event.time for event in events(run, NodeStarted) if event.node == "0.0"]
    assert len(starts) == 2
    assert (starts[1] - starts[0]).total_seconds() >= 3


def test_worker_killed_between_a_retry_and_its_turn(make_stand, ledger):
    stand = make_stand(orchestrator_republish_after=1, orchestrator_heartbeat=0.3, orchestrator_lease=2)
    with stand.worker() as worker:
        run = stand.run(stand.tasks("patient", 2))
        wait_for_event(run, NodeRetried)
        worker.kill()
    with stand.worker():
        assert run.get(timeout=120) == "done"
    assert [event.node for event in events(run, NodeSucceeded)] == ["0.0", "0"]


def test_child_killed_right_after_its_retry_was_published(busy, ledger):
    # The message of the retry is out; whether the store heard of it is open: exactly one of them goes on.
    run = busy.run(busy.tasks("patient", 1, linger=2))
    wait_for(lambda: ledger.entries("published"), 20, "the retry to be published")
    os.kill(int(run.tree().children[0].worker.rsplit("/", 2)[1]), signal.SIGKILL)
    assert run.get(timeout=120) == "done"
    assert len([event for event in events(run, NodeSucceeded) if event.node == "0.0"]) == 1

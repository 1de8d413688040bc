"""Invariants 1 and 2: whatever is delivered twice or too late, a body runs once and a node ends once."""

import os
import signal

import pytest
from celery import chain, chord

from orchestrator_celery import NodeState, RunStatus
from orchestrator_celery.model.events import NodeFailed, NodeRetried, NodeStarted, NodeSucceeded, NodeVetoed, RunClosed
from tests.kit.waiting import wait_for
from tests.worker.support import events, leaf, send_again, wait_for_event, wait_until_running


def test_message_delivered_again_while_its_body_runs(busy, ledger):
    run = busy.run(chain(busy.tasks("nap", "a", seconds=1.5), busy.tasks("nap")))
    wait_until_running(run, "0.0.0")
    for _ in range(5):
        send_again(run, "nap", "a", node="0.0.0")
    vetoed = wait_for_event(run, NodeVetoed, 5)
    assert {(event.node, event.attempt, event.reason) for event in vetoed} == {("0.0.0", 1, "duplicate")}
    assert events(run, NodeSucceeded) == [], "the body still runs: its copies were vetoed meanwhile"
    assert run.get(timeout=120) == "a"
    assert len(ledger.entries("start")) == len(ledger.entries("end")) == 2
    assert _ends(run) == {"0.0.0": 1, "0.0.1": 1, "0.0": 1, "0": 1}


def test_message_delivered_again_after_its_end(busy, ledger):
    run = busy.run(chain(busy.tasks("nap", "a"), busy.tasks("nap")))
    assert run.get(timeout=120) == "a"
    wait_for_event(run, RunClosed)
    for node in ("0.0.0", "0.0.1"):
        send_again(run, "nap", "a", node=node)
    vetoed = wait_for_event(run, NodeVetoed, 2)
    assert sorted((event.node, event.reason) for event in vetoed) == [("0.0.0", "stale"), ("0.0.1", "stale")]
    assert len(ledger.entries("start")) == 2
    assert _ends(run) == {"0.0.0": 1, "0.0.1": 1, "0.0": 1, "0": 1}
    assert len(events(run, RunClosed)) == 1
    assert run.get(timeout=1) == "a"


def test_veto_leaves_nothing_with_broker_and_backend(busy):
    before = busy.unacked()  # tests before this one may have killed a process with a message in hand
    run = busy.run(busy.tasks("nap", "a"))
    run.get(timeout=120)
    wait_for_event(run, RunClosed)
    send_again(run, "nap", "a")
    wait_for_event(run, NodeVetoed)
    wait_for(lambda: not busy.queued() and busy.unacked() <= before, 10, "the message to be acknowledged")
    assert busy.app.backend.client.get(busy.app.backend.get_key_for_task(leaf(run))) is None


def test_closing_message_delivered_again(busy, ledger):
    t = busy.tasks
    unit = busy.complex(t("nap", "a")).set(link=t("on_link", mark="linked"))
    result = chain(unit, t("nap"), app=busy.app).apply_async()
    assert result.get(timeout=120) == "a"
    run = busy.orchestrator.run(result.parent.id)
    wait_for_event(run, RunClosed)
    for _ in range(3):
        busy.app.send_task(
            "orchestrator.close", (1,), task_id=run.id, chain=[dict(t("nap"))], link=[t("on_link", mark="linked")]
        )
    wait_for_event(run, NodeVetoed, 3)
    assert len(ledger.entries("linked")) == 1, "no callback a second time"
    assert len(ledger.entries("start")) == 2, "the chain does not go on a second time"
    assert run.get(timeout=1) == "a"


def test_closing_message_before_the_end_changes_nothing(busy):
    run = busy.run(busy.tasks("nap", "a", seconds=1))
    wait_until_running(run)
    busy.app.send_task("orchestrator.close", (1,), task_id=run.id)
    assert wait_for_event(run, NodeVetoed)[0].node == "$"
    assert not run.ready()
    assert run.get(timeout=120) == "a"


@pytest.mark.parametrize("attempt", [0, 1, 3, 99])
def test_message_of_another_attempt_does_nothing(busy, ledger, attempt):
    # The second attempt is the one that counts: the first lost its process.
    run = busy.run(busy.tasks("suicide_once", "a"))
    assert run.get(timeout=120) == "a"
    assert [event.attempt for event in events(run, NodeStarted) if event.node == "0.0"] == [1, 2]
    send_again(run, "suicide_once", "a", attempt=attempt)
    assert wait_for_event(run, NodeVetoed)[-1].reason == "stale"
    assert len(ledger.entries("once")) == 2


def test_message_of_the_attempt_before_while_the_next_runs(busy, ledger):
    run = busy.run(busy.tasks("nap", "a", seconds=2))
    child = wait_until_running(run)
    wait_for(lambda: ledger.entries("start"), 10, "its body")
    os.kill(child, signal.SIGKILL)
    assert wait_for_event(run, NodeStarted, 2)[-1].attempt == 2
    send_again(run, "nap", "a", attempt=1)
    vetoed = wait_for_event(run, NodeVetoed)
    assert (vetoed[0].attempt, vetoed[0].reason) == (1, "stale")
    assert run.get(timeout=120) == "a"
    assert len(ledger.entries("start")) == 2
    assert len(ledger.entries("end")) == 1


def test_older_message_of_a_retried_task_does_nothing(busy, ledger):
    run = busy.run(busy.tasks("flaky", 3, "done"))
    assert run.get(timeout=120) == "done"
    for retries in range(4):
        send_again(run, "flaky", 3, "done", retries=retries)
    wait_for_event(run, NodeVetoed, 4)
    assert [entry[1] for entry in ledger.entries("flaky")] == [0, 1, 2, 3]


@pytest.mark.parametrize("arguments", [(1.5, 0, 0), (0, 0, 1.5)], ids="waits runs".split())
def test_older_message_while_the_retry(busy, ledger, arguments):
    run = busy.run(chain(busy.tasks("patient", *arguments), busy.tasks("nap")))
    wait_for(lambda: events(run, NodeRetried) or ledger.entries("retry"), 10, "the retry")
    for _ in range(3):
        send_again(run, "patient", *arguments, node="0.0.0")
    assert {event.reason for event in wait_for_event(run, NodeVetoed, 3)} == {"stale"}
    assert not run.ready()
    assert run.get(timeout=120) == "done"
    assert len(ledger.entries("published")) == len(ledger.entries("retry")) == len(ledger.entries("start")) == 1


def test_replaced_message_while_its_replacement_runs(busy, ledger):
    run = busy.run(chain(busy.tasks("replaced_and_lingering", 0, 1.5), busy.tasks("nap")))
    wait_for(lambda: ledger.entries("start"), 10, "the replacement")
    for _ in range(3):
        send_again(run, "replaced_and_lingering", 0, 1.5, node="0.0.0")
    assert {event.reason for event in wait_for_event(run, NodeVetoed, 3)} == {"stale"}
    assert run.get(timeout=120) == "done"
    assert len(ledger.entries("start")) == 2


def test_message_of_a_step_whose_turn_has_not_come(busy, ledger):
    run = busy.run(chain(busy.tasks("nap", "a", seconds=1), busy.tasks("nap")))
    wait_until_running(run, "0.0.0")
    send_again(run, "nap", "forged", node="0.0.1")
    assert wait_for_event(run, NodeVetoed)[0].node == "0.0.1"
    assert run.get(timeout=120) == "a"
    assert ledger.entries("start", "forged") == []


def test_message_of_a_run_that_is_not_there(busy, ledger):
    before = busy.unacked()  # tests before this one may have killed a process with a message in hand
    run = busy.orchestrator.result("never-started")
    send_again(run, "nap", "forged")
    wait_for(lambda: not busy.queued() and busy.unacked() <= before, 10, "the message to be acknowledged")
    # Something behind it in the queue has been through: the message was dealt with.
    assert busy.run(busy.tasks("add", 1, 1)).get(timeout=120) == 2
    assert ledger.entries("start") == []
    assert [key for key in busy.keys() if "never-started" in key] == [], "a veto creates nothing"


def test_everything_delivered_three_times(busy, ledger):
    t = busy.tasks
    run = busy.run(chord([t("nap", i, seconds=0.1) for i in range(8)], chain(t("xsum"), t("nap_add", 1))))
    sent = set()

    def over():
        for event in events(run, NodeStarted):
            if event.node.startswith("0.0.0.") and event.node not in sent:
                sent.add(event.node)
                for _ in range(2):
                    send_again(run, "nap", int(event.node.rpartition(".")[2]), node=event.node)
        return run.ready()

    wait_for(over, 30, "the run to end")
    assert run.get() == 29
    wait_for_event(run, NodeVetoed, 16)
    assert sorted(entry[1] for entry in ledger.entries("end")) == list(range(8))
    assert set(_ends(run).values()) == {1}
    assert run.status is RunStatus.SUCCEEDED
    assert {child.state for child in run.tree().children[0].children} == {NodeState.SUCCEEDED}


def _ends(run):
    """How often each node has ended."""
    counts = {}
    for event in events(run, NodeSucceeded, NodeFailed):
        counts[event.node] = counts.get(event.node, 0) + 1
    return counts

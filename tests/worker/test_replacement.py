"""self.replace inside a run: the replacement takes the node's place, whatever it is, and fails it when it fails."""

import pytest
from celery import chain, chord, group

from orchestrator_celery import NodeState, RunStatus, Swarm
from orchestrator_celery.model.events import NodeFailed, NodeRepublished, NodeRetried, NodeStarted, NodeSucceeded
from tests.kit.waiting import wait_for
from tests.worker.support import error_of, events

RESULTS = {
    "task": 3,
    "immutable": 3,
    "chain": 13,
    "group": [2, 4],
    "chord": 6,
    "swarm": [2, 4],
    "complex": 3,
    "again": 13,
}


def first_ended(run, node):
    return len([event for event in events(run, NodeSucceeded, NodeFailed) if event.node == node])


@pytest.mark.parametrize("kind", RESULTS)
def test_replaced_task_stands_everywhere(busy, kind):
    t, expected = busy.tasks, RESULTS[kind]
    runs = {
        "alone": (busy.run(t("replaced", kind)), expected),
        "first": (busy.run(chain(t("replaced", kind), t("identity"))), expected),
        "middle": (busy.run(chain(t("identity", kind), t("replaced"), t("collect", 1))), [[expected, 1], {}]),
        "member": (busy.run(group(t("replaced", kind), t("add", 1, 1))), [expected, 2]),
        "header": (busy.run(chord([t("replaced", kind), t("add", 1, 1)], t("identity"))), [expected, 2]),
        "body": (busy.run(chord([t("identity", kind)], t("pick_and_replace"))), expected),
        "item": (busy.swarm([t("replaced", kind), t("add", 1, 1)], max_concurrency=1).apply_async(), [expected, 2]),
    }
    for place, (run, value) in runs.items():
        assert run.get(timeout=120) == value, place
        assert run.status is RunStatus.SUCCEEDED
    assert first_ended(runs["first"][0], "0.0.0") == first_ended(runs["first"][0], "0.0.1") == 1


def test_the_run_that_replaced_a_task_stands_under_its_node(busy):
    """Given tasks that replaced themselves by a canvas and by a task, then the tree shows the run of the canvas."""
    t = busy.tasks
    run = busy.swarm([t("replaced", "chain"), t("replaced", "task"), t("add", 1, 1)]).apply_async()
    run.get(timeout=120)
    inner = f"{run.id}:0.0:1"
    canvas, task, plain = run.tree().children
    assert (canvas.replaced_by, task.replaced_by, plain.replaced_by) == (inner, None, None)
    assert canvas.replacement == busy.orchestrator.run(inner).tree()
    assert canvas.replacement.state is canvas.state is NodeState.SUCCEEDED
    lines = str(run.tree()).splitlines()
    at = lines.index(f"    replaced by the run {inner}")
    assert lines[at + 1].startswith("      ")
    assert run.tree(depth=0).replacement is None
    assert [item.error for item in run.items()] == [None] * 3


@pytest.mark.parametrize("kind", ["fail", "chain-fail"])
def test_failing_replacement_fails_the_node(busy, ledger, kind):
    t = busy.tasks
    victim = t("replaced", kind).set(link_error=t("on_new_error"), link=t("on_link"))
    run = busy.complex(chain(victim, t("nap"))).apply_async(link_error=t("on_old_error"))
    with pytest.raises(ValueError, match="no good"):
        run.get(timeout=120)
    assert run.status is RunStatus.FAILED
    assert first_ended(run, "0.0.0") == 1
    wait_for(lambda: ledger.entries("new-errback") and ledger.entries("old-errback"), 10, "the error callbacks")
    assert [entry[2:] for entry in ledger.entries("new-errback")] == [["ValueError", "no good"]]
    assert len(ledger.entries("old-errback")) == 1
    assert len(ledger.entries("fail")) == 1
    assert ledger.entries("start") == ledger.entries("link") == []


def test_failing_replacement_of_an_item_is_tolerated(busy):
    t = busy.tasks
    run = busy.swarm([t("replaced", "chain-fail"), t("replaced", "chain")], max_failures=1).apply_async()
    assert run.get(timeout=120) == [None, 13]


def test_replacement_of_a_replacement_of_a_replacement(busy, ledger):
    run = busy.run(chain(busy.tasks("matryoshka", 5, "kernel"), busy.tasks("nap")))
    assert run.get(timeout=120) == "kernel"
    assert [entry[1] for entry in ledger.entries("doll")] == [5, 4, 3, 2, 1, 0]
    # A replacement may be claimed before the body it replaces has said so; then there is no event of it.
    assert {event.reason for event in events(run, NodeRetried)} <= {"replace"}
    assert len([event for event in events(run, NodeStarted) if event.node == "0.0.0"]) == 6
    assert first_ended(run, "0.0.0") == 1


@pytest.mark.parametrize("kind", ["chain", "swarm"])
def test_canvas_inside_a_replaced_canvas(busy, ledger, kind):
    # Each level is a run of its own, whose end is the end of the level above it.
    run = busy.run(chain(busy.tasks("nested_canvas", 3, kind, "kernel"), busy.tasks("nap")))
    expected = "kernel"
    for _ in range(3 if kind == "swarm" else 0):
        expected = [expected]
    assert run.get(timeout=120) == expected
    assert first_ended(run, "0.0.0") == 1
    assert len(ledger.entries("start")) == 1


def test_callbacks_of_a_replaced_task_fire_once_with_the_replacement_s_result(busy, ledger):
    t = busy.tasks
    for kind in ("task", "chain", "group", "swarm"):
        ledger.clear()
        run = busy.run(t("replaced", kind).set(link=t("on_link")))
        assert run.get(timeout=120) == RESULTS[kind]
        wait_for(lambda: ledger.entries("link"), 10, "the link")
        assert busy.run(t("add", 1, 1)).get(timeout=120) == 2
        assert ledger.entries("link") == [["link", RESULTS[kind]]]


def test_replacement_that_retries_and_is_killed(busy, ledger):
    run = busy.run(chain(busy.tasks("replaced_by", "flaky", 3, "done"), busy.tasks("nap")))
    assert run.get(timeout=120) == "done"
    run = busy.run(chain(busy.tasks("replaced_by", "suicide_once", "done"), busy.tasks("nap")))
    assert run.get(timeout=120) == "done"
    assert len(ledger.entries("once")) == 2
    assert [event.attempt for event in events(run, NodeStarted) if event.node == "0.0.0"][-1] == 2


def test_replacement_by_a_task_nobody_knows_fails(busy):
    run = busy.run(chain(busy.tasks("replaced_by", "no such task"), busy.tasks("nap")))
    assert type(error_of(run, timeout=120)).__name__ == "NotRegistered"


def test_replacement_with_arguments_that_cannot_be_sent_fails(busy):
    run = busy.run(busy.tasks("replaced_by_unsendable"))
    assert type(error_of(run, timeout=120)).__name__ == "EncodeError"


def test_add_to_chord_and_native_replacement_outside_runs_stay_native(busy):
    for kind in ("task", "chain", "group", "chord", "again"):
        assert busy.tasks("replaced", kind).apply_async().get(timeout=120, disable_sync_subtasks=False) == RESULTS[kind]
    assert busy.tasks("replaced", "swarm").apply_async().get(timeout=120) == RESULTS["swarm"]
    assert isinstance(busy.swarm([]), Swarm)


@pytest.mark.parametrize("kind", ["task", "canvas"])
def test_replacement_after_retries(busy, kind):
    """Given a task that is replaced at its third try, then the replacement ends it at once: it is the newest message,
    although its own retries count from the beginning."""
    t = busy.tasks
    canvas = t("identity", 4) if kind == "task" else chain(t("identity", 3), t("add", 1))
    run = busy.run(chain(t("retries_and_is_replaced", canvas), t("identity")))
    assert run.get(timeout=120) == 4
    assert events(run, NodeRepublished) == []

"""Nodes that are taken out of a run before they start: `Run.skip`, `Run.detach`, on a real worker."""

import pytest
from celery import chain, chord, group

from orchestrator_celery import (
    END,
    START,
    Approval,
    ConditionalGraph,
    InvalidTransition,
    NodeNotFound,
    NodeSkipped,
    NodeState,
    RunNotFound,
    RunStatus,
    otherwise,
    result,
    when,
)
from orchestrator_celery.lifecycle.detach import detached_id
from orchestrator_celery.lifecycle.side_effects.pending import SideEffects
from tests.kit.waiting import wait_for
from tests.worker.support import events, wait_until_running


def bodies(ledger):
    return [value for _, value in ledger.entries("start")]


@pytest.fixture
def waiting(busy, ledger):
    """A chain whose first step waits for its gate."""
    nap = busy.tasks("nap", 2, 0).set(immutable=True)
    run = busy.run(chain(busy.tasks("gated", 1, "gate"), nap, busy.tasks("add", 10)), tags=["out"], category="c")
    wait_until_running(run, "0.0.0")
    return run


def test_a_step_is_passed_by(busy, ledger, waiting):
    """Given a step that waits, when it is skipped, then it is seen to be, never runs, and the next gets the result before."""
    waiting.skip("0.0.1")
    assert waiting.tree().children[0].children[1].state is NodeState.SKIPPED
    assert [event.node for event in events(waiting, NodeSkipped)] == ["0.0.1"]
    assert waiting.progress().total == 2
    ledger.redis.set("gate", 1)
    assert waiting.get(timeout=120) == 11
    assert bodies(ledger) == [1]
    again = waiting.rerun()
    assert again.get(timeout=120) == 12, "in a new run nothing is skipped"
    assert again.progress().total == 3


def test_a_queued_item(make_stand, ledger):
    """Given messages that are queued, when an item is skipped, then its message runs nothing, and its place is None."""
    stand = make_stand()
    run = stand.swarm([stand.tasks("nap", number, 0) for number in range(3)]).apply_async()
    run.skip("0.1")
    assert [item.state for item in run.items()] == [NodeState.QUEUED, NodeState.SKIPPED, NodeState.QUEUED]
    with stand.worker():
        assert run.get(timeout=120) == [0, None, 2]
        assert list(run.results()) == [0, None, 2]
    assert sorted(bodies(ledger)) == [0, 2]


def test_it_holds_when_the_turn_comes(busy, ledger):
    """Given a group and what follows it, when a member and that are skipped long before, then the rest goes on without."""
    members = group(*[busy.tasks("nap", number, 0).set(immutable=True) for number in (1, 2)])
    run = busy.run(chain(busy.tasks("gated", 0, "gate"), chord(members, busy.tasks("xsum")), busy.tasks("identity")))
    wait_until_running(run, "0.0.0")
    run.skip("0.0.1.0.1")
    run.skip("0.0.1.1.0")
    ledger.redis.set("gate", 1)
    assert run.get(timeout=120) == [1, None]
    assert bodies(ledger) == [0, 1]


def test_a_node_goes_on_by_itself(make_stand, ledger):
    """Given a queued step, when it is detached, then its run goes on without it, and it with what it would have got, as a
    run of its own that is found like others."""
    stand = make_stand()
    inner = chain(stand.tasks("add", 5), stand.tasks("add", 100))
    run = stand.complex(chain(stand.complex(inner, name="inner"), stand.tasks("add", 1)), tags=["eu"]).apply_async((1,))
    with pytest.raises(InvalidTransition, match=r"0\.0\.1 .* cannot be detached: it waits for the nodes before it"):
        run.detach("0.0.1")
    with pytest.raises(InvalidTransition, match="is RUNNING and cannot be detached"):
        run.detach("0.0.0")
    detached = run.detach("0.0.0.0.0")
    assert detached.id != run.id
    assert run.detach("0.0.0.0.0").id == detached.id
    assert (detached.view.total, detached.view.tags, run.view.total) == (1, ("eu",), 2)
    with stand.worker():
        assert detached.get(timeout=120) == 6
        assert run.get(timeout=120) == 102
    entries = stand.orchestrator.audit(run=run.id, verb="detach")
    assert [(entry.node, entry.made, entry.refused) for entry in entries] == [
        ("0.0.0.0.0", detached.id, False),
        ("0.0.0.0.0", detached.id, False),
        ("0.0.0", "", True),
        ("0.0.1", "", True),
    ]


def test_composite_items(make_stand, ledger):
    """Given items of a swarm that wait: a chain with a callback, a swarm; when they are detached, then each runs whole."""
    stand = make_stand()
    nap = stand.tasks
    linked = nap("nap", 2, 0)
    linked.link(nap("nap", "linked", 0).set(immutable=True))
    items = [
        nap("nap", 0, 0),
        stand.complex(chain(nap("nap", 1, 0), nap("identity")), name="steps"),
        linked,
        stand.swarm([nap("nap", 3, 0), nap("nap", 4, 0)], max_concurrency=1, name="inner"),
    ]
    run = stand.swarm(items, max_concurrency=1).apply_async()
    steps, one, swarm = (run.detach(f"0.{index}") for index in (1, 2, 3))
    assert [other.view.name for other in (steps, swarm)] == ["steps", "inner"]
    assert [other.view.total for other in (run, steps, one, swarm)] == [1, 1 + 1, 1, 2]
    with stand.worker():
        assert run.get(timeout=120) == [0, None, None, None]
        assert (steps.get(timeout=120), one.get(timeout=120), swarm.get(timeout=120)) == (1, 2, [3, 4])
        wait_for(lambda: "linked" in bodies(ledger), what="the callback")
    assert [item.state for item in swarm.items()] == [NodeState.SUCCEEDED] * 2


def test_a_detached_swarm_that_had_lost_items(make_stand, ledger):
    """Given a swarm of which an item was skipped, when it is detached, then that item stays out."""
    stand = make_stand()
    inner = stand.swarm([stand.tasks("nap", number, 0).set(immutable=True) for number in (1, 2, 3)])
    run = stand.swarm(
        [stand.tasks("nap", 0, 0), chain(stand.tasks("nap", 9, 0), inner)], max_concurrency=1
    ).apply_async()
    run.suspend()
    detached = run.detach("0.1")
    assert detached.view.total == 4
    detached.skip("0.0.1.1")
    run.resume()
    with stand.worker():
        assert detached.get(timeout=120) == [1, None, 3]


def test_a_caller_that_dies_in_between(make_stand, ledger):
    """Given a node that was taken out by a caller that died before its run was started, then a worker starts it, and who asks
    again gets that run."""
    stand = make_stand(orchestrator_heartbeat=0.2)
    run = stand.run(chain(stand.tasks("nap", 1, 0), stand.tasks("nap", 2, 0).set(immutable=True)))
    new = detached_id(run.id, "0.0.0")
    stand.orchestrator.container.publisher.act(stand.orchestrator.container.store.skip(run.id, "0.0.0", new).todo)
    with stand.worker():
        assert run.get(timeout=120) == 2
        assert stand.orchestrator.result(new).get(timeout=120) == 1
        assert run.detach("0.0.0").id == new
    SideEffects(stand.orchestrator.container).apply(run.id)
    assert bodies(ledger).count(1) == 1


def test_refusals(busy, ledger, waiting):
    """Given what cannot be taken out, then the state is named, and the attempt written down; the run goes on."""
    with pytest.raises(InvalidTransition, match=r"0\.0\.0 of the run .* is RUNNING and cannot be skipped"):
        waiting.skip("0.0.0")
    with pytest.raises(InvalidTransition, match="is the whole run"):
        waiting.skip("0")
    with pytest.raises(NodeNotFound, match="no node"):
        waiting.skip("0.7")
    with pytest.raises(RunNotFound):
        busy.orchestrator.result("never").skip("0.0")
    ledger.redis.set("gate", 1)
    assert waiting.get(timeout=120) == 12
    with pytest.raises(
        InvalidTransition, match=r"is SUCCEEDED: no node of it can be skipped\. Possible now: `run\.rerun"
    ):
        waiting.skip("0.0.1")
    entries = busy.orchestrator.audit(run=waiting.id, verb="skip")
    assert [entry.node for entry in entries if entry.refused] == ["0.0.1", "0.7", "0", "0.0.0"]
    assert waiting.status is RunStatus.SUCCEEDED


def gated(stand, **options):
    """A graph whose second node follows an approval, so that it waits as long as a test wants."""
    tasks = stand.tasks
    return (
        ConditionalGraph("gated", app=stand.app, **options)
        .add_node("a", tasks("counted_call", "a")).add_node("gate", Approval()).add_node("b", tasks("counted_call", "b"))
        .add_node("sum", tasks("identity"), join="all").add_node("c", tasks("counted_call", "c"))
        .add_edge(START, "a").add_edge("a", "gate").add_edge("a", "sum").add_edge("gate", "b")
        .add_conditional_edges("b", [when(result["decision"] == "approved", "sum"), otherwise("c")])
        .add_edge("sum", END).add_edge("c", END)
    )  # fmt: skip


def test_a_graphs_node_is_skipped_before_its_turn(busy, ledger):
    """Given a graph's node that waits, when it is skipped, then what it would have been given goes on along its edges."""
    run = gated(busy).apply_async((1,))
    wait_for(run.approvals, what="the approval")
    run.skip("0.2")
    assert {view.name: view.state for view in run.tree().children}["b"] is NodeState.SKIPPED
    with pytest.raises(InvalidTransition, match="SKIPPED"):
        run.skip("0.2")
    with pytest.raises(InvalidTransition, match="SUCCEEDED"):
        run.skip("0.0")
    run.approve("gate", by="ada")
    answer = {"decision": "approved", "by": "ada", "note": "", "timed_out": False}
    assert run.get(timeout=120) == [1, answer]
    assert [name for _, name in ledger.entries("called")] == ["a"]
    progress = run.progress()
    assert (progress.total, progress.done, progress.failed) == (3, 3, 0)


def test_an_approval_that_waits_is_skipped(busy, ledger):
    """Given an approval that waits, when it is skipped, then the graph goes on with what it was given; nobody is asked."""
    run = gated(busy).apply_async(({"decision": "rejected"},))
    [waiting] = wait_for(run.approvals, what="the approval")
    with pytest.raises(InvalidTransition, match="waits for a person"):
        run.detach(waiting.node)
    run.skip(waiting.node)
    assert not run.approvals()
    assert run.get(timeout=120) == {"sum": [{"decision": "rejected"}], "c": {"decision": "rejected"}}
    assert sorted(name for _, name in ledger.entries("called")) == ["a", "b", "c"]


def test_a_graphs_node_is_detached(busy, ledger):
    """Given a graph's node that waits in a queue nobody reads, when it is detached, then it runs by itself, with its input."""
    tasks = busy.tasks
    inner = (
        ConditionalGraph("inner", app=busy.app).add_node("x", tasks("add", 1)).add_node("y", tasks("mul", 2))
        .add_edge(START, "x").add_conditional_edges("x", [when(result > 1, "y"), otherwise(END)]).add_edge("y", END)
    )  # fmt: skip
    defined = (
        ConditionalGraph("outer", app=busy.app)
        .add_node("a", tasks("identity")).add_node("b", inner).add_node("c", tasks("counted_call", "c"))
        .add_edge(START, "a").add_edge("a", "b").add_edge("b", "c").add_edge("c", END)
    )  # fmt: skip
    run = defined.apply_async((4,), queue="nobody")
    busy.app.control.add_consumer("nobody", reply=True)
    assert run.get(timeout=120) == 10
    busy.app.control.cancel_consumer("nobody", reply=True)
    run = defined.apply_async((4,), queue="nobody")
    run.suspend()
    run.resume()
    new = run.detach("0.0.0")
    busy.app.control.add_consumer("nobody", reply=True)
    assert (new.get(timeout=120), run.get(timeout=120)) == (4, 10)
    busy.app.control.cancel_consumer("nobody", reply=True)


def test_a_detached_node_keeps_the_deadline(stand):
    """Given a run with a deadline, when a node is detached, then its run has to end by the same time."""
    t, container = stand.tasks, stand.orchestrator.container
    run = stand.swarm([t("nap", 1), t("nap", 2)]).apply_async(deadline=600)
    new = run.detach("0.1")
    old, later = (float(container.reader.head_field(id, "deadline")) for id in (run.id, new.id))
    assert abs(later - old) < 5_000
    assert (
        container.reader.head_field(stand.swarm([t("nap", 1), t("nap", 2)]).apply_async().detach("0.1").id, "deadline")
        is None
    )


@pytest.mark.parametrize("callback", ["on_task_success", "on_task_error", "on_task_cleanup", "on_success"])
def test_an_item_with_callbacks_is_not_detached(stand, callback):
    """Given callbacks for an item, of its swarm or its own, then it is refused in words, and nothing has changed."""
    t = stand.tasks
    swarm = stand.swarm([t("nap", 1)], **({callback: t("identity")} if callback.startswith("on_task") else {}))
    swarm.add_task(t("nap", 2), **({} if callback.startswith("on_task") else {callback: t("identity")}))
    run = swarm.apply_async()
    with pytest.raises(InvalidTransition, match=r"0\.1 .* cannot be detached: its swarm has callbacks.*run\.skip"):
        run.detach("0.1")
    assert run.view.total == 2

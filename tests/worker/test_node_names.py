"""Nodes are named: wherever a call takes the id of a node, it takes a name that is unique in the run."""

import inspect

import pytest
from celery import chain, group

from orchestrator_celery import (
    END,
    START,
    Approval,
    ConditionalGraph,
    InvalidTransition,
    NodeKind,
    NodeNotFound,
    NodeState,
    Orchestrator,
    Priority,
    Run,
    RunNotFound,
    RunStatus,
    Swarm,
    otherwise,
    visits,
    when,
)
from tests.kit.waiting import wait_for
from tests.worker.support import full_name
from tests.worker.test_commands import call

#: Every public parameter that is a node, by the call. A new one belongs into a test below.
PARAMETERS = {
    "Run.tree": "node", "Run.node": "node", "Run.edges": "node", "Run.items": "node", "Run.results": "node",
    "Run.logs": "node", "Run.set_priority": "node", "Run.retry": "node", "Run.rerun": "from_node", "Run.skip": "node",
    "Run.detach": "node", "Run.approve": "node", "Run.reject": "node", "Orchestrator.swarm": "node",
    "Orchestrator.note_refusal": "node", "Orchestrator.note_done": "node",
}  # fmt: skip


def test_all_parameters_are_known():
    """Given the public calls, then each parameter that is a node is in the table of this file."""
    found = {
        f"{kind.__name__}.{name}": parameter
        for kind in (Run, Orchestrator)
        for name, member in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
        for parameter in inspect.signature(member).parameters
        if parameter in ("node", "from_node")
    }
    assert found == PARAMETERS


@pytest.fixture(scope="module")
def orders(_busy):
    """A graph that has ended: a loop of two rounds that logs, and a swarm."""
    t = _busy.tasks
    graph = (
        ConditionalGraph("orders", app=_busy.app)
        .add_node("load", chain(t("logs", lines=1), t("identity")))
        .add_node("many", Swarm([t("identity", n).set(immutable=True) for n in (1, 2, 3)]))
        .add_node("never", t("identity", 0))
        .add_edge(START, "load")
        .add_conditional_edges("load", [when(visits < 2, "load"), when(visits > 9, "never"), otherwise("many")])
        .add_edge("many", END)
        .add_edge("never", END)
    )
    run = graph.apply_async()
    assert run.get(timeout=120) == [1, 2, 3]
    return run


def test_reading(busy, orders):
    """Given names of nodes, then each call reads what it reads with the id; of a loop, the newest visit."""
    assert orders.tree(node="load") == orders.tree(node="0.0.1")
    assert orders.tree(node="orders").id == "0"
    assert orders.tree(node=full_name("logs")).id == "0.0.1.0", "the visit that counts"
    assert orders.node("many") == orders.node("0.1.0")
    assert orders.node("never").node.state is NodeState.SKIPPED
    assert orders.edges("orders") == orders.edges("0") == orders.edges()
    assert list(orders.items(node="many")) == list(orders.items(node="0.1.0"))
    assert list(orders.results(node="many")) == [1, 2, 3]
    assert {line.node for line in orders.logs(node="load")} == {"0.0.0.0", "0.0.1.0"}
    assert not list(orders.logs(node="many"))
    with pytest.raises(
        NodeNotFound, match=r"^4 nodes of the run \S+ are called '\S+identity': give the id of one of them: "
    ):
        orders.node(full_name("identity"))


def test_the_first_reading_of_an_async_twin(busy, orders):
    """Given the async twin, then it takes names too."""
    import asyncio

    assert asyncio.run(orders.aio.node("many")).node.id == "0.1.0"


def test_going_on(busy, ledger):
    """Given a failed node, when the run goes on from its name, then it does, and a rerun begins there."""
    t = busy.tasks
    graph = (
        ConditionalGraph("shop", app=busy.app)
        .add_node("check", t("nap", 1, 0))
        .add_node("charge", t("unlucky", "paid").set(immutable=True))
        .add_edge(START, "check")
        .add_edge("check", "charge")
        .add_edge("charge", END)
    )
    run = graph.apply_async()
    wait_for(lambda: run.status is RunStatus.FAILED, what="the failure")
    ledger.redis.set("paid", 1)
    run.retry("charge")
    assert run.get(timeout=120) == "paid"
    ledger.clear()
    ledger.redis.set("paid", 1)
    again = run.rerun(from_node="charge")
    assert again.get(timeout=120) == "paid"
    assert ledger.entries("start") == []
    entries = {entry.verb: entry.node for entry in busy.orchestrator.audit(run=run)}
    assert entries == {"retry": "0.1.0", "rerun": "0.1.0"}


def test_taking_out(make_stand):
    """Given a run that no worker has begun, then its nodes are skipped, detached and ranked by name."""
    stand = make_stand()
    t = stand.tasks
    pool = Swarm([t("nap", n, 0) for n in range(12)], name="naps", slots={Priority.HIGH: 1}, max_concurrency=4)
    steps = chain(t("big", 3), t("add", 1), t("identity"), t("mul", 2), group(pool, t("xsum"))).set(immutable=True)
    run = stand.complex(steps, name="steps").apply_async()
    run.skip(full_name("add"))
    assert run.tree(node=full_name("add")).state is NodeState.SKIPPED
    asked = call(stand, "skip", run.id, full_name("identity"))
    assert (asked.returncode, asked.stdout) == (0, f"{run.id}: skipped {full_name('identity')}\n"), asked.stderr
    assert run.tree(node=full_name("identity")).state is NodeState.SKIPPED
    with pytest.raises(InvalidTransition, match="input"):
        run.detach(full_name("mul"))
    busy_pool = stand.swarm([pool, t("xsum", [1])], name="outer").apply_async()
    assert busy_pool.set_priority(11, "HIGH", node="naps") == 1
    assert stand.orchestrator.swarm(busy_pool, node="naps").set_priority(10, "LOW") == 1
    new = busy_pool.detach(full_name("xsum"))
    assert new.id != busy_pool.id
    for name, ids in ((full_name("nap"), 10), ("nothing", 0)):
        refused = call(stand, "skip", busy_pool.id, name)
        assert (refused.returncode, refused.stdout) == (1, "")
        _, entry = refused.stderr.splitlines()
        assert entry == "See: docs/reference/errors.md#nodenotfound"
        assert refused.stderr.count("0.0.") == ids
    entries = stand.orchestrator.audit(run=busy_pool, verb="skip")
    assert [(entry.node, entry.refused) for entry in entries] == [("nothing", True), (full_name("nap"), True)]
    with pytest.raises(RunNotFound):
        stand.orchestrator.result("nowhere").tree(node="naps")


def test_answering(make_stand):
    """Given an approval inside of a graph that waits, then it is answered by its name; callbacks are found by theirs."""
    stand = make_stand()
    t = stand.tasks
    graph = ConditionalGraph("gate", app=stand.app).add_node("ask", Approval())
    graph.add_node("go", t("identity").set(link=[t("on_link")]))
    graph.add_edge(START, "ask").add_conditional_edges("ask", {"approved": "go", "rejected": END}).add_edge("go", END)
    run = graph.apply_async()
    assert run.tree(node="ask").kind is NodeKind.APPROVAL
    assert run.tree(node="go").id == "0.1", "not visited yet"
    run.approve("ask")
    assert run.tree(node="go").id == "0.1.0"
    assert run.tree(node=full_name("on_link")).id == "0.1.0.l0"

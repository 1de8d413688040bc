"""Dry runs: stand-ins for tasks, approvals and routers, and the way that a graph goes with them."""

from __future__ import annotations

import pytest

from orchestrator_celery import (
    END,
    START,
    Approval,
    ConditionalGraph,
    GraphInvalid,
    InvalidWorkflow,
    Swarm,
    node,
    otherwise,
    result,
    visits,
    when,
)

from ..apps import make_app

APP = make_app("dry")
A = APP.tasks["a"]


def orders():
    return (
        ConditionalGraph("orders", app=APP)
        .add_node("check", A.s())
        .add_node("ask", Approval())
        .add_node("pay", A.s(), inputs={"total": node("check")["total"]})
        .add_node("refuse", A.s())
        .add_edge(START, "check")
        .add_conditional_edges("check", [when(result["score"] >= 0.8, "pay"), otherwise("ask")])
        .add_conditional_edges("ask", {"approved": "pay", "rejected": "refuse"})
        .add_error_edge("pay", "refuse", on=["LookupError"])
        .add_edge("pay", END)
        .add_edge("refuse", END)
    )


def way(found):
    return [(step.node, step.outcome, step.edges, step.targets) for step in found.steps]


def test_stand_ins_say_which_way_it_goes():
    found = orders().dry_run({"id": 7}, results={"check": [{"score": 0.9, "total": 12}], "pay": ["paid"]})
    assert way(found) == [
        (START, "succeeded", (0,), ("check",)),
        ("check", "succeeded", (1,), ("pay",)),
        ("pay", "succeeded", (4,), (END,)),
    ]
    assert (found.result, found.error, found.path) == ("paid", None, ["check", "pay"])
    assert [step.input for step in found.steps] == [{"id": 7}, {"id": 7}, {"score": 0.9, "total": 12}]
    assert found.steps[2].inputs == {"total": 12}
    assert not any(step.assumed for step in found.steps)


def test_what_nobody_said_is_assumed():
    """Given no stand-in, then a result is None and an approval is approved, and both are told to be assumed."""
    found = orders().dry_run(results={"pay": [1]}, decisions={})
    assert [(step.node, step.assumed) for step in found.steps][:3] == [(START, False), ("check", True), ("ask", True)]
    assert found.steps[2].targets == ("pay",)


def test_decisions_and_errors():
    low = {"check": [{"score": 0.1, "total": 1}]}
    assert orders().dry_run(results=low, decisions={"ask": "rejected"}).path == ["check", "ask", "refuse"]
    for error in (KeyError("x"), "KeyError", {"type": "builtins.KeyError", "message": "x"}, [LookupError()]):
        found = orders().dry_run(results=low, errors={"pay": error})
        assert found.path == ["check", "ask", "pay", "refuse"]
        assert (found.steps[3].outcome, found.steps[3].edges) == ("failed", (3,))
        assert found.steps[4].input["type"].endswith("Error")
    lost = orders().dry_run(results=low, errors={"pay": {"type": "proj.CardDeclined", "message": "no"}})
    assert (lost.error.type, lost.error.message, lost.result) == ("proj.CardDeclined", "no", None)
    assert (lost.steps[-1].node, lost.steps[-1].edges) == ("pay", ())


def test_a_loop_takes_the_next_value():
    graph = ConditionalGraph(app=APP).add_node("try", A.s()).add_edge(START, "try")
    graph.add_conditional_edges("try", [when(result == "ok", END), when(visits < 4, "try"), otherwise(END)])
    assert graph.dry_run(results={"try": [1, 2, "ok"]}).path == ["try"] * 3
    assert graph.dry_run(results={"try": [1, 2]}).path == ["try"] * 4, "the last one holds"
    some = graph.dry_run(results={"try": [1]}, errors={"try": [None, None, "Lost"]})
    assert ([step.outcome for step in some.steps][1:], some.error.type) == (["succeeded"] * 2 + ["failed"], "Lost")
    endless = ConditionalGraph(app=APP).add_node("try", A.s()).add_edge(START, "try")
    endless.add_conditional_edges("try", [when(result == "ok", END), otherwise("try")])
    assert endless.dry_run().error.type == "GraphRecursion"


def test_routers_swarms_nested_graphs_and_lists_count_as_one():
    inner = ConditionalGraph("in", app=APP).add_node("x", A.s()).add_edge(START, "x").add_edge("x", END)
    graph = (
        ConditionalGraph(app=APP)
        .add_node("swarm", Swarm([A.s(), A.s()], app=APP))
        .add_node("in", inner)
        .add_node("each", A.s(), map_over=result)
        .add_edge(START, "swarm")
        .add_conditional_edges("swarm", A.s(), {"deep": "in", "flat": "each"}, default="in")
        .add_edge("in", "each")
        .add_edge("each", END)
    )
    found = graph.dry_run(results={"swarm": [[1, 2]]}, routes={1: ["flat"]})
    assert (found.path, found.result) == (["swarm", "each"], [None, None])
    assert [step.assumed for step in found.steps] == [False, False, True]
    unrouted = graph.dry_run(results={"swarm": [[1]], "in": [[3]]})
    assert (unrouted.path, unrouted.steps[1].assumed) == (["swarm", "in", "each"], True)
    assert graph.dry_run(results={"in": [5]}).error.type == "ConditionError", "5 is no list"


@pytest.mark.parametrize(
    "stand_ins",
    [
        {"results": {"nix": [1]}},
        {"results": {"check": 1}},
        {"results": {"check": []}},
        {"results": {"check": "text"}},
        {"errors": {"nix": "E"}},
        {"errors": {"check": {"message": "no type"}}},
        {"errors": {"check": [3]}},
        {"errors": {"check": 3}},
        {"decisions": {"check": "approved"}},
        {"decisions": {"ask": "perhaps"}},
        {"routes": {1: ["x"]}},
        {"routes": {99: ["x"]}},
    ],
    ids=repr,
)
def test_a_wrong_stand_in_is_refused(stand_ins):
    with pytest.raises(InvalidWorkflow):
        orders().dry_run(**stand_ins)


def test_a_graph_with_problems_is_refused():
    with pytest.raises(GraphInvalid):
        orders().add_edge("pay", "nix").dry_run()


def test_no_task_is_needed():
    """Given tasks that nobody has, then a dry run goes its way."""
    document = orders().to_dict()
    document["nodes"][0]["signature"]["task"] = "nobody.has.it"
    graph = ConditionalGraph.from_dict(document, app=APP)
    assert graph.dry_run(results={"check": [{"score": 1, "total": 2}]}).path == ["check", "pay"]

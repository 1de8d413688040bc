"""ConditionalGraph: what its builder takes and refuses, and how the definition travels."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from celery import chain, chord, group
from celery.canvas import Signature, StampingVisitor
from kombu.utils.json import dumps, loads

from orchestrator_celery import (
    END,
    START,
    Approval,
    ConditionalGraph,
    GraphInvalid,
    InvalidWorkflow,
    Retry,
    Run,
    Swarm,
    node,
    otherwise,
    result,
    when,
)

from ..apps import make_app

APP = make_app("graph", backend="cache+memory://")
T = SimpleNamespace(**{name: APP.tasks[name] for name in "abcde"})


def full(**options):
    """A graph with everything there is in it."""
    inner = ConditionalGraph("inner").add_node("x", T.a.s()).add_edge(START, "x").add_edge("x", END)
    return (
        ConditionalGraph("orders", max_visits=7, retry=2, category="shop", tags=["eu"], app=APP, **options)
        .add_node("validate", T.a.s(1))
        .add_node("pages", T.b.s(), map_over=result["pages"], max_concurrency=4, max_visits=3)
        .add_node("review", Approval(timeout=timedelta(hours=1), on_timeout="reject", message="Is it right?"))
        .add_node("charge", T.a.s() | T.b.s(), join="any", inputs={"amount": node("validate")["total"], "n": [1, 2]})
        .add_node("inner", inner, retry=Retry(3, backoff=0.5, on=[ValueError]))
        .add_edge(START, "validate")
        .add_conditional_edges(
            "validate", [when(result["score"] >= 0.8, "pages"), when(result["score"] >= 0.5, "review"), otherwise(END)]
        )
        .add_conditional_edges("review", {"approved": "charge", "rejected": END})
        .add_conditional_edges("pages", T.c.s(), {"eu": "charge", 1: "inner", None: END}, default="inner", mode="all")
        .add_error_edge("charge", "inner", on=["CardDeclined", KeyError])
        .add_error_edge("charge", END)
        .add_edge("charge", END)
        .add_edge("inner", END)
    )


def graph():
    """A graph without anything in it."""
    return ConditionalGraph(app=APP)


# -- the definition ----------------------------------------------------------------------------------


def test_the_definition_is_plain():
    """Given a graph with all there is, then its definition is what the specification says, in order of declaration."""
    kwargs = full().kwargs
    assert {key: kwargs[key] for key in kwargs if key not in ("nodes", "edges")} == {
        "name": "orders",
        "max_visits": 7,
        "retry": {"attempts": 2, "backoff": 1.0, "factor": 2.0, "longest": 300.0, "jitter": True},
        "category": "shop",
        "tags": ["eu"],
    }
    assert [{k: v for k, v in entry.items() if k != "signature"} for entry in kwargs["nodes"]] == [
        {"name": "validate"},
        {"name": "pages", "map_over": ["item", ["result"], "pages"], "max_concurrency": 4, "max_visits": 3},
        {"name": "review", "approval": {"timeout": 3600.0, "on_timeout": "reject", "message": "Is it right?"}},
        {
            "name": "charge",
            "join": "any",
            "inputs": {"amount": ["item", ["node", "validate"], "total"], "n": ["value", [1, 2]]},
        },
        {
            "name": "inner",
            "retry": {
                "attempts": 3, "backoff": 0.5, "factor": 2.0, "longest": 300.0, "jitter": True, "on": ["ValueError"],
            },
        },
    ]  # fmt: skip
    assert kwargs["edges"] == [
        {"from": "__start__", "to": "validate"},
        {
            "from": "validate",
            "when": [
                [["ge", ["item", ["result"], "score"], 0.8], "pages"],
                [["ge", ["item", ["result"], "score"], 0.5], "review"],
            ],
            "otherwise": "__end__",
            "mode": "first",
        },
        {"from": "review", "keys": [["approved", "charge"], ["rejected", "__end__"]], "mode": "first"},
        {
            "from": "pages",
            "router": T.c.s(),
            "keys": [["eu", "charge"], [1, "inner"], [None, "__end__"]],
            "otherwise": "inner",
            "mode": "all",
        },
        {"from": "charge", "error": ["CardDeclined", "KeyError"], "to": "inner"},
        {"from": "charge", "error": None, "to": "__end__"},
        {"from": "charge", "to": "__end__"},
        {"from": "inner", "to": "__end__"},
    ]


def test_what_is_not_given_is_left_out():
    """Given a graph without anything, then only its bound is in the definition."""
    assert graph().kwargs == {"nodes": [], "edges": [], "max_visits": 25}


def test_every_call_gives_the_graph_back():
    """Given one object, when it is built by several statements, then it is the same as by one."""
    one = graph()
    assert one.add_node("a", T.a.s()) is one
    assert one.add_edge(START, "a") is one
    assert one.add_conditional_edges("a", [otherwise(END), when(result == 1, "a")]) is one
    assert one.add_error_edge("a", END) is one
    assert [entry["name"] for entry in one.nodes] == ["a"]
    assert len(one.edges) == 3
    assert one.max_visits == 25


@pytest.mark.parametrize(
    ("given", "on"),
    [
        ("CardDeclined", ["CardDeclined"]),
        (KeyError, ["KeyError"]),
        ([KeyError, "KeyError", ValueError], ["KeyError", "ValueError"]),
        (None, None),
    ],
)
def test_errors_are_named_or_given_as_classes(given, on):
    """Given a class, a name, several or none, then names travel."""
    [edge] = graph().add_error_edge("a", END, on=given).edges
    assert edge == {"from": "a", "error": on, "to": END}


def test_a_router_may_name_its_targets():
    """Given a list of names in place of a mapping, then the keys are the names."""
    [edge] = graph().add_conditional_edges("a", T.a.s(), ["b", END]).edges
    assert edge["keys"] == [["b", "b"], [END, END]]


def test_one_condition_needs_no_list():
    """Given one branch, and the rest as default, then it is as a list with otherwise()."""
    one = graph().add_conditional_edges("a", when(result == 1, "b"), default="c")
    other = graph().add_conditional_edges("a", [when(result == 1, "b"), otherwise("c")])
    assert one.edges == other.edges


@pytest.mark.parametrize("key", ["task", "args", "kwargs", True, 0, None])
def test_a_mapping_is_no_router(key):
    """Given a mapping with the name of a signature's field as a key, then it is a mapping still."""
    [edge] = graph().add_conditional_edges("a", {key: "b"}).edges
    assert edge["keys"] == [[key, "b"]]


def test_a_plain_dict_may_be_a_signature():
    """Given a signature as it came out of JSON, then it is one again."""
    made = graph().add_node("a", loads(dumps(T.a.s(1))))
    assert isinstance(made.nodes[0]["signature"], Signature)


# -- refused at the call -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda g: g.add_node("x", T.a), r"Node 'x': .* is neither a signature nor an Approval: pass task\.s"),
        (lambda g: g.add_node("x", "a"), "neither a signature nor an Approval"),
        (lambda g: g.add_node("x", {"task": "a"}), "neither a signature nor an Approval"),
        (lambda g: g.add_node("x", Approval), "neither a signature nor an Approval"),
        (lambda g: g.add_node(5, T.a.s()), "5 is not allowed as a node's name"),
        (lambda g: g.add_node("x", T.a.s(), join="some"), "Node 'x': join='some' is not allowed: give 'all' or 'any'"),
        (lambda g: g.add_node("x", T.a.s(), max_visits=0), "max_visits=0 is not allowed"),
        (lambda g: g.add_node("x", T.a.s(), max_visits=True), "max_visits=True is not allowed"),
        (lambda g: g.add_node("x", T.a.s(), max_concurrency=2), "give map_over"),
        (lambda g: g.add_node("x", T.a.s(), map_over=result, max_concurrency=0), "max_concurrency=0 is not allowed"),
        (lambda g: g.add_node("x", T.a.s(), map_over=object()), "not allowed in an expression"),
        (lambda g: g.add_node("x", T.a.s(), inputs=[1]), "give expressions by keyword argument"),
        (lambda g: g.add_node("x", T.a.s(), inputs={1: 2}), "give expressions by keyword argument"),
        (lambda g: g.add_node("x", T.a.s(), inputs={"a": T.a}), "not allowed in an expression"),
        (lambda g: g.add_node("x", T.a.s(), retry=1), "attempts=1 never retries"),
        (lambda g: g.add_node("x", T.a.s(), retry="often"), "attempts='often'"),
        (lambda g: g.add_node("x", T.a.s(), retry={"attempts": 3, "delay": 1}), "unexpected argument 'delay'"),
        (lambda g: g.add_node("x", Approval(), map_over=result), "map_over is not allowed with an Approval"),
        (lambda g: g.add_node("x", Approval(), inputs={"a": 1}), "inputs is not allowed with an Approval"),
        (lambda g: g.add_node("x", Approval(), retry=3), "retry is not allowed with an Approval"),
        (lambda g: g.add_node("", T.a.s()), "'' is not allowed as a node's name"),
        (lambda g: g.add_edge("a", None), "None is not allowed as an end of an edge"),
        (lambda g: g.add_edge(1, "a"), "1 is not allowed as an end of an edge"),
        (lambda g: g.add_error_edge("a", "b", on=[]), r"on=\[\] is not allowed"),
        (lambda g: g.add_error_edge("a", "b", on=5), "on=5 is not allowed"),
        (lambda g: g.add_error_edge("a", "b", on=[int]), "on=.*int.* is not allowed"),
        (lambda g: g.add_conditional_edges("a", []), "it has no branch"),
        (lambda g: g.add_conditional_edges("a", {}), "it has no branch"),
        (lambda g: g.add_conditional_edges("a", "b"), "'b' is no rule for edges"),
        (lambda g: g.add_conditional_edges("a", [result == 1]), "is no rule for edges"),
        (lambda g: g.add_conditional_edges("a", lambda state: "b"), "is no rule for edges"),
        (lambda g: g.add_conditional_edges("a", {"x": "b"}, mode="any"), "mode='any' is not allowed"),
        (lambda g: g.add_conditional_edges("a", {"x": "b"}, strict=True), "strict=True needs conditions"),
        (lambda g: g.add_conditional_edges("a", {1.5: "b"}), "1.5 is not allowed as a key"),
        (lambda g: g.add_conditional_edges("a", {"x": 5}), "5 is not allowed as an end of an edge"),
        (lambda g: g.add_conditional_edges("a", T.a.s()), "None is not allowed as targets of a router"),
        (lambda g: g.add_conditional_edges("a", {"x": "b"}, {"y": "c"}), "belongs to a router"),
        (lambda g: g.add_conditional_edges("a", [otherwise("b"), otherwise("c")]), r"more than one otherwise\(\)"),
        (lambda g: g.add_conditional_edges("a", [otherwise("b")], default="c"), r"more than one otherwise\(\)"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_changes_nothing(call, words):
    """Given an argument that is not allowed, then the call says what, why and what to do, and nothing was added."""
    made = full()
    before = dumps(made)
    with pytest.raises(InvalidWorkflow, match=words):
        call(made)
    assert dumps(made) == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": T.a.s()}, "not allowed as a graph's name"),
        ({"max_visits": 0}, "max_visits=0 is not allowed"),
        ({"max_visits": None}, "max_visits=None is not allowed"),
        ({"retry": 0}, "attempts=0 never retries"),
        ({"deadline": -1}, "deadline=-1 is not allowed"),
        ({"tags": "eu"}, "tags='eu' is not allowed"),
    ],
)
def test_arguments_of_a_graph_are_checked(options, words):
    """Given a constructor's argument that is not allowed, then it is named."""
    with pytest.raises(InvalidWorkflow, match=words):
        ConditionalGraph(**options)


def test_a_misspelt_argument_is_no_option():
    """Given nearly the name of an argument, then it is not taken as an execution option."""
    with pytest.raises(TypeError, match="did you mean 'max_visits'"):
        ConditionalGraph(max_visit=3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"attempts": 1}, "at least 2"),
        ({"attempts": True}, "attempts=True"),
        ({"attempts": 2, "backoff": -1}, "backoff=-1 is not allowed: give a number of at least 0"),
        ({"attempts": 2, "factor": 0.5}, "factor=0.5 is not allowed"),
        ({"attempts": 2, "longest": float("inf")}, "longest=inf is not allowed"),
        ({"attempts": 2, "on": []}, r"on=\[\] is not allowed"),
    ],
)
def test_a_policy_is_checked(options, words):
    """Given a retry policy that makes no sense, then it is refused where it is made."""
    with pytest.raises(InvalidWorkflow, match=words):
        Retry(**options)


@pytest.mark.parametrize("policy", [Retry(3), 3, {"attempts": 3}])
def test_a_policy_is_written_in_several_ways(policy):
    """Given a record, a number or a mapping, then they are the same policy."""
    assert graph().add_node("a", T.a.s(), retry=policy).nodes[0]["retry"] == Retry(3).json


# -- travelling --------------------------------------------------------------------------------------


def travel(sig):
    """Through a broker, as a step of a chain or a callback goes."""
    return Signature.from_dict(loads(dumps(sig)), app=APP)


@pytest.mark.parametrize("times", [1, 2])
def test_it_survives_json(times):
    """Given a graph with options and partial arguments, when it is sent once or twice, then it is the same."""
    sig = full(queue="q").clone((7,), {"y": 8})
    sig.link(T.d.s())
    there = sig
    for _ in range(times):
        there = travel(there)
    assert type(there) is ConditionalGraph
    assert loads(dumps(there)) == loads(dumps(sig))
    assert there._partial_args == ([7], {"y": 8})


@pytest.mark.parametrize("kind", ["document", "message"])
def test_the_caller_keeps_the_dict(kind):
    """Given a dict with groups, chords and callbacks, when a graph is made of it and changed, then the dict is as before."""
    inner = chord(group(T.a.s(), chain(T.b.s(), group(T.c.s(1), T.d.s()))), T.d.s())
    swarm = Swarm([group(T.a.s(), T.b.s())], on_task_success=group(T.c.s(), T.d.s()), app=APP)
    swarm.add_task(T.a.s(), on_error=group(T.b.s(), T.c.s()))
    made = (
        ConditionalGraph("g", app=APP)
        .add_node("a", inner)
        .add_node("b", swarm)
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("b", END)
    )
    given = loads(dumps(made.to_dict() if kind == "document" else made))
    before = dumps(given)
    there = ConditionalGraph.from_dict(given, app=APP)
    for entry in there.nodes:
        entry["signature"].set(queue="changed")
        entry["signature"].freeze()
    assert dumps(given) == before
    assert "changed" in dumps(there)


def test_what_is_nested_arrives_as_signatures():
    """Given bodies and routers, when they have been sent, then they are signatures, of their own types."""
    there = travel(full())
    assert [type(sig) for sig in there._nested()] == [type(sig) for sig in full()._nested()]
    assert [sig["task"] for sig in there._nested()] == ["a", "b", "celery.chain", "orchestrator.graph", "c"]
    assert all(isinstance(sig, Signature) for sig in there._nested()[3]._nested())


@pytest.mark.parametrize(
    "wrap",
    [
        lambda g: chain(T.a.s(), g, T.b.s()),
        lambda g: chord([g, T.a.s()], T.b.s()),
        lambda g: Swarm([g], app=APP),
        lambda g: ConditionalGraph().add_node("g", g),
    ],
)
def test_it_arrives_inside_other_canvas(wrap):
    """Given a graph in a canvas, when that has been sent, then it is a graph still."""
    assert '"orchestrator.graph"' in dumps(wrap(full()))
    assert wrap(full()).app is APP
    assert loads(dumps(travel(wrap(full())))) == loads(dumps(wrap(full())))


def test_a_clone_is_independent():
    """Given a clone, when it is built on, then the original is as before."""
    original = full()
    before = dumps(original)
    clone = original.clone()
    assert dumps(clone) == before
    clone.add_node("more", T.a.s()).add_edge("more", END)
    clone.nodes[0]["signature"].set(queue="other")
    clone.nodes[0]["max_visits"] = 1
    assert dumps(original) == before


def test_a_stamp_reaches_everything():
    """Given a visitor, when the graph is stamped, then every body and router carries the stamp, nested ones too."""

    class Mark(StampingVisitor):
        def on_signature(self, sig, **headers):
            return {"mark": "m"}

    made = full()
    made.stamp(Mark())
    validate, pages, charge, inner, router = made._nested()
    for sig in [made, validate, pages, *charge.tasks, inner, *inner._nested(), router]:
        assert sig.options["mark"] == "m", sig


def test_its_app_is_that_of_what_is_in_it():
    """Given a graph that was given no app, then it is that of its first body."""
    assert ConditionalGraph().add_node("r", Approval()).add_node("a", T.a.s()).app is APP


def test_it_freezes_as_a_run():
    """Given a graph, when it is frozen, then there is a run of its id."""
    frozen = full().freeze("id-1")
    assert isinstance(frozen, Run)
    assert frozen.id == "id-1"


def test_it_prints():
    """Given a graph, then its repr is short, whatever is in it."""
    assert repr(full()) == "ConditionalGraph(orders: 5 nodes, 8 edges)"
    assert repr(graph()) == "ConditionalGraph(0 nodes, 0 edges)"
    assert repr(chain(T.a.s(), full())) == "a() | ConditionalGraph(orders: 5 nodes, 8 edges)"


@pytest.mark.parametrize(
    "kwargs",
    [
        {"nodes": [5]},
        {"nodes": 5},
        {"nodes": [{"name": "a"}]},
        {"nodes": [{"name": 5, "signature": {"task": "a"}}]},
        {"nodes": [{"name": "a", "signature": {"task": "a"}, "approval": {}}]},
        {"nodes": [{"name": "a", "signature": "a"}]},
        {"nodes": [{"name": "a", "signature": {"task": "a"}, "inputs": []}]},
        {"edges": [{"from": "a"}]},
        {"edges": [{"to": "a"}]},
        {"edges": [{"from": "a", "to": 5}]},
        {"edges": [{"from": "a", "to": "b", "error": "E"}]},
        {"edges": [{"from": "a", "to": "b", "keys": []}]},
        {"edges": [{"from": "a", "keys": [["x"]]}]},
        {"edges": [{"from": "a", "when": [], "keys": []}]},
        {"edges": [{"from": "a", "when": [[True, "b"]], "otherwise": 5}]},
        {"edges": [{"from": "a", "router": "c", "keys": [["x", "b"]]}]},
    ],
)
def test_what_is_no_definition_is_refused_on_arrival(kwargs):
    """Given a message with something else in it, then it is refused in words, and not by a KeyError somewhere."""
    message = {"task": "orchestrator.graph", "subtask_type": "orchestrator.graph", "kwargs": kwargs}
    with pytest.raises(InvalidWorkflow, match="JSON Schema"):
        Signature.from_dict(message, app=APP)


# -- applying ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("eager", [True, False])
def test_applying_looks_at_all_of_it_first(eager):
    """Given a graph with mistakes, when it is applied, then all are told and nothing is started."""
    app = make_app(f"applied-{eager}", task_always_eager=eager)
    wrong = ConditionalGraph(app=app).add_node("a", app.tasks["a"].s()).add_edge(START, "b")
    with pytest.raises(GraphInvalid) as caught:
        wrong.apply_async()
    assert len(caught.value.problems) >= 2
    assert wrong._applied is None

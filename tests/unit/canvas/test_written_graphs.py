"""Graphs as Python modules: a module builds the graph again, is formatted, and holds nothing but calls and constants."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from celery import group, signature

from orchestrator_celery import (
    END,
    START,
    Approval,
    ConditionalGraph,
    InvalidWorkflow,
    Retry,
    Swarm,
    node,
    otherwise,
    result,
    templates,
    visits,
    when,
)
from tests.kit.example_graphs import example_documents

from .test_templates import CALLS
from .written_graphs import Maker

SEEDS = range(500)
#: All functions that a module may call, by their name or the name of the attribute.
CALLED = set(
    "ConditionalGraph Swarm ComplexSignature Approval Retry Expression when otherwise node signature chain chord chunks group "
    "xmap xstarmap from_dict fromisoformat Decimal UUID float timedelta clone set add_task add_node add_edge add_error_edge "
    "add_conditional_edges append contains in_ matches exists".split()
)
ATTRIBUTES = CALLED | {"nodes", "edges", "length", "type", "date", "HIGH", "MEDIUM", "LOW"}


def executed(code: str, name: str = "graph") -> ConditionalGraph:
    """The graph that a module builds."""
    found: dict[str, object] = {}
    exec(compile(code, "module", "exec"), found)
    graph = found[name]
    assert isinstance(graph, ConditionalGraph)
    return graph


@pytest.fixture(scope="module")
def made() -> dict[int, tuple[ConditionalGraph, str]]:
    """Random graphs with their modules."""
    graphs = {seed: Maker(seed).graph() for seed in SEEDS}
    return {seed: (graph, graph.to_python()) for seed, graph in graphs.items()}


def test_a_module_builds_the_graph_again(made):
    """Given any graph, when its module runs, then its document is the graph's."""
    for seed, (graph, code) in made.items():
        again = executed(code)
        assert again == graph, seed
        assert again.to_python() == code, seed


def test_a_document_is_read_and_written_without_loss(made):
    """Given any graph, when its document is read, then the graph is equal, and unequal to a changed one."""
    for seed, (graph, _) in made.items():
        again = ConditionalGraph.from_dict(graph.to_dict())
        assert again == graph, seed
        again.add_node("one more", signature("tasks.more"))
        assert again != graph, seed


def test_ruff_leaves_modules_as_they_are(made, tmp_path):
    """Given the modules of all graphs, when ruff formats and checks them, then there is nothing to do."""
    for seed, (_, code) in made.items():
        (tmp_path / f"graph_{seed}.py").write_bytes(code.encode("utf-8"))
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--line-length", "120", "--isolated", "."]
    formatted = subprocess.run([*ruff, "format", "--diff", *options], cwd=tmp_path, capture_output=True, text=True)
    assert formatted.returncode == 0, formatted.stdout[:4000] + formatted.stderr[-500:]
    rules = [
        "--select",
        "E,F,I,UP,W",
        "--ignore",
        "E501,E711,E712",
    ]  # comparisons with True and None are conditions, evaluated later
    checked = subprocess.run([*ruff, "check", *rules, *options], cwd=tmp_path, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout[:4000]


def test_text_never_becomes_code(made):
    """Given graphs with hostile text everywhere, then a module holds known calls, names it has, and constants."""
    for seed, (_, code) in made.items():
        tree = ast.parse(code)
        imported = {alias.name for part in tree.body if isinstance(part, ast.ImportFrom) for alias in part.names}
        assigned = {
            part.id for part in ast.walk(tree) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        }
        for part in ast.walk(tree):
            assert isinstance(part, ALLOWED), (seed, ast.dump(part)[:200])
            if isinstance(part, ast.Call):
                called = part.func.attr if isinstance(part.func, ast.Attribute) else part.func.id
                assert called in CALLED, (seed, called)
            if isinstance(part, ast.Name):
                assert part.id in imported | assigned | {"float"}, (seed, part.id)
            if isinstance(part, ast.Attribute):
                assert part.attr in ATTRIBUTES, (seed, part.attr)
        assert all(isinstance(part, (ast.Expr, ast.Assign, ast.ImportFrom)) for part in tree.body)
        assert assigned.isdisjoint(imported)


ALLOWED = (
    ast.Module, ast.Expr, ast.Assign, ast.ImportFrom, ast.alias, ast.Call, ast.Name, ast.Attribute, ast.Constant, ast.keyword,
    ast.List, ast.Tuple, ast.Dict, ast.Subscript, ast.Compare, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.cmpop,
    ast.expr_context,
)  # fmt: skip


ORDERS = '''\
"""A graph: `celery orchestrator graph import` saves it, `graph run` starts it."""

from celery import chain, signature
from orchestrator_celery import END, START, Approval, ConditionalGraph, Retry, Swarm, node, otherwise, result, when

ship_it = ConditionalGraph("shipping", max_visits=3)
ship_it.add_node("pack", signature("tasks.pack"))
ship_it.add_edge(START, "pack")
ship_it.add_edge("pack", END)

orders = ConditionalGraph("orders", deadline=3600, category="shop", tags=["eu"])
orders.add_node("validate", signature("tasks.validate", args=(3,), options={"queue": "fast"}))
orders.add_node("review", Approval(timeout=60, message="Is it right?"))
orders.add_node(
    "charge",
    chain(signature("tasks.charge", immutable=True), signature("tasks.book")),
    inputs={"amount": node("validate")["total"]},
    retry=Retry(attempts=5, backoff=2, on=["OSError"]),
)
orders.add_node("ship it", ship_it, join="all")
orders.add_node("tell", Swarm([signature("tasks.tell", kwargs={"how": "mail"})], max_concurrency=4))
orders.add_edge(START, "validate")
orders.add_conditional_edges(
    "validate",
    [
        when((result["score"] >= 0.8) & ~result["country"].in_(["XX"]), "charge"),
        when(
            (result["score"] >= 0.5)
            & (result["customer"]["since"] < 2020)
            & result["customer"]["mail"].matches("@example\\\\.org$"),
            "review",
        ),
        otherwise(END),
    ],
)
orders.add_conditional_edges("review", {"approved": "charge", "rejected": END})
orders.add_error_edge("charge", "tell", on=["CardDeclined"])
orders.add_edge("charge", "ship it")
orders.add_edge("ship it", END)
orders.add_edge("tell", END)
'''


def test_a_module_reads_as_a_person_writes_it():
    """Given a graph of an order, then its module uses the builder's words, and each nested graph is a variable."""
    shipping = ConditionalGraph("shipping", max_visits=3).add_node("pack", signature("tasks.pack"))
    shipping.add_edge(START, "pack").add_edge("pack", END)
    validate = signature("tasks.validate", args=(3,)).set(queue="fast")
    charge = signature("tasks.charge", immutable=True) | signature("tasks.book")
    likely = (result["score"] >= 0.5) & (result["customer"]["since"] < 2020)
    graph = (
        ConditionalGraph("orders", deadline=3600, category="shop", tags=["eu"])
        .add_node("validate", validate)
        .add_node("review", Approval(timeout=60, message="Is it right?"))
        .add_node("charge", charge, inputs={"amount": node("validate")["total"]}, retry=Retry(5, backoff=2, on=OSError))
        .add_node("ship it", shipping, join="all")
        .add_node("tell", Swarm([signature("tasks.tell", kwargs={"how": "mail"})], max_concurrency=4))
        .add_edge(START, "validate")
        .add_conditional_edges(
            "validate",
            [
                when((result["score"] >= 0.8) & ~result["country"].in_(["XX"]), "charge"),
                when(likely & result["customer"]["mail"].matches(r"@example\.org$"), "review"),
                otherwise(END),
            ],
        )
        .add_conditional_edges("review", {"approved": "charge", "rejected": END})
        .add_error_edge("charge", "tell", on="CardDeclined")
        .add_edge("charge", "ship it")
        .add_edge("ship it", END)
        .add_edge("tell", END)
    )
    assert graph.to_python("orders") == ORDERS


@pytest.mark.parametrize("name", sorted(CALLS))
def test_templates_survive_the_round_trip(name):
    """Given a graph of a template, then its module builds it again, without a detour over `from_dict`."""
    graph = templates.build(name, CALLS[name])
    code = graph.to_python()
    assert executed(code).to_dict() == graph.to_dict()
    assert "from_dict" not in code and ".append(" not in code


def test_examples_survive_the_round_trip():
    """Given the graphs of all examples, then their modules build them again."""
    documents = example_documents()
    assert len(documents) >= 16
    for example, document in documents:
        graph = ConditionalGraph.from_dict(document)
        code = graph.to_python()
        assert executed(code).to_dict() == graph.to_dict() == document, example
        assert "from_dict" not in code and ".append(" not in code, code


@pytest.mark.parametrize("name", ["when", "class", "print", "a-b", "", "x; import os", "ünicode", None, "__name__ "])
def test_a_variable_has_a_name_of_its_own(name):
    """Given a name that no variable can have, or that an import has, then it is refused."""
    with pytest.raises(InvalidWorkflow, match="is not allowed as the name of the variable"):
        ConditionalGraph().to_python(name)


def test_values_without_a_literal_are_refused():
    """Given an argument that no literal builds, or that is nested like nothing a person writes, then it is refused."""
    with pytest.raises(InvalidWorkflow, match=r"object at .* cannot be written as Python"):
        ConditionalGraph().add_node("a", signature("t", args=(object(),))).to_python()
    deep: list[object] = []
    for _ in range(90):
        deep = [deep]
    with pytest.raises(InvalidWorkflow, match="more than 80 nested"):
        ConditionalGraph().add_node("a", signature("t", args=(deep,))).to_python()


def test_a_large_graph_is_written():
    """Given a graph of 5,000 nodes, then its module can be compiled: there is no expression that grows with it."""
    graph = ConditionalGraph("large")
    for number in range(5000):
        graph.add_node(f"n{number}", signature("tasks.step", args=(number,)))
        graph.add_edge(f"n{number - 1}" if number else START, f"n{number}")
    assert executed(graph.to_python()) == graph


def test_equality():
    """Given graphs, then they are equal if their documents say the same, and have no hash."""
    graph = templates.build("retry", CALLS["retry"])
    same = ConditionalGraph.from_dict(graph.to_dict())
    assert (graph == same, graph != same) == (True, False)
    assert graph.clone().set(task_id="of-one-run") == graph
    assert graph.clone().set(queue="other") != graph
    assert graph not in ("graph", {})
    with pytest.raises(TypeError, match="unhashable"):
        hash(graph)


def test_defaults_of_documents_count_as_equal():
    """Given a document of an editor that leaves out what has a default, then the graph equals the one that is built."""
    document = {
        "version": 1,
        "nodes": [
            {"name": "a", "signature": {"task": "t"}, "retry": {"attempts": 3}},
            {"name": "b", "approval": {"timeout": 60, "message": ""}},
        ],
        "edges": [{"from": "a", "when": [[["gt", ["result"], 1], "b"]]}],
    }
    graph = ConditionalGraph.from_dict(document)
    built = (
        ConditionalGraph()
        .add_node("a", signature("t"), retry=3)
        .add_node("b", Approval(timeout=60))
        .add_conditional_edges("a", [when(result > 1, "b")])
    )
    assert graph == built
    assert executed(graph.to_python()) == graph
    assert "append" not in graph.to_python()
    assert ConditionalGraph().add_node("a", signature("t", args=(1,))) != ConditionalGraph().add_node(
        "a", signature("t", args=(True,))
    )


def changed(change):
    """The differences that a change makes to a graph with a nested one."""

    def graph():
        inner = ConditionalGraph("inner").add_node("x", signature("t")).add_edge(START, "x").add_edge("x", END)
        return (
            ConditionalGraph("outer")
            .add_node("a", signature("t", args=(1,)))
            .add_node("inner", inner)
            .add_edge(START, "a")
            .add_conditional_edges("a", [when(result > 1, "inner"), when(visits > 2, END), otherwise("a")])
            .add_error_edge("a", "inner")
            .add_edge("inner", END)
        )  # fmt: skip

    old, new = graph(), graph()
    change(new)
    return old.differences(new)


def inner_of(graph):
    return graph.nodes[1]["signature"]


@pytest.mark.parametrize(
    "change, nodes, edges, fields",
    [
        (lambda g: None, [], [], ()),
        (lambda g: g.add_node("b", signature("t")), ["added b ()"], [], ()),
        (lambda g: g.nodes.pop(0), ["removed a ()"], [], ()),
        (lambda g: g.nodes[0]["signature"].update(task="u", args=(2,)), ["changed a ('task', 'args')"], [], ()),
        (lambda g: g.nodes[0].update(join="all", max_visits=3), ["changed a ('join', 'max_visits')"], [], ()),
        (lambda g: g.nodes[0].update(signature=group(signature("t"))), ["changed a ('signature',)"], [], ()),
        (lambda g: inner_of(g).nodes[0].update(join="any"), ["changed inner/x ('join',)"], [], ()),
        (lambda g: inner_of(g).add_edge("x", "x"), [], ["added inner/x inner/x "], ()),
        (lambda g: inner_of(g).kwargs.update(max_visits=4), ["changed inner ('max_visits',)"], [], ()),
        (lambda g: g.kwargs.update(max_visits=4, name="new"), [], [], ("name", "max_visits")),
        (lambda g: g.add_edge("a", "a"), [], ["added a a "], ()),
        (lambda g: g.edges.pop(2), [], ["removed a inner on error"], ()),
        (lambda g: g.edges[1]["when"][0].__setitem__(0, ["gt", ["result"], 2]), [], ["changed a inner result > 2"], ()),
        (lambda g: g.edges[1].update(mode="all"), [], ["changed a inner result > 1", "changed a __end__ visits > 2", "changed a a otherwise"], ()),
        (lambda g: g.edges[1]["when"].reverse(), [], ["changed a inner result > 1", "changed a __end__ visits > 2"], ()),
        (lambda g: g.edges[2].update(error=["E"]), [], ["changed a inner on E"], ()),
    ],
)  # fmt: skip
def test_differences(change, nodes, edges, fields):
    """Given two graphs, then their differences name the nodes, the edges and the settings, and show the lines."""
    found = changed(change)
    assert [f"{each.change} {each.name} {each.fields}" for each in found.nodes] == nodes
    assert [f"{each.change} {each.source} {each.target} {each.text}" for each in found.edges] == edges
    assert found.fields == fields
    assert bool(found) is bool(nodes or edges or fields) is bool(found.text)
    assert not found or found.text.startswith("--- old\n+++ new\n@@ ")


def test_an_order_of_nodes_is_a_difference_of_lines_only():
    """Given the same nodes in another order, then only the lines differ."""
    found = changed(lambda graph: graph.nodes.reverse())
    assert found and not found.nodes and not found.edges and "+graph.add_node" in found.text

"""From a graph to the records of its nodes: what Lua is told in headers, and what Python keeps in payloads."""

from __future__ import annotations

import pytest

from orchestrator_celery import error, node, otherwise, result, run_input, visits, when
from orchestrator_celery.canvas.approval import Approval
from orchestrator_celery.canvas.graphs.graph import END, START, ConditionalGraph, Retry
from orchestrator_celery.engine.compile.graph import graph_tree
from orchestrator_celery.records.definitions import Attribute, leaf_definition, parse_definition
from orchestrator_celery.records.graphs.layout import parse_graph_layout
from orchestrator_celery.records.packed import Tree


@pytest.fixture
def compiled(codec):
    """Compiles a graph; which nodes begin it is kept in `begun`."""

    def compile_(defined):
        begun = {}

        def body(task, begins):
            begun[task.task] = begins
            return Tree({".": leaf_definition(task.task.encode())}, 1)

        specs, (attrs, facts, leaves) = graph_tree(defined, body, codec)
        nodes = {path: parse_definition(raw) for path, raw in specs.items() if path.isdigit()}
        return Compiled(
            {number: named(one) for number, one in nodes.items()},
            {number: codec.load(one.payload) for number, one in nodes.items()},
            {path.removesuffix(".p"): raw for path, raw in specs.items() if path.endswith(".p")},
            {path.removesuffix(".t"): raw.decode().split("\n")[1:] for path, raw in specs.items() if path.endswith(".t")},
            parse_graph_layout(specs["t"]), attrs, facts, leaves, begun,
        )  # fmt: skip

    return compile_


def named(definition):
    """Attributes by their names."""
    return {Attribute(key).name.lower(): value for key, value in definition.attributes.items()}


class Compiled:
    def __init__(self, nodes, facts, bodies, layouts, layout, attrs, start, leaves, begun):
        #: By node, and of START: targets of plain edges, what comes after its component, sources, members of its loop.
        self.layouts, (self.edges, self.joins) = layouts, layout
        self.nodes, self.facts, self.bodies = nodes, facts, bodies
        self.attrs, self.start, self.leaves, self.begun = attrs, start, leaves, begun


@pytest.fixture
def graph(app):
    """A graph with nodes a, b and c, which begins with a and ends with b and c."""
    defined = ConditionalGraph("g", app=app)
    for name in "abc":
        defined.add_node(name, app.signature(name))
    return defined.add_edge(START, "a").add_edge("b", END).add_edge("c", END)


def test_edges_are_numbers(compiled, graph):
    """Given plain edges, then nodes are numbered as declared, and no decision is needed anywhere."""
    found = compiled(graph.add_edge("a", "b").add_edge("a", "c"))
    assert found.attrs == {
        "size": 3,
        "kind": "graph",
        "first": "*",
        "start_decides": False,
    }
    assert (found.edges, found.joins) == ({"S": ["0"], "0": ["1", "2"], "1": ["$"], "2": ["$"]}, {})
    assert found.nodes["0"] == {"kind": "node", "name": "a", "next": "*", "leaves": "1", "max_visits": "25"}
    assert found.layouts["S"] == ["0", "=", "1,2", ""], "the sources of END are told with START"
    assert [found.layouts[number] for number in "012"] == [["1,2", "=", "", ""], ["$", "", "", ""], ["$", "", "", ""]]
    assert (found.facts["0"], found.start, found.leaves) == ({"name": "a"}, {}, 3)
    assert found.bodies == {"0": b"L\na", "1": b"L\nb", "2": b"L\nc"}


def test_an_edge_that_is_declared_twice_is_one(compiled, graph):
    assert compiled(graph.add_edge("a", "b").add_edge("a", "b")).layouts["0"] == ["1", "=", "", ""]


def test_only_what_begins_the_graph_is_told_so(compiled, graph):
    graph.add_edge("a", "b").add_edge("a", "c")
    assert compiled(graph).begun == {"a": True, "b": False, "c": False}


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        (result > 1, "1"),
        (result["x"].exists() & ~(result == 2), "1"),
        (visits < 3, "2"),
        (run_input == 1, "2"),
        ((result > 1) & (node("a") == 1), "2"),
        ((result > 1) & error["type"].exists(), None),
    ],
)
def test_a_worker_may_choose_by_its_result_and_what_it_was_told(compiled, graph, condition, told):
    """Given conditions, then the mark of the node says whether they look at more than the result."""
    graph.add_node("d", graph.nodes[0]["signature"]).add_error_edge("d", "a").add_edge(START, "d").add_edge("d", END)
    graph.add_conditional_edges("a", [when(condition, "b"), otherwise("c")])
    attrs = compiled(graph).nodes["0"]
    assert (attrs["decides"], attrs.get("foreseeable"), "next" in attrs) == ("1", told, False)


def test_keys_are_chosen_by_the_result_alone(compiled, graph):
    graph.add_conditional_edges("a", {"x": "b", "y": "c"}, default=END)
    found = compiled(graph)
    assert found.nodes["0"]["foreseeable"] == "1"
    assert found.facts["0"]["routes"] == [{"keys": [["x", "1"], ["y", "2"]], "mode": "first", "otherwise": "$"}]
    assert found.edges == {"S": ["0"], "0": ["1", "2", "$"], "1": ["$"], "2": ["$"]}
    assert found.layouts["0"] == ["", "1,2", "", ""]


def test_conditions_name_nodes_by_number(compiled, graph):
    graph.add_conditional_edges("a", [when(node("c") == 1, "b"), otherwise("c")])
    found = compiled(graph)
    assert (found.facts["0"]["names"], found.nodes["0"]["looks_at"]) == ({"c": "2"}, "2")


def test_errors_and_retries_need_a_decision(compiled, graph):
    """Given an error edge or a policy, then a failure has a way out; without them it has none."""
    graph.add_edge("a", "b").add_edge("a", "c").add_error_edge("a", "c", on=["KeyError"])
    found = compiled(graph)
    assert (found.nodes["0"]["catches"], "catches" in found.nodes["1"]) == ("1", False)
    assert found.facts["0"]["errors"] == [[["KeyError"], "2"]]


def test_a_graphs_policy_is_that_of_nodes_without_one(compiled, app):
    """Given a policy of the graph, then tasks have it, one with a policy keeps its own, approvals and routers have none."""
    defined = ConditionalGraph("g", retry=3, app=app)
    defined.add_node("a", app.signature("a")).add_node("b", app.signature("b"), retry=Retry(attempts=2))
    defined.add_node("ask", Approval(timeout=9))
    defined.add_edge(START, "a").add_conditional_edges("a", app.signature("c"), ["b", "ask"])
    defined.add_edge("b", END).add_edge("ask", END)
    found = compiled(defined)
    assert [facts.get("retry", {}).get("attempts") for facts in found.facts.values()] == [3, 2, None, None]


def test_an_approval_waits_so_long(compiled, app):
    defined = ConditionalGraph("g", app=app).add_node("ask", Approval(timeout=1.5, message="Pay?"))
    defined.add_edge(START, "ask").add_conditional_edges("ask", {"approved": END, "rejected": END})
    found = compiled(defined)
    own = parse_definition(found.bodies["0"])
    assert named(own) == {"kind": "approval", "wait": "1500"}
    assert found.facts["0"]["routes"][0]["decision"] is True


def test_a_router_comes_after_the_node_it_is_asked_about(compiled, graph, app):
    """Given two routers of one node, then each is a node of its own, the last decides, and joins know the giver."""
    graph.nodes[2]["join"] = "all"
    graph.add_conditional_edges("a", app.signature("d"), {"x": "b"})
    graph.add_conditional_edges("a", app.signature("e"), {"x": "c"})
    found = compiled(graph)
    assert found.edges == {"S": ["0"], "0": ["3"], "1": ["$"], "2": ["$"], "3": ["4"], "4": ["1", "2"]}
    assert (found.layouts["0"][0], found.layouts["3"][0]) == ("3", "4")
    assert [found.nodes[number].get("asked_about") for number in "01234"] == [None, None, None, "0", "0"]
    assert (found.nodes["3"]["name"], found.layouts["2"][2], found.attrs["size"]) == ("a%20%28d%29", "0", 5)
    assert [route["asked"] for route in found.facts["4"]["routes"]] == ["3", "4"]
    assert ("foreseeable" in found.nodes["4"], found.leaves) == (False, 5)
    assert [found.nodes[number].get("looks_at") for number in "01234"] == [None, None, None, None, "3"]


def test_a_single_router_is_chosen_by_its_own_result(compiled, graph, app):
    graph.add_conditional_edges("a", app.signature("d"), ["b", "c"])
    assert compiled(graph).nodes["3"]["foreseeable"] == "1"


def test_a_join_knows_its_sources_in_the_order_of_the_edges(compiled, app):
    """Given edges in another order than the nodes, errors among them, then the join's list has that of the edges."""
    defined = ConditionalGraph("g", app=app)
    for name in "abc":
        defined.add_node(name, app.signature(name))
    defined.add_node("d", app.signature("d"), join="all").add_node("e", app.signature("e"), join="any")
    defined.add_edge("c", "d").add_error_edge("b", "d").add_edge("a", "d").add_edge("c", "d").add_edge(START, "d")
    for name in "abc":
        defined.add_edge(START, name).add_edge(name, "e")
    defined.add_edge("d", "e").add_edge("e", END)
    found = compiled(defined)
    assert (found.layouts["3"][2], found.layouts["4"][2], found.joins) == ("2,1,0,S", "", {"3": "all", "4": "any"})
    assert [found.nodes[number].get("join") for number in "234"] == [None, "all", "any"]
    assert [found.nodes[number].get("predecessors") for number in "034"] == [None, "4", "4"]


def test_nodes_on_a_loop_are_one_component(compiled, graph):
    """Given a loop, then its nodes name its first node, which lists them, and knows what comes after the loop."""
    graph.add_node("d", graph.nodes[0]["signature"]).add_edge("d", END).add_edge("a", "b")
    found = compiled(graph.add_conditional_edges("b", {"x": "a", "y": "c", "z": "d"}))
    assert [found.nodes[number].get("component") for number in "0123"] == ["0", "0", None, None]
    assert (found.layouts["0"], found.layouts["1"]) == (["1", "2,3", "", "0,1"], ["", "=", "", ""])


def test_start_may_choose(compiled, app):
    defined = ConditionalGraph("g", app=app).add_node("a", app.signature("a")).add_edge("a", END)
    defined.add_conditional_edges(START, [when(result > 1, "a"), otherwise(END)])
    found = compiled(defined)
    assert (found.attrs["first"], found.attrs["start_decides"], found.start["roots"]) == (None, True, ["result"])


def test_a_mapped_node_with_inputs(compiled, graph, app):
    graph.add_node("m", app.signature("d"), map_over=result["pages"], max_concurrency=4, inputs={"k": node("a")["x"]})
    graph.add_edge("a", "m").add_edge("m", "b").add_edge("a", "c")
    found = compiled(graph)
    attrs = found.nodes["3"]
    assert (attrs["mapped"], attrs["max_concurrency"], attrs["inputs"]) == ("1", "4", "1")
    assert (attrs["inputs_from"], "looks_at" in attrs) == ("0", False)
    assert found.facts["3"]["names"] == {"a": "0"}


def test_names_are_quoted(compiled, app):
    """Given a name with spaces, signs and letters of anywhere, then the header stays one, and the name is kept."""
    name = "a b|c=d\n>é"
    defined = (
        ConditionalGraph("g", app=app).add_node(name, app.signature("a")).add_edge(START, name).add_edge(name, END)
    )
    found = compiled(defined)
    assert found.nodes["0"]["name"] == "a%20b%7Cc%3Dd%0A%3E%C3%A9"
    assert found.facts["0"]["name"] == name


def test_limits_of_visits(compiled, app):
    defined = ConditionalGraph("g", max_visits=7, app=app)
    defined.add_node("a", app.signature("a")).add_node("b", app.signature("b"), max_visits=2)
    defined.add_edge(START, "a").add_edge("a", "b").add_edge("b", END)
    assert [attrs["max_visits"] for attrs in compiled(defined).nodes.values()] == ["7", "2"]

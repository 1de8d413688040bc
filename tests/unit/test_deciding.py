"""What a worker chooses by a result alone, and what a graph's node is given, as far as nothing has to be read."""

from __future__ import annotations

import sys
import threading

import pytest

from orchestrator_celery import node, otherwise, result, run_input, when
from orchestrator_celery.canvas.graphs.graph import END, START, ConditionalGraph
from orchestrator_celery.dispatch.graph_decisions import GraphDecider
from orchestrator_celery.dispatch.inputs import InputResolver
from orchestrator_celery.engine.compile.graph import graph_tree
from orchestrator_celery.model.effects import Cause, Decide, EdgeContext
from orchestrator_celery.model.ids import LeafId
from orchestrator_celery.records.definitions import leaf_definition
from orchestrator_celery.records.graphs.graph import EMPTY_GRAPH
from orchestrator_celery.records.packed import Tree


@pytest.fixture
def chosen(app, codec):
    """Chooses by a result, out of a node with these edges to b (1) and c (2)."""

    def choose(edges, value, node_number="0", path_map=None, **options):
        defined = ConditionalGraph("g", app=app)
        for name in "abc":
            defined.add_node(name, app.signature(name))
        defined.add_edge(START, "a").add_edge("b", END).add_edge("c", END)
        defined.add_conditional_edges("a", edges, path_map, **options)
        specs, _ = graph_tree(defined, lambda task, _: Tree({".": leaf_definition(b"x")}, 1), codec)
        leaf = LeafId("r", f"0.{node_number}.0", 1)
        return GraphDecider(None, None, codec, None).choose_edges(leaf, EdgeContext(specs[node_number]), value)[0]

    return choose


def test_conditions_on_the_result(chosen):
    edges = [when(result["score"] > 0.5, "b"), otherwise("c")]
    assert chosen(edges, {"score": 0.7}) == "1"
    assert chosen(edges, {}) == "2"
    assert chosen([when(result > 1, "b")], 0) == "", "nothing is taken: the graph fails by that"


def test_keys(chosen):
    assert chosen({"x": "b", "y": "c"}, ["y", "x"], mode="all") == "1,2"


def test_the_answer_of_a_router(chosen, app):
    assert chosen(app.signature("d"), "c", "3", ["b", "c"]) == "2"


@pytest.mark.parametrize("condition", [node("b") == 1, result["x"] == 1])
def test_what_is_not_so_simple_is_left_to_a_decision(chosen, condition):
    """Given a condition that fails, then nothing is chosen: it is decided, and fails the graph, like everything else."""
    assert chosen([when(condition, "b")], {}, strict=True) is None


# -- what is given -----------------------------------------------------------------------------------------


class Records:
    """Stands in for a reader: what it has, and how often it was asked."""

    def __init__(self, codec, **records):
        self._codec, self._records, self.asked = codec, records, 0

    def head_field(self, run, name):
        self.asked += 1
        return self._records.get(name)

    def terminal(self, run, nodes):
        self.asked += 1
        return [self._records.get(one) for one in nodes]

    def definitions(self, run, nodes):
        return [self._records.get(f"d:{one}") for one in nodes]

    def graph_state(self, run, graph):
        return EMPTY_GRAPH._replace(input="in")


@pytest.fixture
def given(codec):
    """Reads what is given, out of records by name."""
    return lambda **records: InputResolver(Records(codec, **records), codec)


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (b"[[], {}]", None),
        (b"[[7], {}]", 7),
        (b"[[[7]], {}]", [7]),
        (b"[[1, 2], {}]", [1, 2]),
        (b'[[], {"a": 1}]', {"a": 1}),
        (b'[[1], {"a": 2}]', {"args": [1], "kwargs": {"a": 2}}),
    ],
)
def test_what_the_run_was_given_as_one_value(given, arguments, value):
    assert given(input=arguments).value("r", "in", "0") == value


def test_nothing_is_nothing(given):
    assert given().arguments("r", "", "0") == ([], {})
    assert given().value("r", "", "0") is None


def test_a_list_of_what_has_arrived(given):
    """Given what came into a join, then its values in order; what is known is not read."""
    found = given(**{"0.1.0": b"S|1|1|1|w\n5"})
    assert found.value("r", "[0.0.0,0.1.0", "0.2.0", {"0.0.0": 3}) == [3, 5]


def test_an_element_by_its_place(given):
    """Given a node that is mapped over a list, then each task of each element's body finds its own element."""
    found = given(**{"0.1.0:list": b"[7, 8, 9]"})
    assert found.arguments("r", "m:0.1.0", "0.1.0.2") == ([9], {})
    assert found.arguments("r", "m:0.1.0", "0.1.0.1.0.3") == ([8], {})
    assert found._reader.asked == 2, "the list and the inputs are read once"


@pytest.mark.parametrize(("size", "kept"), [(1_000, 16), (5_000_000, 6), (20_000_000, 1), (40_000_000, 0)])
def test_what_is_kept_is_bounded_by_its_bytes(given, size, kept):
    """Given large values, then as many are kept as fit; one that is larger than all may be is read each time."""
    found = given(**{f"0.{n}": b'S|1|1|1|w\n"' + b"x" * size + b'"' for n in range(20)})
    for number in range(20):
        assert len(found.value("r", f"0.{number}", "0.9")) == size
    asked = found._reader.asked
    for number in range(19, 19 - kept, -1):
        found.value("r", f"0.{number}", "0.9")
    assert found._reader.asked == asked, "those are kept"
    found.value("r", f"0.{19 - kept}", "0.9")
    assert found._reader.asked == asked + 1, "and no more"


def test_inputs_come_with_what_a_visit_was_given(given):
    """Given a visit with inputs, then its tasks get them as keyword arguments; what is immutable gets nothing else."""
    found = given(**{"0.1.0:in": b"0.0.1", "0.1.0:kw": b'{"x": 1}', "0.0.1": b"S|1|1|1|w\n7"})
    assert found.arguments("r", "g:0.1.0", "0.1.0") == ([7], {"x": 1})
    assert found.arguments("r", "k:0.1.0", "0.1.0.2") == ([], {"x": 1})


def test_inputs_are_worked_out_of_what_there_was(given, app, codec):
    """Given inputs, then they look at the newest results, at what the graph was given, and at what the visit is given."""
    defined = ConditionalGraph("g", app=app).add_node("a", app.signature("a"))
    looks = {"x": node("a")["k"], "y": run_input, "z": result}
    defined.add_node("b", app.signature("b"), inputs=looks).add_edge(START, "a").add_edge("a", "b").add_edge("b", END)
    specs, _ = graph_tree(defined, lambda task, _: Tree({".": leaf_definition(b"x")}, 1), codec)
    found = given(**{"input": b"[[4], {}]", "0.0.0": b'S|1|1|1|w\n{"k": 1}', "0.0.1": b'S|1|1|1|w\n{"k": 2}'})
    effect = Decide("r", "0.1.0", Cause.INPUTS, "0.0.1", specs["1"], "in", {"0": "0.0.0"}, 1, 0, {})
    verdict = GraphDecider(None, found._reader, codec, found)._decision(effect)
    assert (verdict.kind, codec.load(verdict.elements)) == ("with", {"x": 1, "y": 4, "z": {"k": 2}})


def test_many_threads_may_ask_at_once(given):
    """Given a pool of more threads than values are kept, when all ask for different ones, then each gets its own."""
    values = {f"0.{number}.0": b"S|1|1|1|w\n%d" % number for number in range(40)}
    found, before, wrong = given(**values), sys.getswitchinterval(), []

    def ask(run):
        try:
            for turn in range(2000):
                number = turn % 40
                if found.value(run, f"0.{number}.0", "0") != number:
                    wrong.append(number)
        except Exception as exc:
            wrong.append(repr(exc))

    threads = [threading.Thread(target=ask, args=(f"r{number}",)) for number in range(30)]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert wrong == []

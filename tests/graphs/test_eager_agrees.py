"""An eager application of a graph does what the interpreter does, body by body."""

from __future__ import annotations

from typing import Any

import pytest
from celery import Celery
from hypothesis import HealthCheck, given, settings

from orchestrator_celery import ConditionalGraph, Orchestrator
from tests.kit.cases import amount

from .behaviour import Bodies, plain
from .built import STEP, built
from .drawn import Kind, graphs, inputs_of_runs
from .interpreter import interpret
from .schedule import in_turn

pytestmark = pytest.mark.usefixtures("quiet")

APP = Celery("eager", set_as_current=False, broker="memory://", backend="cache+memory://")
Orchestrator(APP)
TOLD = Bodies()

EXAMPLES = amount(200, 2000)


@APP.task(name=STEP, shared=False)
def step(value: Any = None, *, body: dict[str, Any], **inputs: Any) -> Any:
    return TOLD.real(body, value, inputs)


def compare(definition: dict[str, Any], value: Any, graph: ConditionalGraph | None = None) -> None:
    """Run a graph in both; the eager one takes bodies in the order of activation.

    Args:
        definition: the graph for the interpreter.
        value: what the graph is given.
        graph: the graph for the eager application; by default the one that is built from the definition.
    """
    bodies = Bodies()
    expected = interpret(definition, bodies, value, in_turn, eager=True)
    TOLD.reset()
    found = (graph or built(definition, APP)).apply((value,))
    assert found.successful() == (expected.state == "SUCCEEDED")
    assert TOLD.calls == bodies.calls
    if expected.state == "SUCCEEDED":
        assert plain(found.result) == plain(expected.value)
    else:
        assert type(found.result).__name__ == expected.value.type


@pytest.mark.timeout(900)  # finding the smallest example takes its time
@given(graphs(Kind(sure=True)), inputs_of_runs)
@settings(max_examples=amount(50, 500), deadline=None, suppress_health_check=list(HealthCheck))
def test_random_graphs_from_their_modules(definition, value):
    """Given a graph that was written as a Python module, when the module's graph is applied, then it does the same."""
    graph = built(definition, APP)
    names: dict[str, Any] = {}
    exec(graph.to_python(), names)
    again = names["graph"]
    assert again == graph
    assert "from_dict" not in graph.to_python()
    compare(definition, value, ConditionalGraph.from_dict(again.to_dict(), app=APP))


@pytest.mark.timeout(900)  # finding the smallest example takes its time
@given(graphs(Kind(sure=True)), inputs_of_runs)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_graphs(definition, value):
    """Given a graph, when it is applied eagerly, then the same bodies get the same, in the same order, and it ends the same."""
    compare(definition, value)


def test_a_join_comes_from_all_that_a_source_brought_it():
    """Given a source that comes to a join twice, first from the start of an `any` join and then not, when the join leads
    back there, then that starts again."""

    def entry(name, **more):
        return {
            "name": name,
            "body": {"name": name, "seed": 0, "gives": "number", "fails": "never", "error": "Lost"},
            **more,
        }

    zero = ["eq", ["result"], 0]
    joins = {"a": "any", "b": "all", "c": "all", "e": "all"}
    definition = {
        "nodes": [entry(name, **({"join": joins[name]} if name in joins else {})) for name in "abcdefg"],
        "edges": [
            *({"from": "__start__", "to": name} for name in "abcdfg"),
            {"from": "b", "to": "e"},
            {"from": "b", "to": "__end__"},
            {"from": "c", "when": [[zero, "b"]], "otherwise": "__end__"},
            {"from": "d", "when": [[zero, "a"]], "otherwise": "__end__"},
            {"from": "e", "keys": [["x", "a"]], "otherwise": "__end__"},
            {"from": "e", "keys": [["x", "e"]], "mode": "all", "otherwise": "a"},
            {"from": "f", "to": "__end__"},
            {"from": "g", "when": [[zero, "a"]], "otherwise": "__end__"},
            {"from": "a", "keys": [["x", "a"]], "otherwise": "__end__"},
            {"from": "a", "when": [[zero, "b"], [["eq", ["run_input"], 101], "c"]], "otherwise": "__end__"},
        ],
        "max_visits": 3,
    }
    compare(definition, 2)

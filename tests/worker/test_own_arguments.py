"""Each body has arguments of its own: a body that changes what it was given changes nothing for any other body."""

import json

import pytest
from celery import chain, group

from orchestrator_celery import END, START, ConditionalGraph
from tests.kit.waiting import wait_for

COUNT = 8


def after_a_task(stand, items):
    return chain(stand.tasks("lists"), items), (), {}


def after_a_group(stand, items):
    return chain(group([stand.tasks("lists")] * 2), items), (), {}


def by_arguments(stand, items):
    return items, ([1, [2]],), {"deep": {"er": []}}


def of_its_own(stand, items):
    for task in items.tasks:
        task["args"], task["kwargs"] = ([1, [2]],), {"deep": {"er": []}}
    return items, (), {}


def in_a_graph(stand, items):
    graph = ConditionalGraph(app=stand.app)
    graph.add_node("first", stand.tasks("lists"))
    graph.add_node("items", items, inputs={"more": "first.result"})
    graph.add_edge(START, "first")
    graph.add_edge("first", "items")
    graph.add_edge("items", END)
    return graph, (), {}


SHAPES = [after_a_task, after_a_group, by_arguments, of_its_own, in_a_graph]


def given(pictures):
    """What each body saw of its arguments and of its request."""
    return [json.loads(picture) for picture in pictures]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("batch", [COUNT, "auto", None])
@pytest.mark.parametrize("eagerly", [False, True])
def test_items(busy, shape, batch, eagerly):
    """Given bodies that change all they were given, when they share a message or a process, then all saw the same."""
    items = busy.swarm([busy.tasks("spoils") for _ in range(COUNT)], **({"batch": batch} if batch else {}))
    workflow, args, kwargs = shape(busy, items)
    unit = workflow if workflow is items or isinstance(workflow, ConditionalGraph) else busy.complex(workflow)
    start = unit.apply if eagerly else unit.apply_async
    for _ in range(2):
        seen = given(start(args, kwargs).get(timeout=120))
        assert len(seen) == COUNT
        assert "spoiled" not in json.dumps(seen)
        assert seen == [seen[0]] * COUNT


def test_headers(busy):
    """Given headers of a swarm, when a body changes them, then its neighbour in the message has the first ones."""
    items = [busy.tasks("spoils") for _ in range(COUNT)]
    run = busy.swarm(items, batch=COUNT).apply_async(headers={"trace": {"baggage": [1]}})
    seen = given(run.get(timeout=120))
    assert seen == [seen[0]] * COUNT
    assert seen[0]["request"]["headers"]["trace"] == {"baggage": [1]}


@pytest.mark.parametrize("eagerly", [False, True])
def test_nodes_of_a_graph(busy, eagerly):
    """Given two nodes with the same input, when one changes it, then the other sees the original; in one process too."""
    graph = ConditionalGraph(app=busy.app)
    for name in ("left", "right"):
        graph.add_node(name, busy.tasks("spoils"))
        graph.add_edge(START, name)
        graph.add_edge(name, END)
    result = (graph.apply if eagerly else graph.apply_async)(({"seen": []},)).get(timeout=120)
    left, right = given(result.values())
    assert left["args"] == right["args"] == [{"seen": []}]


@pytest.mark.parametrize("eagerly", [False, True])
def test_callbacks_of_items(busy, ledger, eagerly):
    """Given callbacks that change the item they get, then the next callback gets the item as it was."""
    calls = [busy.tasks("spoils").set(link=busy.tasks("on_link", mark="saw")) for _ in range(2)]
    swarm = busy.swarm([busy.tasks("lists")], on_task_success=calls)
    (swarm.apply if eagerly else swarm.apply_async)().get(timeout=120)
    wait_for(lambda: len(ledger.entries("saw")) == 2, 30, "both callbacks")
    first, second = given(entry[1] for entry in ledger.entries("saw"))
    assert first["args"][0] == second["args"][0] == {"seen": [0, 1, 2], "deep": {"er": [{}]}}
    assert "spoiled" not in json.dumps([first, second])

"""Documents of graphs with something else in them: each is read, or refused in words."""

from __future__ import annotations

import json
import random
from copy import deepcopy

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
    when,
)

from ..apps import make_app

APP = make_app("broken-documents")
A = APP.tasks["a"]

WHOLE = (
    ConditionalGraph("orders", max_visits=3, retry=2, app=APP, tags=["eu"])
    .add_node("a", A.s(1))
    .add_node("swarm", Swarm([A.s(1), A.s(2)], app=APP), inputs={"x": node("a")["total"]})
    .add_node("ask", Approval(timeout=3, on_timeout="reject"))
    .add_node("map", A.s(), map_over=result["list"], max_concurrency=2, join="any", retry=3)
    .add_node("in", ConditionalGraph("in", app=APP).add_node("q", A.s()).add_edge(START, "q").add_edge("q", END))
    .add_node("chain", A.s() | A.s())
    .add_edge(START, "a")
    .add_conditional_edges("a", [when(result["s"] >= 1, "swarm"), when(result.in_([1, 2]), "ask"), otherwise("map")])
    .add_conditional_edges("swarm", A.s(), {"x": "in", "y": "chain"})
    .add_conditional_edges("ask", {"approved": "map", "rejected": END})
    .add_error_edge("map", "in", on=["ValueError"])
    .add_edge("map", END)
    .add_edge("in", END)
    .add_edge("chain", END)
).to_dict()

VALUES = [
    None, True, 0, -1, 1.5, float("inf"), 10**30, "", "x", START, "\x00", [], {}, [1], [["a", "b"]], ["eq", 1],
    ["node", "a"], {"a": 1}, {"task": "x"}, {"task": 3}, {"task": "t", "subtask_type": "chain"},
    {"task": "orchestrator.graph", "subtask_type": "orchestrator.graph"},
    {"task": "t", "subtask_type": "orchestrator.swarm", "args": [], "kwargs": {}, "options": {}},
]  # fmt: skip
FIELDS = ["task", "kwargs", "args", "options", "subtask_type", "name", "deadline", "retry", "tags", "nodes", "edges"]


def places(value, before=()):
    yield before
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places(part, (*before, key))


def at(value, place):
    for key in place:
        value = value[key]
    return value


def broken(seed):
    """The document with up to three changes somewhere."""
    choose, document = random.Random(seed), json.loads(json.dumps(WHOLE))
    for _ in range(choose.choice([1, 1, 2, 3])):
        *before, last = choose.choice([place for place in places(document) if place])
        holder, way = at(document, before), choose.random()
        if way < 0.2:
            del holder[last]
        elif way < 0.3 and isinstance(holder, dict):
            holder[choose.choice(FIELDS)] = choose.choice(VALUES)
        elif way < 0.4:
            holder[last] = deepcopy(at(document, choose.choice(list(places(document)))))
        else:
            holder[last] = deepcopy(choose.choice(VALUES))
    return document


def outcome(document):
    try:
        graph = ConditionalGraph.from_dict(document, app=APP)
        graph.validate()
    except GraphInvalid as exc:
        assert exc.problems
        return "invalid"
    except InvalidWorkflow as exc:
        assert str(exc)
        return "unreadable"
    return "valid"


def test_the_whole_document_is_valid():
    assert outcome(deepcopy(WHOLE)) == "valid"


def test_a_broken_document_is_read_or_refused_in_words():
    """Given documents with anything in them, then nothing but the errors of the contract comes out."""
    found = {}
    for seed in range(1200):
        document = broken(seed)
        try:
            found.setdefault(outcome(document), []).append(seed)
        except Exception as exc:
            raise AssertionError(f"seed {seed}: {json.dumps(document)}") from exc
    assert min(len(found.get(kind, ())) for kind in ("valid", "invalid", "unreadable")) > 5, found


@pytest.mark.parametrize("value", [None, 3, "x", [], {}, {"version": 2}, {"version": True}, {"version": 1, "x": 1}])
def test_what_is_no_document_is_refused_in_words(value):
    assert outcome(value) == "unreadable"

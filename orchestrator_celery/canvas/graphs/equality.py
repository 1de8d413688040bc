"""Equality of graphs: two graphs are equal if their documents say the same."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from orchestrator_celery.canvas.graphs.graph_definition import MAX_VISITS, check_shape
from orchestrator_celery.canvas.retry import Retry
from orchestrator_celery.errors import InvalidWorkflow

__all__ = ("GRAPH", "filled", "filled_edge", "filled_node", "same", "with_defaults")

#: The `subtask_type` of a graph.
GRAPH: Final = "orchestrator.graph"


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal as JSON: a list equals a tuple, and True does not equal 1.

    >>> same({"args": (1,)}, {"args": [1.0]}), same([True], [1])
    (True, False)
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    return bool(one == other) or bool(one != one and other != other)  # noqa: PLR0124 - no NaN equals itself


def with_defaults(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document, or the definition of a nested graph, with the values that it may leave out.

    The result is what the builder writes. A document from an editor may be shorter, and says the same.
    """
    found: dict[str, Any] = {name: value for name, value in document.items() if value}
    found.setdefault("max_visits", MAX_VISITS)
    found["nodes"] = [filled_node(entry) for entry in document.get("nodes", ())]
    found["edges"] = [filled_edge(entry) for entry in document.get("edges", ())]
    return {**found, **_policy(document)}


def filled_node(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a node with the values that it may leave out."""
    found = {name: value for name, value in entry.items() if value is not None and (name != "inputs" or value)}
    if isinstance(entry.get("approval"), dict):
        found["approval"] = _approval(entry["approval"])
    if "signature" in entry:
        found["signature"] = filled(entry["signature"])
    return {**found, **_policy(entry)}


def _approval(approval: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in approval.items() if value not in (None, "")}
    if "timeout" in given:
        return {"on_timeout": "reject", **given}
    return {name: value for name, value in given.items() if (name, value) != ("on_timeout", "reject")}


def filled_edge(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a declaration of edges with the values that it may leave out."""
    if "to" in entry:
        return dict(entry)
    found = {name: value for name, value in entry.items() if name != "strict" or value is not False}
    if "router" in entry:
        found["router"] = filled(entry["router"])
    return {"mode": "first", **found}


def _policy(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the policy of retries with all its values; a wrong one stays as it is."""
    if not isinstance(entry.get("retry"), dict):
        return {}
    try:
        return {"retry": Retry(**entry["retry"]).json}
    except (InvalidWorkflow, TypeError):
        return {"retry": entry["retry"]}


def filled(value: Any) -> Any:
    """Fill in the graphs that a signature contains, at any depth."""
    if isinstance(value, (list, tuple)):
        return [filled(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    found = {name: filled(each) for name, each in value.items()}
    if value.get("subtask_type") == GRAPH and isinstance(value.get("kwargs"), Mapping):
        with suppress(InvalidWorkflow):  # an argument may look like a graph
            check_shape(value["kwargs"])
            found["kwargs"] = with_defaults(value["kwargs"])
    return found

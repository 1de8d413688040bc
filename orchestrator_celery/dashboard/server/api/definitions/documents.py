"""Documents of graphs in requests, read into graphs of the project's app."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from kombu.utils.json import dumps
from pydantic import BaseModel, Field

from orchestrator_celery import ConditionalGraph, InvalidWorkflow, Orchestrator
from orchestrator_celery.dashboard.server.access.redaction import Redaction

__all__ = ("Document", "GraphRun", "plain_json", "read_graph", "without_secrets")

#: The fields of a document that hold expressions, which name keys but hold no values of them.
_EXPRESSIONS = ("inputs", "map_over")
_HIDDEN = "**"

#: A document as `ConditionalGraph.to_dict()` writes it.
Document = Annotated[
    dict[str, Any], Field(description="The graph as ConditionalGraph.to_dict() writes it; it has a JSON Schema.")
]


class GraphRun(BaseModel):
    """The document of a graph, and the input of a run of it."""

    document: Document
    args: list[Any] = []
    kwargs: dict[str, Any] = {}


def read_graph(found: Orchestrator, document: Any) -> ConditionalGraph:
    """Return the graph of a document.

    Raises:
        InvalidWorkflow: the value is no document, or this release cannot read it.
    """
    if isinstance(document, Mapping) and "task" in document:
        raise InvalidWorkflow("This is a signature in the form of a message, not a graph's document: use to_dict().")
    return ConditionalGraph.from_dict(document, app=found.app)


def plain_json(value: Any) -> Any:
    """Return a value as JSON that a browser can send back: a date keeps the mark by which workers know it."""
    return json.loads(dumps(value))


def without_secrets(value: Any, redaction: Redaction) -> Any:
    """Return a document without secrets. Names and expressions stay, so that it can be drawn."""
    if isinstance(value, str):
        return redaction.text(value)
    if isinstance(value, list):
        return [without_secrets(part, redaction) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        name: part
        if name in _EXPRESSIONS
        else _HIDDEN
        if part is not None and redaction.hides(name)
        else without_secrets(part, redaction)
        for name, part in value.items()
    }

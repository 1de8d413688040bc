"""Documents of graphs in requests, read into graphs of the project's app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field

from orchestrator_celery import ConditionalGraph, InvalidWorkflow, Orchestrator

__all__ = ("Document", "GraphRun", "read_graph")

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

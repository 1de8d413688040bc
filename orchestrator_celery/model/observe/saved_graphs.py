"""Graphs that are saved under a name: what a list shows of a version, and a version with its document."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

__all__ = ("GraphVersion", "SavedGraph")


class SavedGraph(BaseModel):
    """One version of a graph, as lists show it.

    Args:
        name: the name of the graph.
        version: the number of the version; the first is 1. Numbers are not used again as long as the name has a
            version.
        signature: the id of the stored signature of this version, which its runs name.
        author: who saved it: the actor of the audit trail.
        saved: when it was saved, in UTC.
        note: what the author wrote about it.
        nodes: the number of its nodes.
        edges: the number of its declarations of edges.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    version: int
    signature: str
    author: str
    saved: datetime
    note: str
    nodes: int
    edges: int


class GraphVersion(SavedGraph):
    """One version of a graph, with its document.

    Args:
        document: the graph as `to_dict()` wrote it.
        layout: where an editor draws the nodes; `{}` if it was not given.
    """

    document: dict[str, Any]
    layout: dict[str, Any]

"""A view of a graph's definition for checks: nodes by name and single edges."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from orchestrator_celery.canvas.checks.edges import Edge, single_edges
from orchestrator_celery.canvas.graphs.graph_definition import END, START

__all__ = ("GraphView",)

#: Most names that an unknown name is compared with; each comparison takes some microseconds.
_MOST_COMPARED = 1000
_ENDS = {"START": START, "END": END}


class GraphView(NamedTuple):
    """A graph's definition with its nodes by name and its edges one by one."""

    definition: Mapping[str, Any]
    nodes: dict[str, Mapping[str, Any]]
    edges: list[Edge]

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> GraphView:
        """View a graph's `kwargs`. If several nodes have one name, the last of them counts."""
        nodes = {entry["name"]: entry for entry in definition["nodes"] if entry["name"] not in (START, END)}
        return cls(definition, nodes, list(single_edges(definition["edges"])))

    def closest_name(self, name: str) -> str | None:
        """Return the known name that is most similar to an unknown one."""
        if name.strip("_").upper() in _ENDS:
            return _ENDS[name.strip("_").upper()]
        if len(self.nodes) > _MOST_COMPARED:
            return None
        return next(iter(get_close_matches(name, [*self.nodes, START, END], 1, cutoff=0.8)), None)

    def suggestion(self, name: str) -> str:
        """Return a hint for an unknown name."""
        near = self.closest_name(name)
        if near in _ENDS.values():
            word = "START" if near == START else "END"
            return f"did you mean {word}? Import it from orchestrator_celery, and write it without quotes"
        return f"did you mean {near!r}?" if near else f"add_node({name!r}, ...), or correct the name"

    def corrected_edges(self) -> list[Edge]:
        """Return the edges with misspelled names corrected, so that one typing error is reported only once."""
        known = {*self.nodes, START, END}
        names = {name for edge in self.edges for name in (edge.source, edge.target)}
        corrected = {name: name if name in known else self.closest_name(name) or "" for name in names}
        found = [edge._replace(source=corrected[edge.source], target=corrected[edge.target]) for edge in self.edges]
        return [edge for edge in found if edge.source not in ("", END) and edge.target not in ("", START)]

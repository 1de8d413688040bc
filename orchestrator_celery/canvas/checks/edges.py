"""The edges of a graph one by one, and reachability along them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ("Adjacency", "Edge", "adjacency", "branches", "reachable", "single_edges")

#: The nodes that each node reaches by one edge.
Adjacency = Mapping[str, Iterable[str]]


class Edge(NamedTuple):
    """One edge."""

    source: str
    target: str
    #: `edge`, `branch`, `otherwise` or `error`.
    kind: str
    #: The declaration that contains the edge, and its position in the graph's list.
    declaration: Mapping[str, Any]
    position: int


def branches(declaration: Mapping[str, Any]) -> list[list[Any]]:
    """Return the conditions or keys of a declaration with their targets; plain and error edges have none."""
    found: list[list[Any]] = declaration.get("when", declaration.get("keys", []))
    return found


def single_edges(declarations: Iterable[Mapping[str, Any]]) -> Iterator[Edge]:
    """Yield all edges in the order of their declarations."""
    for index, declaration in enumerate(declarations):
        source = declaration["from"]
        if "to" in declaration:
            kind = "error" if "error" in declaration else "edge"
            yield Edge(source, declaration["to"], kind, declaration, index)
        for _, target in branches(declaration):
            yield Edge(source, target, "branch", declaration, index)
        if "otherwise" in declaration:
            yield Edge(source, declaration["otherwise"], "otherwise", declaration, index)


def adjacency(edges: Iterable[Edge]) -> dict[str, list[str]]:
    """Return the targets of each source, without repetitions, in the order of the declarations."""
    found: dict[str, dict[str, None]] = {}
    for edge in edges:
        found.setdefault(edge.source, {})[edge.target] = None
    return {source: list(targets) for source, targets in found.items()}


def reachable(steps: Adjacency, start: Iterable[str], without: Container[str] = ()) -> set[str]:
    """Return the nodes that can be reached from `start`, including it, without passing the nodes in `without`."""
    found: set[str] = set()
    waiting = [node for node in start if node not in without]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting += [there for there in steps.get(here, ()) if there not in found and there not in without]
    return found

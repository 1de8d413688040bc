"""The edges of a graph one by one, and reachability along them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ("Adjacency", "Edge", "Reachability", "adjacency", "branches", "reachable", "single_edges")

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


class Reachability:
    """Which nodes each node reaches by at least one edge; in time that grows with the size of the graph.

    Nodes that reach each other are a component. Components are found in the order in which each comes before those
    that lead to it (Tarjan), and a number holds a bit for each node that a component reaches.

    Args:
        steps: the nodes that each node reaches by one edge.
    """

    def __init__(self, steps: Adjacency) -> None:
        self._steps = {node: list(targets) for node, targets in steps.items()}
        names = dict.fromkeys([*self._steps, *(there for targets in self._steps.values() for there in targets)])
        self._bit = {name: 1 << place for place, name in enumerate(names)}
        self._reach: dict[str, int] = {}
        self._order: dict[str, int] = {}
        self._lowest: dict[str, int] = {}
        self._open: list[str] = []
        for name in names:
            if name not in self._order:
                self._search(name)

    def reaches(self, source: str, target: str) -> bool:
        """Whether a path of at least one edge leads from one node to another."""
        return bool(self._reach.get(source, 0) & self._bit.get(target, 0))

    def _search(self, root: str) -> None:
        waiting = [(root, iter(self._begin(root)))]
        while waiting:
            here, rest = waiting[-1]
            there = next(rest, None)
            if there is None:
                waiting.pop()
                if self._lowest[here] == self._order[here]:
                    self._close(here)
                if waiting:
                    above = waiting[-1][0]
                    self._lowest[above] = min(self._lowest[above], self._lowest[here])
            elif there not in self._order:
                waiting.append((there, iter(self._begin(there))))
            elif there not in self._reach:  # it is open
                self._lowest[here] = min(self._lowest[here], self._order[there])

    def _begin(self, name: str) -> list[str]:
        self._order[name] = self._lowest[name] = len(self._order)
        self._open.append(name)
        return self._steps.get(name, [])

    def _close(self, first: str) -> None:
        """Finish the component whose first node this is."""
        place = self._open.index(first) if self._open[-1] != first else len(self._open) - 1
        members, self._open = self._open[place:], self._open[:place]
        found = 0
        for member in members:
            for there in self._steps.get(member, ()):
                found |= self._bit[there] | self._reach.get(there, 0)
        for member in members:
            self._reach[member] = found


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

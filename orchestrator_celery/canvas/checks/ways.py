"""Ways through a graph: every edge by itself, whatever declaration it stands in, and what is reached along them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ("Map", "Way", "branches", "map_of", "reach", "ways")

#: Where one gets to from each node in one step.
Map = Mapping[str, Iterable[str]]


class Way(NamedTuple):
    """One edge."""

    source: str
    target: str
    #: `edge`, `branch`, `otherwise` or `error`.
    kind: str
    #: The declaration it stands in, and the place of that in the graph's list.
    edge: Mapping[str, Any]
    place: int


def branches(edge: Mapping[str, Any]) -> list[list[Any]]:
    """Conditions or keys of a declaration, each with its target; none of a plain or an error edge."""
    found: list[list[Any]] = edge.get("when", edge.get("keys", []))
    return found


def ways(edges: Iterable[Mapping[str, Any]]) -> Iterator[Way]:
    """All edges in the order of their declaration."""
    for place, edge in enumerate(edges):
        source = edge["from"]
        if "to" in edge:
            yield Way(source, edge["to"], "error" if "error" in edge else "edge", edge, place)
        for _, target in branches(edge):
            yield Way(source, target, "branch", edge, place)
        if "otherwise" in edge:
            yield Way(source, edge["otherwise"], "otherwise", edge, place)


def map_of(ways: Iterable[Way]) -> dict[str, list[str]]:
    """Targets by source, each once, in the order of their declaration."""
    found: dict[str, dict[str, None]] = {}
    for way in ways:
        found.setdefault(way.source, {})[way.target] = None
    return {source: list(targets) for source, targets in found.items()}


def reach(steps: Map, start: Iterable[str], without: Container[str] = ()) -> set[str]:
    """What is reached from somewhere, that included; nothing is passed that is in `without`."""
    found: set[str] = set()
    waiting = [one for one in start if one not in without]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting += [there for there in steps.get(here, ()) if there not in found and there not in without]
    return found

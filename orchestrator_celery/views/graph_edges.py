"""Reads the edges of a graph, and how often each was taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator_celery.canvas.conditions.language import words
from orchestrator_celery.errors import NodeNotFound, OrchestratorError
from orchestrator_celery.model.observe.nodes import EdgeKind, GraphEdge
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.states import NodeKind
from orchestrator_celery.records.definitions import Attribute, parse_definition
from orchestrator_celery.records.graphs.layout import parse_graph_layout
from orchestrator_celery.records.names import Beside, Place
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.store.reader import Reader

__all__ = ("GraphEdges",)

_START = Place.START.value


class GraphEdges:
    """The edges of one graph of a run.

    Args:
        reader: reads records.
        codec: decodes definitions.
        run: the run.
        graph: id of the graph's node.
    """

    def __init__(self, reader: Reader, codec: Codec, run: str, graph: str) -> None:
        self._reader = reader
        self._codec = codec
        self._run = run
        self._graph = graph

    def edges(self) -> tuple[GraphEdge, ...]:
        """Return the edges, in the order of their sources.

        Raises:
            NodeNotFound: the run has no such node.
            OrchestratorError: the node is not a graph.
        """
        layout, own = self._layout(), self._numbers()
        [start, *nodes] = self._reader.definitions(self._run, [self._graph, *(f"{self._graph}.{n}" for n in own)])
        facts = {number: self._facts(raw) for number, raw in zip([_START, *own], [start, *nodes], strict=True)}
        taken = self._taken(own, layout.get(_START, []))
        return tuple(
            GraphEdge(
                source=f"{self._graph}.{source}",
                target=f"{self._graph}.{target}",
                kind=kind,
                label=label,
                taken=taken[source, target],
            )
            for source, targets in layout.items()
            for kind, label, target in _edges(facts.get(source, {}), targets)
        )

    def _layout(self) -> dict[str, list[str]]:
        [own, raw] = self._reader.definitions(self._run, [self._graph, f"{self._graph}.{Place.LAYOUT.value}"])
        if own is None:
            raise NodeNotFound(f"The run {self._run} has no node {safe_repr(self._graph)}: `run.tree()` shows the ids.")
        if parse_definition(own).kind is not NodeKind.GRAPH:
            raise OrchestratorError(
                f"The node {self._graph} of the run {self._run} is not a graph, so it has no edges. `run.tree()` shows "
                "the ids."
            )
        self._size = parse_definition(own).number(Attribute.SIZE)
        return {} if raw is None else parse_graph_layout(raw)[0]

    def _numbers(self) -> list[str]:
        return [str(number) for number in range(self._size)]

    def _facts(self, raw: bytes | None) -> Mapping[str, Any]:
        payload = b"" if raw is None else parse_definition(raw).payload
        return self._codec.load(payload) if payload else {}

    def _taken(self, numbers: list[str], first: list[str]) -> Counter[tuple[str, str]]:
        """Return how often each edge was taken, by its two ends."""
        turns = self._reader.graph_state(self._run, self._graph).turns
        visits = [(number, f"{self._graph}.{number}.{k}") for number in numbers for k in range(turns.get(number, 0))]
        visits.append((_START, f"{self._graph}.{_START}"))
        found = self._reader.terminal(self._run, [visit + Beside.TARGETS.value for _, visit in visits])
        taken = Counter[tuple[str, str]]()
        for (number, _), raw in zip(visits, found, strict=True):
            taken.update((number, target) for target in (raw or b"").decode().split(",") if target)
        if found[-1] is None:  # the edges of START need no decision, so the store keeps none
            taken.update((_START, target) for target in first if turns.get(target, 0))
        return taken


def _edges(facts: Mapping[str, Any], targets: list[str]) -> Iterator[tuple[EdgeKind, str, str]]:
    """Yield the kind, the label and the target of each edge of a node."""
    left = dict.fromkeys(targets)
    for names, target in facts.get("errors", ()):
        yield EdgeKind.ERROR, ", ".join(names or ()), target
        left.pop(target, None)
    for route in facts.get("routes", ()):
        for kind, label, target in _routes(route):
            yield kind, label, target
            left.pop(target, None)
    for target in left:
        yield EdgeKind.PLAIN, "", target


def _routes(route: Mapping[str, Any]) -> Iterator[tuple[EdgeKind, str, str]]:
    if "to" in route:
        yield EdgeKind.PLAIN, "", route["to"]
    for condition, target in route.get("when", ()):
        yield EdgeKind.CONDITION, words(condition), target
    for key, target in route.get("keys", ()):
        yield EdgeKind.CONDITION, str(key), target
    if "otherwise" in route:
        yield EdgeKind.OTHERWISE, "", route["otherwise"]

"""Writes the records with which a graph begins in a rerun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from orchestrator_celery.engine.components import Components, components
from orchestrator_celery.records.graphs.graph import (
    GraphHead,
    GraphNode,
    GraphRecord,
    Mark,
    write_graph_head,
    write_graph_node,
    write_visit,
)
from orchestrator_celery.records.names import Beside

__all__ = ("graph_fields",)


def graph_fields(
    graph: str, record: GraphRecord, edges: Mapping[str, Sequence[str]], names: Mapping[str, str]
) -> Iterator[tuple[str, bytes]]:
    """Yield the fields of a graph of which no task is under way, and their values.

    Args:
        graph: the graph's node.
        record: what has happened in it; `passages` are not written, because nothing has passed a join of a loop.
        edges: all edges of the graph.
        names: the percent-encoded names of the nodes in `record.ends`.
    """
    counters = _Counters(record, components(edges))
    yield graph + Beside.GRAPH.value, write_graph_head(counters.head())
    for at in counters.parts.first:
        state = counters.node(at)
        if state != GraphNode():
            yield f"{graph}.{at}{Beside.NODE.value}", write_graph_node(state)
    for key, visit in record.undone.items():
        yield f"{graph}.{key}{Beside.VISIT.value}", write_visit(visit)
    for join, inputs in record.arrived.items():
        for source, given in inputs.items():
            yield f"{graph}.{join}{Beside.ARRIVED.value}{source}", given.encode()
    for source, reference in record.ends.items():
        yield f"{graph}.{source}{Beside.REACHED_END.value}", f"{names[source]} {reference}".encode()


class _Counters:
    """The counters of nodes and components, worked out anew.

    Args:
        record: what has happened in the graph.
        parts: the components of the graph.
    """

    def __init__(self, record: GraphRecord, parts: Components) -> None:
        self.parts, self._record = parts, record
        self._open = Counter(key.partition(".")[0] for key in record.undone)
        self._within, self._closed = Counter[str](), Counter[str]()
        self._marks: dict[str, Mark] = {}
        for at, count in self._open.items():
            self._within[parts.first[at]] += count
        members = parts.members.items()
        self._waiting = {name: tuple(at for at in own if at in record.arrived) for name, own in members}
        for name in parts.order:
            if self._is_reached_no_more(name) and not self._within[name] and not self._waiting[name]:
                self._marks[name] = Mark.CLOSED
                self._closed.update(parts.after[name])

    def head(self) -> GraphHead:
        """Return the record of the graph: joins that may start, and nodes to skip, are looked at when it begins."""
        closed = [at for at, name in self.parts.first.items() if name in self._marks and at.isdigit()]
        startable = [name for name in self.parts.order if self._waiting[name] and self._is_reached_no_more(name)]
        unvisited = tuple(at for at in closed if at not in self._record.turns)
        return GraphHead(self._record.since, self._record.input, closing=tuple(startable), unvisited=unvisited)

    def node(self, at: str) -> GraphNode:
        """Return the record of a node."""
        record = self._record
        return GraphNode(
            turns=record.turns.get(at, 0),
            visits=record.visits.get(at, 0),
            open=self._open[at],
            within=self._within[at],
            starts=record.starts.get(at, 0),
            closed=self._closed[at],
            mark=self._marks.get(at),
            waiting=self._waiting.get(at, ()),
            newest=record.newest.get(at, ""),
        )

    def _is_reached_no_more(self, name: str) -> bool:
        return self._closed[name] == self.parts.before[name]

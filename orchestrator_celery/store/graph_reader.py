"""Reads all records of one graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from orchestrator_celery.errors import FormatTooOld
from orchestrator_celery.records.definitions import Attribute, parse_definition
from orchestrator_celery.records.graphs.graph import (
    EMPTY_GRAPH,
    GraphHead,
    GraphNode,
    GraphRecord,
    Mark,
    UndoneVisit,
    parse_graph_head,
    parse_graph_node,
    parse_visit,
)
from orchestrator_celery.records.head.fields import GRAPH_FORMAT
from orchestrator_celery.records.names import Beside, Place

__all__ = ("read_graph",)


class _Reader(Protocol):
    """What a graph is read with."""

    def pools(self, run: str, nodes: Sequence[str]) -> list[bytes | None]: ...

    def terminal(self, run: str, nodes: Sequence[str]) -> list[bytes | None]: ...

    def definitions(self, run: str, nodes: Sequence[str]) -> list[bytes | None]: ...


def read_graph(reader: _Reader, run: str, graph: str) -> GraphRecord:
    """Return the tokens of a graph that is under way, or as it has ended; nothing of one that was not begun.

    Args:
        reader: reads records.
        run: the run.
        graph: the graph's node.

    Raises:
        FormatTooOld: an earlier release started the graph.
    """
    [raw] = reader.pools(run, [graph])
    if raw is None:
        [raw] = reader.terminal(run, [graph + Beside.GRAPH.value])
    if raw is None:
        return EMPTY_GRAPH
    if raw.endswith(b"}"):  # one JSON record
        raise FormatTooOld.of(run, 1, GRAPH_FORMAT)
    return _Reading(reader, run, graph).record(parse_graph_head(raw))


class _Reading:
    """Reads the fields of one graph.

    Args:
        reader: reads records.
        run: the run.
        graph: the graph's node.
    """

    def __init__(self, reader: _Reader, run: str, graph: str) -> None:
        self._reader, self._run, self._graph = reader, run, graph
        [own] = reader.definitions(run, [graph])
        self._size = parse_definition(own or b"").number(Attribute.SIZE)

    def record(self, head: GraphHead) -> GraphRecord:
        """Return all that is recorded."""
        numbers = [str(number) for number in range(self._size)]
        nodes = {at: parse_graph_node(raw) for at, raw in self._fields(numbers, Beside.NODE).items()}
        start, open_visits = Place.START.value, self._open_visits(nodes)
        visits = {
            key: parse_visit(raw) for key, raw in self._fields([f"{start}.0", *open_visits], Beside.VISIT).items()
        }
        waiting = [join for node in nodes.values() for join in node.waiting]
        passages = {at: parse_visit(raw) for at, raw in self._fields(waiting, Beside.PASSAGE).items()}
        ends = self._fields([start, *numbers], Beside.REACHED_END)
        return GraphRecord(
            since=head.since,
            input=head.input,
            tokens={key: visit for key, visit in visits.items() if not isinstance(visit, UndoneVisit)},
            turns={at: node.turns for at, node in nodes.items() if node.turns},
            visits={at: node.visits for at, node in nodes.items() if node.visits},
            arrived={join: self._arrived(join) for join in waiting},
            passages={at: passage for at, passage in passages.items() if not isinstance(passage, UndoneVisit)},
            starts={at: node.starts for at, node in nodes.items() if node.starts},
            newest={at: node.newest for at, node in nodes.items() if node.newest},
            ends={at: raw.decode().partition(" ")[2] for at, raw in ends.items()},
            skipped={at: 1 for at, node in nodes.items() if node.mark is Mark.SKIPPED},
            undone={key: visit for key, visit in visits.items() if isinstance(visit, UndoneVisit)},
            error=head.error,
        )

    def _open_visits(self, nodes: Mapping[str, GraphNode]) -> list[str]:
        """Return the visits that may have a record: a join that was not to start has the number of its next body."""
        return [f"{at}.{turn}" for at, node in nodes.items() if node.open for turn in range(node.turns + 1)]

    def _arrived(self, join: str) -> dict[str, str]:
        sources = [Place.START.value, *map(str, range(self._size))]
        found = self._read([f"{join}{Beside.ARRIVED.value}{source}" for source in sources])
        return {source: raw.decode() for source, raw in zip(sources, found, strict=True) if raw is not None}

    def _fields(self, places: Sequence[str], beside: Beside) -> dict[str, bytes]:
        """Return the fields beside nodes or visits that exist, by node or visit."""
        found = self._read([place + beside.value for place in places])
        return {place: raw for place, raw in zip(places, found, strict=True) if raw is not None}

    def _read(self, fields: Sequence[str]) -> list[bytes | None]:
        return self._reader.terminal(self._run, [f"{self._graph}.{field}" for field in fields])

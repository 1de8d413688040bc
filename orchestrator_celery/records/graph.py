"""The record of a graph: its tokens.

While it is under way, in `:m` under the graph's id; after its end, in `:t` under `<graph>:g`:

    record = "G|" since "|" input "|" json

`since` is in milliseconds, 0 where another run's record was taken over; `input` is an input reference. The JSON object
has the fields of `GraphRecord` from `tokens` on, and `error` where the graph fails. Nodes of the graph are named by
their number, START by `S`. A visit is named `<node>.<turn>`: a turn counts the bodies a node has begun, a visit that is
retried has several.

A *passage* says what a token has passed: the number of starts of each `any` join on its way and, as `visit`, which
visit of its node it is in.

Python's view shows this record; a rerun writes one. Transitions change it in Lua alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from orchestrator_celery.model.clock import from_ms

__all__ = (
    "EMPTY_GRAPH",
    "GRAPH_FIELDS",
    "VISIT",
    "GraphRecord",
    "Undone",
    "UndoneVisit",
    "parse_edges",
    "parse_graph",
    "parse_joins",
    "write_graph",
)

_PREFIX = "G|"
#: The passage's key for the visit a token is in.
VISIT = "visit"


class Undone(str, Enum):
    """How far a visit had come whose edges were not followed when its graph failed."""

    SUCCEEDED = "S"  #: with a result
    FAILED = "F"  #: with an error
    SKIPPED = "skip"  #: it was taken out
    NOT_BEGUN = "W"  #: its body has not started, or does not exist
    JOIN = "V"  #: a join that was not to start once more
    UNKNOWN = "?"  #: it was at work when the run ended; its record says how it ended


class UndoneVisit(NamedTuple):
    """A visit whose edges were not followed.

    Args:
        state: how far it had come.
        reference: to its result or error, of a join to its input.
        passage: what its token has passed.
    """

    state: Undone
    reference: str
    passage: Mapping[str, int]


class GraphRecord(NamedTuple):
    """The tokens of a graph.

    Args:
        since: when it began; None where the record was taken over from another run.
        input: reference to the graph's input.
        tokens: passages of the visits that a token is at.
        turns: how many bodies each node has begun.
        visits: how many visits each node has had.
        arrived: by `all` join that has not started: the inputs that have arrived, by source.
        passages: by the same join: what those tokens have passed.
        starts: how often each `any` join has started.
        newest: reference to the newest result of each node.
        ends: by source whose token has reached END, a reference to its result.
        skipped: nodes that will not be visited.
        undone: visits whose edges were not followed.
        error: why the graph fails, an outcome reference; None as long as it does not.
    """

    since: datetime | None
    input: str
    tokens: Mapping[str, Mapping[str, int]]
    turns: Mapping[str, int]
    visits: Mapping[str, int]
    arrived: Mapping[str, Mapping[str, str]]
    passages: Mapping[str, Mapping[str, int]]
    starts: Mapping[str, int]
    newest: Mapping[str, str]
    ends: Mapping[str, str]
    skipped: Mapping[str, int]
    undone: Mapping[str, UndoneVisit]
    error: str | None = None


#: Names in the JSON object that are always there. Lua's empty table may have been written as `{}` or as `[]`.
GRAPH_FIELDS = GraphRecord._fields[2:-1]
#: A graph that was not begun.
EMPTY_GRAPH = GraphRecord(None, "", {}, {}, {}, {}, {}, {}, {}, {}, {}, {})


def parse_graph(raw: bytes) -> GraphRecord:
    """Read a record."""
    since, given, text = raw.decode().removeprefix(_PREFIX).split("|", 2)
    state: dict[str, Any] = json.loads(text)
    undone = {visit: _undone(**parts) for visit, parts in _pairs(state, "undone")}
    known = {name: dict(_pairs(state, name)) for name in GRAPH_FIELDS if name != "undone"}
    return GraphRecord(
        since=None if since == "0" else from_ms(since),
        input=given,
        undone=undone,
        error=state.get("error"),
        **known,
    )


def write_graph(record: GraphRecord) -> bytes:
    """Write a record; the opposite of `parse_graph`."""
    state = {name: getattr(record, name) for name in GRAPH_FIELDS}
    state["undone"] = {
        visit: {"state": one.state.value, "reference": one.reference, "passage": one.passage}
        for visit, one in record.undone.items()
    }
    if record.error is not None:
        state["error"] = record.error
    since = 0 if record.since is None else round(record.since.timestamp() * 1000)
    return f"{_PREFIX}{since}|{record.input}|{json.dumps(state)}".encode()


def is_graph(raw: bytes) -> bool:
    """Whether a record in `:m` is that of a graph.

    >>> is_graph(b"C|0")
    False
    """
    return raw.startswith(_PREFIX.encode())


def parse_edges(text: str) -> dict[str, list[str]]:
    """Read the edges in a graph's definition: targets by source.

    >>> parse_edges("S>0;0>1,$")
    {'S': ['0'], '0': ['1', '$']}
    """
    pairs = (part.partition(">") for part in text.split(";") if part)
    return {source: targets.split(",") for source, _, targets in pairs}


def parse_joins(text: str) -> dict[str, str]:
    """Read the joins in a graph's definition: `all` or `any` by node.

    >>> parse_joins("2:all,3:any")
    {'2': 'all', '3': 'any'}
    """
    pairs = (part.partition(":") for part in text.split(",") if part)
    return {node: kind for node, _, kind in pairs}


def _undone(state: str, reference: str, passage: Mapping[str, int] | None = None) -> UndoneVisit:
    return UndoneVisit(Undone(state), reference, dict(passage or {}))


def _pairs(state: Mapping[str, Any], name: str) -> Any:
    return (state[name] or {}).items()

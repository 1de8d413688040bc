"""The records of a graph: its tokens.

Each node and each visit has a field of its own, so a call costs the same in a graph of any size.

While the graph is under way, its head is in `:m` under the graph's id; after its end, in `:t` under `<graph>:g`. All
other fields are in `:t`, beside the id of a node or of a visit (`Beside`):

    head   = "G|" since "|" input "|" tokens "|" leaving "|" closing "|" joins "|" unvisited "|" [error]
    node   = turns "|" visits "|" open "|" within "|" starts "|" closed "|" mark "|" waiting "|" newest
    visit  = [state] "|" passage "|" reference      ; without a state, a token is at the visit
    passage = [visit] *( "," join ":" starts )      ; under `Beside.PASSAGE` a visit without state and reference
    mark   = "" | "c" | "s"                         ; closed; skipped, which only a closed node is
    arrived, end = see `Beside.ARRIVED`, `Beside.REACHED_END`

`since` is in milliseconds, 0 where another run's record was taken over; `input` is an input reference; `tokens` is the
number of tokens. Nodes of the graph are named by their number, START by `S`. A visit is named `<node>.<turn>`: a turn
counts the bodies a node has begun, a visit that is retried has several.

Nodes that lie on one loop are a *component*, see `layout.py`. Its `within`, `closed`, `mark` and `waiting` stand in the
record of its first node.

A call takes a limited number of steps, and a call in which the graph fails stops. The rest stands in the head: visits
whose token goes on to many targets (`leaving`, as `visit "@" place`), components that may have to be closed
(`closing`), joins that may start (`joins`), and nodes to skip (`unvisited`). Another call goes on with the rest: the
decision `<graph>.S.d1` asks for it. After a failure, a retry goes on.

A *passage* says what a token has passed: the visit of its node that it is in, and the number of starts of each `any`
join that it has passed and may come to again.

Python's view shows these records; a rerun writes them. Transitions change them in Lua alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from orchestrator_celery.model.clock import from_ms

__all__ = (
    "EMPTY_GRAPH",
    "VISIT",
    "GraphHead",
    "GraphNode",
    "GraphRecord",
    "Mark",
    "Undone",
    "UndoneVisit",
    "is_graph",
    "parse_graph_head",
    "parse_graph_node",
    "parse_visit",
    "write_graph_head",
    "write_graph_node",
    "write_visit",
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
    LEAVING = "l"  #: its token has gone on to some of its targets; the reference begins with a place and `@`
    UNKNOWN = "?"  #: it was at work when the run ended; its record says how it ended


class Mark(str, Enum):
    """The end of a component, or of a node in it."""

    CLOSED = "c"  #: no token is in it or can come to it
    SKIPPED = "s"  #: the same, and the node was not visited


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


class GraphHead(NamedTuple):
    """The record of the graph itself.

    Args:
        since: when it began; None where the record was taken over from another run.
        input: reference to the graph's input.
        tokens: number of tokens.
        leaving: visits whose token goes on to many targets, each with a place in the text of these.
        closing: components that may have to be closed, with a place in the text of those after them if that has begun.
        joins: joins that may have to start.
        unvisited: closed nodes that have to be skipped.
        error: why the graph fails, an outcome reference; None as long as it does not.
    """

    since: datetime | None
    input: str
    tokens: int = 0
    leaving: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()
    joins: tuple[str, ...] = ()
    unvisited: tuple[str, ...] = ()
    error: str | None = None


class GraphNode(NamedTuple):
    """The record of a node.

    Args:
        turns: how many bodies it has begun.
        visits: how many visits it has had.
        open: its visits that a token is at, or whose edges were not followed.
        within: the same number for its component.
        starts: how often it has started, of an `any` join.
        closed: how many of the components that lead to its component are closed.
        mark: how its component ended; None as long as it has not.
        waiting: the `all` joins of its component at which tokens wait, in order.
        newest: reference to its newest result, or ''.
    """

    turns: int = 0
    visits: int = 0
    open: int = 0
    within: int = 0
    starts: int = 0
    closed: int = 0
    mark: Mark | None = None
    waiting: tuple[str, ...] = ()
    newest: str = ""


class GraphRecord(NamedTuple):
    """All that is recorded of a graph.

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


#: A graph that was not begun.
EMPTY_GRAPH = GraphRecord(None, "", {}, {}, {}, {}, {}, {}, {}, {}, {}, {})


def parse_graph_head(raw: bytes) -> GraphHead:
    """Read the record of the graph itself."""
    since, given, tokens, *lists, error = raw.decode().removeprefix(_PREFIX).split("|", 7)
    leaving, closing, joins, unvisited = (_listed(text) for text in lists)
    began = None if since == "0" else from_ms(since)
    return GraphHead(began, given, int(tokens), leaving, closing, joins, unvisited, error or None)


def write_graph_head(head: GraphHead) -> bytes:
    """Write the record of the graph itself; the opposite of `parse_graph_head`."""
    since = 0 if head.since is None else round(head.since.timestamp() * 1000)
    lists = [",".join(part) for part in (head.leaving, head.closing, head.joins, head.unvisited)]
    return (_PREFIX + "|".join([str(since), head.input, str(head.tokens), *lists, head.error or ""])).encode()


def parse_graph_node(raw: bytes) -> GraphNode:
    """Read the record of a node.

    >>> parse_graph_node(b"2|1|1|1|0|3||7,9|0.5.0").waiting
    ('7', '9')
    """
    *numbers, mark, waiting, newest = raw.decode().split("|", 8)
    turns, visits, opened, within, starts, closed = map(int, numbers)
    state = Mark(mark) if mark else None
    return GraphNode(turns, visits, opened, within, starts, closed, state, _listed(waiting), newest)


def write_graph_node(state: GraphNode) -> bytes:
    """Write the record of a node; the opposite of `parse_graph_node`."""
    mark = "" if state.mark is None else state.mark.value
    return "|".join([*map(str, state[:6]), mark, ",".join(state.waiting), state.newest]).encode()


def parse_visit(raw: bytes) -> UndoneVisit | Mapping[str, int]:
    """Read the record of a visit: the passage of the token that is at it, or how far it had come.

    >>> parse_visit(b"|2,5:1|")
    {'visit': 2, '5': 1}
    """
    state, passage, reference = raw.decode().split("|", 2)
    return UndoneVisit(Undone(state), reference, _parsed(passage)) if state else _parsed(passage)


def write_visit(visit: UndoneVisit) -> bytes:
    """Write the record of a visit whose edges were not followed; the opposite of `parse_visit`."""
    return f"{visit.state.value}|{_passage(visit.passage)}|{visit.reference}".encode()


def _parsed(text: str) -> dict[str, int]:
    own, *joins = text.split(",")
    pairs = [(join, int(starts)) for join, _, starts in (part.partition(":") for part in joins)]
    return {**({VISIT: int(own)} if own else {}), **dict(pairs)}


def is_graph(raw: bytes) -> bool:
    """Whether a record in `:m` is that of a graph.

    >>> is_graph(b"C|0")
    False
    """
    return raw.startswith(_PREFIX.encode())


def _passage(passage: Mapping[str, int]) -> str:
    joins: Iterable[str] = (f"{name}:{starts}" for name, starts in passage.items() if name != VISIT)
    return ",".join([str(passage.get(VISIT, "")), *joins])


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()

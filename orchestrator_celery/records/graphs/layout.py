"""What is worked out about the edges of a graph when it is compiled. Beside the definitions, in `:d`.

    graph  = "E\\n" edges "\\n" joins           ; under `<graph>.t`; Python reads it for a rerun
    edges  = source ">" targets *( ";" source ">" targets )
    joins  = [node ":" kind *( "," node ":" kind )]
    node   = "E\\n" following "\\n" after "\\n" sources "\\n" members    ; under `<graph>.<node>.t`, and `<graph>.S.t`

A *component* is a node, or all nodes on one loop. It is closed once no token is in it or can come to it. Each closed
component counts at those that lead on from it, so nobody searches the graph for tokens: an `all` join starts when
all components before its own are closed.

Each list is separated by commas. Lua reads a node's layout when a token leaves the node, when its component is closed,
and when the join starts: long lists must not stand in a definition, which every call reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from orchestrator_celery.records.definitions import Shape

__all__ = ("NodeLayout", "parse_edges", "parse_graph_layout", "parse_joins", "write_graph_layout", "write_node_layout")

_PREFIX = f"{Shape.LAYOUT.value}\n"


class NodeLayout(NamedTuple):
    """The layout of one node, or of START.

    Args:
        following: targets of its plain edges.
        after: of the first node of a component, the first nodes of the components that lead on from it.
        sources: of an `all` join, and in the layout of START of END: the sources of its edges in their order.
        members: of the first node on a loop, all nodes on the loop.
    """

    following: Sequence[str] = ()
    after: Sequence[str] = ()
    sources: Sequence[str] = ()
    members: Sequence[str] = ()


def write_node_layout(layout: NodeLayout) -> bytes:
    """Write the layout of one node. `=` stands for the same list as the one before, which may be long.

    >>> write_node_layout(NodeLayout(["1", "2"], ["1", "2"]))
    b'E\\n1,2\\n=\\n\\n'
    """
    following, after, *others = (",".join(part) for part in layout)
    return (_PREFIX + "\n".join([following, "=" if after == following else after, *others])).encode()


def write_graph_layout(edges: Mapping[str, Sequence[str]], joins: Mapping[str, str]) -> bytes:
    """Write all edges and joins of a graph.

    >>> write_graph_layout({"S": ["0"], "0": ["1", "$"]}, {"1": "all"})
    b'E\\nS>0;0>1,$\\n1:all'
    """
    targets = ";".join(f"{source}>{','.join(found)}" for source, found in edges.items() if found)
    return f"{_PREFIX}{targets}\n{','.join(f'{node}:{kind}' for node, kind in joins.items())}".encode()


def parse_graph_layout(raw: bytes) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Read all edges and joins of a graph; the opposite of `write_graph_layout`."""
    edges, _, joins = raw.decode().removeprefix(_PREFIX).partition("\n")
    return parse_edges(edges), parse_joins(joins)


def parse_edges(text: str) -> dict[str, list[str]]:
    """Read edges: targets by source.

    >>> parse_edges("S>0;0>1,$")
    {'S': ['0'], '0': ['1', '$']}
    """
    pairs = (part.partition(">") for part in text.split(";") if part)
    return {source: targets.split(",") for source, _, targets in pairs}


def parse_joins(text: str) -> dict[str, str]:
    """Read joins: `all` or `any` by node.

    >>> parse_joins("2:all,3:any")
    {'2': 'all', '3': 'any'}
    """
    pairs = (part.partition(":") for part in text.split(",") if part)
    return {node: kind for node, _, kind in pairs}

"""Finds the node of a run by its name, wherever a call takes the id of a node."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from orchestrator_celery.errors import NodeNotFound
from orchestrator_celery.model.ids import ROOT, is_callback
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.states import NodeKind
from orchestrator_celery.records.definitions import Attribute, Definition, parse_definition
from orchestrator_celery.views.tree import child_count, node_name

if TYPE_CHECKING:
    from orchestrator_celery.records.graphs.graph import GraphRecord
    from orchestrator_celery.records.payload import Codec
    from orchestrator_celery.store.reader import Reader

__all__ = ("NodeNames", "is_node_id")

_ID = re.compile(r"0(?:\.[lesfcb]?\d+)*")
#: Most nodes that are read at once.
_PAGE = 500
#: Most ids that an error lists.
_LISTED = 10


def is_node_id(node: str) -> bool:
    """Whether a text has the form of a node's id.

    >>> is_node_id("0.1.l0"), is_node_id("charge"), is_node_id("00")
    (True, False, False)
    """
    return _ID.fullmatch(node) is not None


class _Found(NamedTuple):
    """A node on the way down the tree.

    Args:
        id: its id, as the tree shows it: of a graph's node, the id of its newest visit.
        declared: of a graph's node, the id that all its visits begin with; else its id.
    """

    id: str
    declared: str


class NodeNames:
    """Finds the nodes of one run by name. Names and ids are those of `run.tree()`.

    Args:
        reader: reads the store.
        codec: reads definitions.
        run: id of the run.
    """

    def __init__(self, reader: Reader, codec: Codec, run: str) -> None:
        self._reader = reader
        self._codec = codec
        self._run = run
        self._graphs: dict[str, GraphRecord] = {}

    def id_of(self, node: str, *, every_visit: bool = False) -> str:
        """Return the id of a node. An id is returned as it is, without a read.

        A callback counts only if no other node has the name. Callbacks of a swarm's items count not at all.

        Args:
            node: the id or the name.
            every_visit: of a graph's node, return the id that all its visits begin with, not the newest visit's.

        Raises:
            NodeNotFound: no node has the name, or several have it.
        """
        if not isinstance(node, str) or is_node_id(node):
            return node
        found, callbacks = list[_Found](), list[_Found]()
        for each, name in self._nodes():
            if name == node:
                (callbacks if is_callback(each.id) else found).append(each)
                if len(found) > _LISTED:
                    break
        matching = found or callbacks
        if len(matching) == 1:
            return matching[0].declared if every_visit else matching[0].id
        raise NodeNotFound(self._refusal(node, [each.id for each in matching]))

    def _refusal(self, node: str, ids: list[str]) -> str:
        if not ids:
            return f"The run {self._run} has no node {safe_repr(node)}: `run.tree()` shows the names and the ids."
        many = len(ids) > _LISTED
        listed = ", ".join(ids[:_LISTED])
        return (
            f"{f'More than {_LISTED}' if many else len(ids)} nodes of the run {self._run} are called "
            f"{safe_repr(node)}: give the id of one of them: {listed}{', ...' if many else ''}."
        )

    def _nodes(self) -> Iterator[tuple[_Found, str]]:
        """Yield the nodes with their names, level by level, one page at a time."""
        level: Iterable[tuple[str, bool]] = [(ROOT, False)]
        while True:
            below: list[Iterable[tuple[str, bool]]] = []
            rest = iter(level)
            while page := dict(islice(rest, _PAGE)):
                for node, spec, size in self._read(list(page)):
                    if spec.kind is NodeKind.NODE:
                        visit = self._newest_visit(node)
                        yield _Found(visit or node, node), node_name(spec, self._codec)
                        below.append([(visit, True)] if visit else [])
                        continue
                    if not page[node]:
                        yield _Found(node, node), node_name(spec, self._codec)
                    below.append(_children(node, spec, size))
            if not below:
                return
            level = chain.from_iterable(below)

    def _read(self, nodes: list[str]) -> Iterator[tuple[str, Definition, int]]:
        raws = self._reader.definitions(self._run, nodes)
        known = [(node, parse_definition(raw)) for node, raw in zip(nodes, raws, strict=True) if raw is not None]
        pools = self._reader.pools(self._run, [node for node, _ in known])
        for (node, spec), pool in zip(known, pools, strict=True):
            yield node, spec, child_count(spec, pool)

    def _newest_visit(self, node: str) -> str | None:
        graph, _, at = node.rpartition(".")
        if graph not in self._graphs:
            self._graphs[graph] = self._reader.graph_state(self._run, graph)
        begun = int(self._graphs[graph].turns.get(at, 0))
        return f"{node}.{begun - 1}" if begun else None


def _children(node: str, spec: Definition, size: int) -> Iterator[tuple[str, bool]]:
    """Yield the ids below a node. None of them is a visit, which has the name of its node."""
    for index in range(size):
        yield f"{node}.{index}", False
    for letter, count in (("l", Attribute.LINKS), ("e", Attribute.ERRBACKS)):
        for index in range(spec.number(count)):
            yield f"{node}.{letter}{index}", False

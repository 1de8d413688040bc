"""What a new run takes over of an earlier one: all that lies before the node it starts from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from orchestrator_celery.errors import InvalidTransition, NodeNotFound, RunNotFound
from orchestrator_celery.lifecycle.rerun.graph_state import Tokens
from orchestrator_celery.model.ids import is_callback
from orchestrator_celery.model.states import NodeKind, NodeState
from orchestrator_celery.records.definitions import parse_definition
from orchestrator_celery.records.ended import EndedState, ended_state, parse_ended
from orchestrator_celery.records.head import HeadField
from orchestrator_celery.records.names import Beside

if TYPE_CHECKING:
    from orchestrator_celery.store.reader import Reader
    from orchestrator_celery.store.run_contents import RunContents

__all__ = ("Taken", "Takeover")

_POOLS = (NodeKind.GROUP, NodeKind.SWARM, NodeKind.MAP)
_PAGE = 1000
_FREE = Beside.FREE_ATTEMPTS.value.removeprefix(":")


class Taken(NamedTuple):
    """How much a new run has when it starts.

    Args:
        done: tasks that have succeeded.
        failed: tasks that have failed, which was tolerated.
        skipped: tasks that were skipped, and do not count.
    """

    done: int
    failed: int
    skipped: int


class Takeover:
    """Finds what lies before a node, and reads it.

    Args:
        reader: reads records.
        copies: reads all of them.
        run: the earlier run.
        node: where the new one starts.

    Raises:
        NodeNotFound: there is no such node.
        InvalidTransition: it is a callback, or something before it has not succeeded.
    """

    def __init__(self, reader: Reader, copies: RunContents, run: str, node: str) -> None:
        self._reader = reader
        self._copies = copies
        self._run = run
        self._node = node
        [known] = reader.definitions(run, [node])
        if known is None:
            raise NodeNotFound(f"The run {run} has no node {node!r}: `run.tree()` shows the ids there are.")
        if is_callback(node):
            raise self._refused("it is a callback, which is called when what it follows has ended")
        #: Nodes that are taken over with all that is below them.
        self.nodes: set[str] = set()
        #: Pools on the way to the node of which items are taken over.
        self._pools: list[str] = []
        #: Graphs on the way to the node, with the visit it is in.
        self._graphs: list[Tokens] = []
        parts = node.split(".")
        for depth in range(1, len(parts)):
            self._look(".".join(parts[:depth]), parts[depth:])
        self.taken = Taken(0, 0, 0)

    def records(self) -> Iterator[tuple[str, bytes]]:
        """Records of what is taken over, by field; `taken` is right once all are read.

        Raises:
            RunNotFound: the run has gone meanwhile.
        """
        done = failed = 0
        skipped = -sum(tokens.extra() for tokens in self._graphs)
        beside = {field for tokens in self._graphs for field in tokens.fields}
        for field, raw in self._copies.records(self._run):
            node, _, extra = field.partition(":")
            if field in beside:
                yield field, raw
            if extra == _FREE or field in beside or not self._is_below(node):
                continue
            if not extra and not is_callback(node):
                record = parse_ended(raw)
                done += record.attempt > 0 and record.state is NodeState.SUCCEEDED
                failed += record.attempt > 0 and record.state is NodeState.FAILED
                skipped += record.skipped_leaves
            yield field, raw
        yield from (tokens.record() for tokens in self._graphs)
        for pool in self._pools:
            yield pool + Beside.SIZE_BEFORE.value, b""
        if self._reader.head_field(self._run, HeadField.STATUS) in (None, b"CANCELLED"):
            raise RunNotFound(f"The run {self._run} has gone while it was read: nothing was started.")
        self.taken = Taken(done, failed, skipped)

    def _is_below(self, node: str) -> bool:
        while node:
            if node in self.nodes:
                return True
            node = node.rpartition(".")[0]
        return False

    def _look(self, composite: str, way: Sequence[str]) -> None:
        """At what stands before one child of a composite, or beside it; `way` leads from there to the node."""
        [raw] = self._reader.definitions(self._run, [composite])
        kind, index = parse_definition(raw).kind if raw is not None else None, int(way[0])
        if kind is NodeKind.NODE:
            return
        if kind is NodeKind.GRAPH:
            self._enter(composite, way)
            return
        if kind in _POOLS:
            size = self._reader.pool_size(self._run, composite)
            beside = [f"{composite}.{i}" for i in range(size) if i != index]
            ended = self._ended_well(beside)
            if ended:
                self._pools.append(composite)
                self.nodes.update(ended)
            return
        before = [f"{composite}.{i}" for i in range(index)]
        ended = self._ended_well(before)
        for step in before:
            if step not in ended:
                raise self._refused(f"{step} before it has not succeeded, so it is not known what it would be given")
        self.nodes.update(ended)

    def _enter(self, graph: str, way: Sequence[str]) -> None:
        if len(way) == 1:
            raise self._refused("it is a node of a graph: name one of its visits, as `run.tree()` has them")
        try:
            tokens = Tokens(self._reader, self._run, graph, ".".join(way[:2]))
        except LookupError:
            raise self._refused("it was never visited, so it is not known what it would be given") from None
        self._graphs.append(tokens)
        self.nodes.update(tokens.visits)

    def _ended_well(self, nodes: Sequence[str]) -> set[str]:
        found = set[str]()
        for start in range(0, len(nodes), _PAGE):
            page = nodes[start : start + _PAGE]
            raws = self._reader.terminal(self._run, page)
            found.update(
                node
                for node, raw in zip(page, raws, strict=True)
                if raw is not None and ended_state(raw) is not EndedState.FAILED
            )
        return found

    def _refused(self, why: str) -> InvalidTransition:
        return InvalidTransition(f"The run {self._run} cannot be run again from the node {self._node}: {why}.")

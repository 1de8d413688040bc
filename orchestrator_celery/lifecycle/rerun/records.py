"""The records that a rerun from a node copies from the earlier run: those of all nodes before that node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from orchestrator_celery.errors import InvalidTransition, NodeNotFound, RunNotFound
from orchestrator_celery.lifecycle.rerun.graph_state import InitialGraphState
from orchestrator_celery.model.ids import is_callback
from orchestrator_celery.model.states import NodeKind, NodeState
from orchestrator_celery.records.definitions import parse_definition
from orchestrator_celery.records.ended import EndedState, ended_state, parse_ended
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.names import Beside

if TYPE_CHECKING:
    from orchestrator_celery.store.reader import Reader
    from orchestrator_celery.store.run_contents import RunContents

__all__ = ("EarlierRecords", "TaskCounts")

_POOLS = (NodeKind.GROUP, NodeKind.SWARM, NodeKind.MAP)
_PAGE = 1000
_FREE = Beside.FREE_ATTEMPTS.value.removeprefix(":")


class TaskCounts(NamedTuple):
    """The number of tasks among the copied records.

    Args:
        done: succeeded tasks.
        failed: failed tasks whose failure was tolerated.
        skipped: skipped tasks, which are not part of the run's total.
    """

    done: int
    failed: int
    skipped: int


class EarlierRecords:
    """Finds the nodes before a node of an earlier run, and reads their records.

    Args:
        reader: reads single records.
        contents: reads all records of a run.
        run: the earlier run.
        node: the node from which the new run starts.

    Raises:
        NodeNotFound: the run has no such node.
        InvalidTransition: the node is a callback, or a node before it has not succeeded.
    """

    def __init__(self, reader: Reader, contents: RunContents, run: str, node: str) -> None:
        self._reader = reader
        self._contents = contents
        self._run = run
        self._node = node
        [known] = reader.definitions(run, [node])
        if known is None:
            raise NodeNotFound(f"The run {run} has no node {node!r}: `run.tree()` shows the ids there are.")
        if is_callback(node):
            raise self._refused("it is a callback, which starts only when the node that it belongs to has ended")
        #: Nodes whose records are copied, with those of all nodes below them.
        self.nodes: set[str] = set()
        #: Pools above the node of which items are copied.
        self.pools: list[str] = []
        #: The initial states of the graphs above the node.
        self._graphs: list[InitialGraphState] = []
        parts = node.split(".")
        for depth in range(1, len(parts)):
            self._collect(".".join(parts[:depth]), parts[depth:])
        self.counts = TaskCounts(0, 0, 0)

    @property
    def has_graphs(self) -> bool:
        """Whether the node lies in a graph."""
        return bool(self._graphs)

    def records(self) -> Iterator[tuple[str, bytes]]:
        """Return the records to copy, by field. `counts` is complete when all records are read.

        Raises:
            RunNotFound: the run was deleted meanwhile.
        """
        done = failed = 0
        skipped = -sum(graph.extra_tasks() for graph in self._graphs)
        beside = {field for graph in self._graphs for field in graph.fields}
        own = {visit + Beside.VISIT.value for graph in self._graphs for visit in graph.visits}
        for field, raw in self._contents.records(self._run):
            node, _, extra = field.partition(":")
            if field in beside:
                yield field, raw
            if extra == _FREE or field in beside or field in own or not self._is_below(node):
                continue
            if not extra and not is_callback(node):
                record = parse_ended(raw)
                done += record.attempt > 0 and record.state is NodeState.SUCCEEDED
                failed += record.attempt > 0 and record.state is NodeState.FAILED
                skipped += record.skipped_leaves
            yield field, raw
        for graph in self._graphs:
            yield from graph.records()
        for pool in self.pools:
            yield pool + Beside.SIZE_BEFORE.value, b""
        if self._reader.head_field(self._run, HeadField.STATUS) in (None, b"CANCELLED"):
            raise RunNotFound(f"The run {self._run} was deleted while it was read, so nothing was started.")
        self.counts = TaskCounts(done, failed, skipped)

    def _is_below(self, node: str) -> bool:
        while node:
            if node in self.nodes:
                return True
            node = node.rpartition(".")[0]
        return False

    def _collect(self, composite: str, path: Sequence[str]) -> None:
        """Collect the children before one child of a composite, or beside it in a pool.

        Args:
            composite: the composite.
            path: the path from the composite to the node.
        """
        [raw] = self._reader.definitions(self._run, [composite])
        kind, index = parse_definition(raw).kind if raw is not None else None, int(path[0])
        if kind is NodeKind.NODE:
            return
        if kind is NodeKind.GRAPH:
            self._collect_graph(composite, path)
            return
        if kind in _POOLS:
            size = self._reader.pool_size(self._run, composite)
            beside = [f"{composite}.{i}" for i in range(size) if i != index]
            ended = self._ended_well(beside)
            if ended:
                self.pools.append(composite)
                self.nodes.update(ended)
            return
        before = [f"{composite}.{i}" for i in range(index)]
        ended = self._ended_well(before)
        for step in before:
            if step not in ended:
                raise self._refused(f"{step} before it has not succeeded, so its input is not known")
        self.nodes.update(ended)

    def _collect_graph(self, graph: str, path: Sequence[str]) -> None:
        if len(path) == 1:
            raise self._refused("it is a node of a graph; name one of its visits, which `run.tree()` lists")
        try:
            state = InitialGraphState(self._reader, self._run, graph, ".".join(path[:2]))
        except LookupError:
            raise self._refused("it was never visited, so its input is not known") from None
        self._graphs.append(state)
        self.nodes.update(state.visits)

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

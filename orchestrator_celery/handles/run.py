"""Run: the handle of one execution of a primitive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, cast

from orchestrator_celery.canvas.primitive import R_co
from orchestrator_celery.errors import OrchestratorError, RunNotFound
from orchestrator_celery.handles.async_twins import RunTwin
from orchestrator_celery.handles.lazy_list import FIRST, LazyList, lazily
from orchestrator_celery.handles.run_facts import RunFacts
from orchestrator_celery.handles.run_outcome import RunOutcome
from orchestrator_celery.handles.run_verbs import RunVerbs
from orchestrator_celery.model.events import Event, RunClosed
from orchestrator_celery.model.filters.words import filter_word
from orchestrator_celery.model.ids import ROOT
from orchestrator_celery.model.logs import LogLine
from orchestrator_celery.model.observe.nodes import GraphEdge, NodeData
from orchestrator_celery.model.observe.timeline import NodeTimes
from orchestrator_celery.model.printing.notebook import bar, block, title
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.model.states import NodeKind, NodeState, RunStatus
from orchestrator_celery.model.views import ApprovalView, ItemView, NodeView, Progress
from orchestrator_celery.records.definitions import parse_definition
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.head.run_head import Head
from orchestrator_celery.records.streams.events import parse_event
from orchestrator_celery.records.streams.logs import parse_line
from orchestrator_celery.store.reader import PAGE
from orchestrator_celery.views.approvals import WaitingApprovals
from orchestrator_celery.views.events.live_progress import LiveProgress
from orchestrator_celery.views.events.names import EventNames
from orchestrator_celery.views.graph_edges import GraphEdges
from orchestrator_celery.views.items import ItemPages
from orchestrator_celery.views.logs.lines import LogFilter
from orchestrator_celery.views.node_data import NodeReader
from orchestrator_celery.views.node_names import NodeNames, is_node_id
from orchestrator_celery.views.progress import run_progress
from orchestrator_celery.views.status_message import explain
from orchestrator_celery.views.timeline import Timeline
from orchestrator_celery.views.tree import TreeReader
from orchestrator_celery.worker.recovery.patience import patiently

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.handles.async_twins import RunAio
    from orchestrator_celery.handles.links import Handles
    from orchestrator_celery.handles.running_swarm import RunningSwarm
    from orchestrator_celery.handles.stored_signature import StoredSignature

__all__ = ("Run",)

_NATIVE = {"SUCCESS": RunStatus.SUCCEEDED, "FAILURE": RunStatus.FAILED, "REVOKED": RunStatus.CANCELLED}
_POOLS = (NodeKind.SWARM, NodeKind.GROUP, NodeKind.MAP)
#: Milliseconds between two reads of the progress of running tasks.
_BLOCK = 500
#: Most children of a node in a notebook.
_SHOWN = 20


class Run(RunFacts, RunOutcome[R_co], RunVerbs, Generic[R_co]):
    """One execution of a Swarm, ConditionalGraph or ComplexSignature; an `AsyncResult` of the signature's own task id.

    `status` is the status of the run. `state`, `result`, `get` and the rest of `AsyncResult` return the same outcome in
    Celery's terms, from the run's record. Celery's result backend keeps a copy for chains, chords and other clients.
    """

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {printable(self.id)}>"

    def _repr_html_(self) -> str | None:
        """Return what a notebook shows: status, progress and tree. None if they cannot be read: it shows the `repr`."""
        try:
            view, progress, tree = self.view, self.progress(), str(self.tree(limit=_SHOWN))
        except OrchestratorError:
            return None
        counts = f"{progress.done} of {progress.total} succeeded, {progress.failed} failed"
        head = title(view.name, f"{view.status} {counts}, {view.id}")
        return f"{head}{bar(progress.fraction)}{block(tree, '... `print(run.tree())` shows more')}"

    @property
    def _orchestrator(self) -> Handles:
        found: Handles = self.app.orchestrator  # type: ignore[attr-defined, unused-ignore]
        return found

    @property
    def _container(self) -> Container:
        return self._orchestrator.container

    # -- state of the run ---------------------------------------------------------------------------

    @property
    def status(self) -> RunStatus:  # type: ignore[override, unused-ignore]
        """Status of the run. Without a record (deleted, or not created yet) it is derived from Celery's result."""
        found = self._recorded_status()
        if found is None:
            found = _NATIVE.get(self._celery_meta()["status"], RunStatus.PENDING)
        return found

    @property
    def status_message(self) -> str:
        """The status in one sentence; if the run does not move, also the reason and what to do.

        For a failed run it names the error. For a running run it names tasks that wait for a worker, workers without
        the extension, and queues that no worker consumes. It may ask the workers, so it can take a second.
        """
        return explain(self._container, self.id)

    def progress(self) -> Progress:
        """Return the progress of the run, in tasks.

        Raises:
            RunNotFound: the run has no record.
        """
        return run_progress(self._container, self.id, self._head())

    def tree(self, *, limit: int = 100, depth: int | None = None, node: str = ROOT, offset: int = 0) -> NodeView:
        """Return the run's tree with the state of every node.

        Args:
            limit: most children to list for each node; `children_total` is the number of all children.
            depth: number of levels below the root; None for all.
            node: id or name of the node to begin with, by default the root.
            offset: number of children of that node to leave out.

        Raises:
            RunNotFound: the run has no record.
            NodeNotFound: the run has no such node.
        """
        return self._tree_reader().node(self._node_id(node), offset, limit, depth)

    def node(self, node: str = ROOT, *, limit: int = 100) -> NodeData:
        """Return one node with its input, arguments, result and checkpoint.

        Args:
            node: id or name of the node, as `tree()` shows it.
            limit: most children to list.

        Raises:
            RunNotFound: the run has no record.
            NodeNotFound: the run has no such node.
        """
        return NodeReader(self._container, self.id, self._tree_reader()).data(self._node_id(node), limit)

    def edges(self, node: str = ROOT) -> tuple[GraphEdge, ...]:
        """Return the edges of a graph, with the number of times each was taken.

        Args:
            node: id or name of the graph, if the graph is not the whole run.

        Raises:
            RunNotFound: the run has no record.
            NodeNotFound: the run has no such node.
            OrchestratorError: the node is not a graph.
        """
        self._head()
        return GraphEdges(self._container.reader, self._container.codec, self.id, self._node_id(node)).edges()

    def timeline(self, *, after: str | None = None, limit: int | None = None) -> Iterator[NodeTimes]:
        """Yield when each node waited and ran, in the order of the tree, read page by page.

        Args:
            after: the `node` of an entry; the iterator goes on after it. By default it begins with the root.
            limit: most nodes to yield.

        Raises:
            OrchestratorError: `after` is no id of a node.
            RunNotFound: the run has no record.
        """
        self._head()
        return islice(Timeline(self._tree_reader, after).nodes(), limit)

    def _tree_reader(self) -> TreeReader:
        return TreeReader(self._container.reader, self._container.codec, self.id, self._head().status)

    @property
    def signature(self) -> StoredSignature:
        """The stored signature of this run, with which you can run it again or delete it.

        Raises:
            RunNotFound: the run has no record.
        """
        return self._orchestrator._signature_of(self.id, self._head())

    @property
    def aio(self) -> RunAio[R_co]:
        """The same methods for asyncio: `await run.aio.suspend()`. None of them blocks the event loop."""
        return cast("RunAio[R_co]", RunTwin(self))

    def approvals(self) -> LazyList[ApprovalView]:
        """List the approvals of this run that wait for an answer."""
        return LazyList(WaitingApprovals(self._container).of(self.id))

    # -- swarms -------------------------------------------------------------------------------------

    @property
    def swarm(self) -> RunningSwarm:
        """The handle that adds items to the swarm and closes it, from any process."""
        return self._orchestrator.swarm(self.id)

    def items(
        self,
        state: NodeState | str | None = None,
        *,
        node: str = ROOT,
        offset: int = 0,
        limit: int | None = None,
    ) -> LazyList[ItemView]:
        """List the items of the swarm in their order. The list is read page by page.

        Its length is known without a state; with a state, if all items are on the first page.

        Args:
            state: only items in this state.
            node: id or name of the swarm, if the swarm is not the whole run.
            offset: index of the first item.
            limit: most items to list.

        Raises:
            RunNotFound: the run has no record.
            OrchestratorError: the state is not known, or the node is not a swarm (or group).
        """
        wanted = filter_word(NodeState, "state", state)
        pages = self._pages(node)

        def read(before: Sequence[ItemView]) -> Iterator[ItemView]:
            if before:
                return pages.items(wanted, before[-1].index + 1)
            return pages.items(wanted, offset, (FIRST if limit is None else limit) + 1)

        return lazily(read, limit, None if wanted else lambda: max(0, pages.total() - offset))

    def results(self, *, node: str = ROOT) -> LazyList[Any]:
        """List the results of the swarm's items in their order, read page by page; None for an item without a result.

        Raises: as `items`.
        """
        pages = self._pages(node)
        return lazily(lambda before: pages.results(len(before)), None, pages.total)

    # -- events -------------------------------------------------------------------------------------

    def watch(self, *, after: str = "0") -> Iterator[Event]:
        """Yield the events as they happen, in any process, until the run is closed.

        Args:
            after: id of the last event already seen. By default the stream is read from its beginning. It keeps the
                newest `orchestrator_max_events` events.

        Raises:
            RunNotFound: the run has no record.
            StoreUnavailable: the store was away for longer than `orchestrator_store_patience`.
        """
        reader = self._container.reader
        live, names = LiveProgress(reader, self.id), EventNames(reader, self._container.codec, self.id)
        self._head()
        while True:
            entries = patiently(self._container, reader.events, self.id, after, _BLOCK)
            found = [parse_event(self.id, place, fields) for place, fields in entries]
            for event in patiently(self._container, names.named, found):
                after = event.id
                yield event
                if isinstance(event, RunClosed):
                    return
            if len(entries) < PAGE:
                yield from patiently(self._container, names.named, live.events(after))
            if not entries and reader.head_field(self.id, HeadField.STATUS) in (None, b"CANCELLED"):
                return

    def events(self, *, after: str = "0") -> list[Event]:
        """Return the past events, oldest first. The run keeps the newest `orchestrator_max_events` events.

        Args:
            after: id of the last event already seen.
        """
        found: list[Event] = []
        while entries := self._container.reader.events(self.id, after, None):
            found += [parse_event(self.id, place, fields) for place, fields in entries]
            after = found[-1].id
        found += LiveProgress(self._container.reader, self.id).events(after)
        return EventNames(self._container.reader, self._container.codec, self.id).named(found)

    def logs(
        self,
        *,
        level: str | int | None = None,
        node: str | None = None,
        search: str | None = None,
        since: datetime | timedelta | str | None = None,
        after: str = "0",
        follow: bool = False,
    ) -> Iterator[LogLine]:
        """Yield what the run's tasks have logged and printed, oldest first.

        A run keeps the newest `orchestrator_log_lines` lines. The lines of a task are complete when its end is known;
        while it runs, they come a quarter of a second later.

        Args:
            level: the lowest level, such as `WARNING`.
            node: only lines of this node and of the nodes below it: an id, or a name that is unique in the run. Of a
                graph's node, the lines of all its visits.
            search: only lines with this text in their message or traceback, in any case.
            since: only lines since this time, an aware datetime, or an age such as `10m`.
            after: id of the last line already seen. By default the oldest kept line comes first.
            follow: go on until the run has ended.

        Raises:
            OrchestratorError: the level is not known, or the time cannot be read.
            RunNotFound: the run has no record.
            NodeNotFound: no node has the name, or several have it.
        """
        wanted = None if node is None else self._node_id(node, every_visit=True)
        return LogFilter.of(level, wanted, search, since).matching(self._lines(after, follow))

    def _lines(self, after: str, follow: bool) -> Iterator[LogLine]:
        reader, over = self._container.reader, False
        self._head()
        while True:
            entries = patiently(self._container, reader.logs, self.id, after, _BLOCK if follow and not over else None)
            for place, fields in entries:
                line = parse_line(self.id, place, fields)
                after = line.id
                yield line
            if not entries:
                if over or not follow:
                    return
                over = self._recorded_status() in (None, *(status for status in RunStatus if status.ended))

    def _head(self) -> Head:
        head = self._container.reader.status_head(self.id)
        if head.is_gone:
            raise RunNotFound(
                f"No run has the id {self.id!r}: it has not started yet, was cancelled, or its retention is over."
            )
        return head

    def _node_id(self, node: str, *, every_visit: bool = False) -> str:
        """Return the id of a node that is given by its id or by a name that is unique in the run."""
        if not is_node_id(node):
            self._head()
        container = self._container
        return NodeNames(container.reader, container.codec, self.id).id_of(node, every_visit=every_visit)

    def _pages(self, node: str) -> ItemPages:
        head, container = self._head(), self._container
        node = self._node_id(node)
        [definition] = container.reader.definitions(self.id, [node])
        if definition is None or parse_definition(definition).kind not in _POOLS:
            raise OrchestratorError(
                f"The node {node} of the run {self.id} is not a swarm, so it has no items. `run.tree()` shows the ids."
            )
        status = head.status
        outcome = container.results.of(self.id)
        return ItemPages(container.reader, container.codec, outcome, self.id, status, node)

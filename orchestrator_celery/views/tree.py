"""Builds the views of a run's nodes from its records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.errors import NodeNotFound
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.ids import ROOT, LeafId
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.states import NodeKind, NodeState, RunStatus
from orchestrator_celery.model.views import AnswerView, ErrorView, NodeProgress, NodeView
from orchestrator_celery.records.active import parse_since
from orchestrator_celery.records.definitions import Attribute, Definition, parse_definition
from orchestrator_celery.records.ended import parse_ended
from orchestrator_celery.records.graphs.graph import GraphRecord
from orchestrator_celery.records.leaf import read_leaf
from orchestrator_celery.records.live import Live, LiveState, parse_live
from orchestrator_celery.records.owner import Waits
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.records.pool import Openness, is_pool, parse_pool
from orchestrator_celery.records.progress import parse_progress
from orchestrator_celery.store.reader import Reader
from orchestrator_celery.views.roll_up import rolled_up

__all__ = ("TreeReader", "child_count", "given_name", "node_name")

#: Most runs that stand in for tasks whose trees are read, on each level.
_REPLACEMENTS = 10
#: Letters of callbacks after an item of a swarm (on success, on failure, always): attributes of the item, of the swarm.
_AFTER = {
    "s": (Attribute.OWN_SUCCESS, Attribute.EACH_SUCCESS),
    "f": (Attribute.OWN_ERROR, Attribute.EACH_ERROR),
    "c": (Attribute.OWN_CLEANUP, Attribute.EACH_CLEANUP),
}


class TreeReader:
    """Reads the nodes of one run as views, level by level.

    Args:
        reader: reads records.
        codec: decodes definitions and errors.
        run: the run.
        status: its status. It decides whether a node that has not started is WAITING or SKIPPED.
    """

    def __init__(self, reader: Reader, codec: Codec, run: str, status: RunStatus) -> None:
        self._reader = reader
        self._codec = codec
        self._run = run
        self._ended = status.ended
        self._held = status in (RunStatus.SUSPENDED, RunStatus.INTERRUPTED)
        self._live = {node: parse_live(raw) for node, raw in reader.live(run).items()}
        self._graphs: dict[str, GraphRecord] = {}
        self._outcome = Outcome(run, lambda nodes: reader.terminal(run, nodes), codec)

    def view(self, root: str, limit: int, depth: int | None) -> NodeView:
        """Return the view of one node and of the nodes below it."""
        return self._views([root], limit, depth, self._ended)[0]

    def node(self, node: str, offset: int, limit: int, depth: int | None = 1) -> NodeView:
        """Return the view of one node with a page of its children.

        Args:
            node: id of the node.
            offset: number of children to leave out.
            limit: most children to list, of it and of each node below it.
            depth: number of levels below it; None for all.

        Raises:
            NodeNotFound: the run has no such node.
        """
        parent, _, last = node.rpartition(".")
        [above] = self._views([parent], 0, 0, self._ended) if parent and last.isdecimal() else [None]
        over = self._ended if above is None else _is_over(above.state)
        views = self._views([node], 0 if offset else limit, depth, over)
        if not views:
            raise NodeNotFound(f"The run {self._run} has no node {safe_repr(node)}: `run.tree()` shows the ids.")
        [view] = views
        if not offset or depth == 0:
            return view
        shown = [f"{view.id}.{index}" for index in range(offset, min(offset + limit, view.children_total))]
        return view.model_copy(update={"children": tuple(self.children(view.id, shown, limit)) if shown else ()})

    def children(self, parent: str, nodes: list[str], limit: int) -> list[NodeView]:
        """Return the views of children of a node and of everything below them, `limit` children of each node."""
        [above] = self._views([parent], 0, 0, self._ended)
        own, *raws = self._reader.definitions(self._run, [parent, *nodes])
        after = _after_items(parse_definition(own)) if own is not None else {}
        return self._views(nodes, limit, None, _is_over(above.state), after, raws)

    def items(self, pool: str, nodes: list[str]) -> list[NodeView]:
        """Return the views of items of a pool, without the nodes below them."""
        own, *raws = self._reader.definitions(self._run, [pool, *nodes])
        after = _after_items(parse_definition(own)) if own is not None else {}
        return self._views(nodes, 0, 0, self._ended, after, raws)

    def _views(
        self,
        nodes: list[str],
        limit: int,
        depth: int | None,
        over: bool,
        after: Mapping[str, int] | None = None,
        raws: list[bytes | None] | None = None,
    ) -> list[NodeView]:
        """Return the views of nodes of one level.

        Args:
            nodes: ids of the nodes.
            limit: most children of each node.
            depth: number of levels below.
            over: whether nodes that have not started never start.
            after: for items of a swarm, the number of the swarm's callbacks for each item, by kind.
            raws: the definitions of the nodes, if they were read already.
        """
        if raws is None:
            raws = self._reader.definitions(self._run, nodes)
        known = [(node, parse_definition(raw)) for node, raw in zip(nodes, raws, strict=True) if raw is not None]
        names = [node for node, _ in known]
        ended = self._reader.terminal(self._run, names)
        active = self._reader.pools(self._run, names)
        progress = self._reader.progress(self._run, names)
        views = []
        for (node, spec), terminal, pool, reported in zip(known, ended, active, progress, strict=True):
            facts = self._facts(node, spec, terminal, pool, over)
            if reported is not None:
                facts["progress"] = _progress(reported)
            if spec.kind is NodeKind.NODE:
                views.append(self._visits(node, spec, facts, limit, depth))
                continue
            total = child_count(spec, pool)
            view = self._with_children(node, spec, total, facts, limit, depth)
            views.append(self._with_item_callbacks(_with_progress(view, pool), spec, after or {}))
        return self._with_replacements(views, limit, depth)

    def _with_replacements(self, views: list[NodeView], limit: int, depth: int | None) -> list[NodeView]:
        """Add the runs that stand in for tasks; the trees of the first few of them."""
        tasks = {
            view.id: str(LeafId(self._run, view.id, view.attempts))
            for view in views
            if view.kind is NodeKind.TASK and view.attempts
        }
        marks = zip(tasks, self._reader.replaced(self._run, list(tasks.values())), strict=True)
        replaced = [node for node, is_replaced in marks if is_replaced]
        if not replaced:
            return views
        heads = self._reader.heads([tasks[node] for node in replaced])
        # A task that replaced itself by another task has no run of its own.
        runs = {node: head.status for node, head in zip(replaced, heads, strict=True) if not head.is_gone}
        shown = [] if depth == 0 else list(runs)[:_REPLACEMENTS]
        deeper = None if depth is None else depth - 1
        trees = {
            node: TreeReader(self._reader, self._codec, tasks[node], runs[node]).view(ROOT, limit, deeper)
            for node in shown
        }
        return [
            view.model_copy(update={"replaced_by": tasks[view.id], "replacement": trees.get(view.id)})
            if view.id in runs
            else view
            for view in views
        ]

    def _visits(self, node: str, spec: Definition, facts: dict[str, Any], limit: int, depth: int | None) -> NodeView:
        """Return the view of a graph's node: its newest visit and the earlier ones.

        A node without a visit is WAITING, or SKIPPED if it will not be visited.
        """
        state = self._graph_state(node.rpartition(".")[0])
        at, name = node.rpartition(".")[2], node_name(spec, self._codec)
        begun = int(state.turns.get(at, 0))
        if not begun:
            skipped = at in state.skipped or facts["state"] is NodeState.SKIPPED
            return NodeView(
                id=node, kind=spec.kind, name=name, visits=0,
                state=NodeState.SKIPPED if skipped else NodeState.WAITING,
            )  # fmt: skip
        first = max(0, begun - 1 - limit)
        views = self._views([f"{node}.{k}" for k in range(first, begun)], limit, depth, over=self._ended)
        named = [view.model_copy(update={"name": name}) for view in views]
        visits = int(state.visits.get(at, begun))
        return named[-1].model_copy(update={"visits": visits, "earlier": tuple(named[:-1])})

    def _graph_state(self, graph: str) -> GraphRecord:
        if graph not in self._graphs:
            self._graphs[graph] = self._reader.graph_state(self._run, graph)
        return self._graphs[graph]

    def _with_item_callbacks(self, view: NodeView, spec: Definition, after: Mapping[str, int]) -> NodeView:
        """Add the callbacks of an item to its view: the item's own, or else those of its swarm."""
        if not after and not any(spec.has(own) for own, _ in _AFTER.values()):
            return view
        kinds = {NodeState.SUCCEEDED: "sc", NodeState.FAILED: "fc"}.get(view.state, "")
        counts = {kind: _after_item(spec, kind, after) for kind in kinds}
        called = [f"{view.id}.{kind}{i}" for kind, count in counts.items() for i in range(count)]
        found = self._views(called, 0, 0, over=False) if called else []
        return view.model_copy(update={"callbacks": (*view.callbacks, *found)})

    def _facts(
        self, node: str, spec: Definition, terminal: bytes | None, pool: bytes | None, over: bool
    ) -> dict[str, Any]:
        if terminal is not None:
            record = parse_ended(terminal)
            facts: dict[str, Any] = {
                "state": record.state,
                "attempts": record.attempt,
                "started": record.started if record.state is not NodeState.SKIPPED else None,
                **_waited(record.started, record.waits),
                "finished": record.finished,
                "worker": record.owner or None,
            }
            if spec.kind is NodeKind.APPROVAL and record.state is NodeState.SUCCEEDED:
                facts["answer"] = AnswerView(**self._codec.load(record.payload))
            if record.state is NodeState.FAILED:
                words = record.ref is None and self._codec.load_error_words(record.payload)
                facts["error"] = ErrorView(**words) if words else self._error(record.ref or node)
            return facts
        live = self._live.get(node)
        if live is not None:
            return _live_facts(live, self._held)
        if pool is not None:
            return {"state": NodeState.RUNNING, "started": parse_since(pool)}
        return {"state": NodeState.SKIPPED if over else NodeState.WAITING}

    def _error(self, ref: str) -> ErrorView | None:
        """Return the error of a reference; None if a retry has taken it back since the node's record was read."""
        try:
            return ErrorView(**self._outcome.error_dict(ref))
        except LookupError:
            return None

    def _with_children(
        self, node: str, spec: Definition, total: int, facts: dict[str, Any], limit: int, depth: int | None
    ) -> NodeView:
        over = _is_over(facts["state"])
        deeper = None if depth is None else depth - 1
        children: list[NodeView] = []
        callbacks: list[NodeView] = []
        if depth is None or depth > 0:
            shown = [f"{node}.{index}" for index in range(min(total, limit))]
            children = self._views(shown, limit, deeper, over, _after_items(spec)) if shown else []
            counts = {"l": spec.number(Attribute.LINKS), "e": spec.number(Attribute.ERRBACKS)}
            called = [f"{node}.{kind}{i}" for kind, count in counts.items() for i in range(count)]
            callbacks = self._views(called, limit, deeper, over) if called else []
        return NodeView(
            id=node,
            kind=spec.kind,
            name=node_name(spec, self._codec),
            children=tuple(children),
            children_total=total,
            callbacks=tuple(callbacks),
            **facts,
        )


def node_name(spec: Definition, codec: Codec) -> str:
    """Return the task name of a leaf, or the given name or else the kind of a composite."""
    return given_name(spec, codec) or str(spec.kind)


def given_name(spec: Definition, codec: Codec) -> str:
    """Return the task name of a leaf, or the given name of a composite; '' without one."""
    if spec.kind is NodeKind.TASK:
        return read_leaf(spec.payload, codec).task
    return str(codec.load(spec.payload).get("name") or "") if spec.payload else ""


def _after_items(spec: Definition) -> dict[str, int]:
    """How many callbacks of which letter a swarm has for each item."""
    return {kind: spec.number(each) for kind, (_, each) in _AFTER.items() if spec.has(each)}


def _after_item(spec: Definition, kind: str, after: Mapping[str, int]) -> int:
    own, _ = _AFTER[kind]
    return spec.number(own) if spec.has(own) else after.get(kind, 0)


def _is_over(state: NodeState) -> bool:
    """Whether children of a node in this state that have not started never start."""
    return state not in (NodeState.WAITING, NodeState.RUNNING)


def _waited(started: datetime, waits: Waits | None) -> dict[str, datetime]:
    """Return when a node was queued, and its message published, that waited so long until it started."""
    if waits is None:
        return {}
    queued, published = (started - timedelta(milliseconds=wait) for wait in waits)
    return {"queued": queued, "published": published}


def _live_facts(live: Live, held: bool) -> dict[str, Any]:
    running = live.state is NodeState.RUNNING
    times: dict[str, Any] = _waited(live.since, live.waits)
    if live.runner and live.waits is None and running:  # it began at its turn
        times = {"queued": live.since, "published": live.since}
    elif live.phase is LiveState.QUEUED:
        times = {"queued": live.since, "published": None if held else from_ms(live.sent)}
    return {
        **times,
        "state": live.state,
        "attempts": live.attempt,
        "worker": live.owner or None,
        "started": live.since if running or live.phase is LiveState.AWAITING else None,
    }


def _progress(raw: bytes) -> NodeProgress | None:
    progress = parse_progress(raw)
    if progress is None:
        return None
    return NodeProgress(done=progress.done, total=progress.total, message=progress.message, at=progress.at)


def _with_progress(view: NodeView, pool: bytes | None) -> NodeView:
    """Add to the view of a composite its progress, and whether it takes items."""
    if view.kind in (NodeKind.TASK, NodeKind.APPROVAL):
        return view
    record = parse_pool(pool) if pool is not None and is_pool(pool) else None
    is_open = record is not None and record.open is not Openness.CLOSED
    return view.model_copy(
        update={
            "progress": rolled_up(view, record and record.done),
            "open": is_open and view.state is NodeState.RUNNING,
        }
    )


def child_count(spec: Definition, pool: bytes | None) -> int:
    """Return the number of children of a node; of a pool that is under way, also those that were added."""
    return parse_pool(pool).size if pool is not None and is_pool(pool) else spec.number(Attribute.SIZE)

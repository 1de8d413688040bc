"""From records to the views of nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.states import NodeKind, NodeState, RunStatus
from orchestrator_celery.model.views import AnswerView, ErrorView, NodeProgress, NodeView
from orchestrator_celery.records.definitions import Spec, parse
from orchestrator_celery.records.leaf import read_leaf
from orchestrator_celery.records.nodes import Live, parse_live, parse_terminal
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.store.reader import Reader

__all__ = ("TreeReader", "node_name")

#: Kinds of callbacks after the items of a swarm: on success, on failure, always.
_AFTER = frozenset("sfc")


class TreeReader:
    """Reads the nodes of one run as views, level by level.

    Args:
        reader: reads records.
        codec: decodes definitions and errors.
        run: the run.
        status: its status, for what has not started: it waits, or never will.
    """

    def __init__(self, reader: Reader, codec: Codec, run: str, status: RunStatus) -> None:
        self._reader = reader
        self._codec = codec
        self._run = run
        self._ended = status.ended
        self._live = {node: parse_live(raw) for node, raw in reader.live(run).items()}
        self._graphs: dict[str, dict[str, Any]] = {}
        self._outcome = Outcome(run, lambda nodes: reader.terminal(run, nodes), codec)

    def view(self, root: str, limit: int, depth: int | None) -> NodeView:
        """One node and what is below it."""
        return self._views([root], limit, depth, self._ended)[0]

    def items(self, pool: str, nodes: list[str]) -> list[NodeView]:
        """Several items of a pool, without what is below them."""
        [raw] = self._reader.definitions(self._run, [pool])
        return self._views(nodes, 0, 0, self._ended, _after_items(parse(raw)) if raw is not None else {})

    def _views(
        self, nodes: list[str], limit: int, depth: int | None, over: bool, after: Mapping[str, str] | None = None
    ) -> list[NodeView]:
        """Views of nodes of one level.

        Args:
            nodes: their ids.
            limit: most children of each.
            depth: levels below.
            over: what has not started among them never will.
            after: how many callbacks of which kind their swarm has for each.
        """
        raws = self._reader.definitions(self._run, nodes)
        known = [(node, parse(raw)) for node, raw in zip(nodes, raws, strict=True) if raw is not None]
        names = [node for node, _ in known]
        ended = self._reader.terminal(self._run, names)
        active = self._reader.pools(self._run, names)
        said = self._reader.progress(self._run, names)
        views = []
        for (node, spec), terminal, pool, words in zip(known, ended, active, said, strict=True):
            facts = self._facts(node, spec, terminal, pool, over)
            if words is not None:
                facts["progress"] = _progress(words)
            if spec.kind is NodeKind.NODE:
                views.append(self._visits(node, spec, facts, limit, depth))
                continue
            total = _count(spec, pool)
            view = self._with_children(node, spec, total, facts, limit, depth)
            views.append(self._with_called_after(view, spec, after or {}))
        return views

    def _visits(self, node: str, spec: Spec, facts: dict[str, Any], limit: int, depth: int | None) -> NodeView:
        """A node of a graph: its newest visit, and those before; one that was not visited waits, or will not be."""
        state = self._graph_state(node.rpartition(".")[0])
        at, name = node.rpartition(".")[2], node_name(spec, self._codec)
        begun = int(state.get("k", {}).get(at, 0))
        if not begun:
            skipped = at in state.get("skip", {}) or facts["state"] is NodeState.SKIPPED
            return NodeView(
                id=node, kind=spec.kind, name=name, visits=0,
                state=NodeState.SKIPPED if skipped else NodeState.WAITING,
            )  # fmt: skip
        first = max(0, begun - 1 - limit)
        views = self._views([f"{node}.{k}" for k in range(first, begun)], limit, depth, over=self._ended)
        named = [view.model_copy(update={"name": name}) for view in views]
        visits = int(state.get("v", {}).get(at, begun))
        return named[-1].model_copy(update={"visits": visits, "earlier": tuple(named[:-1])})

    def _graph_state(self, graph: str) -> dict[str, Any]:
        if graph not in self._graphs:
            self._graphs[graph] = self._reader.graph_state(self._run, graph).state
        return self._graphs[graph]

    def _with_called_after(self, view: NodeView, spec: Spec, after: Mapping[str, str]) -> NodeView:
        """An item with what its swarm, or it in place of it, has called after it."""
        if not after and not _AFTER & spec.attrs.keys():
            return view
        kinds = {NodeState.SUCCEEDED: "sc", NodeState.FAILED: "fc"}.get(view.state, "")
        counts = {kind: int(spec.attrs.get(kind, after.get(kind, 0))) for kind in kinds}
        called = [f"{view.id}.{kind}{i}" for kind, count in counts.items() for i in range(count)]
        found = self._views(called, 0, 0, over=False) if called else []
        return view.model_copy(update={"callbacks": (*view.callbacks, *found)})

    def _facts(self, node: str, spec: Spec, terminal: bytes | None, pool: bytes | None, over: bool) -> dict[str, Any]:
        if terminal is not None:
            record = parse_terminal(terminal)
            facts: dict[str, Any] = {
                "state": record.state,
                "attempts": record.attempt,
                "started": record.started if record.state is not NodeState.SKIPPED else None,
                "finished": record.finished,
                "worker": record.owner or None,
            }
            if spec.kind is NodeKind.APPROVAL and record.state is NodeState.SUCCEEDED:
                facts["answer"] = AnswerView(**self._codec.load(record.payload))
            if record.state is NodeState.FAILED:
                facts["error"] = ErrorView(**self._outcome.error_dict(record.ref or node))
            return facts
        live = self._live.get(node)
        if live is not None:
            return _live_facts(live)
        if pool is not None:
            return {"state": NodeState.RUNNING, "started": _since(pool)}
        return {"state": NodeState.SKIPPED if over else NodeState.WAITING}

    def _with_children(
        self, node: str, spec: Spec, total: int, facts: dict[str, Any], limit: int, depth: int | None
    ) -> NodeView:
        over = facts["state"] not in (NodeState.WAITING, NodeState.RUNNING)
        deeper = None if depth is None else depth - 1
        children: list[NodeView] = []
        callbacks: list[NodeView] = []
        if depth is None or depth > 0:
            shown = [f"{node}.{index}" for index in range(min(total, limit))]
            children = self._views(shown, limit, deeper, over, _after_items(spec)) if shown else []
            called = [f"{node}.{kind}{i}" for kind in "le" for i in range(int(spec.attrs.get(kind, 0)))]
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


def node_name(spec: Spec, codec: Codec) -> str:
    """A leaf's task name, a composite's given name or its kind."""
    if spec.kind is NodeKind.TASK:
        return read_leaf(spec.payload, codec).task
    name = codec.load(spec.payload).get("name") if spec.payload else None
    return str(name or spec.kind)


def _after_items(spec: Spec) -> dict[str, str]:
    return {kind: spec.attrs[f"a{kind}"] for kind in _AFTER if f"a{kind}" in spec.attrs}


def _live_facts(live: Live) -> dict[str, Any]:
    running = live.state is NodeState.RUNNING
    return {
        "state": live.state,
        "attempts": live.attempt,
        "worker": live.owner or None,
        "started": live.since if running else None,
    }


def _progress(raw: bytes) -> NodeProgress:
    """Read `milliseconds|done|total|message`."""
    at, done, total, message = raw.decode().split("|", 3)
    return NodeProgress(
        done=float(done), total=float(total) if total else None, message=message, at=from_ms(at.partition("-")[0])
    )


def _count(spec: Spec, pool: bytes | None) -> int:
    if pool is not None and pool.startswith(b"P|"):
        return int(pool.split(b"|", 2)[1])
    return int(spec.attrs.get("n", 0))


def _since(pool: bytes) -> Any:
    parts = pool.split(b"|")
    return from_ms(parts[8] if parts[0] == b"P" else parts[1])

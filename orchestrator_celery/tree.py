"""From records to the views of nodes."""

from __future__ import annotations

from typing import Any

from orchestrator_celery.engine.leaf import read_leaf
from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.engine.payload import Codec
from orchestrator_celery.engine.specs import Spec, parse
from orchestrator_celery.model.nodes import Live, from_ms, parse_live, parse_terminal
from orchestrator_celery.model.states import NodeKind, NodeState, RunStatus
from orchestrator_celery.model.views import ErrorView, NodeView
from orchestrator_celery.store.queries import Reader

__all__ = ("TreeReader", "node_name")


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
        self._outcome = Outcome(run, lambda nodes: reader.terminal(run, nodes), codec)

    def view(self, root: str, limit: int, depth: int | None) -> NodeView:
        """One node and what is below it."""
        return self._views([root], limit, depth, self._ended)[0]

    def views(self, nodes: list[str]) -> list[NodeView]:
        """Several nodes of one level, without what is below them."""
        return self._views(nodes, 0, 0, self._ended)

    def _views(self, nodes: list[str], limit: int, depth: int | None, over: bool) -> list[NodeView]:
        """Views of nodes of one level; `over`: what has not started among them never will."""
        raws = self._reader.definitions(self._run, nodes)
        known = [(node, parse(raw)) for node, raw in zip(nodes, raws, strict=True) if raw is not None]
        names = [node for node, _ in known]
        ended = self._reader.terminal(self._run, names)
        active = self._reader.pools(self._run, names)
        views = []
        for (node, spec), terminal, pool in zip(known, ended, active, strict=True):
            facts = self._facts(node, terminal, pool, over)
            total = _count(spec, pool)
            views.append(self._with_children(node, spec, total, facts, limit, depth))
        return views

    def _facts(self, node: str, terminal: bytes | None, pool: bytes | None, over: bool) -> dict[str, Any]:
        if terminal is not None:
            record = parse_terminal(terminal)
            facts: dict[str, Any] = {
                "state": record.state,
                "attempts": record.attempt,
                "started": record.started,
                "finished": record.finished,
                "worker": record.owner or None,
            }
            if record.state is NodeState.FAILED:
                facts["error"] = ErrorView(**self._outcome.error_words(record.ref or node))
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
            children = self._views(shown, limit, deeper, over) if shown else []
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
    name = codec.load(spec.payload).get("name")
    return str(name or spec.kind)


def _live_facts(live: Live) -> dict[str, Any]:
    running = live.state is NodeState.RUNNING
    return {
        "state": live.state,
        "attempts": live.attempt,
        "worker": live.owner or None,
        "started": live.since if running else None,
    }


def _count(spec: Spec, pool: bytes | None) -> int:
    if pool is not None and pool.startswith(b"P|"):
        return int(pool.split(b"|", 2)[1])
    return int(spec.attrs.get("n", 0))


def _since(pool: bytes) -> Any:
    parts = pool.split(b"|")
    return from_ms(parts[8] if parts[0] == b"P" else parts[1])

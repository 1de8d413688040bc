"""Reads what a node was given and what it left."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from kombu.exceptions import KombuError

from orchestrator_celery.dispatch.inputs import InputResolver
from orchestrator_celery.model.observe.nodes import NodeData
from orchestrator_celery.model.printing.safe_text import safe_str
from orchestrator_celery.model.printing.unreadable import UNREADABLE
from orchestrator_celery.model.states import NodeKind, NodeState
from orchestrator_celery.records.definitions import Definition, Shape, parse_definition
from orchestrator_celery.records.inputs import InputRef, Source, write_input
from orchestrator_celery.records.leaf import read_leaf
from orchestrator_celery.records.live import parse_live
from orchestrator_celery.views.tree import TreeReader

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("NodeReader",)

#: Shapes whose payload is that of a task.
_LEAVES = frozenset({Shape.LEAF})


class NodeReader:
    """Reads single nodes of one run.

    Args:
        container: the parts of the orchestrator.
        run: the run.
        tree: reads views of its nodes.
    """

    def __init__(self, container: Container, run: str, tree: TreeReader) -> None:
        self._container = container
        self._reader = container.reader
        self._run = run
        self._tree = tree

    def data(self, node: str, limit: int) -> NodeData:
        """Return a node with its data and its first children.

        Raises:
            NodeNotFound: the run has no such node.
        """
        view, parent = self._tree.node(node, 0, limit), node.rpartition(".")[0] or None
        own = self._definition(view.id)
        facts: dict[str, Any] = {}
        if own is not None and own.shape in _LEAVES:
            leaf = read_leaf(own.payload, self._container.codec)
            facts = {"args": list(leaf.args), "kwargs": dict(leaf.kwargs)}
            if not leaf.immutable:
                facts["input"], given = self._input(view.id)
                facts["kwargs"] = {**facts["kwargs"], **given}
        if view.state is NodeState.SUCCEEDED and view.kind is not NodeKind.NODE:
            facts["result"] = self._container.results.of(self._run).result(view.id)
        checkpoint = self._reader.checkpoint(self._run, view.id)
        if checkpoint is not None:
            facts["checkpoint"] = self._decoded(checkpoint)
        return NodeData(node=view, parent=parent, **facts)

    def _decoded(self, checkpoint: bytes) -> Any:
        """Return a checkpoint, or the reason in words why this process cannot read it."""
        try:
            return self._container.codec.load(checkpoint)
        except (KombuError, *UNREADABLE) as exc:
            return f"(this checkpoint cannot be read: {safe_str(exc)})"

    def _definition(self, node: str) -> Definition | None:
        [raw] = self._reader.definitions(self._run, [node])
        return None if raw is None else parse_definition(raw)

    def _input(self, node: str) -> tuple[list[Any] | None, dict[str, Any]]:
        """Return the positional and keyword arguments that come from another node or from the run."""
        reference = self._reference(node)
        if reference is None:
            return None, {}
        resolver = InputResolver(self._reader, self._container.codec)
        with suppress(LookupError, ValueError):  # a record that it refers to is gone, or belongs to another release
            return resolver.arguments(self._run, reference, node)
        return None, {}

    def _reference(self, node: str) -> str | None:
        """Return the reference to a node's input; None if the step before has not succeeded."""
        live = self._reader.live_leaf(self._run, node)
        if live is not None:
            return parse_live(live).input
        parent, _, last = node.rpartition(".")
        above = self._definition(parent) if parent else None
        if above is None or not last.isdecimal():
            return Source.RUN.value if not parent else None
        if above.shape is Shape.GRAPH_NODE:
            return write_input(InputRef(Source.VISIT, node))
        if above.shape is Shape.STEPS and last != "0":
            before = f"{parent}.{int(last) - 1}"
            ended = self._tree.items(parent, [before])
            return before if any(view.state is NodeState.SUCCEEDED for view in ended) else None
        return self._reference(parent)

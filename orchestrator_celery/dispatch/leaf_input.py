"""The arguments of a task of a run: its own, and those that its input reference stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from orchestrator_celery.engine.item_callbacks import arguments_after_item, item_facts
from orchestrator_celery.engine.leaf_arguments import with_input, with_inputs
from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.model.states import Priority
from orchestrator_celery.records.definitions import payload_of
from orchestrator_celery.records.inputs import NAMED, Source, parse_input
from orchestrator_celery.records.leaf import Leaf, read_leaf
from orchestrator_celery.records.names import Beside

if TYPE_CHECKING:
    from orchestrator_celery.dispatch.errbacks import Errbacks
    from orchestrator_celery.dispatch.inputs import InputResolver
    from orchestrator_celery.model.ids import LeafId
    from orchestrator_celery.records.payload import Codec
    from orchestrator_celery.store.reader import Reader

__all__ = ("LeafInput",)


class LeafInput:
    """Adds to the tasks of runs what they are given.

    Args:
        reader: reads records.
        codec: decodes records.
        resolver: resolves input references.
        errbacks: adds the arguments of tasks that follow a failure.
    """

    def __init__(self, reader: Reader, codec: Codec, resolver: InputResolver, errbacks: Errbacks) -> None:
        self._reader = reader
        self._codec = codec
        self._resolver = resolver
        self._errbacks = errbacks

    def added_to(
        self, id: LeafId, definition: bytes, ref: str, known: Mapping[str, Any] | None = None, own: bool = False
    ) -> Leaf:
        """Return the task with its arguments.

        Args:
            id: the run, the node and the attempt.
            definition: the definition of the node.
            ref: the input reference.
            known: results by node that need not be read.
            own: whether a body in this process gets the arguments, so that they must be no other body's.
        """
        leaf = read_leaf(payload_of(definition), self._codec)
        source, of = parse_input(ref)
        if source is Source.NOTHING:
            return leaf
        if source is Source.ERROR:
            return self._errbacks.called_with(leaf, id, of, self._outcome(id.run))
        if source is Source.ITEM:
            return leaf if leaf.immutable else leaf._replace(args=[*self._of_item(leaf, id.run, of), *leaf.args])
        if leaf.immutable and source not in NAMED:
            return leaf
        args, kwargs = self._resolver.arguments(id.run, ref, id.node, known, own)
        # An immutable task takes only the declared inputs of its graph's node.
        return with_inputs(leaf, kwargs) if leaf.immutable else with_input(leaf, args, kwargs)

    def _of_item(self, leaf: Leaf, run: str, item: str) -> list[Any]:
        """Return the arguments of a swarm's callback about the item before it."""
        [definition] = self._reader.definitions(run, [item])
        terminal, level = self._reader.terminal(run, [item, item + Beside.PRIORITY.value])
        facts = item_facts(run, item, definition or b"", terminal, self._codec, int(level or Priority.MEDIUM))
        return arguments_after_item(leaf, facts, self._outcome(run))

    def _outcome(self, run: str) -> Outcome:
        return Outcome(run, lambda nodes: self._reader.terminal(run, nodes), self._codec)

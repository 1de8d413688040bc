"""Compiles swarms and their items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kombu.exceptions import EncodeError

from orchestrator_celery.engine.batching import BATCH_TASK, Batching
from orchestrator_celery.engine.compile.callbacks import Callbacks, item_callback_counts, item_callbacks
from orchestrator_celery.engine.compile.group import pool
from orchestrator_celery.engine.compile.options import AT_START, own_options, without_delay
from orchestrator_celery.engine.compile.tree_compiler import TreeCompiler
from orchestrator_celery.errors import PayloadTooLarge
from orchestrator_celery.model.printing.safe_text import safe_str
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.model.states import Priority
from orchestrator_celery.records.definitions import Shape, leaf_definition, shape_of, with_attributes
from orchestrator_celery.records.leaf import Leaf, Role, write_leaf
from orchestrator_celery.records.names import Place
from orchestrator_celery.records.packed import Tree
from orchestrator_celery.records.pools.levels import Levels
from orchestrator_celery.settings import TaskPolicy

if TYPE_CHECKING:
    from orchestrator_celery.canvas.swarm import Swarm

__all__ = ("SwarmCompiler",)


class SwarmCompiler:
    """Compiles the swarms of one app.

    Args:
        compiler: compiles the items and callbacks.
        batching: decides which items of a batched swarm need a message of their own; None: only composites do.
    """

    def __init__(self, compiler: TreeCompiler, batching: Batching | None) -> None:
        self._compiler = compiler
        self._batching = batching

    def tree(
        self, signature: Swarm, options: dict[str, Any], payload: bytes, callbacks: Callbacks, immutable: bool
    ) -> Tree:
        """Compile a swarm.

        Args:
            signature: the swarm.
            options: options for every item.
            payload: the payload of the swarm's node.
            callbacks: the callbacks of the whole swarm.
            immutable: whether the swarm takes no input from the step before it.
        """
        batch = signature.kwargs.get("batch")
        if batch and options.get("eta") is AT_START:  # a message for several items has no start time
            options = without_delay(options)
        own = signature._own_callbacks
        items = [self._placed(i, task, options, own(i), bool(batch)) for i, task in enumerate(signature.tasks)]
        after = signature._item_callbacks
        levels = self._levels(signature)
        counts = item_callback_counts(after, "each")
        attrs = {**signature._pool_attrs(), "immutable": immutable, "priorities": bool(levels), **counts}
        tree = pool(self._compiler, items, attrs, payload, callbacks)
        # Definitions that all items share, which are stored once.
        shared = {f"{Place.EACH.value}{path}": raw for path, raw in item_callbacks(self._compiler, after).items()}
        if levels:
            shared[Place.PRIORITIES.value] = levels.encode()
        if batch:
            shared[Place.RUNNER.value] = self._runner(batch, options, signature.kwargs.get("name"))
        return Tree({**tree.specs, **shared}, tree.leaves)

    def item(self, signature: Any, inherited: dict[str, Any], own: Mapping[str, Sequence[Any]], batched: bool) -> Tree:
        """Compile an item with its own callbacks by kind, which replace the swarm's."""
        tree = self._compiler.tree(signature, inherited, Role.PLAIN)
        if batched and shape_of(tree.specs["."]) is Shape.LEAF and self._needs_own_message(signature, inherited):
            tree = Tree({**tree.specs, ".": with_attributes(tree.specs["."], singly=True)}, tree.leaves)
        if own:
            specs = item_callbacks(self._compiler, own)
            definition = with_attributes(tree.specs["."], **item_callback_counts(own))
            tree = Tree({**tree.specs, **specs, ".": definition}, tree.leaves)
        return tree

    def _placed(self, place: int, *item: Any) -> Tree:
        """Compile an item of the definition; an error of its arguments names its place."""
        try:
            return self.item(*item)
        except (EncodeError, PayloadTooLarge) as exc:
            raise type(exc)(f"Item {place} of the swarm: {safe_str(exc)}") from exc

    def level(self, signature: Any, priority: Priority | None) -> Priority:
        """Return the priority of an item: its own, else the priority of its task's policy, else MEDIUM."""
        if priority is not None:
            return priority
        task = self._compiler.app.tasks.get(signature["task"])
        policy = getattr(task, "orchestrator", None)
        of_task = policy.priority if isinstance(policy, TaskPolicy) else None
        return Priority.MEDIUM if of_task is None else of_task

    def _levels(self, signature: Swarm) -> str:
        items = zip(signature.tasks, signature._item_levels, strict=True)
        return str(Levels(self.level(task, priority) for task, priority in items))

    def _needs_own_message(self, signature: Any, inherited: dict[str, Any]) -> bool:
        if self._batching is None:
            return False
        return self._batching.needs_own_message(self._compiler.canvas.check(signature), inherited)

    def _runner(self, batch: Any, options: dict[str, Any], name: str | None) -> bytes:
        """Return the definition of a runner, a message that runs several items; it gets the options of the items.

        In logs and monitors, the message has the name of the swarm.
        """
        sent = {option: value for option, value in own_options(options).items() if value is not None}
        if name:
            sent.setdefault("shadow", printable(name))
        leaf = Leaf(BATCH_TASK, [None if batch == "auto" else batch], {}, sent, True, Role.PLAIN)
        return leaf_definition(write_leaf(leaf, self._compiler.codec))

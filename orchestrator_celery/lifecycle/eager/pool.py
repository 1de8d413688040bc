"""Runs the items of a group, of a swarm, or of a graph's node that is mapped over a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator_celery.lifecycle.eager.endings import Ending
from orchestrator_celery.model.ids import is_callback
from orchestrator_celery.model.states import NodeKind, Priority
from orchestrator_celery.records.definitions import Attribute, Definition, parse_definition
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.inputs import InputRef, Source, write_input
from orchestrator_celery.records.names import Beside
from orchestrator_celery.records.outcomes import OutcomeKind, OutcomeRef, write_outcome
from orchestrator_celery.records.pool import PoolEnd, write_pool_end

if TYPE_CHECKING:
    from orchestrator_celery.lifecycle.eager.tree import TreeRun

__all__ = ("PoolRun",)

#: Callbacks after an item by letter: of the item itself, and of its swarm.
_AFTER = {
    "s": (Attribute.OWN_SUCCESS, Attribute.EACH_SUCCESS),
    "f": (Attribute.OWN_ERROR, Attribute.EACH_ERROR),
    "c": (Attribute.OWN_CLEANUP, Attribute.EACH_CLEANUP),
}


class PoolRun:
    """One pool of an eager run.

    Args:
        tree: runs the items.
        node: the pool's id.
        spec: its definition.
    """

    def __init__(self, tree: TreeRun, node: str, spec: Definition) -> None:
        self._tree = tree
        self._node = node
        self._spec = spec

    def go(self, given: str) -> Ending:
        """Run the items, those of the highest priority first, and return the end of the pool.

        Args:
            given: the reference to the input of the items.
        """
        size, stop_after = self._spec.number(Attribute.SIZE), self._spec.number(Attribute.STOP_AFTER)
        levels = self._tree.records.all_levels(self._node)
        if levels and not is_callback(self._node):
            self._tree.records.set_head({HeadField.MIXED: 1})
        done, failed = 0, list[int]()
        for index in sorted(range(size), key=lambda index: -levels.get(index, int(Priority.MEDIUM))):
            level = levels.get(index, int(Priority.MEDIUM))
            if level != Priority.MEDIUM:
                self._tree.records.keep(f"{self._node}.{index}", Beside.PRIORITY, str(level).encode())
            done += 1
            if not self._item(f"{self._node}.{index}", given):
                failed.append(index)
            if stop_after and len(failed) >= stop_after:
                break
        self._tree.records.keep(self._node, Beside.POOL_END, write_pool_end(PoolEnd(size, done, len(failed))))
        stopped = bool(stop_after) and len(failed) >= stop_after
        return self._end(size, failed, stopped)

    def _item(self, item: str, given: str) -> bool:
        """Run an item and the callbacks after it; return whether it succeeded."""
        succeeded = self._tree.activate(item, given).succeeded
        own = parse_definition(self._tree.records.start(item))
        for letter in "sc" if succeeded else "fc":
            of_item, of_swarm = _AFTER[letter]
            count = own.number(of_item) if own.has(of_item) else self._spec.number(of_swarm)
            for index in range(count):
                self._tree.activate(f"{item}.{letter}{index}", write_input(InputRef(Source.ITEM, item)))
        return succeeded

    def _end(self, size: int, failed: list[int], stopped: bool) -> Ending:
        tolerated = float(self._spec.text(Attribute.MAX_FAILURES) or 0)
        if not stopped and len(failed) <= (tolerated * size if tolerated < 1 else tolerated):
            return Ending(True, write_outcome(OutcomeRef(OutcomeKind.LIST, "", size)))
        if self._spec.kind in (NodeKind.GROUP, NodeKind.MAP):  # the error of its first failed item
            return Ending(False, f"{self._node}.{min(failed)}")
        return Ending(False, write_outcome(OutcomeRef(OutcomeKind.SWARM, self._node)))

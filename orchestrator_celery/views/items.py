"""Reads the items of a swarm page by page, so that a large swarm is never in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.model.states import NodeState, Priority, RunStatus
from orchestrator_celery.model.views import ItemView, NodeView
from orchestrator_celery.records.ended import EndedState
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.store.reader import Reader
from orchestrator_celery.store.scripting.script_call import in_chunks
from orchestrator_celery.views.tree import TreeReader

__all__ = ("ItemPages",)

_PAGE = 500
#: States of items that have live records.
_UNDER_WAY = (NodeState.QUEUED, NodeState.RUNNING, NodeState.AWAITING, NodeState.INTERRUPTED)
#: What the records of the other states begin with. Items that wait have none, nor has the skipped rest of a swarm.
_LETTERS = {
    NodeState.WAITING: ("",),
    NodeState.SUCCEEDED: (EndedState.SUCCEEDED.value,),
    NodeState.FAILED: (EndedState.FAILED.value,),
    NodeState.SKIPPED: (EndedState.SKIPPED.value, ""),
}


class ItemPages:
    """Reads the items of one swarm of a run.

    Args:
        reader: reads records.
        codec: decodes definitions.
        outcome: reads results.
        run: the run.
        status: its status.
        pool: id of the swarm's or group's node.
    """

    def __init__(self, reader: Reader, codec: Codec, outcome: Outcome, run: str, status: RunStatus, pool: str) -> None:
        self._reader = reader
        self._codec = codec
        self._outcome = outcome
        self._run = run
        self._status = status
        self._pool = pool

    def items(self, state: NodeState | None, offset: int, page: int = _PAGE) -> Iterator[ItemView]:
        """Yield the items in a state in their order.

        Args:
            state: None for all items.
            offset: index of the first item.
            page: most items that are read at once.
        """
        return (
            _item(view, level)
            for indexes in self._candidates(state, offset, max(1, min(page, _PAGE)))
            for view, level in self._views(indexes)
            if state is None or view.state is state
        )

    def _candidates(self, state: NodeState | None, offset: int, size: int) -> Iterator[list[int]]:
        """Yield pages of indexes of items that may be in a state; their records decide."""
        total = self.total()
        if state in _UNDER_WAY:
            indexes = self._reader.items_under_way(self._run, self._pool)
            yield from in_chunks((index for index in indexes if offset <= index < total), size)
            return
        while offset < total:
            if state is None:
                indexes, offset = list(range(offset, min(offset + size, total))), min(offset + size, total)
            else:
                indexes, offset = self._in_state(state, offset, total)
            yield from in_chunks(indexes, size)

    def _in_state(self, state: NodeState, start: int, end: int) -> tuple[list[int], int]:
        """Return indexes of items that may be in a state, which nothing is under way in, and where to go on."""
        listed = self._reader.failed_items(self._run, self._pool, start, end) if state is NodeState.FAILED else None
        if listed is not None:
            return listed
        found, place = set[int](), end
        for letter in _LETTERS[state] if self._status.ended else _LETTERS[state][:1]:
            indexes, stop = self._reader.items_ended(self._run, self._pool, letter, start, end)
            found.update(indexes)
            place = min(place, stop)
        return sorted(index for index in found if index < place), place

    def results(self, offset: int = 0) -> Iterator[Any]:
        """Yield the results in the order of the items, from `offset`; None for an item without a result."""
        total = self.total()
        for start in range(offset, total, _PAGE):
            yield from self._outcome.values([f"{self._pool}.{i}" for i in range(start, min(start + _PAGE, total))])

    def _views(self, indexes: list[int]) -> Iterator[tuple[NodeView, Priority]]:
        nodes = [f"{self._pool}.{index}" for index in indexes]
        levels = self._reader.levels(self._run, self._pool, indexes)
        for view in TreeReader(self._reader, self._codec, self._run, self._status).items(self._pool, nodes):
            yield view, Priority(levels.get(int(view.id.rpartition(".")[2]), Priority.MEDIUM))

    def total(self) -> int:
        """Return the number of items."""
        return self._reader.pool_size(self._run, self._pool)


def _item(view: NodeView, level: Priority) -> ItemView:
    return ItemView(
        index=int(view.id.rpartition(".")[2]),
        node=view.id,
        task=view.name,
        state=view.state,
        priority=level,
        attempts=view.attempts,
        started=view.started,
        finished=view.finished,
        worker=view.worker,
        error=view.error,
        progress=view.progress,
        callbacks=view.callbacks,
    )

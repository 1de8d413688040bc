"""Reads the items of a swarm page by page, so that a large swarm is never in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.model.states import NodeState, Priority, RunStatus
from orchestrator_celery.model.views import ItemView, NodeView
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.store.reader import Reader
from orchestrator_celery.views.tree import TreeReader

__all__ = ("ItemPages",)

_PAGE = 500


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

    def items(self, state: NodeState | None, offset: int, limit: int | None) -> Iterator[ItemView]:
        """Yield the items in their order, from `offset`; at most `limit` items in `state`."""
        yielded = 0
        total = self._total()
        for start in range(offset, total, _PAGE):
            for view, level in self._page(start, min(start + _PAGE, total)):
                if state is None or view.state is state:
                    if limit is not None and yielded >= limit:
                        return
                    yielded += 1
                    yield _item(view, level)

    def results(self) -> Iterator[Any]:
        """Yield the results in the order of the items; None for an item without a result."""
        total = self._total()
        for start in range(0, total, _PAGE):
            yield from self._outcome.values([f"{self._pool}.{i}" for i in range(start, min(start + _PAGE, total))])

    def _page(self, start: int, end: int) -> Iterator[tuple[NodeView, Priority]]:
        nodes = [f"{self._pool}.{i}" for i in range(start, end)]
        levels = self._reader.levels(self._run, self._pool, start, end - 1)
        for view in TreeReader(self._reader, self._codec, self._run, self._status).items(self._pool, nodes):
            yield view, Priority(levels.get(int(view.id.rpartition(".")[2]), Priority.MEDIUM))

    def _total(self) -> int:
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

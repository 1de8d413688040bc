"""Counts the bodies of tasks of runs for the statistics.

Each process counts the bodies that it runs itself: a child of a prefork pool, a worker with threads or greenlets. The
main process and the sweeping worker count what a dead process cannot. Eager tasks have no worker and are not counted.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from orchestrator_celery.dispatch.publisher import CLOSE_TASK
from orchestrator_celery.model.effects import Begun
from orchestrator_celery.model.ids import CLOSE, LeafId, is_runner
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.statistics import Counted, Kind, Timed
from orchestrator_celery.store.availability import UNREACHABLE

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.store import Effects
    from orchestrator_celery.worker.bodies.claimed_message import ClaimedMessage

__all__ = ("TaskCounts",)


class TaskCounts:
    """Counts the bodies of one process.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container

    def claimed(self, task: str, leaf: LeafId, answer: Effects) -> str:
        """Count a body that begins with a message of its own, and return the category of its run."""
        [begun, *_] = answer.todo or [None]
        if not isinstance(begun, Begun):
            return ""
        if not is_runner(leaf.node) and leaf.node != CLOSE and self._is_on:
            kind = Kind(task, begun.category)
            self._container.statistics_buffer.add(kind, Counted.STARTED, Timed.WAIT, begun.waited)
        return begun.category

    def vetoed(self, task: str, leaf: LeafId) -> None:
        """Count a message whose body does not begin."""
        if leaf.node != CLOSE and self._is_on:
            self._container.statistics_buffer.add(Kind(task), Counted.VETOED)

    def begun(self, task: str, category: str) -> None:
        """Count a body that begins without a message of its own."""
        if self._is_on:
            self._container.statistics_buffer.add(Kind(task, category), Counted.STARTED)

    def ended(self, task: str, message: ClaimedMessage, how: Counted) -> None:
        """Count a body that has ended."""
        if task == CLOSE_TASK or is_runner(message.claims[-1][0].node) or not self._is_on:
            return
        timed = Timed.DURATION if how is Counted.SUCCEEDED else None
        kind = Kind(task, message.category)
        run = message.claims[-1][0].run if how is not Counted.RETRIED else ""
        self._container.statistics_buffer.add(kind, how, timed, time.monotonic() - message.begun, run)

    def seen(self, task: str, leaf: LeafId, how: Counted) -> None:
        """Count a body of another process, which is gone. To know its category costs a call to the store."""
        if leaf.node == CLOSE or is_runner(leaf.node) or not self._is_on:
            return
        try:
            category = self._container.reader.head_field(leaf.run, HeadField.CATEGORY) or b""
        except UNREACHABLE:
            category = b""
        self._container.statistics_buffer.add(Kind(task, category.decode()), how)

    def flush(self, **_: Any) -> None:
        """Write the counts, before the process ends."""
        buffer = self._container.__dict__.get("statistics_buffer")
        if buffer is not None:
            buffer.flush()

    @property
    def _is_on(self) -> bool:
        return self._container.settings.stats_retention > 0

"""The queues as one sweep sees them: what the workers last reported, and what the broker holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from orchestrator_celery.records.queue_report import Lane, QueueReport

__all__ = ("QUIET", "QueueView")

#: Milliseconds without a message of a lane at a worker, after which the lane counts as unknown.
QUIET = 20_000.0


class QueueView:
    """What is known of the queues at one time.

    Args:
        reports: the reports of the live workers; None for a worker of an earlier release.
        depth: asks the broker how many messages wait in a queue; None if that is unknown.
        now: the store's clock, in ms.
    """

    def __init__(
        self, reports: Mapping[str, QueueReport | None], depth: Callable[[str], int | None], now: float
    ) -> None:
        self._reports = [report for report in reports.values() if report is not None]
        self.is_complete = bool(reports) and len(self._reports) == len(reports)
        self._ask = depth
        self._depths: dict[str, int | None] = {}
        self._now = now

    def depth(self, queue: str) -> int | None:
        """Return how many messages wait in a queue of the broker; None if that is unknown."""
        if queue not in self._depths:
            self._depths[queue] = self._ask(queue)
        return self._depths[queue]

    def consumers(self, queue: str) -> list[QueueReport]:
        """Return the reports of the workers that consume a queue."""
        return [report for report in self._reports if queue in report.queues]

    def is_held(self, task_id: str) -> bool:
        """Whether a live worker has received a message."""
        return task_id in self._held

    def newest(self, lane: Lane) -> float | None:
        """Return when the newest message was sent that was received before messages of a lane, in ms.

        It is of the same lane or of one that the broker delivers later.

        Returns:
            None if it is unknown what workers receive from the queue; 0 if they receive only more urgent messages.
        """
        of_queue = {other: sent for other, sent in self._newest.items() if other.queue == lane.queue}
        if not of_queue:
            return None
        return max((sent for other, sent in of_queue.items() if other.rank >= lane.rank), default=0.0)

    def may_be_overtaken(self, sent: float) -> bool:
        """Whether a message of any lane may have been overtaken by one that was sent after `sent` (ms).

        If not, nobody has to find out the lane of each message that waits.
        """
        return not self._are_busy or max(self._newest.values()) >= sent

    @cached_property
    def _are_busy(self) -> bool:
        """Whether messages wait in each queue, and workers receive some of each."""
        queues = {queue for report in self._reports for queue in report.queues}
        return (
            bool(queues)
            and {lane.queue for lane in self._newest} >= queues
            and all(self.depth(queue) for queue in queues)
        )

    @cached_property
    def _held(self) -> frozenset[str]:
        return frozenset().union(*(report.held for report in self._reports))

    @cached_property
    def _newest(self) -> dict[Lane, float]:
        marks = [(lane, mark) for report in self._reports for lane, mark in report.marks.items()]
        sent: dict[Lane, float] = {}
        for lane, mark in marks:
            sent[lane] = max(mark.sent, sent.get(lane, 0.0))
        fresh = {lane for lane, mark in marks if self._now - mark.seen <= QUIET}
        return {lane: sent[lane] for lane in fresh if sent[lane]}

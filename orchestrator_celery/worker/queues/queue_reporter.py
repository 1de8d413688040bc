"""Reports what a worker sees of its queues, with its heartbeat."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from celery.worker import state as worker_state

from orchestrator_celery.dispatch.publisher import CLOSE_TASK
from orchestrator_celery.model.ids import CLOSE, LeafId, parse_leaf_id
from orchestrator_celery.records.live import Live, LiveState, parse_live
from orchestrator_celery.records.queue_report import Lane, LaneMark, QueueReport

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("QueueReporter",)

#: How often to try to copy a set that changes meanwhile.
_TRIES = 5
#: Most ids of received messages in a report.
_MOST_IDS = 1000
#: Most messages whose times are read for one report.
_SAMPLE = 50


class QueueReporter:
    """Makes the reports of one worker.

    A report is made from the messages that the main process holds at the time of a heartbeat: those that run, and
    those that the worker has received in advance. One call reads the records of a sample. So no task pays for it, and
    it works in every pool.

    Args:
        container: the parts of the orchestrator.
        capacity: returns how many tasks the pool can run at once.
    """

    def __init__(self, container: Container, capacity: Callable[[], int]) -> None:
        self._container = container
        self._capacity = capacity
        self._marks: dict[Lane, LaneMark] = {}

    def report(self, queues: frozenset[str], now: float) -> QueueReport:
        """Make a report.

        Args:
            queues: the queues that the worker consumes.
            now: the store's clock at the last heartbeat, in ms.
        """
        requests = _copied(worker_state.reserved_requests)
        self._note(requests, now)
        return QueueReport(
            queues=queues,
            free=max(0, self._capacity() - len(requests)),
            holds=len(requests),
            held=frozenset(islice((str(request.id) for request in requests), _MOST_IDS)),
            marks=dict(self._marks),
        )

    def _note(self, requests: Iterable[Any], now: float) -> None:
        """Move the marks of the lanes that the messages came from."""
        sample = [(leaf, request) for request in requests if (leaf := _leaf_of(request)) is not None][:_SAMPLE]
        records = self._container.reader.live_leaves_of([leaf for leaf, _ in sample])
        for (leaf, request), raw in zip(sample, records, strict=True):
            lane = self._container.lanes.of_delivery(request.delivery_info)
            if lane is None:
                continue
            sent = _sent(parse_live(raw), leaf) if raw is not None and request.eta is None else 0.0
            before = self._marks.get(lane, LaneMark(0.0, 0.0))
            self._marks[lane] = LaneMark(max(before.sent, sent), now)
        self._marks = {lane: mark for lane, mark in self._marks.items() if lane.queue in self._consumed()}

    def _consumed(self) -> Iterable[str]:
        return list(self._container.app.amqp.queues.consume_from)


def _sent(live: Live, leaf: LeafId) -> float:
    """Return a time before which the message was not sent, in ms; 0 if the record does not tell it.

    A message that was sent again may have been received as its first copy. Its place in the queue is then that of the
    first copy.
    """
    if live.attempt != leaf.attempt:
        return 0.0
    if live.phase is LiveState.QUEUED:
        return min(live.since.timestamp() * 1000, live.sent)
    return live.sent if live.tries == 0 else 0.0


def _leaf_of(request: Any) -> LeafId | None:
    """Return the node of a received message; None for a message of no run."""
    if request.type == CLOSE_TASK:  # its `name` is the run's
        return LeafId(request.id, CLOSE, int(request.args[0]))
    return parse_leaf_id(request.id)


def _copied(requests: Iterable[Any]) -> list[Any]:
    """Return a copy of a set that the main thread may change meanwhile."""
    for _ in range(_TRIES):
        with suppress(RuntimeError):
            return list(requests)
    return []

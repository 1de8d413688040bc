"""Tells messages that wait behind others in a live queue from messages that are lost.

A queue delivers messages in the order in which they were sent. A worker reports
with its heartbeat which messages it has received, and when the newest of each
lane was sent. So a message is lost if a message that was sent later was
received, or if the queue is empty and no worker has the message. If that cannot
be told, a message that waits too long counts as lost: a second copy costs one
publication and one veto, and does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from orchestrator_celery.model.ids import CLOSE, LeafId
from orchestrator_celery.records.definitions import payload_of
from orchestrator_celery.records.leaf import read_leaf
from orchestrator_celery.records.live import Live, parse_live
from orchestrator_celery.records.queue_report import Lane
from orchestrator_celery.worker.queues.queue_view import QueueView

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.store.due_index import OverdueMessage, RunCheck
    from orchestrator_celery.store.worker_registry import Beat

__all__ = ("Verdict", "WaitingMessages")

#: How much later a message must have been sent that overtakes one which a live worker holds, as a multiple of the
#: margin for other messages. The worker may be stuck.
_PATIENCE_WITH_HOLDER = 8
#: Until the next look, as a part of the time that a message has waited.
_PART = 4
#: Most messages whose lanes are remembered.
_REMEMBERED = 50_000


class Verdict(NamedTuple):
    """What becomes of the overdue messages of a run.

    Args:
        lost: the nodes whose messages are sent again.
        again: milliseconds until the next look at the others; None if there are none.
    """

    lost: list[str]
    again: float | None = None


class WaitingMessages:
    """Decides which overdue messages are lost. One object serves all sweeps of a worker.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._known: dict[LeafId, Lane | None] = {}
        #: By queue: since when it has been empty, and when that was last seen, in ms.
        self._empty: dict[str, tuple[float, float]] = {}
        self._view: QueueView | None = None
        self._now = 0.0

    def begin(self, beat: Beat) -> None:
        """Begin a sweep: what is known of the queues is asked again when it is needed."""
        self._view, self._now = None, beat.now

    def judge(self, check: RunCheck) -> Verdict:
        """Decide about the overdue messages of a run."""
        lives = {node: parse_live(message.record) for node, message in check.overdue.items()}
        lost = [node for node, message in check.overdue.items() if self._is_old(message, lives[node])]
        open_ = [node for node in lives if node not in set(lost)]
        if open_ and not self._queues().is_complete:
            return Verdict([*lost, *open_])
        unclear = [node for node in open_ if self._queues().may_be_overtaken(lives[node].sent + self._margin)]
        lanes = self._lanes_of(check, unclear, lives)
        lost += [
            node
            for node in unclear
            if self._is_lost(LeafId(check.run, node, lives[node].attempt), lanes[node], lives[node].sent)
        ]
        waiting = set(lives).difference(lost)
        ages = [self._now - lives[node].sent for node in waiting]
        return Verdict(lost, max(self._heartbeat, min(ages) / _PART) if ages else None)

    def _is_old(self, message: OverdueMessage, live: Live) -> bool:
        return message.unsent or self._now - live.sent >= self._longest

    @cached_property
    def _margin(self) -> float:
        return self._container.settings.republish_after * 1000

    @cached_property
    def _longest(self) -> float:
        return self._container.settings.republish_longest * 1000

    @cached_property
    def _heartbeat(self) -> float:
        return self._container.settings.heartbeat * 1000

    def _queues(self) -> QueueView:
        if self._view is None:
            reports = self._container.registry.queue_reports(self._now)
            self._view = QueueView(reports, self._container.lanes.depth, self._now)
        return self._view

    def _is_lost(self, leaf: LeafId, lane: Lane | None, sent: float) -> bool:
        view = self._queues()
        if lane is None or not view.consumers(lane.queue):
            return True
        depth = view.depth(lane.queue)
        task_id = leaf.run if leaf.node == CLOSE else str(leaf)
        if depth == 0:
            return self._is_lost_from_empty(lane.queue, task_id)
        newest = view.newest(lane)
        if depth is None or newest is None:
            return True
        margin = self._margin * (_PATIENCE_WITH_HOLDER if view.is_held(task_id) else 1)
        return newest >= sent + margin

    def _is_lost_from_empty(self, queue: str, task_id: str) -> bool:
        """Whether a message is lost whose queue is empty. A worker may have received it after its last heartbeat."""
        view = self._queues()
        consumers = view.consumers(queue)
        since = self._empty_since(queue)
        if any(report.holds and report.seen < since for report in consumers):
            return False
        return not view.is_held(task_id) or any(report.free for report in consumers)

    def _empty_since(self, queue: str) -> float:
        since, seen = self._empty.get(queue, (0.0, 0.0))
        if self._now - seen > 3 * self._heartbeat:
            since = self._container.store.due_index.now_ms()
        self._empty[queue] = (since, self._now)
        return since

    def _lanes_of(self, check: RunCheck, nodes: Iterable[str], lives: Mapping[str, Live]) -> dict[str, Lane | None]:
        """Return the lanes of messages. The definition of a node is read once."""
        leaves = {node: LeafId(check.run, node, lives[node].attempt) for node in nodes}
        unknown = [node for node, leaf in leaves.items() if leaf not in self._known]
        if len(self._known) > _REMEMBERED:
            self._known = {leaf: lane for leaf, lane in self._known.items() if leaf in leaves.values()}
        if CLOSE in unknown:
            self._known[leaves[CLOSE]] = self._container.lanes.of_close(check.run)
        tasks = [node for node in unknown if node != CLOSE]
        for node, raw in zip(tasks, self._container.reader.definitions(check.run, tasks), strict=True):
            leaf = read_leaf(payload_of(raw), self._container.codec) if raw else None
            level = check.overdue[node].level
            self._known[leaves[node]] = None if leaf is None else self._container.lanes.of_leaf(leaf, level)
        return {node: self._known[leaf] for node, leaf in leaves.items()}

"""Reads the outcomes of the tasks that an interruption stops."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator_celery.model.events import NodeInterrupted
from orchestrator_celery.model.ids import LeafId
from orchestrator_celery.model.reports import InterruptOutcome
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.live import RUNNING, Live, LiveState, parse_live
from orchestrator_celery.records.streams.events import parse_event

if TYPE_CHECKING:
    from orchestrator_celery.store.reader import Reader

__all__ = ("BodyOutcomes", "StoppedBody", "by_run")

_KNOWN = {outcome.value for outcome in InterruptOutcome}


@dataclass
class StoppedBody:
    """A task that ran at the time of the interruption, and its outcome.

    Args:
        leaf: the node and its attempt.
        live: its record at that time.
        answer: the answer of its worker to the stop command; '' if there is none.
        outcome: None until it is known.
    """

    leaf: LeafId
    live: Live
    answer: str = ""
    outcome: InterruptOutcome | None = None


def by_run(bodies: Iterable[StoppedBody]) -> dict[str, list[LeafId]]:
    """Return the nodes of bodies by their run, in order."""
    found: dict[str, list[LeafId]] = {}
    for body in bodies:
        found.setdefault(body.leaf.run, []).append(body.leaf)
    return found


class BodyOutcomes:
    """The outcomes of one call of `interrupt`.

    A look costs one call for each 1,000 tasks of a run. The events of a run are read from the interruption on, each
    event once: a run may have tens of thousands of earlier events, and a look may ask for hundreds of tasks.

    Args:
        reader: reads the records of runs.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        #: By run: the last event that was read.
        self._places: dict[str, str] = {}
        self._reasons: dict[LeafId, str] = {}

    def begin(self, run: str, moment: int) -> None:
        """Note when a run was interrupted, in ms of the store's clock."""
        self._places[run] = str(moment - 1)  # an event may have the same millisecond

    def look(self, bodies: Iterable[StoppedBody]) -> None:
        """Set the outcomes of the bodies that have ended or are held back."""
        bodies = list(bodies)
        records: dict[LeafId, bytes | None] = {}
        interrupted: set[str] = set()
        for run, leaves in by_run(bodies).items():
            [status] = self._reader.head_fields(run, HeadField.STATUS)
            if status == RunStatus.INTERRUPTED.value.encode():
                interrupted.add(run)
            records.update(zip(leaves, self._reader.live_leaves(run, [leaf.node for leaf in leaves]), strict=True))
        held = []
        for body in bodies:
            raw = records[body.leaf]
            if raw is None:
                body.outcome = InterruptOutcome.FINISHED_FIRST
            elif _is_held(body, live := parse_live(raw)):
                held.append(body)
            elif body.leaf.run not in interrupted or not _is_same(body, live):
                # A retry or a canvas continues the node, or the run was resumed.
                body.outcome = InterruptOutcome.STOPPED_ITSELF
        for run in by_run(held):
            self._read_reasons(run)
        for body in held:
            reason = self._reasons.get(body.leaf, "")
            body.outcome = InterruptOutcome(reason) if reason in _KNOWN else InterruptOutcome.TERMINATED

    def _read_reasons(self, run: str) -> None:
        while entries := self._reader.events(run, self._places[run], None):
            for place, fields in entries:
                event = parse_event(run, place, fields)
                if isinstance(event, NodeInterrupted):
                    self._reasons[LeafId(run, event.node, event.attempt)] = event.reason
            self._places[run] = entries[-1][0].decode()


def _is_held(body: StoppedBody, live: Live) -> bool:
    return live.phase is LiveState.HELD and live.attempt == body.leaf.attempt


def _is_same(body: StoppedBody, live: Live) -> bool:
    return live.phase in RUNNING and (live.attempt, live.fence) == (body.leaf.attempt, body.live.fence)

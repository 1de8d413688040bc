"""Computes the progress of a run, and how long it takes still. `engine/eta.py` has the method."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from orchestrator_celery.engine.eta import Estimate, Facts, RunningTask, estimate
from orchestrator_celery.model.ids import CLOSE, ROOT, is_callback, is_runner
from orchestrator_celery.model.states import NodeKind, RunStatus
from orchestrator_celery.model.views import Progress
from orchestrator_celery.records.definitions import parse_definition
from orchestrator_celery.records.head.run_head import Head
from orchestrator_celery.records.leaf import read_leaf
from orchestrator_celery.records.live import RUNNING, Live, live_state, parse_live
from orchestrator_celery.records.pool import Openness, is_pool, parse_pool
from orchestrator_celery.records.progress import parse_progress

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("run_progress",)

#: Bodies of a task that have ended in a run, above which the statistics say nothing more about it.
_ENOUGH = 20
#: Most running tasks whose names are looked up.
_MOST_LOOKED_UP = 64
#: Runs among which earlier ones of a graph are looked for, and seconds until that is done again.
_EARLIER, _FRESH = 200, 60.0


def run_progress(container: Container, run: str, head: Head) -> Progress:
    """Return counts, rate and remaining time of a run, in tasks and seconds. The size of the run does not matter.

    Args:
        container: the parts of the orchestrator.
        run: id of the run.
        head: its head.
    """
    return _ProgressReader(container, run, head).progress()


class _ProgressReader:
    def __init__(self, container: Container, run: str, head: Head) -> None:
        self._container = container
        self._reader = container.reader
        self._run = run
        self._head = head
        self._ended = head.done + head.failed

    def progress(self) -> Progress:
        head, status = self._head, self._head.status
        live = {} if status.ended else self._running()
        said = self._said(list(live))
        now = head.finished.timestamp() if head.finished else self._container.store.now()
        elapsed = max(now - head.started.timestamp() - head.rested, 0.001) if head.started else 0.0
        left = 0 if status.ended else max(0, head.total - self._ended)
        found = None
        if status in (RunStatus.PENDING, RunStatus.RUNNING) and left and head.started:
            found = self._estimate(live, said, now, elapsed, max(0, left - len(live)))
        done = self._ended + sum(said.values())
        return Progress(
            total=head.total,
            done=head.done,
            failed=head.failed,
            running=len(live),
            waiting=max(0, left - len(live)),
            fraction=1.0 if status is RunStatus.SUCCEEDED or not head.total else min(1.0, done / head.total),
            rate=self._ended / elapsed if elapsed else 0.0,
            eta=0.0 if status.ended else found and found.middle,
            eta_low=0.0 if status.ended else found and found.low,
            eta_high=0.0 if status.ended else found and found.high,
            grows=not status.ended and self._grows(),
        )

    def _running(self) -> dict[str, Live]:
        return {
            node: parse_live(raw)
            for node, raw in self._reader.live(self._run).items()
            if live_state(raw) in RUNNING and node != CLOSE and not is_callback(node) and not is_runner(node)
        }

    def _said(self, nodes: list[str]) -> dict[str, float]:
        """Return the shares that running tasks have said to be done."""
        reports = self._reader.progress(self._run, nodes) if nodes else []
        found = {node: parse_progress(raw) for node, raw in zip(nodes, reports, strict=True) if raw is not None}
        return {node: min(1.0, said.done / said.total) for node, said in found.items() if said and said.total}

    def _grows(self) -> bool:
        """Whether the run is an open swarm, or one as a unit."""
        if self._head.kind not in (NodeKind.SWARM, NodeKind.COMPLEX):
            return False
        pools = [parse_pool(raw) for raw in self._reader.pools(self._run, [ROOT, f"{ROOT}.0"]) if raw and is_pool(raw)]
        return any(pool.open is not Openness.CLOSED for pool in pools)

    # -- the remaining time ------------------------------------------------------------------------

    def _estimate(
        self, live: dict[str, Live], said: dict[str, float], now: float, elapsed: float, waiting: float
    ) -> Estimate | None:
        head, tasks = self._head, self._head.tasks
        planned = head.planned
        own = self._reader.durations(self._run, tasks) if tasks else {}
        few = [task for task in tasks if task not in own or own[task].number < _ENOUGH]
        names = self._names(live) if planned and len(live) <= _MOST_LOOKED_UP else {}
        running = [
            RunningTask(names.get(node, ""), max(0.0, now - leaf.since.timestamp()), said.get(node))
            for node, leaf in live.items()
        ]
        if head.has_graph and planned:
            expected = sum(planned.values()) * self._usual_share() - self._ended - len(running)
            waiting = min(waiting, max(0.0, expected))
        known = self._container.recent_durations.of(few) if few else {}
        return estimate(Facts(elapsed, self._ended, waiting, planned, running, own, known))

    def _names(self, live: dict[str, Live]) -> dict[str, str]:
        found = self._reader.definitions(self._run, list(live))
        codec = self._container.codec
        payloads = {node: parse_definition(raw).payload for node, raw in zip(live, found, strict=True) if raw}
        return {node: read_leaf(payload, codec).task for node, payload in payloads.items()}

    def _usual_share(self) -> float:
        """Return which share of its tasks a graph of this name has run, on average of the newest runs."""
        name, shares = self._head.name, self._container.usual_shares
        known = shares.get(name)
        if known is None or time.monotonic() - known[0] > _FRESH:
            shares[name] = known = (time.monotonic(), self._read_share(name))
        return known[1]

    def _read_share(self, name: str) -> float:
        heads = self._reader.heads(self._reader.listed(0, _EARLIER, None, None)) if name else []
        ended = [head for head in heads if head.is_readable and head.name == name and head.planned and _succeeded(head)]
        planned = sum(sum(head.planned.values()) for head in ended)
        return sum(head.done + head.failed for head in ended) / planned if planned else 1.0


def _succeeded(head: Head) -> bool:
    return not head.is_gone and head.is_run and head.status is RunStatus.SUCCEEDED

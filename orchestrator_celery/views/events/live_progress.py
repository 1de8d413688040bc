"""Returns the progress reports of running tasks as events. The stream gets a report only after its task has ended."""

from __future__ import annotations

from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.events import NodeProgressed
from orchestrator_celery.records.live import RUNNING, live_state, parse_live
from orchestrator_celery.records.progress import parse_progress
from orchestrator_celery.store.reader import Reader

__all__ = ("LiveProgress",)


class LiveProgress:
    """Reads the progress reports of the running tasks of a run.

    Args:
        reader: reads records.
        run: the run.
    """

    def __init__(self, reader: Reader, run: str) -> None:
        self._reader = reader
        self._run = run
        self._returned: dict[str, bytes] = {}

    def events(self, after: str) -> list[NodeProgressed]:
        """Return the reports that this object has not returned before, the oldest first.

        Args:
            after: the id of the last event of the stream. The returned events get this id. Older reports are left out.
        """
        running = {node: raw for node, raw in self._reader.live(self._run).items() if live_state(raw) in RUNNING}
        reports = self._reader.progress(self._run, list(running)) if running else []
        latest = {node: report for node, report in zip(running, reports, strict=True) if report is not None}
        fresh = {node: report for node, report in latest.items() if self._returned.get(node) != report}
        self._returned = latest
        oldest = int(after.partition("-")[0])
        told = [self._event(after, node, parse_live(running[node]).attempt, fresh[node]) for node in fresh]
        found = (one for one in told if one is not None)
        return sorted((one for one in found if one.time >= from_ms(oldest)), key=lambda one: one.time)

    def _event(self, id: str, node: str, attempt: int, report: bytes) -> NodeProgressed | None:
        progress = parse_progress(report)
        if progress is None:
            return None
        return NodeProgressed(
            id=id,
            time=progress.at,
            run=self._run,
            node=node,
            attempt=attempt,
            done=progress.done,
            total=progress.total,
            message=progress.message,
        )

"""Progress reports of running tasks, as events: the stream gets a report only when its task has ended."""

from __future__ import annotations

from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.events import NodeProgressed
from orchestrator_celery.records.nodes import parse_live
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
        self._told: dict[str, bytes] = {}

    def events(self, after: str) -> list[NodeProgressed]:
        """Return the reports that this object has not returned before, the oldest first.

        Args:
            after: the id of the last event of the stream, which the events get as their id; reports that are older
                than it are left out.
        """
        running = {node: raw for node, raw in self._reader.live(self._run).items() if raw[:1] in (b"R", b"I")}
        reports = self._reader.progress(self._run, list(running)) if running else []
        said = {node: report for node, report in zip(running, reports, strict=True) if report is not None}
        fresh = {node: report for node, report in said.items() if self._told.get(node) != report}
        self._told = said
        oldest = int(after.partition("-")[0])
        found = [self._event(after, node, parse_live(running[node]).attempt, fresh[node]) for node in fresh]
        return sorted((one for one in found if one.time >= from_ms(oldest)), key=lambda one: one.time)

    def _event(self, id: str, node: str, attempt: int, report: bytes) -> NodeProgressed:
        at, done, total, message = report.decode().split("|", 3)
        return NodeProgressed(
            id=id,
            time=from_ms(at.partition("-")[0]),
            run=self._run,
            node=node,
            attempt=attempt,
            done=float(done),
            total=float(total) if total else None,
            message=message,
        )

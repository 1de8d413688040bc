"""Computes the progress of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.model.views import Progress
from orchestrator_celery.records.head.run_head import Head

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("run_progress",)


def run_progress(container: Container, run: str, head: Head) -> Progress:
    """Return counts, rate and remaining time of a run, in tasks and seconds.

    Args:
        container: the parts of the orchestrator.
        run: id of the run.
        head: its head.
    """
    total, done, failed, status = head.total, head.done, head.failed, head.status
    running = 0 if status.ended else container.reader.running(run)
    ended = done + failed
    end = head.finished.timestamp() if head.finished else container.store.now()
    seconds = max(end - head.started.timestamp(), 0.001) if head.started else 0.0
    rate = ended / seconds if seconds else 0.0
    left = 0 if status.ended else total - ended
    return Progress(
        total=total,
        done=done,
        failed=failed,
        running=running,
        waiting=max(0, left - running),
        fraction=1.0 if status is RunStatus.SUCCEEDED or not total else ended / total,
        rate=rate,
        eta=0.0 if status.ended else (left / rate if rate else None),
    )

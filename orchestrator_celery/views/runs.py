"""The view of a run, as lists show it."""

from __future__ import annotations

from datetime import datetime

from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.views import RunView
from orchestrator_celery.records.head.run_head import Head
from orchestrator_celery.records.live import parse_live
from orchestrator_celery.store.reader import Reader

__all__ = ("check_aware", "run_view", "workers_of")


def workers_of(reader: Reader, view: RunView) -> set[str]:
    """Return the node names of the workers that run tasks of a run."""
    if view.status.ended:
        return set()
    live = (parse_live(raw) for raw in reader.live(view.id).values())
    return {record.owner.rsplit("/", 2)[0] for record in live if record.owner}


def run_view(run: str, head: Head) -> RunView:
    """Return the view of a run, as listed. A run without a name has that of its first task."""
    tasks = head.tasks
    return RunView(
        id=run,
        name=head.name or next(iter(tasks), ""),
        kind=head.kind,
        status=head.status,
        category=head.category,
        tags=head.tags,
        tasks=tasks,
        signature=head.signature or run,
        rerun_of=head.rerun_of,
        created=head.created,
        eta=head.eta,
        started=head.started,
        finished=head.finished,
        total=head.total,
        done=head.done,
        failed=head.failed,
    )


def check_aware(*bounds: datetime | None) -> None:
    """Refuse datetimes without a time zone.

    Raises:
        OrchestratorError: a datetime has no time zone.
    """
    for bound in bounds:
        if bound is not None and bound.tzinfo is None:
            raise OrchestratorError(f"{bound!r} has no time zone: pass an aware datetime, e.g. in UTC.")

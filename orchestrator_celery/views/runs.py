"""The view of a run, as lists show it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timezone

from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.printing.unreadable import unless_unreadable
from orchestrator_celery.model.views import RunView
from orchestrator_celery.records.head.run_head import Head
from orchestrator_celery.records.live import parse_live
from orchestrator_celery.store import Store
from orchestrator_celery.store.reader import Reader

__all__ = ("check_aware", "is_wanted", "listed_view", "matching_now", "run_view", "workers_of")


def matching_now(wanted: RunFilter, store: Store) -> datetime:
    """Return the time to which a filter refers; without a call if it refers to none."""
    return datetime.fromtimestamp(store.now() if wanted.is_relative else 0, timezone.utc)


def is_wanted(reader: Reader, wanted: RunFilter, view: RunView, now: datetime) -> bool:
    """Whether one run matches a filter, the bounds of its creation included."""
    since, until = wanted.bound("since", now), wanted.bound("until", now)
    if (since is not None and view.created < since) or (until is not None and view.created > until):
        return False
    return wanted.matches(view, now, workers_of(reader, [view])[0] if wanted.names_workers else ())


def workers_of(reader: Reader, views: Sequence[RunView]) -> list[set[str]]:
    """Return the node names of the workers that run tasks of each run."""
    busy = [view.id for view in views if not view.status.ended]
    live = dict(zip(busy, reader.live_of_runs(busy), strict=True)) if busy else {}
    return [_owners(live.get(view.id, ())) for view in views]


def _owners(live: Iterable[bytes]) -> set[str]:
    return {record.owner.rsplit("/", 2)[0] for record in map(parse_live, live) if record.owner}


def run_view(run: str, head: Head) -> RunView:
    """Return the view of a run, as listed. A run without a name has that of its first task."""
    return RunView(
        id=run,
        name=head.title,
        kind=head.kind,
        status=head.status,
        category=head.category,
        tags=head.tags,
        tasks=head.tasks,
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


def listed_view(run: str, head: Head) -> RunView | None:
    """Return the view of a run for a list; None for what no list shows.

    Lists leave out cancelled runs, saved signatures, runs of a later release, and heads that cannot be read.
    """
    return unless_unreadable(_listed, "the head of a run", run, head)


def _listed(run: str, head: Head) -> RunView | None:
    return run_view(run, head) if not head.is_gone and head.is_run and head.is_readable else None


def check_aware(*bounds: datetime | None) -> None:
    """Refuse datetimes without a time zone.

    Raises:
        OrchestratorError: a datetime has no time zone.
    """
    for bound in bounds:
        if bound is not None and bound.tzinfo is None:
            raise OrchestratorError(f"{bound!r} has no time zone: pass an aware datetime, e.g. in UTC.")

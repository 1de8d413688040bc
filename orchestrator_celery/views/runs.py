"""Lists runs: pages of the derived index, filtered by the records of the runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from itertools import islice

from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.views import RunView
from orchestrator_celery.records.head.run_head import Head
from orchestrator_celery.records.live import parse_live
from orchestrator_celery.store import Store
from orchestrator_celery.store.reader import Reader

__all__ = ("check_aware", "is_wanted", "list_runs", "matching_now", "run_view")

_PAGE = 200


def list_runs(reader: Reader, store: Store, wanted: RunFilter, offset: int, limit: int | None) -> list[RunView]:
    """Read the index until enough runs match, and remove the ids of expired runs from the index.

    Args:
        reader: reads records.
        store: the store; its clock says what `2h` ago is.
        wanted: the filter.
        offset: number of matches to leave out.
        limit: most runs to list; None lists all.
    """
    now = matching_now(wanted, store)
    matches = (
        view
        for view in _all(reader, store, wanted.bound("since", now), wanted.bound("until", now))
        if wanted.matches(view, now, _workers(reader, view) if wanted.names_workers else ())
    )
    return list(islice(matches, offset, None if limit is None else offset + limit))


def matching_now(wanted: RunFilter, store: Store) -> datetime:
    """Return the time to which a filter refers; without a call if it refers to none."""
    return datetime.fromtimestamp(store.now() if wanted.is_relative else 0, timezone.utc)


def is_wanted(reader: Reader, wanted: RunFilter, view: RunView, now: datetime) -> bool:
    """Whether one run matches a filter, the bounds of its creation included."""
    since, until = wanted.bound("since", now), wanted.bound("until", now)
    if (since is not None and view.created < since) or (until is not None and view.created > until):
        return False
    return wanted.matches(view, now, _workers(reader, view) if wanted.names_workers else ())


def _workers(reader: Reader, view: RunView) -> set[str]:
    """Return the node names of the workers that run tasks of a run."""
    if view.status.ended:
        return set()
    live = (parse_live(raw) for raw in reader.live(view.id).values())
    return {record.owner.rsplit("/", 2)[0] for record in live if record.owner}


def run_view(run: str, head: Head) -> RunView:
    """Return the view of a run, as listed."""
    return RunView(
        id=run,
        name=head.name,
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


def check_aware(*bounds: datetime | None) -> None:
    """Refuse datetimes without a time zone.

    Raises:
        OrchestratorError: a datetime has no time zone.
    """
    for bound in bounds:
        if bound is not None and bound.tzinfo is None:
            raise OrchestratorError(f"{bound!r} has no time zone: pass an aware datetime, e.g. in UTC.")


def _all(reader: Reader, store: Store, since: datetime | None, until: datetime | None) -> Iterator[RunView]:
    low = None if since is None else since.timestamp() * 1000
    high = None if until is None else until.timestamp() * 1000
    offset = 0
    while page := reader.listed(offset, _PAGE, low, high):
        gone = []
        for run, head in zip(page, reader.heads(page), strict=True):
            if head.is_cancelled or not head.is_readable:
                continue
            if head:
                yield run_view(run, head)
            else:
                gone.append(run)
        store.due_index.forget(gone)
        offset += len(page) - len(gone)

"""Lists runs: pages of the derived index, filtered by the records of the runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.model.views import RunView
from orchestrator_celery.records.run_head import Head
from orchestrator_celery.store import Store
from orchestrator_celery.store.reader import Reader

__all__ = ("RunFilter", "check_aware", "list_runs", "run_view")

_PAGE = 200


class RunFilter(NamedTuple):
    """Which runs to list. A field that is None matches every run.

    Args:
        status: their status.
        task: name of a task in them.
        category: their category.
        tag: one of their tags.
        name: their name.
        since: created at or after this time.
        until: created at or before this time.
        text: part of the id or the name.
    """

    status: RunStatus | None = None
    task: str | None = None
    category: str | None = None
    tag: str | None = None
    name: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None

    def matches(self, view: RunView) -> bool:
        """Whether a run matches, apart from the times."""
        asked = (
            (self.status, view.status is self.status),
            (self.task, self.task in view.tasks),
            (self.category, view.category == self.category),
            (self.tag, self.tag in view.tags),
            (self.name, view.name == self.name),
            (self.text, self.text is not None and (self.text in view.id or self.text in view.name)),
        )
        return all(fits for wanted, fits in asked if wanted is not None)


def list_runs(reader: Reader, store: Store, wanted: RunFilter, offset: int, limit: int | None) -> list[RunView]:
    """Read the index until enough runs match, and remove the ids of expired runs from the index."""
    matches = (view for view in _all(reader, store, wanted.since, wanted.until) if wanted.matches(view))
    return list(islice(matches, offset, None if limit is None else offset + limit))


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

"""Lists of runs: a page of the derived index, filtered by what the runs themselves say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from orchestrator_celery.model.nodes import from_ms
from orchestrator_celery.model.states import NodeKind, RunStatus
from orchestrator_celery.model.views import RunView
from orchestrator_celery.store import Store
from orchestrator_celery.store.queries import Reader

__all__ = ("list_runs", "run_view")

_PAGE = 200


def list_runs(
    reader: Reader,
    store: Store,
    *,
    status: RunStatus | None,
    name: str | None,
    since: datetime | None,
    until: datetime | None,
    text: str | None,
    offset: int,
    limit: int,
) -> list[RunView]:
    """Page through the index until enough runs match; ids whose run has expired are dropped from it."""
    matches = (
        view
        for view in _all(reader, store, since, until)
        if (status is None or view.status is status)
        and (name is None or view.name == name)
        and (text is None or text in view.id or text in view.name)
    )
    return list(islice(matches, offset, offset + limit))


def run_view(run: str, head: dict[str, bytes]) -> RunView:
    """One run as a line of a list."""
    return RunView(
        id=run,
        name=head.get("name", b"").decode(),
        kind=NodeKind(head["kind"].decode()),
        status=RunStatus(head["status"].decode()),
        created=from_ms(head["created"]),
        started=from_ms(head["started"]) if "started" in head else None,
        finished=from_ms(head["finished"]) if "finished" in head else None,
        total=int(head["total"]),
        done=int(head["done"]),
        failed=int(head["failed"]),
    )


def _all(reader: Reader, store: Store, since: datetime | None, until: datetime | None) -> Iterator[RunView]:
    low = None if since is None else since.timestamp() * 1000
    high = None if until is None else until.timestamp() * 1000
    offset = 0
    while page := reader.listed(offset, _PAGE, low, high):
        gone = []
        for run, head in zip(page, reader.heads(page), strict=True):
            if head.get("status") == b"CANCELLED":
                continue
            if head:
                yield run_view(run, head)
            else:
                gone.append(run)
        store.forget(gone)
        offset += len(page) - len(gone)

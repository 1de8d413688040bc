"""Lists runs page by page: the derived index, filtered by the records of the runs."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.ids import RunPlace
from orchestrator_celery.model.views import RunView
from orchestrator_celery.store import Store
from orchestrator_celery.store.reader import Reader
from orchestrator_celery.views.runs import matching_now, run_view, workers_of

__all__ = ("RunPages",)

#: Most runs of the index that one round trip looks at.
_PAGE = 200


class RunPages:
    """The runs that match a filter, newest first.

    Args:
        reader: reads records.
        store: the store; its clock says what `2h` ago is, and it forgets the ids of expired runs.
        wanted: the filter.
    """

    def __init__(self, reader: Reader, store: Store, wanted: RunFilter) -> None:
        self._reader = reader
        self._store = store
        self._wanted = wanted
        self._now = matching_now(wanted, store)
        since, until = (wanted.bound(field, self._now) for field in ("since", "until"))
        self._low = None if since is None else since.timestamp() * 1000
        self._high = None if until is None else until.timestamp() * 1000

    def each(self) -> Iterator[RunView]:
        """Yield all runs."""
        place: RunPlace | None = None
        while True:
            found, place = self.read(place, _PAGE)
            yield from found
            if place is None:
                return

    def read(self, after: RunPlace | None, count: int) -> tuple[list[RunView], RunPlace | None]:
        """Return up to `count` runs after a place, and the place of the last one; None if there are no more.

        Args:
            after: the place of the last run before; None for the beginning.
            count: most runs to return.
        """
        found: list[RunView] = []
        while page := self._reader.listed_after(after, _PAGE, self._low, self._high):
            gone = []
            for place, head in zip(page, self._reader.heads([run for _, run in page]), strict=True):
                if not head:
                    gone.append(place.run)
                elif head.is_readable and not head.is_cancelled and self._matches(view := run_view(place.run, head)):
                    found.append(view)
                    if len(found) == count:
                        self._store.due_index.forget(gone)
                        return found, place
            self._store.due_index.forget(gone)
            after = page[-1]
            if len(page) < _PAGE:
                break
        return found, None

    def _matches(self, view: RunView) -> bool:
        workers = workers_of(self._reader, view) if self._wanted.names_workers else ()
        return self._wanted.matches(view, self._now, workers)

"""Lists runs page by page: a derived index says which may match, and the records of the runs decide."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.ids import RunPlace
from orchestrator_celery.model.printing.unreadable import UNREADABLE
from orchestrator_celery.model.views import RunView
from orchestrator_celery.records.head.run_head import Head
from orchestrator_celery.store import Store
from orchestrator_celery.store.reader import Reader
from orchestrator_celery.store.run_index import ListQuery
from orchestrator_celery.views.runs import listed_view, matching_now, workers_of

__all__ = ("RunPages",)

#: Most runs whose heads one round trip reads, and most runs whose times it reads.
_PAGE, _TIMES = 200, 1000


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
        self._index = store.due_index.run_index
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
        found: list[tuple[RunPlace, RunView]] = []
        size, seen = min(_PAGE, count), 0
        while True:
            page, place = self._candidates(after, size)
            found, seen = found + self._matching(page), seen + len(page)
            if len(found) > count or (len(found) == count and place is not None):
                return [view for _, view in found[:count]], found[count - 1][0]
            if place is None:
                return [view for _, view in found], None
            most = _TIMES if self._wanted.asks_duration else _PAGE
            after, size = place, _enough(count - len(found), len(found), seen, most)

    def _candidates(self, after: RunPlace | None, count: int) -> tuple[list[RunPlace], RunPlace | None]:
        """Return runs that may match, and the place from which to go on."""
        if self._query is not None:
            page = self._index.page(self._query, after, count, self._low, self._high)
            return page.places, page.rest
        listed = self._reader.listed_after(after, count, self._low, self._high)
        return listed, listed[-1] if len(listed) == count else None

    @cached_property
    def _query(self) -> ListQuery | None:
        """What the index of words can tell; None for a list of all runs."""
        return self._index.query(self._wanted)

    def _matching(self, page: list[RunPlace]) -> list[tuple[RunPlace, RunView]]:
        if self._wanted.asks_duration:
            page = self._lasting(page)
        found, gone = list[tuple[RunPlace, RunView]](), list[str]()
        for place, head in zip(page, self._reader.heads([run for _, run in page]), strict=True):
            if not head:
                gone.append(place.run)
            elif (view := listed_view(place.run, head)) is not None:
                found.append((place, view))
        self._store.due_index.forget(gone)
        return self._chosen(found)

    def _lasting(self, page: list[RunPlace]) -> list[RunPlace]:
        """Return the runs that have the wanted duration, and those without times that can be read."""
        times = self._index.times([run for _, run in page])
        return [place for place, head in zip(page, times, strict=True) if self._takes(head)]

    def _takes(self, head: Head) -> bool:
        try:
            return not head or self._wanted.takes(head.started, head.finished, self._now)
        except UNREADABLE:
            return True

    def _chosen(self, listed: list[tuple[RunPlace, RunView]]) -> list[tuple[RunPlace, RunView]]:
        """Return the runs that match; the workers of all of them are read in one round trip."""
        if not self._wanted.names_workers:
            return [(place, view) for place, view in listed if self._wanted.matches(view, self._now, ())]
        found = workers_of(self._reader, [view for _, view in listed])
        pairs = zip(listed, found, strict=True)
        return [(place, view) for (place, view), workers in pairs if self._wanted.matches(view, self._now, workers)]


def _enough(wanted: int, found: int, seen: int, most: int = _PAGE) -> int:
    """Return how many candidates to read next, if as many of them match as of those that were seen.

    >>> _enough(25, 26, 51), _enough(25, 0, 51)
    (62, 200)
    """
    return min(most, 10 + wanted * seen // found + wanted // 10 + 1) if found else most

"""Lists the runs of the store, or the runs of one signature."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from orchestrator_celery.errors import RunNotFound
from orchestrator_celery.handles.run_list import RunList
from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.ids import HasId, RunPlace, id_of, parse_place
from orchestrator_celery.model.views import RunView
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.views.run_pages import RunPages
from orchestrator_celery.views.runs import listed_view

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.handles.run import Run

__all__ = ("RunCatalog",)

#: Runs of a page; with a limit up to the second number, the first page has them all.
_PAGE, _LARGEST = 100, 1000


class RunCatalog:
    """Lists runs, newest first.

    Args:
        container: the parts of the orchestrator.
        handle: makes the handle of a run.
    """

    def __init__(self, container: Container, handle: Callable[[str], Run]) -> None:
        self._container = container
        self._handle = handle

    def matching(
        self, wanted: RunFilter, offset: int | None, limit: int | None, after: HasId | str | None = None
    ) -> RunList:
        """Return the runs that match a filter.

        Args:
            wanted: the filter.
            offset: number of matches to leave out. With `offset`, `limit` or `after`, the verbs of the list reach only
                the listed runs.
            limit: most runs to list; by default all.
            after: a run; the runs after it are listed.

        Raises:
            RunNotFound: `after` is the id of a run that has no record.
        """
        start = None if after is None else self._place(after)
        views = partial(self._matching, wanted, _page(limit) + (offset or 0))

        def rest(first: list[RunView]) -> Iterator[RunView]:
            return views(self._place(first[-1].place)) if first else views(start)

        chosen = any(given is not None for given in (offset, limit, after))
        return self._list(lambda: views(start), rest, offset, limit, chosen)

    def of_signature(self, signature: str, offset: int | None, limit: int | None) -> RunList:
        """Return the kept runs of a signature; arguments as for `matching`."""

        def rest(first: list[RunView]) -> Iterator[RunView]:
            return islice(self._views_of(signature), (offset or 0) + len(first), None)

        return self._list(
            lambda: self._views_of(signature), rest, offset, limit, chosen=offset is not None or limit is not None
        )

    def _list(
        self,
        views: Callable[[], Iterator[RunView]],
        rest: Callable[[list[RunView]], Iterator[RunView]],
        offset: int | None,
        limit: int | None,
        chosen: bool,
    ) -> RunList:
        """Return a list of runs.

        Args:
            views: reads the views from the beginning.
            rest: reads the views after the first page.
            offset: number of views to leave out.
            limit: most views.
            chosen: the verbs of the list reach the listed runs only.
        """
        size, begin = _page(limit), offset or 0
        found = list(islice(views(), begin, begin + size + 1))
        first, more = found[:size], len(found) > size and (limit is None or limit > size)
        left = None if limit is None else limit - size

        def others() -> Iterator[Run]:
            return map(self._listed, islice(rest(first), left))

        return RunList(
            [*map(self._listed, first)],
            others if more else None,
            None if chosen else lambda: (view.id for view in views()),
            self._handle,
        )

    def _matching(self, wanted: RunFilter, size: int, place: RunPlace | None) -> Iterator[RunView]:
        """Yield the views of the runs after a place."""
        pages = RunPages(self._container.reader, self._container.store, wanted)
        while True:
            found, place = pages.read(place, size + 1)
            yield from found
            if place is None:
                return

    def _listed(self, view: RunView) -> Run:
        run = self._handle(view.id)
        run._listed = view
        return run

    def _place(self, after: HasId | str) -> RunPlace:
        """Return the place of a run, given as a run, a view, the text of a place, or an id."""
        view = getattr(after, "_listed", None) or after
        place = parse_place(after if isinstance(after, str) else getattr(view, "place", ""))
        if place is not None:
            return place
        run = id_of(after)
        created = self._container.reader.head_field(run, HeadField.CREATED)
        if created is None:
            raise RunNotFound(
                f"The list cannot begin after {run!r}: this run has no record. Pass `view.place` of the last run that "
                "you have listed, which works after its deletion too."
            )
        return RunPlace(float(created), run)

    def _views_of(self, signature: str) -> Iterator[RunView]:
        place = 0
        while page := self._container.reader.newest_of(signature, place, _PAGE):
            yield from self._views(page)
            place += len(page)
        yield from self._views([signature])

    def _views(self, runs: list[str]) -> Iterator[RunView]:
        for run, head in zip(runs, self._container.reader.heads(runs), strict=True):
            if (view := listed_view(run, head)) is not None:
                yield view


def _page(limit: int | None) -> int:
    return _PAGE if limit is None else min(limit, _LARGEST)

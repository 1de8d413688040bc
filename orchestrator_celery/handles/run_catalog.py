"""Lists the runs of the store, or the runs of one signature."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from orchestrator_celery.handles.run_list import RunList
from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.views.runs import list_runs, run_view

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.handles.run import Run
    from orchestrator_celery.model.views import RunView

__all__ = ("RunCatalog",)

_PAGE = 100


class RunCatalog:
    """Lists runs, newest first.

    Args:
        container: the parts of the orchestrator.
        handle: makes the handle of a run.
    """

    def __init__(self, container: Container, handle: Callable[[str], Run]) -> None:
        self._container = container
        self._handle = handle

    def matching(self, wanted: RunFilter, offset: int | None, limit: int | None) -> RunList:
        """Return the runs that match a filter.

        Args:
            wanted: the filter.
            offset: number of matches to leave out. With `offset` or `limit`, the verbs of the list reach only the
                listed runs.
            limit: most runs to list; 100 by default.
        """
        return self._list(partial(list_runs, self._container.reader, self._container.store, wanted), offset, limit)

    def of_signature(self, signature: str, offset: int | None, limit: int | None) -> RunList:
        """Return the kept runs of a signature; arguments as for `matching`."""

        def find(offset: int, limit: int | None) -> list[RunView]:
            stop = None if limit is None else offset + limit
            return list(islice(self._views_of(signature), offset, stop))

        return self._list(find, offset, limit)

    def _list(self, find: Callable[[int, int | None], list[RunView]], offset: int | None, limit: int | None) -> RunList:
        page = find(offset or 0, _PAGE if limit is None else limit)
        chosen = offset is not None or limit is not None
        return RunList(page, (lambda: page) if chosen else partial(find, 0, None), self._handle)

    def _views_of(self, signature: str) -> Iterator[RunView]:
        place = 0
        while page := self._container.reader.newest_of(signature, place, _PAGE):
            yield from self._views(page)
            place += len(page)
        yield from self._views([signature])

    def _views(self, runs: list[str]) -> Iterator[RunView]:
        for run, head in zip(runs, self._container.reader.heads(runs), strict=True):
            if head.is_run and not head.is_cancelled and head.is_readable:
                yield run_view(run, head)

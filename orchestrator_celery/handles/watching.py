"""Tells what happened to runs: the part of `Orchestrator` that follows changes, searches logs and reads reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from orchestrator_celery.handles.lazy_list import FIRST, LazyList, lazily
from orchestrator_celery.model.changes import Change
from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.reports import ResumeReport
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.streams.reports import parse_report
from orchestrator_celery.views.events.changes import ChangeReader
from orchestrator_celery.views.events.following import Follower
from orchestrator_celery.views.logs.search import LogSearch
from orchestrator_celery.views.run_pages import RunPages
from orchestrator_celery.worker.recovery.patience import patiently

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("Watching",)

#: Milliseconds of one wait for changes.
_BLOCK = 500


class Watching:
    """Follows the changes of all runs, searches their logs, and lists the reports of sweeps."""

    #: The parts that handles and workers use; not part of the public interface.
    container: Container

    def resume_reports(self, *, offset: int = 0, limit: int | None = None) -> LazyList[ResumeReport]:
        """List the reports of sweeps that changed something, newest first. The list is read page by page.

        A report that cannot be read is left out, and a warning in the log tells of it.

        Args:
            offset: number of reports to leave out.
            limit: most reports to list; by default all.
        """

        def read(before: Sequence[ResumeReport]) -> Iterator[ResumeReport]:
            place = offset + len(before)
            while page := self.container.reader.reports(place, FIRST):
                yield from filter(None, map(parse_report, page))
                place += len(page)

        return lazily(read, limit, lambda: sum(1 for _ in read(())))

    def watch(
        self,
        where: str | RunFilter = "",
        *,
        status: RunStatus | str | Iterable[RunStatus | str] | None = None,
        task: str | Iterable[str] | None = None,
        category: str | Iterable[str] | None = None,
        tag: str | Iterable[str] | None = None,
        name: str | Iterable[str] | None = None,
        since: datetime | timedelta | str | None = None,
        until: datetime | str | None = None,
        text: str | None = None,
        nodes: bool = False,
        after: str | None = None,
    ) -> Iterator[Change]:
        """Yield what happens to the runs that match a filter, in any process, without end.

        These are changes of status, approvals that wait, and resume reports, from the call of `watch` on. After
        `ChangesMissed`, changes may be missing: read again what you have listed.

        Args:
            where: the filter, as for `runs()`. A changed run is compared with its new status.
            status: as for `runs()`, like all further words of the filter.
            task: a task in the run.
            category: the category.
            tag: one of the tags.
            name: the name.
            since: created at or after this time.
            until: created at or before this time.
            text: part of the id or the name.
            nodes: also yield the events of the nodes of these runs, as `NodeChanged`.
            after: id of the last change that is known, to go on from there; by default the present.

        Raises:
            OrchestratorError: the filter or `after` is not valid.
            StoreUnavailable: the store was away for longer than `orchestrator_store_patience`.
        """
        keywords = {"status": status, "task": task, "category": category, "tag": tag, "name": name}
        wanted = RunFilter.of(str(where), **keywords, since=since, until=until, text=text)
        return self._changes(self._change_reader(wanted, nodes, after))

    def follower(self) -> Follower:
        """Return an object that tells which runs have news, without the news. One blocking read serves all runs.

        It is for programs that show many runs to many people. It belongs to one thread.

        Raises:
            StoreNotConfigured: no Redis is configured as the store.
        """
        return Follower(self.container)

    def logs(
        self,
        where: RunFilter | str = "",
        *,
        search: str | None = None,
        level: str | int | None = None,
        since: datetime | timedelta | str | None = None,
    ) -> LogSearch:
        """Search what the tasks of all runs have logged; the newest lines come first.

        The search keeps an index in a file (`orchestrator_log_index`) and first reads the lines that are new, which
        takes some time for many lines. `incomplete` of the answer tells why lines may be missing; '' if none are.

        Args:
            where: only runs that match this `RunFilter` or its text form.
            search: words, "phrases", prefix*, AND, OR, NOT; by default all lines.
            level: the lowest level, such as `WARNING`.
            since: only lines since this time, an aware datetime, or an age such as `10m`.

        Raises:
            OrchestratorError: a filter, the level, the time or the query cannot be read.
            StoreUnavailable: the store did not answer.
        """
        wanted = RunFilter.of(str(where))
        runs = None
        if str(wanted):
            runs = [view.id for view in RunPages(self.container.reader, self.container.store, wanted).each()]
        return LogSearch(self.container, search, level, since, runs)

    def _change_reader(self, wanted: RunFilter, nodes: bool, after: str | None) -> ChangeReader:
        return patiently(self.container, ChangeReader, self.container, wanted, nodes, after)

    def _changes(self, reader: ChangeReader) -> Iterator[Change]:
        while True:
            yield from patiently(self.container, reader.read, _BLOCK)

"""The part of `Orchestrator` that finds runs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from orchestrator_celery.errors import RunNotFound
from orchestrator_celery.handles.run_catalog import RunCatalog
from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.ids import HasId, id_of
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.head.fields import HeadField

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.handles.run import Run
    from orchestrator_celery.handles.run_list import RunList

__all__ = ("Finding",)


class Finding:
    """Finds runs; part of `Orchestrator`."""

    #: The parts that handles and workers use; not part of the public interface.
    container: Container

    if TYPE_CHECKING:

        def result(self, id: HasId | str, **options: Any) -> Run:
            """Return the handle of a run."""

    def run(self, id: HasId | str) -> Run:
        """Find a run by its id, or by a run or a view.

        Raises:
            RunNotFound: no run has this id.
            ForeignRun: the run belongs to another app on the same store.
        """
        id = id_of(id)
        if self.container.reader.head_field(id, HeadField.STATUS) in (None, b"CANCELLED"):
            raise RunNotFound.by_id(id)
        return self.result(id)

    def runs(
        self,
        where: RunFilter | str = "",
        *,
        status: RunStatus | str | Iterable[RunStatus | str] | None = None,
        task: str | Iterable[str] | None = None,
        category: str | Iterable[str] | None = None,
        tag: str | Iterable[str] | None = None,
        name: str | Iterable[str] | None = None,
        since: datetime | timedelta | str | None = None,
        until: datetime | str | None = None,
        text: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
        after: HasId | str | None = None,
    ) -> RunList:
        """List runs, newest first: `Run`s that carry their view, read page by page. The list has the control verbs.
        A verb applies to all runs that match; with `offset`, `limit` or `after`, to the listed runs only.

        Args:
            where: a `RunFilter` or its text form, such as `status:FAILED tag:eu since:2h`. All keywords have to match
                too; `*` stands for any characters, and of several values one has to match.
            status: only runs in this status.
            task: only runs that call this task.
            category: only runs of this category.
            tag: only runs with this tag.
            name: only runs of this name.
            since: created at or after this time, an aware datetime, or within this age: `2h`, a timedelta.
            until: created at or before this time.
            text: part of the id or the name.
            offset: number of matches to leave out; for a deep page, `after` costs less.
            limit: most runs to list; all by default.
            after: the last run of the page before: the run, its view, its `view.place` or its id.

        Raises:
            OrchestratorError: a word of the filter is not known, a datetime has no zone, or `after` has no record.
        """
        keywords = {"status": status, "task": task, "category": category, "tag": tag, "name": name}
        wanted = RunFilter.of(str(where), **keywords, since=since, until=until, text=text)
        return RunCatalog(self.container, self.result).matching(wanted, offset, limit, after)

    def _runs_of(self, signature: HasId | str, offset: int | None = None, limit: int | None = None) -> RunList:
        """List the runs of a signature, newest first."""
        return RunCatalog(self.container, self.result).of_signature(id_of(signature), offset, limit)

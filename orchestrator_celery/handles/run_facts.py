"""The part of `Run` that tells what the run is: its view, and what never changes in it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from celery.result import AsyncResult

from orchestrator_celery.errors import RunNotFound
from orchestrator_celery.model.states import NodeKind
from orchestrator_celery.model.views import RunView
from orchestrator_celery.views.runs import run_view

if TYPE_CHECKING:
    from orchestrator_celery.records.head.run_head import Head

__all__ = ("RunFacts",)


class RunFacts(AsyncResult):  # type: ignore[type-arg, unused-ignore]
    """The view of a run and its facts; part of `Run`."""

    #: The view that a list has read; a verb of this handle makes it out of date.
    _listed: RunView | None = None

    if TYPE_CHECKING:
        id: str

        def _head(self) -> Head: ...

    @property
    def view(self) -> RunView:
        """Status, times and counts.

        A run from a list carries the view that the list has read, until a verb of this handle is called; `status` and
        `progress()` always read. On another handle, `view` reads too.

        Raises:
            RunNotFound: the run has no record.
        """
        return self._listed or run_view(self.id, self._head())

    @property
    def name(self) -> str | None:
        """Name of the workflow, or of its first task; without a record, Celery's name of the task."""
        try:
            return self.view.name
        except RunNotFound:
            found: str | None = super().name
            return found

    @property
    def kind(self) -> NodeKind:
        """Kind of the workflow. Errors as for `view`, like those of all facts."""
        return self.view.kind

    @property
    def category(self) -> str | None:
        """The category given when the run was started."""
        return self.view.category

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags given when the run was started."""
        return self.view.tags

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of its tasks."""
        return self.view.tasks

    @property
    def created(self) -> datetime:
        """When the run was created, UTC."""
        return self.view.created

    @property
    def rerun_of(self) -> str | None:
        """Id of the run of which this is a rerun."""
        return self.view.rerun_of

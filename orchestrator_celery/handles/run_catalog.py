"""What an orchestrator lists: runs, reports, the audit trail."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, cast

from orchestrator_celery.container import Wiring
from orchestrator_celery.handles.run import Run
from orchestrator_celery.handles.run_list import RunList
from orchestrator_celery.lifecycle.audit import list_audit
from orchestrator_celery.model.reports import ResumeReport
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.views.approvals import WaitingApprovals
from orchestrator_celery.views.runs import Wanted, check_aware, list_runs

if TYPE_CHECKING:
    from orchestrator_celery.model.audit import AuditEntry
    from orchestrator_celery.model.views import ApprovalView
    from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("Lists",)

_PAGE = 100


class Lists(Wiring):
    """Lists, newest first."""

    def runs(
        self,
        *,
        status: RunStatus | str | None = None,
        task: str | None = None,
        category: str | None = None,
        tag: str | None = None,
        name: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        text: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> RunList:
        """List runs, newest first; the list takes the control verbs, too.

        `orchestrator.runs(tag="eu").suspend()` reaches all that match; with `offset` or `limit` just those listed.

        Args:
            status: only runs in this status.
            task: only runs that call this task.
            category: only runs of this category.
            tag: only runs with this tag.
            name: only runs of this name.
            since: created at or after, an aware datetime.
            until: created before or at, an aware datetime.
            text: part of the id or the name.
            offset: how many matches to leave out.
            limit: how many to list at most; 100 by default.

        Raises:
            OrchestratorError: a datetime is naive.
        """
        check_aware(since, until)
        wanted = Wanted(None if status is None else RunStatus(status), task, category, tag, name, since, until, text)
        page = list_runs(self.reader, self.store, wanted, offset or 0, _PAGE if limit is None else limit)
        every = partial(list_runs, self.reader, self.store, wanted, 0, None)
        chosen = offset is not None or limit is not None
        return RunList(page, (lambda: page) if chosen else every, lambda run: Run(run, app=self.app))

    def approvals(self) -> list[ApprovalView]:
        """What waits for a person, in any run, newest first; `run.approve()` and `run.reject()` answer."""
        return WaitingApprovals(cast("Orchestrator", self)).every()

    def resume_reports(self, *, offset: int = 0, limit: int = 100) -> list[ResumeReport]:
        """What the sweeps did that had something to do, newest first.

        Args:
            offset: how many to leave out.
            limit: how many to return at most.
        """
        return [ResumeReport.model_validate_json(raw) for raw in self.reader.reports(offset, limit)]

    def audit(
        self,
        *,
        run: str | None = None,
        signature: str | None = None,
        verb: str | None = None,
        actor: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        offset: int = 0,
        limit: int = 100,
    ) -> list[AuditEntry]:
        """Who steered which run, newest first; refused attempts too. Kept `orchestrator_audit_retention` (90 days).

        Args:
            run: only entries of this run, which may be gone.
            signature: only entries of this stored signature.
            verb: only this verb, such as `suspend`, `resume`, `cancel`, `deadline`.
            actor: only what this actor did.
            since: at or after, an aware datetime.
            until: before or at, an aware datetime.
            offset: how many matches to leave out.
            limit: how many to return at most.

        Raises:
            OrchestratorError: a datetime is naive.
        """
        check_aware(since, until)
        asked = {"run": run, "signature": signature, "verb": verb, "actor": actor}
        return list_audit(self.trail, asked, since=since, until=until, offset=offset, limit=limit)

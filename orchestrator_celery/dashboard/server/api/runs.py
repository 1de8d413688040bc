"""Lists of runs, and one run: its view, its verbs, its progress."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from orchestrator_celery import (
    ApprovalView,
    OrchestratorError,
    Progress,
    RunFilter,
    RunNotFound,
    RunStatus,
    RunView,
    VerbChoice,
)
from orchestrator_celery.dashboard.server.context import Found, Limit, Redacts, TheRun
from orchestrator_celery.dashboard.server.cursors import read_cursor, write_cursor

__all__ = ("Filter", "router")

router = APIRouter(tags=["runs"])

Filter = Annotated[
    str, Query(max_length=2000, description="Which runs, such as `status:FAILED tag:eu since:2h`; '' means all.")
]
#: Most runs that are counted; more are told as `exact: false`.
_COUNTED = 10_000


class RunPage(BaseModel):
    """A page of a list of runs, newest first.

    Args:
        runs: the runs.
        next: the cursor of the next page; None on the last page.
        filter: the filter as it was understood.
    """

    runs: list[RunView]
    next: str | None
    filter: str


class RunCounts(BaseModel):
    """How many runs match a filter.

    Args:
        total: the number of runs.
        statuses: the number of runs by status.
        exact: whether all matching runs were counted; else there are more.
    """

    total: int
    statuses: dict[RunStatus, int]
    exact: bool


class RunDetail(BaseModel):
    """One run.

    Args:
        run: its status, times and counts.
        progress: its progress in tasks.
        verbs: each verb, and whether the status allows it.
        approvals: the approvals that wait for an answer.
    """

    run: RunView
    progress: Progress
    verbs: list[VerbChoice]
    approvals: list[ApprovalView]


class StatusMessage(BaseModel):
    """Why a run stands where it stands.

    Args:
        message: the status in one sentence, with the reason and what to do if the run does not move.
    """

    message: str


@router.get("/runs")
def list_runs(found: Found, filter: Filter = "", cursor: str | None = None, limit: Limit = 100) -> RunPage:
    """List the runs that match a filter, newest first."""
    wanted = RunFilter.parse(filter)
    try:
        views = [run.view for run in found.runs(wanted, after=read_cursor(cursor), limit=limit + 1)]
    except RunNotFound:
        raise OrchestratorError("This cursor belongs to another list. Begin anew.") from None
    more = write_cursor(views[limit - 1].place) if len(views) > limit else None
    return RunPage(runs=views[:limit], next=more, filter=str(wanted))


@router.get("/runs/counts")
def count_runs(found: Found, filter: Filter = "") -> RunCounts:
    """Count the runs that match a filter, by status."""
    views = [run.view for run in found.runs(filter, limit=_COUNTED + 1)]
    counts = {status: sum(view.status is status for view in views[:_COUNTED]) for status in RunStatus}
    return RunCounts(total=sum(counts.values()), statuses=counts, exact=len(views) <= _COUNTED)


@router.get("/runs/{run}")
def read_run(run: TheRun, redacts: Redacts) -> RunDetail:
    """Return one run: its status, progress, verbs and waiting approvals; secrets are hidden."""
    view = run.view
    waiting = [redacts.approval(approval) for approval in run.approvals()]
    return RunDetail(run=view, progress=run.progress(), verbs=list(view.verbs), approvals=waiting)


@router.get("/runs/{run}/message")
def explain_run(run: TheRun) -> StatusMessage:
    """Say in one sentence how a run stands, and why it does not move. It may take a second."""
    return StatusMessage(message=run.status_message)


@router.get("/runs/{run}/progress")
def read_progress(run: TheRun) -> Progress:
    """Return the progress of a run, in tasks."""
    return run.progress()

"""What needs a person now, and how the system does."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from orchestrator_celery import ApprovalView, RunList, RunStatus, RunView, Statistics, WorkerView
from orchestrator_celery.dashboard.server.context import Found, Redacts

__all__ = ("router",)

router = APIRouter(tags=["overview"])

#: Most runs of each kind.
_SHOWN = 20


class Overview(BaseModel):
    """The first page.

    Args:
        approvals: what waits for a person.
        failed: the runs that failed in the asked time.
        running: the runs that run now.
        held: the runs that are suspended or interrupted.
        workers: the workers; those that are gone have `alive` False.
        stats: the statistics of the asked time.
    """

    approvals: list[ApprovalView]
    failed: list[RunView]
    running: list[RunView]
    held: list[RunView]
    workers: list[WorkerView]
    stats: Statistics


@router.get("/overview")
def read_overview(
    found: Found,
    redacts: Redacts,
    since: Annotated[str, Query(max_length=50, description="A time, or an age such as `24h`.")] = "24h",
) -> Overview:
    """Return what needs a person now, and how the system does."""
    held = [RunStatus.SUSPENDED, RunStatus.INTERRUPTED]
    return Overview(
        approvals=[redacts.approval(view) for view in found.approvals()],
        failed=_views(found.runs(status=RunStatus.FAILED, since=since, limit=_SHOWN)),
        running=_views(found.runs(status=RunStatus.RUNNING, limit=_SHOWN)),
        held=_views(found.runs(status=held, limit=_SHOWN)),
        workers=found.workers(),
        stats=found.stats(since=since),
    )


def _views(runs: RunList) -> list[RunView]:
    return [run.view for run in runs]

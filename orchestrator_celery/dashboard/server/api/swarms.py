"""Adds tasks to a running open swarm, and closes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from orchestrator_celery import BulkReport, Orchestrator, OrchestratorError, Priority, Run, StoreUnavailable
from orchestrator_celery.dashboard.server.access.roles import needs
from orchestrator_celery.dashboard.server.context import Found, TheRun

__all__ = ("noted", "router")

router = APIRouter(tags=["swarms"])


@contextmanager
def noted(found: Orchestrator, verb: str, run: Run, node: str) -> Iterator[dict[str, int]]:
    """Write an audit entry for a verb of a swarm, whether it is done or refused. The block may add to the counts."""
    counts: dict[str, int] = {}
    try:
        yield counts
    except StoreUnavailable:
        raise  # the audit trail is in the same store
    except OrchestratorError as exc:
        found.note_refusal(verb, str(exc), run=run, node=node)
        raise
    found.note_done(verb, run=run, node=node, counts=counts)


class NewItem(BaseModel):
    """One task to add.

    Args:
        task: the name of the task.
        args: the positional arguments.
        kwargs: the keyword arguments.
    """

    task: Annotated[str, Field(min_length=1, max_length=500)]
    args: list[Any] = []
    kwargs: dict[str, Any] = {}


class NewItems(BaseModel):
    """Tasks to add to a swarm.

    Args:
        tasks: the tasks.
        priority: their priority.
        node: id of the swarm, if it is not the whole run.
        dry_run: check them, and add none.
    """

    tasks: Annotated[list[NewItem], Field(min_length=1, max_length=10_000)]
    priority: Literal["HIGH", "MEDIUM", "LOW"] = "MEDIUM"
    node: str = "0"
    dry_run: bool = False


@router.post("/runs/{run}/items", dependencies=[needs("add_tasks")])
def add_tasks(run: TheRun, found: Found, form: NewItems) -> BulkReport:
    """Add tasks to an open swarm: all or none."""
    sigs = [found.app.signature(item.task, args=item.args, kwargs=item.kwargs) for item in form.tasks]
    swarm, priority = found.swarm(run.id, node=form.node), Priority[form.priority]
    if form.dry_run:
        return swarm.add_tasks_bulk(sigs, priority=priority, dry_run=True)
    with noted(found, "add_tasks", run, form.node) as counts:
        report = swarm.add_tasks_bulk(sigs, priority=priority)
        counts["added"] = report.added
    return report

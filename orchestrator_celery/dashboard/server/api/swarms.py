"""Adds tasks to a running open swarm."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from orchestrator_celery import BulkReport, Priority
from orchestrator_celery.dashboard.server.access.roles import needs
from orchestrator_celery.dashboard.server.context import Found, TheRun

__all__ = ("router",)

router = APIRouter(tags=["swarms"])


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
    swarm = found.swarm(run.id, node=form.node)
    return swarm.add_tasks_bulk(sigs, priority=Priority[form.priority], dry_run=form.dry_run)

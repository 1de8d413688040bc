"""The registered tasks: where they run, how they do, and starting one."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from orchestrator_celery import ComplexSignature, OrchestratorError, RunView, TaskInfo
from orchestrator_celery.dashboard.server.access.roles import needs
from orchestrator_celery.dashboard.server.api.definitions.starting import given_arguments
from orchestrator_celery.dashboard.server.context import Found, Id

__all__ = ("router",)

router = APIRouter(tags=["tasks"])


class TaskView(TaskInfo):
    """A task of the project."""


class StartForm(BaseModel):
    """How to start a task as a run of its own.

    Args:
        args: the positional arguments.
        kwargs: the keyword arguments.
        name: the name of the run; by default that of the task.
        tags: the tags of the run.
    """

    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    name: str | None = None
    tags: list[str] = []


class TaskStarted(BaseModel):
    """The run that was started.

    Args:
        run: the run.
    """

    run: RunView


@router.get("/tasks")
def list_tasks(found: Found) -> list[TaskView]:
    """List the tasks that this process or a live worker has, by name. Workers tell of tasks that this process lacks."""
    return [TaskView(**dict(info)) for info in found.tasks()]


@router.post("/tasks/{task}/run", dependencies=[needs("run")])
def run_task(task: Id, found: Found, form: StartForm) -> TaskStarted:
    """Start a task as a run of its own, so that it can be steered and followed."""
    if task not in {one.name for one in found.tasks()}:
        raise OrchestratorError(
            f"Neither this process nor a live worker has the task {task!r}. `GET /api/tasks` lists the tasks."
        )
    body = found.app.signature(task, args=form.args, kwargs=form.kwargs)
    with given_arguments():
        run = ComplexSignature(body, name=form.name or task, tags=form.tags, app=found.app).delay()
    return TaskStarted(run=run.view)

"""The registered tasks: where they run, how they do, and starting one."""

from __future__ import annotations

import inspect
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticUserError

from orchestrator_celery import ComplexSignature, InvalidWorkflow, Orchestrator, OrchestratorError, RunView
from orchestrator_celery.dashboard.server.access.roles import needs
from orchestrator_celery.dashboard.server.context import Found, Id

__all__ = ("router",)

router = APIRouter(tags=["tasks"])

_NOT_OF_THE_PROJECT = ("celery.", "orchestrator.")


class TaskParameter(BaseModel):
    """One parameter of a task.

    Args:
        name: its name.
        required: whether it has no default.
        default: the default as text; '' without one.
        json_schema: the JSON Schema of its type hint; empty if nothing is known of it.
    """

    name: str
    required: bool
    default: str = ""
    json_schema: dict[str, Any] = {}


class TaskView(BaseModel):
    """A task of the project.

    Args:
        name: its name.
        doc: the first paragraph of its docstring.
        parameters: its parameters; None if this process does not have the task.
        workers: the node names of the workers that have it.
        lacking: the node names of the live workers that lack it.
    """

    name: str
    doc: str = ""
    parameters: list[TaskParameter] | None = None
    workers: list[str] = []
    lacking: list[str] = []


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
    """List the tasks that this process or a live worker has, by name."""
    workers = [worker for worker in found.workers() if worker.alive]
    names = {name for name in found.app.tasks if not name.startswith(_NOT_OF_THE_PROJECT)}
    names |= {name for worker in workers for name in worker.tasks if not name.startswith(_NOT_OF_THE_PROJECT)}
    return [
        _view(
            found,
            name,
            sorted({worker.name for worker in workers if name in worker.tasks}),
            sorted({worker.name for worker in workers if name not in worker.tasks}),
        )
        for name in sorted(names)
    ]


@router.post("/tasks/{task}/run", dependencies=[needs("run")])
def run_task(task: Id, found: Found, form: StartForm) -> TaskStarted:
    """Start a task as a run of its own, so that it can be steered and followed."""
    if task not in found.app.tasks or task.startswith(_NOT_OF_THE_PROJECT):
        raise OrchestratorError(f"This process has no task {task!r}. `GET /api/tasks` lists the tasks.")
    body = found.app.tasks[task].s(*form.args, **form.kwargs)
    whole = ComplexSignature(body, name=form.name or task, tags=form.tags, app=found.app)
    try:
        return TaskStarted(run=whole.delay().view)
    except TypeError as exc:  # Celery compares the arguments with the task's parameters
        raise InvalidWorkflow(f"The arguments do not fit the task {task!r}, so nothing was started: {exc}") from None


def _view(found: Orchestrator, name: str, having: list[str], lacking: list[str]) -> TaskView:
    task = found.app.tasks.get(name)
    if task is None:
        return TaskView(name=name, workers=having, lacking=lacking)
    doc = (inspect.getdoc(task.run) or "").split("\n\n", 1)[0]
    return TaskView(name=name, doc=doc, parameters=_parameters(task), workers=having, lacking=lacking)


def _parameters(task: Any) -> list[TaskParameter]:
    try:
        signature = inspect.signature(task.run, eval_str=True)
    except (NameError, SyntaxError, TypeError, ValueError):  # a hint names what the module does not have
        signature = inspect.signature(task.run)
    kept = [one for one in signature.parameters.values() if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    return [
        TaskParameter(
            name=one.name,
            required=one.default is one.empty,
            default="" if one.default is one.empty else repr(one.default)[:200],
            json_schema=_schema(one.annotation) if one.annotation is not one.empty else {},
        )
        for one in kept
    ]


def _schema(hint: Any) -> dict[str, Any]:
    try:
        return TypeAdapter(hint).json_schema()
    except (PydanticUserError, TypeError, ValueError, NameError):  # a hint of a class that has no JSON Schema
        return {}

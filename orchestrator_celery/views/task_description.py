"""Describes a registered task: its documentation, its parameters with their types, its policy."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError

from orchestrator_celery.model.observe.tasks import TaskInfo, TaskParameter
from orchestrator_celery.settings import TaskPolicy

__all__ = ("COMMAND", "describe", "is_of_the_project", "project_tasks")

#: The remote control command with which a worker describes its tasks.
COMMAND = "orchestrator_tasks"

_NOT_OF_THE_PROJECT = ("celery.", "orchestrator.")
_LONGEST_DEFAULT, _LONGEST_CATEGORY = 200, 100


def is_of_the_project(name: str) -> bool:
    """Whether a task is one of the project, not of Celery or of this package."""
    return not name.startswith(_NOT_OF_THE_PROJECT)


def project_tasks(names: Iterable[str]) -> set[str]:
    """Return the names of the project's tasks among all names."""
    return {name for name in names if is_of_the_project(name)}


def describe(task: Any) -> TaskInfo:
    """Describe a registered task. Nothing of it runs, and a type hint that cannot be read is left out."""
    doc = (inspect.getdoc(task.run) or "").split("\n\n", 1)[0]
    policy = getattr(task, "orchestrator", None)
    kept = policy.model_dump(mode="json", exclude_unset=True) if isinstance(policy, TaskPolicy) else {}
    category = getattr(task, "category", "")
    found = list(_signature(task).parameters.values())
    kinds = {one.kind for one in found}
    return TaskInfo(
        name=task.name,
        doc=doc,
        category=category[:_LONGEST_CATEGORY] if isinstance(category, str) else "",
        parameters=tuple(_parameter(one) for one in found if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)),
        any_args=inspect.Parameter.VAR_POSITIONAL in kinds,
        any_kwargs=inspect.Parameter.VAR_KEYWORD in kinds,
        policy=kept,
    )


def _signature(task: Any) -> inspect.Signature:
    try:
        return inspect.signature(task.run, eval_str=True)
    except (NameError, SyntaxError, TypeError, ValueError, AttributeError):  # a hint names what its module lacks
        return inspect.signature(task.run)


def _parameter(one: inspect.Parameter) -> TaskParameter:
    return TaskParameter(
        name=one.name,
        required=one.default is one.empty,
        default="" if one.default is one.empty else _words(one.default),
        keyword=one.kind is one.KEYWORD_ONLY,
        json_schema=_schema(one.annotation) if one.annotation is not one.empty else {},
    )


def _words(default: Any) -> str:
    try:
        return repr(default)[:_LONGEST_DEFAULT]
    except Exception:  # an object of the project, whose `__repr__` may raise anything
        return f"<{type(default).__name__}>"


def _schema(hint: Any) -> dict[str, Any]:
    try:
        return TypeAdapter(hint).json_schema()
    except (PydanticUserError, TypeError, ValueError, NameError):  # a hint of a class that has no JSON Schema
        return {}

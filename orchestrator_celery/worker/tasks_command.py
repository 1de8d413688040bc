"""The remote control command with which a worker describes its tasks to processes that do not have them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from celery.worker.control import Panel, inspect_command

from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.views.task_description import COMMAND, describe, is_of_the_project

__all__ = ("register",)

logger = safe_logger(__name__)

#: Most tasks in one answer.
_MOST = 2000


def register() -> None:
    """Register the command in this process. Registering it twice is safe."""
    if COMMAND not in Panel.data:
        inspect_command(
            name=COMMAND, args=[("names", list)], variadic="names", signature="[name1 [name2 [... [nameN]]]]"
        )(_tasks)


def _tasks(state: Any, names: Iterable[str] | None = None, **_: Any) -> list[dict[str, Any]]:
    """Documentation, parameters and policies of the project's tasks.

    Args:
        state: the state of the worker.
        names: the tasks to describe; by default all tasks of the project.

    Returns:
        The fields of a `TaskInfo` for each task that this worker has.
    """
    known = state.app.tasks
    wanted = [name for name in sorted(names or known) if name in known and is_of_the_project(name)]
    return [found for name in wanted[:_MOST] if (found := _described(known[name])) is not None]


def _described(task: Any) -> dict[str, Any] | None:
    try:
        return describe(task).model_dump(mode="json", exclude_defaults=True)
    except Exception:  # code of the project, such as the metaclass of a type hint, may raise anything
        logger.warning("The task %s cannot be described.", task.name, exc_info=True, extra={"action": "describe"})
        return None

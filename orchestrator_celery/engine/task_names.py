"""The names of all tasks that a workflow calls, for finding runs by task."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from celery.utils.functional import maybe_list

from orchestrator_celery.canvas.children import COMPOSITES, child_signatures
from orchestrator_celery.canvas.primitive import Primitive
from orchestrator_celery.records.graphs.routing_objects import to_plain

if TYPE_CHECKING:
    from celery import Celery

__all__ = ("declared_options", "task_names", "task_signatures")

#: What a task may declare about its own messages, as `Task.apply_async` reads it.
_DECLARED = (
    "queue routing_key exchange priority expires serializer delivery_mode compression time_limit soft_time_limit"
).split()


def declared_options(app: Celery, name: str) -> dict[str, Any]:
    """Options of its messages that a task declares and the project's settings do not say anyway.

    Celery looks them up where a message is sent from. The process that goes on with a run may lack the task.

    Args:
        app: whose registry is asked.
        name: of the task; one that is not registered declares nothing.
    """
    task = app.tasks.get(name)
    if task is None:
        return {}
    usual = {"serializer": app.conf.task_serializer, "priority": app.conf.task_default_priority}
    found = {option: getattr(task, option, None) for option in _DECLARED}
    return to_plain({k: v for k, v in found.items() if v is not None and (k not in usual or v != usual[k])})


def task_names(signatures: Iterable[Any]) -> set[str]:
    """Return the names of all tasks in signatures of any kind, callbacks included."""
    return {str(signature.get("task")) for signature in task_signatures(signatures)}


def task_signatures(signatures: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Return the signatures of single tasks in signatures of any kind, callbacks included."""
    waiting = list(signatures)
    while waiting:
        signature = waiting.pop()
        if isinstance(signature, dict):
            children = list(child_signatures(signature))
            if not children and signature.get("task") not in COMPOSITES and not isinstance(signature, Primitive):
                yield signature
            waiting += children
            options = signature.get("options") or {}
            if options:
                waiting += [*_as_list(options.get("link")), *_as_list(options.get("link_error"))]


def _as_list(value: Any) -> list[Any]:
    return list(maybe_list(value) or ())

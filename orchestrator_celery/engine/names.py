"""Which tasks a workflow calls, for those who look for runs by task."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from celery.utils.functional import maybe_list

from orchestrator_celery.canvas.primitive import Primitive

__all__ = ("task_names",)

#: Where Celery's own composites keep what is in them; anything else is a task.
_INSIDE = {
    "celery.chain": ("tasks",),
    "celery.group": ("tasks",),
    "celery.chord": ("header", "body"),
    "celery.map": ("task",),
    "celery.starmap": ("task",),
    "celery.chunks": ("task",),
}


def task_names(signatures: Iterable[Any]) -> set[str]:
    """Names of all tasks in signatures of any kind, callbacks included."""
    found: set[str] = set()
    waiting = list(signatures)
    while waiting:
        given = waiting.pop()
        if isinstance(given, dict):
            inside = list(_inside(given))
            if not inside and given.get("task") not in _INSIDE and not isinstance(given, Primitive):
                found.add(str(given.get("task")))
            waiting += inside
            options = given.get("options") or {}
            if options:
                waiting += [*_several(options.get("link")), *_several(options.get("link_error"))]
    return found


def _inside(given: Any) -> Iterator[Any]:
    if isinstance(given, Primitive):
        yield from given.nested()
        return
    for field in _INSIDE.get(str(given.get("task")), ()):
        value = given["kwargs"].get(field)
        yield from value if isinstance(value, (list, tuple)) else _members(value)


def _members(value: Any) -> Iterable[Any]:
    # A header may be a group, or Celery's lazy list.
    return (value,) if isinstance(value, dict) else value or ()


def _several(value: Any) -> list[Any]:
    return list(maybe_list(value) or ())

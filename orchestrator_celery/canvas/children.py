"""What stands directly in a signature of any kind, native or ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from orchestrator_celery.canvas.primitive import Primitive

__all__ = ("COMPOSITES", "inside")

#: Where Celery's own composites keep what is in them; anything else is a task.
COMPOSITES = {
    "celery.chain": ("tasks",),
    "celery.group": ("tasks",),
    "celery.chord": ("header", "body"),
    "celery.map": ("task",),
    "celery.starmap": ("task",),
    "celery.chunks": ("task",),
}


def inside(given: Any) -> Iterator[Any]:
    """The signatures directly in one; none in a task."""
    if isinstance(given, Primitive):
        yield from given.nested()
        return
    for field in COMPOSITES.get(str(given.get("task")), ()):
        value = given["kwargs"].get(field)
        yield from value if isinstance(value, (list, tuple)) else _members(value)


def _members(value: Any) -> Iterable[Any]:
    # A header may be a group, or Celery's lazy list.
    return (value,) if isinstance(value, dict) else value or ()

"""The direct children of a signature of any kind, native or ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from orchestrator_celery.canvas.primitive import Primitive

__all__ = ("COMPOSITES", "child_signatures")

#: The kwargs that hold the children of Celery's own composites. A signature that is not listed is a task.
COMPOSITES = {
    "celery.chain": ("tasks",),
    "celery.group": ("tasks",),
    "celery.chord": ("header", "body"),
    "celery.map": ("task",),
    "celery.starmap": ("task",),
    "celery.chunks": ("task",),
}


def child_signatures(signature: Any) -> Iterator[Any]:
    """Yield the direct children of a signature; a task has none."""
    if isinstance(signature, Primitive):
        yield from signature.nested()
        return
    for field in COMPOSITES.get(str(signature.get("task")), ()):
        value = signature["kwargs"].get(field)
        yield from value if isinstance(value, (list, tuple)) else _members(value)


def _members(value: Any) -> Iterable[Any]:
    # A chord's header may be a group, or Celery's lazy list.
    return (value,) if isinstance(value, dict) else value or ()

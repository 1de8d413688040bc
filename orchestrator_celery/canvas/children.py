"""The direct children of a signature of any kind, native or ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from celery.canvas import Signature, maybe_signature

from orchestrator_celery.canvas.own_copy import own_copy
from orchestrator_celery.canvas.primitive import Primitive

__all__ = ("COMPOSITES", "child_signatures", "rebuilt")

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
        yield from signature._nested()
        return
    for field in COMPOSITES.get(str(signature.get("task")), ()):
        value = signature["kwargs"].get(field)
        yield from value if isinstance(value, (list, tuple)) else _members(value)


def rebuilt(signature: Any, app: Any) -> Any:
    """Rebuild a signature from a dict, or clone it; unlike Celery, keep the immutability of chains at any depth.

    Args:
        signature: a dict from a message, or a signature.
        app: the app to which the signature is bound; None leaves it unbound.
    """
    # Celery puts the rebuilt children of a group into the given dict, so what it forgets is read before. The dict may
    # be part of a document that the caller goes on to use, so Celery gets a copy.
    marks = _immutable(signature)
    given = signature if isinstance(signature, Signature) else own_copy(signature)
    found = maybe_signature(given, app=app, clone=True)
    _make_immutable(found, marks)
    return found


#: Whether a signature is immutable, and the same of its children.
_Marks = tuple[bool, "list[_Marks]"]


def _immutable(signature: Any) -> _Marks:
    is_composite = signature.get("task") in COMPOSITES
    children = child_signatures(signature) if is_composite else ()
    return bool(signature.get("immutable")), [_immutable(child) for child in children if isinstance(child, dict)]


def _make_immutable(signature: Any, marks: _Marks) -> None:
    immutable, below = marks
    if immutable and not signature.get("immutable"):
        signature["immutable"] = True
    if below:
        children = (child for child in child_signatures(signature) if isinstance(child, dict))
        for child, mark in zip(children, below, strict=False):
            _make_immutable(child, mark)


def _members(value: Any) -> Iterable[Any]:
    # A chord's header may be a group, or Celery's lazy list.
    return (value,) if isinstance(value, dict) else value or ()

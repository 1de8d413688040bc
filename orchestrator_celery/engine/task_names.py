"""The names of all tasks that a workflow calls, for finding runs by task."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from celery.utils.functional import maybe_list

from orchestrator_celery.canvas.children import COMPOSITES, child_signatures
from orchestrator_celery.canvas.primitive import Primitive

__all__ = ("task_names",)


def task_names(signatures: Iterable[Any]) -> set[str]:
    """Return the names of all tasks in signatures of any kind, callbacks included."""
    found: set[str] = set()
    waiting = list(signatures)
    while waiting:
        signature = waiting.pop()
        if isinstance(signature, dict):
            children = list(child_signatures(signature))
            if not children and signature.get("task") not in COMPOSITES and not isinstance(signature, Primitive):
                found.add(str(signature.get("task")))
            waiting += children
            options = signature.get("options") or {}
            if options:
                waiting += [*_as_list(options.get("link")), *_as_list(options.get("link_error"))]
    return found


def _as_list(value: Any) -> list[Any]:
    return list(maybe_list(value) or ())

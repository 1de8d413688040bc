"""Which tasks a workflow calls, for those who look for runs by task."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from celery.utils.functional import maybe_list

from orchestrator_celery.canvas.children import COMPOSITES, child_signatures
from orchestrator_celery.canvas.primitive import Primitive

__all__ = ("task_names",)


def task_names(signatures: Iterable[Any]) -> set[str]:
    """Names of all tasks in signatures of any kind, callbacks included."""
    found: set[str] = set()
    waiting = list(signatures)
    while waiting:
        given = waiting.pop()
        if isinstance(given, dict):
            parts = list(child_signatures(given))
            if not parts and given.get("task") not in COMPOSITES and not isinstance(given, Primitive):
                found.add(str(given.get("task")))
            waiting += parts
            options = given.get("options") or {}
            if options:
                waiting += [*_several(options.get("link")), *_several(options.get("link_error"))]
    return found


def _several(value: Any) -> list[Any]:
    return list(maybe_list(value) or ())

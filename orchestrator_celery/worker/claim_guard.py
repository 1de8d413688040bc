"""The veto before the body, for any task class.

`before_start` of the class of every registered task is wrapped: it is the
one hook that runs in the process of the body, in every pool and for every
base class, and may stop the body (`raise Ignore`: acknowledged, nothing
stored, nothing goes on). Raising in `task_prerun` is swallowed by Celery.
`replace` is wrapped as well, so that a canvas that replaces a task of a run
becomes a durable run itself; and, with `retry`, so that a broker or a store
that is away for a while does not fail the task. `add_to_chord` is wrapped,
because the chord of a run is no chord of Celery's backend.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.worker.chord_additions import ChordAdditions
    from orchestrator_celery.worker.claims import Claims
    from orchestrator_celery.worker.retry_replace import RetryReplace

__all__ = ("guard_tasks",)

_MARK = "_orchestrator_guarded"


def guard_tasks(app: Celery, claims: Claims, handover: RetryReplace, additions: ChordAdditions) -> None:
    """Wrap the class of every registered task. Wrapping twice does nothing.

    Args:
        app: the Celery app.
        claims: claims messages before their body.
        handover: handles retries and replacements.
        additions: handles `add_to_chord`.
    """
    for task in app._tasks.values():
        cls = type(task)
        if not getattr(cls.before_start, _MARK, False):
            cls.before_start = _before_start(cls.before_start, claims)
        if not getattr(cls.replace, _MARK, False):
            cls.replace = _replace(cls.replace, handover)
        if not getattr(cls.on_replace, _MARK, False):
            cls.on_replace = _on_replace(cls.on_replace, handover)
        if not getattr(cls.retry, _MARK, False):
            cls.retry = _retry(cls.retry, handover)
        if not getattr(cls.add_to_chord, _MARK, False):
            cls.add_to_chord = _add_to_chord(cls.add_to_chord, additions)


def _before_start(original: Callable[..., Any], claims: Claims) -> Callable[..., Any]:
    def before_start(self: Any, task_id: str, args: Any, kwargs: Any) -> Any:
        request = self.request
        # A task of a run has the run as its parent; this is all that a plain task pays.
        if not request.is_eager and (request.parent_id or self.name == "orchestrator.close"):
            claims.claim(self, request, args)
        return original(self, task_id, args, kwargs)

    setattr(before_start, _MARK, True)
    return before_start


def _replace(original: Callable[..., Any], handover: RetryReplace) -> Callable[..., Any]:
    def replace(self: Any, sig: Any) -> Any:
        return original(self, handover.replacement(self, sig))

    setattr(replace, _MARK, True)
    return replace


def _on_replace(original: Callable[..., Any], handover: RetryReplace) -> Callable[..., Any]:
    def on_replace(self: Any, sig: Any) -> Any:
        return handover.replace(self, sig, original)

    setattr(on_replace, _MARK, True)
    return on_replace


def _add_to_chord(original: Callable[..., Any], additions: ChordAdditions) -> Callable[..., Any]:
    @wraps(original)
    def add_to_chord(self: Any, sig: Any, lazy: bool = False) -> Any:
        return additions.add(self, sig, lazy, original)

    setattr(add_to_chord, _MARK, True)
    return add_to_chord


def _retry(original: Callable[..., Any], handover: RetryReplace) -> Callable[..., Any]:
    @wraps(original)
    def retry(self: Any, *args: Any, **kwargs: Any) -> Any:
        return handover.retry(self, original, args, kwargs)

    setattr(retry, _MARK, True)
    return retry

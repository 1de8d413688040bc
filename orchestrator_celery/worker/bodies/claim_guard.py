"""Wraps the class of every registered task, so that a claim decides whether the body runs.

`before_start` is the one hook that runs in the process of the body, in every
pool and for every base class, and that can stop the body: `raise Ignore`
acknowledges the message, stores nothing and starts nothing after it. Celery
swallows an error that `task_prerun` raises, so that signal cannot stop a body.

`replace` and `on_replace` are wrapped so that a canvas that replaces a task of
a run becomes a durable run. `retry` and `on_replace` are wrapped so that a task
does not fail while the broker or the store is away.
`__trace__`, the tracer of a task's messages, is wrapped so that the process may go on with the next task of a run.
`add_to_chord` is wrapped because the chord of a run is not a chord of Celery's result backend.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from orchestrator_celery.worker.turns import Tracer

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.worker.bodies.chord_additions import ChordAdditions
    from orchestrator_celery.worker.bodies.claims import Claims
    from orchestrator_celery.worker.bodies.retry_replace import RetryReplace
    from orchestrator_celery.worker.turns import Turns

__all__ = ("guard_tasks",)

_MARK = "_orchestrator_guarded"


def guard_tasks(
    app: Celery, claims: Claims, retry_replace: RetryReplace, additions: ChordAdditions, turns: Turns
) -> None:
    """Wrap the class of every registered task. A class is wrapped only once.

    Args:
        app: the Celery app.
        claims: claims a message before its body runs.
        retry_replace: handles retries and replacements.
        additions: handles `add_to_chord`.
        turns: go on with the next task of a run.
    """
    for task in app._tasks.values():  # type: ignore[attr-defined, unused-ignore]
        cls = type(task)
        if not getattr(cls.before_start, _MARK, False):
            cls.before_start = _before_start(cls.before_start, claims)
        if not getattr(cls.replace, _MARK, False):
            cls.replace = _replace(cls.replace, retry_replace)
        if not getattr(cls.on_replace, _MARK, False):
            cls.on_replace = _on_replace(cls.on_replace, retry_replace)
        if not getattr(cls.retry, _MARK, False):
            cls.retry = _retry(cls.retry, retry_replace)
        if not getattr(cls.add_to_chord, _MARK, False):
            cls.add_to_chord = _add_to_chord(cls.add_to_chord, additions)
        if not isinstance(cls.__dict__.get("__trace__"), Tracer):
            tracer = task.__dict__.get("__trace__")
            cls.__trace__ = Tracer(turns)
            task.__trace__ = tracer


def _before_start(original: Callable[..., Any], claims: Claims) -> Callable[..., Any]:
    def before_start(self: Any, task_id: str, args: Any, kwargs: Any) -> Any:
        request = self.request
        # The parent of a run's task is the run. This check is the only cost for other tasks.
        if not request.is_eager and (request.parent_id or self.name == "orchestrator.close"):
            claims.claim(self, request, args, kwargs)
        return original(self, task_id, args, kwargs)

    setattr(before_start, _MARK, True)
    return before_start


def _replace(original: Callable[..., Any], retry_replace: RetryReplace) -> Callable[..., Any]:
    def replace(self: Any, sig: Any) -> Any:
        return original(self, retry_replace.replacement(self, sig))

    setattr(replace, _MARK, True)
    return replace


def _on_replace(original: Callable[..., Any], retry_replace: RetryReplace) -> Callable[..., Any]:
    def on_replace(self: Any, sig: Any) -> Any:
        return retry_replace.replace(self, sig, original)

    setattr(on_replace, _MARK, True)
    return on_replace


def _add_to_chord(original: Callable[..., Any], additions: ChordAdditions) -> Callable[..., Any]:
    @wraps(original)
    def add_to_chord(self: Any, sig: Any, lazy: bool = False) -> Any:
        return additions.add(self, sig, lazy, original)

    setattr(add_to_chord, _MARK, True)
    return add_to_chord


def _retry(original: Callable[..., Any], retry_replace: RetryReplace) -> Callable[..., Any]:
    @wraps(original)
    def retry(self: Any, *args: Any, **kwargs: Any) -> Any:
        return retry_replace.retry(self, original, args, kwargs)

    setattr(retry, _MARK, True)
    return retry

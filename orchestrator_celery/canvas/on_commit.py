"""Starts a run when the transaction of Django's database commits, as Celery's `DjangoTask` starts a task."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from orchestrator_celery.errors import InvalidSettings

if TYPE_CHECKING:
    from orchestrator_celery.handles.run import Run

__all__ = ("start_on_commit",)


def start_on_commit(start: Callable[[], Run], handle: Callable[[], Run]) -> Run:
    """Start a run after the outermost transaction of Django's default database; at once outside a transaction.

    Args:
        start: starts the run.
        handle: returns the handle of the run that has not started yet.

    Raises:
        InvalidSettings: Django is not installed.
    """
    try:
        from django.db import transaction
    except ImportError as exc:
        raise InvalidSettings(
            "A start on commit waits for a transaction of Django, and Django is not installed: call apply_async() or "
            "delay(), or run pip install django."
        ) from exc
    started: list[Run] = []
    transaction.on_commit(lambda: started.append(start()))
    return started[0] if started else handle()

"""Fail a run that has not ended by its deadline."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from orchestrator_celery.lifecycle.side_effects.nested_runs import NestedRuns

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("fail_overdue",)


def fail_overdue(container: Container, run: str, error: bytes) -> bool:
    """Fail a run that has passed its deadline, and its nested runs.

    Args:
        container: the parts of the orchestrator.
        run: the run.
        error: the encoded error.

    Returns:
        Whether this call failed the run.
    """
    effects = container.store.overdue(run, error)
    if effects.refused is not None:
        return False
    NestedRuns(container).apply_verb(run, effects, partial(container.store.overdue, error=error, inner=True))
    container.publisher.act(effects.todo)
    return True

"""Suspend a run, and resume it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator_celery.lifecycle.refusal import check
from orchestrator_celery.lifecycle.side_effects.nested_runs import NestedRuns

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("Suspension",)


class Suspension:
    """Suspends and resumes runs.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._store = container.store
        self._publisher = container.publisher
        self._nested = NestedRuns(container)

    def suspend(self, run: str) -> None:
        """Stop the start of further tasks. Running tasks may finish.

        Raises:
            RunNotFound: there is no such run.
            InvalidTransition: the run is neither PENDING nor RUNNING.
        """
        effects = self._store.suspend(run)
        check(effects, run, "suspend")
        self._nested.apply_verb(run, effects, self._store.suspend)

    def resume(self, run: str) -> None:
        """Continue a suspended or interrupted run, and start the tasks that an auto-resume rule holds back.

        Raises:
            RunNotFound: there is no such run.
            InvalidTransition: the run is neither suspended nor interrupted, and none of its tasks is held back.
        """
        effects = self._store.resume(run)
        check(effects, run, "resume")
        self._nested.apply_verb(run, effects, self._store.resume)
        self._publisher.act(effects.todo)

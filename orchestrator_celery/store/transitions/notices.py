"""Transitions of the notices that a run owes to subscriptions."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.scripting.script_call import Transitions

__all__ = ("NoticeTransitions",)


@raises_store_unavailable
class NoticeTransitions(Transitions):
    """Changes of the notices."""

    def sent(self, run: str, changes: Iterable[str]) -> None:
        """Record that the notices of changes of status were sent.

        Args:
            run: the run's id.
            changes: the changes, as the head lists them.
        """
        self._run("noticed", run, *changes)

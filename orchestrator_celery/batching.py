"""Which items of a swarm share a message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from orchestrator_celery.engine.leaf import Leaf
from orchestrator_celery.model.effects import Dispatch
from orchestrator_celery.settings import TaskPolicy

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.settings import OrchestratorSettings

__all__ = ("Sharing", "portions")

#: What a task has of its own, and its message then as well.
_OWN = ("queue", "exchange", "routing_key", "priority", "expires", "time_limit", "soft_time_limit", "rate_limit")


class Sharing:
    """Says whether a task may share a message.

    Args:
        app: where it is registered.
        settings: the rules for what may be started again: what may not has a message, and a process, of its own.
    """

    def __init__(self, app: Celery, settings: OrchestratorSettings) -> None:
        self._app = app
        self._settings = settings
        self._known: dict[str, bool] = {}

    def allows(self, effect: Dispatch, leaf: Leaf) -> bool:
        """Whether this very message may be one of several."""
        first = effect.leaf.attempt == 1 and effect.fence == (0, 0) and not effect.wait
        if not first or leaf.options:
            return False
        if leaf.task not in self._known:
            self._known[leaf.task] = self._allows_task(leaf.task)
        return self._known[leaf.task]

    def _allows_task(self, name: str) -> bool:
        app, task = self._app, self._app.tasks.get(name)
        if task is None or name.startswith(("celery.", "orchestrator.")):
            return False
        conf = app.conf
        if conf.task_time_limit or conf.task_soft_time_limit or any(getattr(task, own, None) for own in _OWN):
            return False
        if bool(task.acks_late) != bool(conf.task_acks_late) or task.serializer != conf.task_serializer:
            return False
        return self._may_be_lost(task) and not app.amqp.router.lookup_route(name, (), {}, {})

    def _may_be_lost(self, task: Any) -> bool:
        """A neighbour may take its process down: then it has to be started again."""
        settings, policy = self._settings, getattr(task, "orchestrator", None)
        resumes, limit = settings.auto_resume, settings.max_resumes
        if isinstance(policy, TaskPolicy):
            resumes = resumes if policy.auto_resume is None else policy.auto_resume
            limit = limit if policy.max_resumes is None else policy.max_resumes
        return resumes and limit > 0


def portions(items: Iterable[Any], most: int) -> list[list[Any]]:
    """Cut items into messages: several, so that other processes have work too."""
    every = list(items)
    size = max(1, min(most, -(-len(every) // 4)))
    return [every[start : start + size] for start in range(0, len(every), size)]

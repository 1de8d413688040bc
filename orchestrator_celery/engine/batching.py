"""Which items of a batched swarm may share a message, and which have one of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from celery.canvas import _basemap

from orchestrator_celery.engine.recovery import Rules
from orchestrator_celery.settings import OrchestratorSettings, TaskPolicy

if TYPE_CHECKING:
    from celery import Celery
    from celery.canvas import Signature

__all__ = ("BATCH_TASK", "Batching")

BATCH_TASK = "orchestrator.batch"

#: Options that say when or how long one message is good for, which a message for several items cannot.
_OF_ONE = ("countdown", "eta", "expires", "time_limit", "soft_time_limit")
_WHERE = frozenset(("queue", "exchange", "routing_key"))
_OWN = ("queue", "exchange", "routing_key", "priority", *_OF_ONE)


class Batching:
    """Decides for one app.

    Args:
        app: its tasks, routes and limits.
        settings: which tasks start again after a crash; the others must not be taken down by a neighbour.
    """

    def __init__(self, app: Celery, settings: OrchestratorSettings) -> None:
        self._app = app
        self._settings = settings
        self._rules = Rules(settings.auto_resume, settings.auto_resume_include, settings.auto_resume_exclude, ())

    def goes_singly(self, signature: Signature, inherited: Mapping[str, Any]) -> bool:
        """Whether an item needs a message of its own.

        Args:
            signature: a task's.
            inherited: options of the swarm, with which its runners are sent.
        """
        task = self._app.tasks.get(signature["task"])
        return (
            task is None
            or isinstance(signature, _basemap)
            or self._has_limits(task)
            or any(inherited.get(name) is not None for name in _OF_ONE)
            or self._has_own_options(task, signature, inherited)
            or self._is_routed(signature, inherited)
            or not self._may_run_again(task)
        )

    def _has_limits(self, task: Any) -> bool:
        conf = self._app.conf
        limits = (conf.task_time_limit, conf.task_soft_time_limit, task.time_limit, task.soft_time_limit)
        return any(limits) or bool(task.rate_limit or conf.task_default_rate_limit)

    def _has_own_options(self, task: Any, signature: Signature, inherited: Mapping[str, Any]) -> bool:
        if any(getattr(task, name, None) is not None for name in _OWN):
            return True
        own = {name for name, value in signature.options.items() if value is not None and inherited.get(name) != value}
        return not own <= {"serializer", "link", "link_error", "task_id", "immutable"}

    def _is_routed(self, signature: Signature, inherited: Mapping[str, Any]) -> bool:
        """Whether its queue is not the one the swarm's runners go to."""
        if _WHERE & inherited.keys():
            return False  # an option is stronger than a route
        return bool(self._app.amqp.router.lookup_route(signature["task"], (), {}, {}))

    def _may_run_again(self, task: Any) -> bool:
        policy = getattr(task, "orchestrator", None)
        if not isinstance(policy, TaskPolicy):
            policy = TaskPolicy()
        times = self._settings.max_resumes if policy.max_resumes is None else policy.max_resumes
        asks = bool(self._settings.auto_resume_validators)  # nobody would ask them about an item that shares a message
        return times > 0 and not asks and self._rules.allow_name(task.name, policy.auto_resume)

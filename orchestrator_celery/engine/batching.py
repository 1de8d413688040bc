"""Decides which items of a batched swarm may share a message."""

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

#: Options that limit one message in time; a message for several items cannot have them.
_OF_ONE = ("countdown", "eta", "expires", "time_limit", "soft_time_limit")
_WHERE = frozenset(("queue", "exchange", "routing_key"))
_OWN = ("queue", "exchange", "routing_key", "priority", *_OF_ONE)


class Batching:
    """Decides for the items of one app.

    Args:
        app: the app with its tasks, routes and limits.
        settings: the rules for restarts. A task that may not restart gets a message of its own, so that a crash
            of another item cannot take it down.
    """

    def __init__(self, app: Celery, settings: OrchestratorSettings) -> None:
        self._app = app
        self._settings = settings
        self._rules = Rules(settings.auto_resume, settings.auto_resume_include, settings.auto_resume_exclude, ())

    def needs_own_message(self, signature: Signature, inherited: Mapping[str, Any]) -> bool:
        """Whether an item needs a message of its own.

        Args:
            signature: the signature of a task.
            inherited: the options of the swarm, which its runners get too.
        """
        task = self._app.tasks.get(signature["task"])
        return (
            task is None
            or isinstance(signature, _basemap)
            or self.has_limits(task)
            or any(inherited.get(name) is not None for name in _OF_ONE)
            or self._has_own_options(task, signature, inherited)
            or self._is_routed(signature, inherited)
            or not self.may_run_again(task)
        )

    def has_limits(self, task: Any) -> bool:
        """Whether a task has a time limit or a rate limit, of its own or of the project."""
        conf = self._app.conf
        limits = (conf.task_time_limit, conf.task_soft_time_limit, task.time_limit, task.soft_time_limit)
        return any(limits) or bool(task.rate_limit or conf.task_default_rate_limit)

    def _has_own_options(self, task: Any, signature: Signature, inherited: Mapping[str, Any]) -> bool:
        if any(getattr(task, name, None) is not None for name in _OWN):
            return True
        own = {name for name, value in signature.options.items() if value is not None and inherited.get(name) != value}
        return not own <= {"serializer", "link", "link_error", "task_id", "immutable"}

    def _is_routed(self, signature: Signature, inherited: Mapping[str, Any]) -> bool:
        """Whether the item's queue differs from the queue of the swarm's runners."""
        if _WHERE & inherited.keys():
            return False  # an option is stronger than a route
        return bool(self._app.amqp.router.lookup_route(signature["task"], (), {}, {}))

    def may_run_again(self, task: Any) -> bool:
        """Whether a task may start again after it lost its process, by its policy and the project's rules."""
        policy = getattr(task, "orchestrator", None)
        if not isinstance(policy, TaskPolicy):
            policy = TaskPolicy()
        times = self._settings.max_resumes if policy.max_resumes is None else policy.max_resumes
        # The validators are not called for an item that shares a message.
        has_validators = bool(self._settings.auto_resume_validators)
        return times > 0 and not has_validators and self._rules.allow_name(task.name, policy.auto_resume)

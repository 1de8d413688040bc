"""Decides about running nodes whose worker is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple

from orchestrator_celery.model.printing.safe_text import safe_repr

__all__ = ("LostNode", "Rules", "Sighting", "is_orphaned")

#: A heartbeat must be this many milliseconds newer than a claim; only then a missing task id means a lost task.
_MARGIN = 1000.0


class Sighting(NamedTuple):
    """The known state of the worker that claimed a node.

    Args:
        alive: whether the worker's lease holds.
        buried: whether the worker is certainly dead, so that its lease need not be awaited.
        seen: the last heartbeat, in ms; 0 for none.
        active: the ids of the tasks that ran at the last heartbeat.
    """

    alive: bool
    buried: bool = False
    seen: float = 0.0
    active: frozenset[str] = frozenset()


def is_orphaned(task_id: str, claimed: float, sighting: Sighting, now: float, lease: float) -> bool:
    """Whether no process runs a claimed node any more.

    Args:
        task_id: the id of the node's message.
        claimed: the time of the claim, in ms.
        sighting: the state of the worker that claimed the node.
        now: the current time, in ms.
        lease: the lease in ms. A worker without a heartbeat so far may have claimed just before its first one.
    """
    if sighting.buried:
        return True
    if not sighting.alive:
        return claimed + lease < now
    # The worker lives but does not run the task: its child process died unnoticed, or the store lost the report.
    return claimed + _MARGIN < sighting.seen and task_id not in sighting.active


class LostNode(NamedTuple):
    """An orphaned node, as validators get it."""

    run: str
    node: str
    task: str
    attempt: int
    owner: str
    checkpoint: bool


class Rules(NamedTuple):
    """The rules for restarting tasks automatically.

    Args:
        enabled: the project's switch.
        include: globs of task names.
        exclude: globs of task names; stronger than include.
        validators: callables that return True to allow a restart, else False or the reason.
    """

    enabled: bool
    include: Iterable[str]
    exclude: Iterable[str]
    validators: Iterable[Callable[[LostNode], bool | str]]

    def allow_name(self, task: str, policy: bool | None) -> bool:
        """Whether the name and the policy of a task allow a restart; arguments as for `refusal`."""
        return self._refusal_by_name(task, policy) is None

    def _refusal_by_name(self, task: str, policy: bool | None) -> str | None:
        if policy is not None:
            return None if policy else "the task's policy"
        if not self.enabled:
            return "orchestrator_auto_resume is off"
        if not any(fnmatchcase(task, glob) for glob in self.include):
            return "orchestrator_auto_resume_include"
        if any(fnmatchcase(task, glob) for glob in self.exclude):
            return "orchestrator_auto_resume_exclude"
        return None

    def refusal(self, lost: LostNode, policy: bool | None) -> str | None:
        """Return the rule that forbids a restart, or None.

        Args:
            lost: the orphaned node.
            policy: the `auto_resume` of the task's policy; it overrides the project's switch and globs.
        """
        by_name = self._refusal_by_name(lost.task, policy)
        if by_name is not None:
            return by_name
        for validator in self.validators:
            name = getattr(validator, "__name__", None) or safe_repr(validator)
            try:
                answer = validator(lost)
            except Exception as exc:
                # A broken validator forbids the restart, but it must not prevent the restart of other tasks.
                return f"validator {name} raised {safe_repr(exc)}"
            if answer is not True:
                return answer or f"validator {name}"
        return None

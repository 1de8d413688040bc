"""What to do with a running node whose worker is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple

__all__ = ("Lost", "Rules", "Sighting", "is_orphaned")

#: Milliseconds a claim is older than a sign of life before its absence there means anything.
_MARGIN = 1000.0


class Sighting(NamedTuple):
    """What is known of the worker that claimed a node.

    Args:
        alive: its lease holds.
        buried: it is known to be dead, without waiting for anything.
        seen: its last sign of life, ms; 0 for none.
        active: the task ids it ran then.
    """

    alive: bool
    buried: bool = False
    seen: float = 0.0
    active: frozenset[str] = frozenset()


def is_orphaned(task_id: str, claimed: float, sighting: Sighting, now: float, lease: float) -> bool:
    """Whether nobody runs a claimed node any more.

    Args:
        task_id: the id of its message.
        claimed: when it was claimed, ms.
        sighting: its owner.
        now: ms.
        lease: ms; a worker that is not known yet may have claimed before its first sign of life.
    """
    if sighting.buried:
        return True
    if not sighting.alive:
        return claimed + lease < now
    # The worker lives and does not run it: its child died unseen, or the store has forgotten the end of it.
    return claimed + _MARGIN < sighting.seen and task_id not in sighting.active


class Lost(NamedTuple):
    """An orphaned node, as validators see it."""

    run: str
    node: str
    task: str
    attempt: int
    owner: str
    checkpoint: bool


class Rules(NamedTuple):
    """Which tasks may be started again by themselves.

    Args:
        enabled: the project's switch.
        include: globs of task names.
        exclude: globs of task names; stronger.
        validators: each answers True, or False, or the reason why not.
    """

    enabled: bool
    include: Iterable[str]
    exclude: Iterable[str]
    validators: Iterable[Callable[[Lost], bool | str]]

    def allow_name(self, task: str, policy: bool | None) -> bool:
        """Whether nothing that is known of a task beforehand forbids a resume; arguments as for `refusal`."""
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

    def refusal(self, lost: Lost, policy: bool | None) -> str | None:
        """The rule that forbids a resume, or None.

        Args:
            lost: the node.
            policy: what the task itself says, over the project's switch and globs.
        """
        by_name = self._refusal_by_name(lost.task, policy)
        if by_name is not None:
            return by_name
        for validator in self.validators:
            name = getattr(validator, "__name__", str(validator))
            try:
                answer = validator(lost)
            except Exception as exc:
                # It cannot say yes; and a mistake in it must not keep other tasks from their resume.
                return f"validator {name} raised {exc!r}"
            if answer is not True:
                return answer or f"validator {name}"
        return None

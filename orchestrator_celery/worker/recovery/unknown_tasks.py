"""Messages whose task this worker lacks, as in a rolling deploy or with two code bases on one broker.

Such a node waits in the outbox and is sent again, after pauses that grow. While a live worker that consumes one of the
same queues has the task, the node waits for that worker. If there is none, it fails after
`orchestrator_unknown_task_patience`. The store keeps the time, so the workers need not agree on anything.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from celery.exceptions import NotRegistered

from orchestrator_celery.dispatch.errbacks import ERRBACK_TASK
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.store import Effects
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.store.transitions.outbox import FAILED
from orchestrator_celery.worker.recovery.heartbeat import skills_of
from orchestrator_celery.worker.recovery.patience import patiently

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.container import Container
    from orchestrator_celery.store.worker_registry import Skills
    from orchestrator_celery.worker.bodies.reporter import Reporter

__all__ = ("UnknownTasks", "lacking_error", "missing_task")

logger = safe_logger(__name__)

#: Most names in a list of an error.
_LISTED = 10
#: Tasks of Celery whose argument `task` is a signature that their body runs.
_MAPS = ("celery.map", "celery.starmap")


class UnknownTasks:
    """Returns nodes to the outbox whose task this worker lacks.

    Args:
        container: the parts of the orchestrator.
        reporter: reports to the store.
    """

    def __init__(self, container: Container, reporter: Reporter) -> None:
        self._container = container
        self._reporter = reporter
        self._known: Mapping[str, Skills] = {}
        self._asked: float | None = None

    def postpone(self, leaf: LeafId, fence: Fence, task: str, back: Sequence[str] = ()) -> Effects | None:
        """Report that this worker lacks a task. The node is sent again later, or fails after the patience.

        Args:
            leaf: the node and the attempt.
            fence: the message's place in the attempt.
            task: the name of the task.
            back: items that a runner has taken and gives back; the first one needs the task.

        Returns:
            The store's answer, as `OutboxTransitions.postpone` returns it; None if the report was lost.
        """
        settings, app = self._container.settings, self._container.app
        extra = {"action": "unknown", "run": leaf.run, "node": leaf.node}
        try:
            skills = patiently(self._container, self._skills)
        except UNREACHABLE as exc:
            logger.error("A task that is not registered here stays in the outbox: %r", exc, extra=extra)
            return None
        queues = skills_of(app).queues
        able = _workers(member for member, can in skills.items() if task in can.tasks and can.queues & queues)
        patience = None if able else settings.unknown_task_patience
        answer = self._reporter.postponed(leaf, fence, task, patience, self.error(task), back)
        if answer is not None and answer.refused is None:
            happens = "fails" if answer.detail == FAILED else f"is sent again in {answer.detail / 1000:.1f} s"
            can = f"these workers have it: {_listed(able)}" if able else "no running worker of its queue has it"
            logger.warning("The task %s is not registered here and %s; %s.", task, happens, can, extra=extra)
        return answer

    def error(self, task: str) -> bytes:
        """Return the encoded error of a node whose task no worker has, by what this process knows of the workers."""
        patience, queues = self._container.settings.unknown_task_patience, skills_of(self._container.app).queues
        return self._container.codec.dump_error(*lacking_error(task, patience, queues, self._known))

    def _skills(self) -> Mapping[str, Skills]:
        """What the live workers can run, as known since the last heartbeat: a queue may be full of such messages."""
        if self._asked is None or time.monotonic() - self._asked > self._container.settings.heartbeat:
            self._known = self._container.registry.skills(self._container.store.now() * 1000)
            self._asked = time.monotonic()
        return self._known


def missing_task(app: Celery, task: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    """Return the name of a task that a message needs and this process lacks; None if it has them all.

    Args:
        app: the Celery app.
        task: the name of the message's task.
        args: the arguments of the message: the bodies of `map`, `starmap` and of an errback call another task.
        kwargs: its keyword arguments.
    """
    inner: Any = None
    if task in _MAPS:
        inner = kwargs.get("task") or (args[0] if args else None)
    elif task == ERRBACK_TASK and args:
        inner = args[0]
    needed = [task, *([str(inner.get("task"))] if isinstance(inner, dict) else [])]
    return next((name for name in needed if name not in app.tasks), None)


def lacking_error(
    task: str, patience: float, queues: Iterable[str], skills: Mapping[str, Skills]
) -> tuple[NotRegistered, str, str]:
    """Return the error of a node whose task no worker has, its traceback and its message.

    The error itself is as Celery raises it.

    Args:
        task: the name of the task.
        patience: for how many seconds the node has waited.
        queues: the queues of the worker that got the message.
        skills: what the live workers can run.
    """
    asked = set(queues)
    near = _workers(member for member, can in skills.items() if can.queues & asked)
    far = _workers(member for member, can in skills.items() if task in can.tasks and not can.queues & asked)
    elsewhere = f" It is registered in workers of other queues: {_listed(far)}." if far else ""
    message = (
        f"The task {task!r} is not registered in any running worker of the queues {_listed(sorted(asked))}, for "
        f"{patience:g} s. Workers asked: {_listed(near) or 'none'}.{elsewhere} Import the module of the task in these "
        "workers, or send the task to a queue whose workers have it; then retry the run."
    )
    return NotRegistered(task), printable(message), printable(message)


def _workers(members: Iterable[str]) -> list[str]:
    """Return the node names of workers, sorted."""
    return sorted({member.rsplit("/", 3)[0] for member in members})


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more

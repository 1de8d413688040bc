"""Claims the nodes of a delivered message before its body runs, or vetoes the body."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from celery.exceptions import Ignore, Reject

from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS
from orchestrator_celery.dispatch.publisher import Origin
from orchestrator_celery.errors import ForeignRun, FormatTooNew, FormatTooOld
from orchestrator_celery.model.effects import Begun, StartMore
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.store import Effects, Refused
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.store.scripting.script_call import edge_context
from orchestrator_celery.worker.bodies.body_spans import BodySpans
from orchestrator_celery.worker.bodies.claimed_message import ClaimedMessage, claimed_by, claims_of, owner_of
from orchestrator_celery.worker.bodies.own_bodies import Bodies, Body
from orchestrator_celery.worker.recovery.patience import patiently
from orchestrator_celery.worker.recovery.unknown_tasks import missing_task
from orchestrator_celery.worker.turns import take_turn

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.worker.bodies.log_capture import LogCapture
    from orchestrator_celery.worker.bodies.task_counts import TaskCounts
    from orchestrator_celery.worker.recovery.lost_process import LostProcesses
    from orchestrator_celery.worker.recovery.unknown_tasks import UnknownTasks

__all__ = ("Claims",)

logger = safe_logger(__name__)


class Claims:
    """Claims the nodes of delivered messages.

    Args:
        container: the parts of the orchestrator.
        lost: handles the nodes of a process that is gone.
        unknown: handles messages whose task this worker lacks.
        capture: keeps the log lines of bodies.
        counts: counts bodies for the statistics.
    """

    def __init__(
        self,
        container: Container,
        lost: LostProcesses,
        unknown: UnknownTasks,
        capture: LogCapture,
        counts: TaskCounts,
    ) -> None:
        self._container = container
        self._counts = counts
        self._capture = capture
        self._lost = lost
        self._unknown = unknown
        self._bodies = Bodies()
        self._spans = BodySpans(container)

    def claim(self, task: Any, request: Any, args: Any, kwargs: Any) -> None:
        """Claim the nodes of a message, or stop its body.

        Raises:
            celery.exceptions.Ignore: the body must not run.
            celery.exceptions.Reject: the store cannot be reached, and the task acknowledges late; the broker keeps
                the message.
        """
        known = claimed_by(request)
        if known is not None:  # an item of a batch, or a task of a turn: its process has claimed it
            self._spans.begin(known, task.name, request)
            request.headers = request.headers or None  # see `inner_request`
            return
        claims = claims_of(task, request, args)
        if not claims:
            return
        missing = missing_task(self._container.app, task.name, args, kwargs)
        if missing is not None:
            self._unknown.postpone(*claims[0], missing)
            raise Ignore(f"the task {missing} is not registered here")
        owner, body = owner_of(self._container, request), Body()
        try:
            answer = self._claim_one(task, *claims[0], owner, body)
            # A nested run is closed even if the task that it replaces no longer waits for it.
            claims[1:] = [claim for claim in claims[1:] if self._still_waiting(task, *claim, owner, body)]
        except Ignore:
            raise
        except Exception as exc:
            raise _not_now(task, claims[0][0], exc) from exc
        self._begin(task, request, claims, answer, body)

    def _begin(self, task: Any, request: Any, claims: list[tuple[LeafId, Fence]], answer: Effects, body: Body) -> None:
        """Note what was claimed, before the body runs."""
        self._capture.begin()
        message = ClaimedMessage(
            claims,
            _origin(self._container, request),
            answer.detail or b"",
            routing=edge_context(answer.more),
            body=body,
            category=self._counts.claimed(task.name, claims[0][0], answer),
        )
        turn = take_turn()
        if turn is not None and len(claims) == 1 and turn.begin(task, request, claims[0][0]):
            message.sink = turn
        request._orchestrator_message = message
        self._spans.begin(message, task.name, request)

    def _still_waiting(self, task: Any, leaf: LeafId, fence: Fence, owner: str, body: Body) -> bool:
        """Whether the task that a nested run replaces still waits for the end of that run."""
        for _ in range(2):  # the first try releases the claim of a dead process
            with suppress(Ignore):
                self._claim_one(task, leaf, fence, owner, body)
                return True
        return False

    def _claim_one(self, task: Any, leaf: LeafId, fence: Fence, owner: str, body: Body) -> Effects:
        is_alone = self._bodies.add((leaf, fence), body) or _runs_alone()
        answer = patiently(self._container, self._container.store.claim, leaf, fence, owner)
        if answer.refused is None:
            if any(isinstance(effect, StartMore) for effect in answer.todo):
                self._start_more(leaf, sum(effect.waited for effect in answer.todo if isinstance(effect, Begun)))
            return answer
        if answer.refused is Refused.DUPLICATE and answer.detail == owner.encode() and is_alone:
            # This call claimed the node before, and the answer was lost: nothing else in this process can have done it.
            return Effects(None, detail=self._container.reader.checkpoint(leaf.run, leaf.node))
        if answer.refused is Refused.DUPLICATE and self._is_gone(answer.detail.decode(), owner):
            # The broker redelivered the message of a dead process. The node gets a new attempt, which counts.
            self._lost.process_gone(task, leaf, fence, hold=self._container.incarnation != _incarnation(answer.detail))
        self._counts.vetoed(task.name, leaf)
        raise Ignore(f"vetoed: {answer.refused.value}")

    def _start_more(self, leaf: LeafId, waited: float) -> None:
        """Publish the next burst of items before the body begins: the body may take hours.

        Args:
            leaf: the task that was claimed.
            waited: seconds that its message waited.
        """
        try:
            effects = self._container.store.start_more(leaf.run, leaf.node, round(waited * 1000))
            self._container.publisher.act(effects.todo)
        except TRANSIENT_ERRORS as exc:  # the reconciler does it
            extra = {"action": "more", "run": leaf.run}
            logger.warning("More items of a run cannot be started now: %r", exc, extra=extra)

    def _is_gone(self, other: str, owner: str) -> bool:
        node, pid, incarnation = other.rsplit("/", 2)
        if (node, incarnation) == (owner.rsplit("/", 2)[0], self._container.incarnation):
            return not _alive(int(pid))
        return not self._container.worker_alive(incarnation)


def _not_now(task: Any, leaf: LeafId, exc: Exception) -> Ignore | Reject:
    """Return the exception for Celery after a claim that could not be made. It never fails the task.

    The node stays in the outbox, from which the reconciler sends its message again.
    """
    extra = {"action": "claim", "run": leaf.run, "node": leaf.node}
    if isinstance(exc, UNREACHABLE):
        logger.error("A task does not start now, because the store is unavailable: %r", exc, extra=extra)
        if task.acks_late:
            return Reject(exc, requeue=True)
        return Ignore("the store is unavailable; the task stays in the outbox")
    if isinstance(exc, ForeignRun):
        logger.warning("A task of another app is not started here; its app sends it again: %s", exc, extra=extra)
        return Ignore("the run belongs to another app")
    if isinstance(exc, (FormatTooNew, FormatTooOld)):
        logger.warning("A task is not started here: %s", exc, extra=extra)
        return Ignore("the run was written by another release")
    logger.error("A task could not be claimed; it stays in the outbox.", exc_info=exc, extra=extra)
    return Ignore("the claim failed; the task stays in the outbox")


def _origin(container: Container, request: Any) -> Origin:
    info = request.delivery_info or {}
    inherits = container.app.conf.task_inherit_parent_priority
    return Origin(route=info, priority=info.get("priority") if inherits else None)


def _runs_alone() -> bool:
    """Whether this process runs one body at a time, so that its claim can only belong to this body."""
    return threading.current_thread() is threading.main_thread()


def _incarnation(owner: bytes) -> str:
    return owner.decode().rpartition("/")[2]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

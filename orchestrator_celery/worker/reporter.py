"""Reporter to the store, and acting on what it answers; patient while the store is away."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from kombu.exceptions import EncodeError

from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS
from orchestrator_celery.dispatch.publisher import NO_ORIGIN, Origin
from orchestrator_celery.errors import PayloadTooLarge, PoisonedTask
from orchestrator_celery.model.effects import EdgeContext
from orchestrator_celery.model.ids import CLOSE, Fence, LeafId
from orchestrator_celery.model.reports import ResumeAction
from orchestrator_celery.model.safe_log import safe_logger
from orchestrator_celery.settings import TaskPolicy
from orchestrator_celery.store import Effects, Refused
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.worker.patience import patiently

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.worker.claimed_message import ClaimedMessage

__all__ = ("Reporter",)

logger = safe_logger(__name__)

#: What the store answers of a lost task that was to be stopped.
_HELD = -1
_ALWAYS = 1_000_000


class Reporter:
    """What a worker tells of one leaf; no method raises, for there is nobody to tell.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container

    def last_words(self, held: ClaimedMessage | None) -> None:
        """Before the end of a body is told: how far it said it was."""
        if held is not None:
            held.said.last(partial(patiently, self._container), self._container.store.progress, *held.claims[-1])

    def finished(
        self, leaf: LeafId, fence: Fence, result: Any, origin: Origin, told: EdgeContext | None = None
    ) -> None:
        """The body returned `result`; `told`: what the edges of a graph's node depend on beside that."""
        store = self._container.store
        if leaf.node == CLOSE:
            self._tell(leaf, NO_ORIGIN, store.ended, leaf)
            return
        try:
            blob = self._container.codec.dump_result(result)
        except (EncodeError, PayloadTooLarge) as exc:
            self.failed(leaf, fence, exc, None, origin)
            return
        # Chosen here, by what the others will read, it costs no call of its own.
        chosen, relied = self._foreseen(leaf, told, blob)
        known = origin._replace(known={leaf.node: result})
        self._tell(leaf, known, store.finish, leaf, fence, blob, chosen, relied)

    def _foreseen(self, leaf: LeafId, told: EdgeContext | None, blob: bytes) -> tuple[str | None, str]:
        if told is None:
            return None, ""
        try:
            return self._container.publisher.choose_edges(leaf, told, self._container.codec.load(blob))
        except UNREACHABLE:
            return None, ""  # it is asked in its turn

    def failed(
        self, leaf: LeafId, fence: Fence | None, exc: BaseException, trace: str | None, origin: Origin = NO_ORIGIN
    ) -> None:
        """The body raised `exc`, or the message can never become one."""
        store = self._container.store
        if leaf.node == CLOSE:
            self._tell(leaf, NO_ORIGIN, store.ended, leaf)
            return
        self._tell(leaf, origin, store.fail, leaf, fence, self._container.codec.dump_error(exc, trace))

    def requeued(
        self, leaf: LeafId, fence: Fence, later: Fence, why: str, wait: float = 0.0, definition: bytes = b""
    ) -> Effects | None:
        """A later message runs the leaf; arguments as for `Store.requeue`. None where the store is away."""
        return self._tell(leaf, NO_ORIGIN, self._container.store.requeue, leaf, fence, later, why, wait, definition)

    def stopped(self, leaf: LeafId, fence: Fence, how: str) -> None:
        """An interruption ended the body, or its signal another one than it was for."""
        if leaf.node == CLOSE:
            self._tell(leaf, NO_ORIGIN, self._container.store.lost, leaf, fence, _ALWAYS)
        else:
            self._tell(leaf, NO_ORIGIN, self._container.store.stopped, leaf, fence, how)

    def lost(
        self, policy: Any, name: str, leaf: LeafId, fence: Fence, *, delay: float = 0.0, hold: bool = False
    ) -> ResumeAction | None:
        """The process that ran the leaf is gone.

        Args:
            policy: the task's own policy, if it has one.
            name: the task's name.
            leaf: the node, and the attempt.
            fence: the message of the attempt.
            delay: seconds until it starts again.
            hold: a rule forbids to start it again.

        Returns:
            What became of it; None where the store is away.
        """
        store = self._container.store
        stand_in = self._stand_in(leaf) if leaf.node != CLOSE else None
        if stand_in is not None:
            self.requeued(leaf, fence, stand_in, "delegate")
            return ResumeAction.KEPT
        limit = self._limit(policy)
        answer = self._tell(leaf, NO_ORIGIN, store.lost, leaf, fence, limit, delay, hold)
        if answer is None:
            return None
        if answer.refused is None and answer.detail == _HELD:
            return ResumeAction.KEPT
        if answer.refused is Refused.POISONED:
            poisoned = PoisonedTask(
                f"{name} took its worker process down at attempt {leaf.attempt}; it is not started once more. "
                "Look at the worker's log for the cause (memory, a native crash), then start the run again."
            )
            self.failed(leaf, fence, poisoned, "")
            return ResumeAction.FAILED
        if answer.refused is not None:
            # It had ended, and died before it could send what follows: the outbox is looked at soon.
            self._tell_due(leaf.run)
            return ResumeAction.SKIPPED
        return ResumeAction.REFUSED if hold else ResumeAction.RESUMED

    def _limit(self, policy: Any) -> int:
        own = policy.max_resumes if isinstance(policy, TaskPolicy) else None
        return self._container.settings.max_resumes if own is None else own

    def _stand_in(self, leaf: LeafId) -> Fence | None:
        """The message with which a canvas that replaced the task will end its node, if there is such a canvas.

        The process may die between starting it and saying so, or while it closes. The canvas goes on, and ends the
        node; a new attempt would run it twice.
        """
        try:
            head = self._container.reader.head(str(leaf))
        except UNREACHABLE:
            return None
        if not head or head["status"] == b"CANCELLED" or "closed" in head:
            return None
        options = self._container.codec.load(head["close"])
        return Fence(nesting=int(options.get("replaced_task_nesting") or 0))

    def _tell_due(self, run: str) -> None:
        try:
            self._container.store.due_index.due_soon(run)
        except UNREACHABLE:
            logger.debug("The run will be looked at in its turn.", extra={"action": "due", "run": run})

    def _tell(self, leaf: LeafId, origin: Origin, call: Callable[..., Effects], *args: Any) -> Effects | None:
        extra = {"action": getattr(call, "__name__", "report"), "run": leaf.run, "node": leaf.node}
        try:
            answer = patiently(self._container, call, *args)
        except Exception:
            logger.exception(
                "A report to the store was lost; the task counts as running until its lease ends.", extra=extra
            )
            return None
        self.send(answer, origin, extra)
        return answer

    def send(self, answer: Effects, origin: Origin, extra: dict[str, Any]) -> None:
        """Send what an answer leaves to do; what cannot be sent stays in the outbox.

        Args:
            answer: the store's.
            origin: what is known already.
            extra: for the log.
        """
        try:
            self._container.publisher.act(answer.todo, origin)
        except TRANSIENT_ERRORS as exc:
            logger.warning("Messages could not be sent now and stay in the outbox: %r", exc, extra=extra)
        except Exception:
            logger.exception("What follows a task could not be sent.", extra=extra)

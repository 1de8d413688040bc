"""Reports outcomes to the store and acts on the answers; repeats a report while the store is away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from kombu.exceptions import EncodeError

from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS
from orchestrator_celery.dispatch.publisher import NO_ORIGIN, Origin
from orchestrator_celery.errors import ForeignRun, FormatTooNew, FormatTooOld, PayloadTooLarge, PoisonedTask
from orchestrator_celery.model.effects import EdgeContext
from orchestrator_celery.model.ids import CLOSE, Fence, LeafId
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.reports import InterruptOutcome, ResumeAction
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.statistics import Counted
from orchestrator_celery.settings import TaskPolicy
from orchestrator_celery.store import Effects, Refused
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.store.transitions.continuation import NOTHING_NEXT, Next, Offer, next_of
from orchestrator_celery.worker.bodies.body_spans import BodySpans, Loss
from orchestrator_celery.worker.bodies.task_counts import TaskCounts
from orchestrator_celery.worker.recovery.patience import patiently

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.worker.bodies.claimed_message import ClaimedMessage

__all__ = ("Reporter",)

logger = safe_logger(__name__)

#: The store's answer for a lost task whose run is interrupted.
_HELD = -1
_NO_LIMIT = 1_000_000


class Reporter:
    """Reports the outcome of a leaf to the store.

    No method raises an error if a report fails, because no caller could handle it. The error is logged.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._counts = TaskCounts(container)
        self._spans = BodySpans(container)

    def flush_body(self, message: ClaimedMessage | None) -> None:
        """Write the last progress and log lines of a body, before its outcome is reported."""
        self._container.log_buffer.flush()
        if message is not None:
            message.progress.flush(
                partial(patiently, self._container), self._container.store.progress, *message.claims[-1]
            )

    def finished(
        self,
        leaf: LeafId,
        fence: Fence,
        result: Any,
        origin: Origin,
        routing: EdgeContext | None = None,
        offer: Offer = NOTHING_NEXT,
    ) -> Next | None:
        """Report that the body returned.

        Args:
            leaf: the node, and the attempt.
            fence: the message of the attempt.
            result: the return value.
            origin: what the worker knows already.
            routing: the other inputs of the edges of a graph's node.
            offer: whether the worker may go on with the next leaf.

        Returns:
            The leaf that the worker goes on with, if there is one.
        """
        store = self._container.store
        if leaf.node == CLOSE:
            self._report(leaf, NO_ORIGIN, store.ended, leaf)
            return None
        try:
            blob = self._container.codec.dump_result(result)
        except (EncodeError, PayloadTooLarge) as exc:
            self.failed(leaf, fence, exc, None, origin)
            return None
        # Choosing the edges here, by the stored form of the result, saves a call to the store.
        chosen, relied = self._choose_edges(leaf, routing, blob)
        known = origin._replace(known={leaf.node: result})
        answer = self._report_end(leaf, known, offer, store.finish, leaf, fence, blob, chosen, relied, offer)
        after = None if answer is None else next_of(leaf, answer)
        # The next body gets the stored form of the result, as if it had come in a message.
        return after and after._replace(known={leaf.node: self._container.codec.load(blob)})

    def _choose_edges(self, leaf: LeafId, routing: EdgeContext | None, blob: bytes) -> tuple[str | None, str]:
        if routing is None:
            return None, ""
        try:
            return self._container.publisher.choose_edges(leaf, routing, self._container.codec.load(blob))
        except UNREACHABLE:
            return None, ""  # the reconciler makes the decision later

    def failed(
        self, leaf: LeafId, fence: Fence | None, exc: BaseException, trace: str | None, origin: Origin = NO_ORIGIN
    ) -> None:
        """Report that the body raised `exc`, or that the message can never run a body."""
        self._fail(leaf, fence, exc, trace, origin)

    def _fail(
        self, leaf: LeafId, fence: Fence | None, exc: BaseException, trace: str | None, origin: Origin
    ) -> Effects | None:
        """Report a failure; return the store's answer, which is a refusal if another report came first."""
        store = self._container.store
        if leaf.node == CLOSE:
            return self._report(leaf, NO_ORIGIN, store.ended, leaf)
        answer = self._report(leaf, origin, store.fail, leaf, fence, self._container.codec.dump_error(exc, trace))
        if answer is not None and answer.refused is Refused.STALE:  # the answer to an earlier report may be lost
            self._report(leaf, origin, store.followed, leaf, NOTHING_NEXT)
        return answer

    def failed_elsewhere(self, leaf: LeafId, fence: Fence | None, exc: BaseException, trace: str | None) -> None:
        """Report a failure from another process than that of the body, which is gone."""
        loss = self._spans.seen(leaf, fence)
        answer = self._fail(leaf, fence, exc, trace, NO_ORIGIN)
        if answer is not None and answer.refused is None:
            self._spans.lost(loss, "failed", exc)

    def requeued(
        self, leaf: LeafId, fence: Fence, later: Fence, why: str, wait: float = 0.0, definition: bytes = b""
    ) -> Effects | None:
        """Report that a later message runs the leaf. The arguments are those of `Store.requeue`.

        Returns:
            The store's answer; None if the report was lost.
        """
        return self._report(leaf, NO_ORIGIN, self._container.store.requeue, leaf, fence, later, why, wait, definition)

    def postponed(
        self, leaf: LeafId, fence: Fence, task: str, patience: float | None, error: bytes, back: Sequence[str] = ()
    ) -> Effects | None:
        """Report that this worker lacks a task. The arguments are those of `OutboxTransitions.postpone`.

        Returns:
            The store's answer; None if the report was lost.
        """
        postpone = self._container.store.outbox.postpone
        return self._report(leaf, NO_ORIGIN, postpone, leaf, fence, task, patience, error, back)

    def stopped(self, leaf: LeafId, fence: Fence, how: str) -> None:
        """Report that an interruption ended the body; its signal may have been meant for an earlier task."""
        if leaf.node == CLOSE:
            self._report(leaf, NO_ORIGIN, self._container.store.lost, leaf, fence, _NO_LIMIT)
            return
        loss = self._spans.seen(leaf, fence) if how == InterruptOutcome.TERMINATED.value else None
        answer = self._report(leaf, NO_ORIGIN, self._container.store.stopped, leaf, fence, how)
        if answer is not None and answer.refused is None:  # several processes may see the end of the same process
            self._spans.lost(loss, "stopped")

    def lost(
        self, policy: Any, name: str, leaf: LeafId, fence: Fence, *, delay: float = 0.0, hold: bool = False
    ) -> ResumeAction | None:
        """Report that the process that ran the leaf is gone.

        Args:
            policy: the task's own policy, if it has one.
            name: the task's name.
            leaf: the node, and the attempt.
            fence: the message of the attempt.
            delay: seconds until it starts again.
            hold: a rule forbids starting the leaf again, so it is held back.

        Returns:
            The action taken; None if the report was lost.
        """
        store = self._container.store
        replacement = self._replacement_fence(leaf) if leaf.node != CLOSE else None
        if replacement is not None:
            self.requeued(leaf, fence, replacement, "delegate")
            return ResumeAction.KEPT
        limit, loss = self._limit(policy), self._spans.seen(leaf, fence)
        answer = self._report(leaf, NO_ORIGIN, store.lost, leaf, fence, limit, delay, hold)
        if answer is None:
            return None
        self._count_lost(name, leaf, answer, hold, loss)
        if answer.refused is None and answer.detail == _HELD:
            return ResumeAction.KEPT
        if answer.refused is Refused.POISONED:
            poisoned = PoisonedTask(
                f"{name} killed its worker process at attempt {leaf.attempt}, so it is not started again. "
                "Find the cause (memory, a native crash) in the worker's log, then start the run again."
            )
            self.failed(leaf, fence, poisoned, "")
            return ResumeAction.FAILED
        if answer.refused is not None:  # its process died after its end, maybe before it sent the next messages
            self._mark_due(leaf.run)
            return ResumeAction.SKIPPED
        return ResumeAction.REFUSED if hold else ResumeAction.RESUMED

    def _count_lost(self, name: str, leaf: LeafId, answer: Effects, hold: bool, loss: Loss | None) -> None:
        if answer.refused in (None, Refused.POISONED):
            self._spans.lost(loss, "lost")
            self._counts.seen(name, leaf, Counted.LOST)
        if answer.refused is None and answer.detail != _HELD and not hold:
            self._counts.seen(name, leaf, Counted.RESUMED)

    def _limit(self, policy: Any) -> int:
        own = policy.max_resumes if isinstance(policy, TaskPolicy) else None
        return self._container.settings.max_resumes if own is None else own

    def _replacement_fence(self, leaf: LeafId) -> Fence | None:
        """Return the fence of the message with which a replacing canvas will end the node; None without a canvas.

        A process may die after it started the canvas and before it reported that, or while it closes the canvas. The
        canvas continues and ends the node. A new attempt of the node would start the canvas twice.
        """
        try:
            head = self._container.reader.head(str(leaf))
        except UNREACHABLE:
            return None
        if head.is_gone or head.is_told:
            return None
        options = self._container.codec.load(head[HeadField.CLOSE])
        return Fence(nesting=int(options.get("replaced_task_nesting") or 0))

    def _mark_due(self, run: str) -> None:
        try:
            self._container.store.due_index.due_soon(run)
        except UNREACHABLE:
            logger.debug("The store is unavailable; the run is checked later.", extra={"action": "due", "run": run})

    def _report_end(
        self, leaf: LeafId, origin: Origin, offer: Offer, call: Callable[..., Effects], *args: Any
    ) -> Effects | None:
        """Report the end of a leaf. If the end is known, the answer to an earlier report may be lost."""
        answer = self._report(leaf, origin, call, *args)
        if answer is not None and answer.refused is Refused.STALE:
            return self._report(leaf, origin, self._container.store.followed, leaf, offer)
        return answer

    def _report(self, leaf: LeafId, origin: Origin, call: Callable[..., Effects], *args: Any) -> Effects | None:
        extra = {"action": getattr(call, "__name__", "report"), "run": leaf.run, "node": leaf.node}
        try:
            answer = patiently(self._container, call, *args)
        except ForeignRun as exc:
            logger.warning(
                "A report about a task of another app is dropped; its app sends it again: %s",
                exc,
                extra=extra,
            )
            return None
        except (FormatTooNew, FormatTooOld) as exc:
            logger.error("A report is dropped, and the task counts as running: %s", exc, extra=extra)
            return None
        except Exception:
            logger.exception(
                "A report to the store was lost; the task counts as running until the reconciler finds it.", extra=extra
            )
            return None
        self.send(answer, origin, extra)
        return answer

    def send(self, answer: Effects, origin: Origin, extra: dict[str, Any]) -> None:
        """Send the messages that an answer asks for. Messages that cannot be sent stay in the outbox.

        Args:
            answer: the store's answer.
            origin: what the worker knows already.
            extra: fields for the log.
        """
        try:
            self._container.publisher.act(answer.todo, origin)
        except TRANSIENT_ERRORS as exc:
            logger.warning("Messages cannot be sent now and stay in the outbox: %r", exc, extra=extra)
        except Exception:
            logger.exception("The messages that follow a task could not be sent.", extra=extra)

"""Retry and replace while the broker or the store is away.

Celery publishes a retry or a replacement inside the body, and fails the task if
it cannot. For a task of a run, the message of a retry or of a plain replacement
waits in the outbox. A replacing canvas becomes a run of its own, so the body
repeats the start of that run until it succeeds.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from celery.canvas import Signature, _chain, chord, group
from celery.exceptions import Ignore, Reject

from orchestrator_celery.canvas import ComplexSignature, Primitive
from orchestrator_celery.canvas.eager.scope import runs_eagerly
from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS, is_transient
from orchestrator_celery.lifecycle.cancel import Cancellation
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.worker.bodies.claimed_message import claimed_by
from orchestrator_celery.worker.recovery.patience import patiently

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.worker.bodies.reporter import Reporter

__all__ = ("RetryReplace",)

logger = safe_logger(__name__)


class RetryReplace:
    """Handles `retry` and `replace` of tasks of runs.

    Args:
        container: the parts of the orchestrator.
        reporter: reports to the store.
    """

    def __init__(self, container: Container, reporter: Reporter) -> None:
        self._container = container
        self._reporter = reporter

    def replacement(self, task: Any, sig: Any) -> Any:
        """Return the signature that replaces a task. If it is a canvas, turn it into a run of its own."""
        message = claimed_by(task.request)
        if _is_refused(sig):
            return sig
        if message is None:
            # Freezing a canvas asks the result backend, which an eager run does not need.
            return self._as_unit(sig) if task.request.is_eager and runs_eagerly() else sig
        sig = self._as_unit(sig)
        message.replacement = sig.set(parent_id=message.claims[-1][0].run)
        if isinstance(sig, Primitive):
            sig._stands_in = True
        return message.replacement

    def _as_unit(self, sig: Any) -> Any:
        if not sig.subtask_type or isinstance(sig, Primitive):
            return sig
        if isinstance(sig, group) and len(list(sig.tasks)) == 1:
            # As in `Task.replace`, so that the result is a list of one. An applied group would not return a list.
            sig = chord(sig, self._container.app.tasks["celery.accumulate"].s(index=0))
        return ComplexSignature(sig, app=self._container.app)

    def replaced(self, leaf: LeafId, fence: Fence, sig: Any) -> None:
        """Report that a body has replaced itself.

        Args:
            leaf: the node, and the attempt.
            fence: the message of the attempt.
            sig: the replacement.
        """
        later = Fence(nesting=fence.nesting + 1)  # the retries of the replacement count from 0
        if isinstance(sig, Primitive):
            answer = self._reporter.requeued(leaf, fence, later, "delegate")
            if answer is not None and answer.refused is not None and answer.detail is None:
                self._withdraw(str(leaf))
            elif answer is not None and answer.detail:
                self._container.store.suspend(str(leaf))  # the canvas was started while the outer run is suspended
            return
        definition = self._container.compiler.leaf(Signature(sig.task, sig.args, sig.kwargs, immutable=True))
        self._reporter.requeued(leaf, fence, later, "replace", float(sig.options.get("countdown") or 0), definition)

    def _withdraw(self, run: str) -> None:
        """Cancel a nested run if the outer run has ended or has started the replaced task again."""
        status = self._container.reader.head_field(run, HeadField.STATUS)
        if status is not None and not RunStatus(status.decode()).ended:
            self._container.store.cancel(run, "")
            Cancellation(self._container).finish(run)

    def replace(self, task: Any, sig: Any, original: Callable[..., Any]) -> Any:
        """Send a replacement, as `Task.on_replace` does.

        Raises:
            celery.exceptions.Ignore: the replacement was sent, as in Celery, or waits in the outbox; or another attempt
                of the task has taken the place of this one, and nothing was sent.
            celery.exceptions.OperationalError, StoreUnavailable: a canvas could not be started for as long as
                `orchestrator_store_patience` allows.
        """
        message = claimed_by(task.request)
        if message is None:
            return original(task, sig)
        if isinstance(sig, Primitive):
            if not patiently(self._container, self._container.reader.is_current, *message.claims[-1]):
                # The process was frozen, and the node ended elsewhere. A single task would be vetoed; a run would run.
                raise Ignore("another attempt has replaced this one")
            return patiently(self._container, original, task, sig, transient=TRANSIENT_ERRORS)
        try:
            return original(task, sig)
        except TRANSIENT_ERRORS as exc:
            self._log_waiting("replacement", task, exc)
            raise Ignore("the replacement waits in the outbox") from exc

    def retry(self, task: Any, original: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Send a retry, as `Task.retry` does.

        Raises:
            celery.exceptions.Ignore: the retry cannot be sent now and waits in the outbox.
        """
        message = claimed_by(task.request)
        try:
            return original(task, *args, **kwargs)
        except Reject as rejected:
            if message is None or not is_transient(rejected.reason):  # type: ignore[attr-defined, unused-ignore]
                raise
            self._log_waiting("retry", task, rejected.reason)  # type: ignore[attr-defined, unused-ignore]
            self._reporter.flush_body(message)
            given = inspect.signature(original).bind(task, *args, **kwargs).arguments
            for leaf, fence in message.claims:
                later = fence._replace(retries=fence.retries + 1)
                self._reporter.requeued(leaf, fence, later, "retry", _pause(task, given), self._changed(task, given))
            message.handed_over = True
            raise Ignore("the retry waits in the outbox") from rejected

    def _changed(self, task: Any, given: Any) -> bytes:
        args, kwargs = given.get("args"), given.get("kwargs")
        if args is None and kwargs is None:
            return b""
        request = task.request
        sig = Signature(
            task.name,
            request.args if args is None else args,
            request.kwargs if kwargs is None else kwargs,
            immutable=True,
        )
        return self._container.compiler.leaf(sig)

    def _log_waiting(self, what: str, task: Any, exc: BaseException) -> None:
        logger.warning(
            "The %s of %s cannot be sent now and waits in the outbox: %r",
            what,
            task.name,
            exc,
            extra={"action": "handover", "task": task.request.id},
        )


def _is_refused(sig: Any) -> bool:
    """Whether `Task.replace` refuses the signature with its own error."""
    return (isinstance(sig, _chain) and not sig.tasks) or "chord" in sig.options


def _pause(task: Any, given: Any) -> float:
    """Return the seconds until a retry is due, as Celery counts them."""
    eta, countdown = given.get("eta"), given.get("countdown")
    if isinstance(eta, datetime):
        now = datetime.now(timezone.utc)
        return max(0.0, ((eta if eta.tzinfo else eta.replace(tzinfo=timezone.utc)) - now).total_seconds())
    return float(task.default_retry_delay if countdown is None else countdown)

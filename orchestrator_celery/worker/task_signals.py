"""Translates Celery's task signals into reports to the store.

A claimed request carries its `ClaimedMessage`. Signals of success, failure and retry of other requests are ignored. If
a child process is lost, killed by a time limit or revoked, Celery's main process may report only the task id. Every
report may come twice; the store accepts the first.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from celery.canvas import Signature
from celery.exceptions import InvalidTaskError, Reject, TaskRevokedError, WorkerLostError
from celery.states import FAILURE, IGNORED, REJECTED
from celery.utils.time import maybe_make_aware

from orchestrator_celery.dispatch.broker_errors import is_transient
from orchestrator_celery.dispatch.celery_copy import forget_copy
from orchestrator_celery.dispatch.publisher import CLOSE_TASK
from orchestrator_celery.engine.ignored_tasks import error_of_ignored
from orchestrator_celery.errors import Interrupted
from orchestrator_celery.model.ids import CLOSE, Fence, LeafId, parse_leaf_id
from orchestrator_celery.model.printing.safe_text import safe_str
from orchestrator_celery.model.reports import InterruptOutcome
from orchestrator_celery.records.statistics import Counted
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.worker.bodies.body_spans import BodySpans
from orchestrator_celery.worker.bodies.claimed_message import ClaimedMessage, claimed_by, claims_of, claims_reported
from orchestrator_celery.worker.bodies.task_counts import TaskCounts

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.worker.bodies.reporter import Reporter
    from orchestrator_celery.worker.bodies.retry_replace import RetryReplace
    from orchestrator_celery.worker.recovery.lost_process import LostProcesses
    from orchestrator_celery.worker.recovery.unknown_tasks import UnknownTasks

__all__ = ("TaskSignals",)


class TaskSignals:
    """The handlers of one app's task signals.

    Args:
        container: the parts of the orchestrator.
        reporter: reports to the store.
        lost: handles the nodes of a process that is gone.
        retry_replace: reports bodies that were replaced.
        unknown: handles messages whose task this worker lacks.
    """

    def __init__(
        self,
        container: Container,
        reporter: Reporter,
        lost: LostProcesses,
        retry_replace: RetryReplace,
        unknown: UnknownTasks,
    ) -> None:
        self._container = container
        self._reporter = reporter
        self._lost = lost
        self._retry_replace = retry_replace
        self._unknown = unknown
        self._counts = TaskCounts(container)
        self._spans = BodySpans(container)

    def on_success(self, sender: Any, result: Any = None, **_: Any) -> None:
        """Report that the body returned."""
        message = claimed_by(sender.request)
        if message is not None:
            self._counts.ended(sender.name, message, Counted.SUCCEEDED)
            self._reporter.flush_body(message)
            for leaf, fence in message.claims:
                (message.sink or self._reporter).finished(leaf, fence, result, message.origin, message.routing)

    def on_failure(self, sender: Any, task_id: str, exception: BaseException, einfo: Any = None, **_: Any) -> None:
        """Report that the body raised, or that Celery's main process found its child dead or over its time limit."""
        message = claimed_by(sender.request) if sender.request.id == task_id else None
        trace = str(einfo.traceback) if einfo is not None else None
        if message is not None:
            self._counts.ended(sender.name, message, Counted.FAILED)
            self._reporter.flush_body(message)
            for leaf, fence in message.claims:
                if leaf.node == CLOSE and is_transient(exception) and exception is not message.outcome:
                    # This is not the run's own error. Celery could not store the outcome or send the next messages, so
                    # the closing message is sent again.
                    self._reporter.lost(None, CLOSE_TASK, leaf, fence)
                else:
                    error = exception if leaf.node == CLOSE else _original_error(exception, einfo)
                    (message.sink or self._reporter).failed(leaf, fence, error, trace, message.origin)
            self._spans.end(message, FAILURE, exception, trace)
            return
        for leaf, known in reversed(claims_reported(sender, task_id)):
            if isinstance(exception, WorkerLostError):
                self._lost.process_gone(sender, leaf, known or Fence(), error=exception, trace=trace)
            else:
                for task, carried, fence in self._lost.carried(leaf):
                    self._counts.seen(task.name, carried, Counted.FAILED)
                    self._reporter.failed_elsewhere(carried, fence, exception, trace)
                self._counts.seen(sender.name, leaf, Counted.FAILED)
                self._reporter.failed_elsewhere(leaf, known, exception, trace)
            self._forget(leaf)

    def on_retry(self, sender: Any, request: Any, reason: Any = None, **_: Any) -> None:
        """Report that the body called `retry`, or that a cold shutdown cancelled it (without a reason)."""
        message = claimed_by(request)
        if message is not None or reason is not None:
            if message is not None:
                self._counts.ended(sender.name, message, Counted.RETRIED)
            self._reporter.flush_body(message)
            claims = message.claims if message is not None else claims_of(sender, request, request.args)
            for leaf, fence in claims:
                later = fence._replace(retries=fence.retries + 1)
                self._reporter.requeued(leaf, fence, later, "retry", _seconds(reason), self._changed(request, reason))
            return
        for leaf, fence in claims_of(sender, request, request.args):
            self._lost.process_gone(sender, leaf, fence)
            self._forget(leaf)

    def _changed(self, request: Any, reason: Any) -> bytes:
        """Return the definition of a retry with other arguments, from which the outbox can publish it again."""
        sig = getattr(reason, "sig", None)
        if sig is None or (list(sig.args), dict(sig.kwargs)) == (list(request.args or ()), dict(request.kwargs or {})):
            return b""
        return self._container.compiler.leaf(Signature(sig.task, sig.args, sig.kwargs, immutable=True))

    def on_postrun(self, sender: Any, retval: Any = None, state: str | None = None, **_: Any) -> None:
        """Report the outcomes that no other signal reports: ignored, rejected, replaced and stopped bodies."""
        message = claimed_by(sender.request)
        if message is not None:
            self._spans.end(message, state, retval)
        if message is None or message.handed_over or state not in (IGNORED, REJECTED):
            return
        stopped = isinstance(retval, Interrupted)
        if not stopped:
            self._counts.ended(sender.name, message, _how_it_ended(message, retval))
        self._reporter.flush_body(message)
        for leaf, fence in message.claims:
            if message.replacement is not None:
                self._retry_replace.replaced(leaf, fence, message.replacement)
            elif stopped and retval.task_id == str(leaf):
                self._reporter.stopped(leaf, fence, InterruptOutcome.STOPPED_ITSELF.value)
            elif isinstance(retval, Reject) and retval.requeue:  # type: ignore[attr-defined, unused-ignore]
                self._reporter.requeued(leaf, fence, fence, "requeue")
            else:
                (message.sink or self._reporter).failed(leaf, fence, error_of_ignored(retval), None, message.origin)

    def on_revoked(self, sender: Any, request: Any, expired: bool = False, terminated: bool = False, **_: Any) -> None:
        """Report that the message was revoked, expired before its start, or lost its process to a stop command."""
        reason = "expired" if expired else "revoked"
        for leaf, fence in claims_of(sender, request, request.args):
            was_signalled = terminated and self._lost.was_signalled(leaf)
            for task, carried, its_fence in self._lost.carried(leaf) if terminated else ():
                if was_signalled:
                    self._reporter.stopped(carried, its_fence, InterruptOutcome.TERMINATED.value)
                else:  # Celery's `revoke` was meant for the first task of the message, which has ended
                    self._lost.process_gone(task, carried, its_fence)
            if was_signalled:
                self._reporter.stopped(leaf, fence, InterruptOutcome.TERMINATED.value)
                continue
            self._counts.seen(sender.name, leaf, Counted.FAILED)
            self._reporter.failed(leaf, fence, TaskRevokedError(reason), "")
            self._forget(leaf)

    def _forget(self, leaf: LeafId) -> None:
        """Delete the result that Celery's main process stored for a leaf. The run has its own copy."""
        if leaf.node != CLOSE:
            with suppress(*UNREACHABLE):
                forget_copy(self._container.app.backend, str(leaf))

    def on_unknown(self, message: Any, name: str, id: str, **_: Any) -> None:
        """Report that the worker that got the message has no task of this name."""
        leaf = parse_leaf_id(id)
        if leaf is not None:
            headers = message.headers or {}
            nesting, retries = headers.get("replaced_task_nesting") or 0, headers.get("retries") or 0
            self._unknown.postpone(leaf, Fence(nesting=nesting, retries=retries), name)
            self._forget(leaf)

    def on_invalid(self, message: Any, exc: BaseException, **_: Any) -> None:
        """Report that the message is not a valid task message."""
        leaf = parse_leaf_id(str((message.headers or {}).get("id")))
        if leaf is not None:
            self._reporter.failed(leaf, None, InvalidTaskError(safe_str(exc)), "")


def _original_error(exception: BaseException, einfo: Any) -> BaseException:
    """Return the error that the body raised.

    Celery passes on an error that can be pickled. If the class has its own constructor, Celery may pass a wrapper or a
    base class instead, and no error edge would match it by name.
    """
    raised = sys.exc_info()[1]
    return raised if raised is not None and einfo is not None and type(raised) is einfo.type else exception


def _how_it_ended(message: ClaimedMessage, retval: Any) -> Counted:
    """Return how a body without a result of its own counts."""
    if message.replacement is not None:
        return Counted.SUCCEEDED
    return Counted.RETRIED if isinstance(retval, Reject) and retval.requeue else Counted.FAILED  # type: ignore[attr-defined, unused-ignore]


def _seconds(reason: Any) -> float:
    """Return the seconds until a retry is due."""
    when = getattr(reason, "when", None)
    if isinstance(when, datetime):
        moment: datetime = maybe_make_aware(when)
        return max(0.0, (moment - datetime.now(timezone.utc)).total_seconds())
    return float(when or 0)

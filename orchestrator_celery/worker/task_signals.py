"""Celery's task signals, translated to reports to the store.

A request carries the mark of its claim. Without the mark, the signals of success, failure and retry mean nothing here.
Celery's main process reports a child that is lost, killed by a time limit or revoked by the task id alone. Every report
may come twice: the store takes the first.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from celery.canvas import Signature
from celery.exceptions import InvalidTaskError, NotRegistered, Reject, TaskRevokedError, WorkerLostError
from celery.states import IGNORED, REJECTED
from celery.utils.time import maybe_make_aware

from orchestrator_celery.dispatch.broker_errors import is_transient
from orchestrator_celery.dispatch.publisher import CLOSE_TASK
from orchestrator_celery.errors import Interrupted, LeafIgnored
from orchestrator_celery.model.ids import CLOSE, Fence, LeafId, parse_leaf_id
from orchestrator_celery.model.reports import InterruptOutcome
from orchestrator_celery.model.safe_text import safe_str
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.worker.claimed_message import claimed_by, claims_of, reported

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.worker.lost_process import LostProcesses
    from orchestrator_celery.worker.reporter import Reporter
    from orchestrator_celery.worker.retry_replace import RetryReplace

__all__ = ("TaskSignals",)


class TaskSignals:
    """Handlers of one app's task signals.

    Args:
        container: the parts of the orchestrator.
        reporter: tells the store.
        lost: handles the nodes of a process that is gone.
        handover: handles bodies that replaced themselves.
    """

    def __init__(self, container: Container, reporter: Reporter, lost: LostProcesses, handover: RetryReplace) -> None:
        self._container = container
        self._reporter = reporter
        self._lost = lost
        self._handover = handover

    def on_success(self, sender: Any, result: Any = None, **_: Any) -> None:
        """The body returned."""
        held = claimed_by(sender.request)
        if held is not None:
            self._reporter.last_words(held)
            for leaf, fence in held.claims:
                (held.sink or self._reporter).finished(leaf, fence, result, held.origin, held.told)

    def on_failure(self, sender: Any, task_id: str, exception: BaseException, einfo: Any = None, **_: Any) -> None:
        """The body raised, or Celery's main process found its child dead or out of time."""
        held = claimed_by(sender.request) if sender.request.id == task_id else None
        trace = str(einfo.traceback) if einfo is not None else None
        if held is not None:
            self._reporter.last_words(held)
            for leaf, fence in held.claims:
                if leaf.node == CLOSE and is_transient(exception) and exception is not held.outcome:
                    # Not the run's own error: Celery could not store the outcome, or send what follows. Once more.
                    self._reporter.lost(None, CLOSE_TASK, leaf, fence)
                else:
                    error = exception if leaf.node == CLOSE else _as_raised(exception, einfo)
                    (held.sink or self._reporter).failed(leaf, fence, error, trace, held.origin)
            return
        for leaf, known in reversed(reported(sender, task_id)):
            if isinstance(exception, WorkerLostError):
                self._lost.process_gone(sender, leaf, known or Fence(), error=exception, trace=trace)
            else:
                self._reporter.failed(leaf, known, exception, trace)
            self._forget(leaf)

    def on_retry(self, sender: Any, request: Any, reason: Any = None, **_: Any) -> None:
        """The body called `retry`, or a cold shutdown cancelled it (then there is no reason)."""
        held = claimed_by(request)
        if held is not None or reason is not None:
            self._reporter.last_words(held)
            claims = held.claims if held is not None else claims_of(sender, request, request.args)
            for leaf, fence in claims:
                later = fence._replace(retries=fence.retries + 1)
                self._reporter.requeued(leaf, fence, later, "retry", _seconds(reason), self._changed(request, reason))
            return
        for leaf, fence in claims_of(sender, request, request.args):
            self._lost.process_gone(sender, leaf, fence)
            self._forget(leaf)

    def _changed(self, request: Any, reason: Any) -> bytes:
        """The definition of a retry with other arguments, so that it can be published again."""
        sig = getattr(reason, "sig", None)
        if sig is None or (list(sig.args), dict(sig.kwargs)) == (list(request.args or ()), dict(request.kwargs or {})):
            return b""
        return self._container.compiler.leaf(Signature(sig.task, sig.args, sig.kwargs, immutable=True))

    def on_postrun(self, sender: Any, retval: Any = None, state: str | None = None, **_: Any) -> None:
        """The message is dealt with; finds the ends no other signal tells of."""
        held = claimed_by(sender.request)
        if held is None or held.handed_over or state not in (IGNORED, REJECTED):
            return
        self._reporter.last_words(held)
        for leaf, fence in held.claims:
            if held.replacement is not None:
                self._handover.replaced(leaf, fence, held.replacement)
            elif isinstance(retval, Interrupted) and retval.task_id == str(leaf):
                self._reporter.stopped(leaf, fence, InterruptOutcome.STOPPED_ITSELF.value)
            elif isinstance(retval, Reject) and retval.requeue:
                self._reporter.requeued(leaf, fence, fence, "requeue")
            else:
                (held.sink or self._reporter).failed(leaf, fence, _ignored(retval), None, held.origin)

    def on_revoked(self, sender: Any, request: Any, expired: bool = False, terminated: bool = False, **_: Any) -> None:
        """Somebody revoked the message itself, or it expired before it could start, or its process was stopped."""
        reason = "expired" if expired else "revoked"
        for leaf, fence in claims_of(sender, request, request.args):
            if terminated and self._lost.was_struck(leaf):
                self._reporter.stopped(leaf, fence, InterruptOutcome.TERMINATED.value)
                continue
            self._reporter.failed(leaf, fence, TaskRevokedError(reason), "")
            self._forget(leaf)

    def _forget(self, leaf: LeafId) -> None:
        """Drop what Celery's main process has stored of a leaf: its result is kept in the run, and goes with it."""
        if leaf.node != CLOSE:
            with suppress(NotImplementedError, *UNREACHABLE):
                self._container.app.backend.forget(str(leaf))

    def on_unknown(self, name: str, id: str, **_: Any) -> None:
        """No task of this name is registered where the message was delivered."""
        leaf = parse_leaf_id(id)
        if leaf is not None:
            self._reporter.failed(leaf, None, NotRegistered(name), "")

    def on_invalid(self, message: Any, exc: BaseException, **_: Any) -> None:
        """The message cannot be read as a task."""
        leaf = parse_leaf_id(str((message.headers or {}).get("id")))
        if leaf is not None:
            self._reporter.failed(leaf, None, InvalidTaskError(safe_str(exc)), "")


def _as_raised(exception: BaseException, einfo: Any) -> BaseException:
    """The error itself. Celery hands on what can be pickled: in place of a class with a constructor of its own that is
    a wrapper, or a base, and no error edge would know it by its name."""
    raised = sys.exc_info()[1]
    return raised if raised is not None and einfo is not None and type(raised) is einfo.type else exception


def _seconds(reason: Any) -> float:
    """When a retry is due, in seconds from now."""
    when = getattr(reason, "when", None)
    if isinstance(when, datetime):
        moment: datetime = maybe_make_aware(when)
        return max(0.0, (moment - datetime.now(timezone.utc)).total_seconds())
    return float(when or 0)


def _ignored(retval: Any) -> BaseException:
    reason = getattr(retval, "reason", None)
    if isinstance(reason, BaseException):
        return reason
    return LeafIgnored(
        f"The task raised {type(retval).__name__}({reason or ''}): it has no result, nothing follows it."
    )

"""From Celery's signals to events of runs.

A request knows that it was claimed; only then do the signals of success,
failure and retry mean anything here. What Celery's main process
reports of a child (lost, killed by a time limit, revoked) is known by the
task id alone. Every report may come twice: the store takes the first.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from celery.canvas import Signature
from celery.exceptions import Ignore, InvalidTaskError, NotRegistered, Reject, TaskRevokedError, WorkerLostError
from celery.states import IGNORED, REJECTED
from celery.utils.time import maybe_make_aware

from orchestrator_celery.canvas import ComplexSignature, Primitive
from orchestrator_celery.dispatch.publisher import CLOSE_TASK, PASSING, Origin
from orchestrator_celery.engine.recovery import Lost
from orchestrator_celery.errors import Interrupted, LeafIgnored
from orchestrator_celery.lifecycle.cancel import Cancellation
from orchestrator_celery.model.effects import Foresight
from orchestrator_celery.model.ids import CLOSE, Fence, LeafId, is_runner, parse_leaf_id
from orchestrator_celery.model.reports import InterruptOutcome
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.settings import TaskPolicy
from orchestrator_celery.store import Effects, Refused
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.store.script_call import foresight
from orchestrator_celery.worker.auto_resume import rules_of
from orchestrator_celery.worker.claimed_message import Held, claims_of, held_by, owner_of, reported
from orchestrator_celery.worker.current_node import CurrentNode
from orchestrator_celery.worker.reporter import Reports
from orchestrator_celery.worker.retry_replace import Handover

if TYPE_CHECKING:
    from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("Hooks",)

logger = logging.getLogger(__name__)


class Hooks:
    """Handlers of one app's signals.

    Args:
        orchestrator: whose runs.
    """

    def __init__(self, orchestrator: Orchestrator) -> None:
        self._orchestrator = orchestrator
        #: Tells the store.
        self.reports = Reports(orchestrator)
        #: Retries and replacements while broker or store is away.
        self.handover = Handover(held_by, self.reports, lambda: orchestrator.compiler)

    # -- before the body ------------------------------------------------------------------------

    def claim(self, task: Any, request: Any, args: Any) -> None:
        """Claim the message or stop its body.

        Raises:
            celery.exceptions.Ignore: the body may not run.
            celery.exceptions.Reject: the store cannot be asked; the broker keeps the message.
        """
        if held_by(request) is not None:
            return  # one of several items that a runner has taken
        claims = claims_of(task, request, args)
        if not claims:
            return
        owner = owner_of(self._orchestrator, request)
        try:
            checkpoint, told = self._claim_one(task, *claims[0], owner)
            # A run that stands in for a task ends also when nobody waits for that task any more.
            claims[1:] = [claim for claim in claims[1:] if self._wanted(task, *claim, owner)]
        except UNREACHABLE as exc:
            logger.error(
                "The store cannot be asked whether a task may run: %r",
                exc,
                extra={"action": "claim", "run": claims[0][0].run, "node": claims[0][0].node},
            )
            if task.acks_late:
                raise Reject(exc, requeue=True) from exc
            raise Ignore("the store is unreachable; the task stays in the outbox") from exc
        request._orchestrator_held = Held(claims, _origin(self._orchestrator, request), checkpoint, told=told)

    def _wanted(self, task: Any, leaf: LeafId, fence: Fence, owner: str) -> bool:
        """Whether the task a run stands in for waits for its end."""
        for _ in range(2):  # a claim that a dead process has left is taken from it by the first try
            with suppress(Ignore):
                self._claim_one(task, leaf, fence, owner)
                return True
        return False

    def _claim_one(self, task: Any, leaf: LeafId, fence: Fence, owner: str) -> tuple[bytes, Foresight | None]:
        tries = 0

        def claim() -> Effects:
            nonlocal tries
            tries += 1
            return self._orchestrator.store.claim(leaf, fence, owner)

        answer = self.reports.patiently(claim)
        if answer.refused is None:
            return answer.detail or b"", foresight(answer.more)
        if answer.refused is Refused.DUPLICATE and tries > 1 and answer.detail == owner.encode() and _runs_alone():
            # The answer to an earlier try was lost; what it claimed is ours.
            return self._orchestrator.reader.checkpoint(leaf.run, leaf.node) or b"", None
        if answer.refused is Refused.DUPLICATE and self._is_gone(answer.detail.decode(), owner):
            # The broker has delivered again what a dead process held: a new attempt, which counts as one.
            self._lost(task, leaf, fence, hold=self._orchestrator.incarnation != _incarnation(answer.detail))
        raise Ignore(f"vetoed: {answer.refused.value}")

    def _is_gone(self, other: str, owner: str) -> bool:
        node, pid, incarnation = other.rsplit("/", 2)
        if (node, incarnation) == (owner.rsplit("/", 2)[0], self._orchestrator.incarnation):
            return not _alive(int(pid))
        return not self._orchestrator.worker_alive(incarnation)

    def node_of(self, request: Any) -> CurrentNode | None:
        """The node of a message this process has claimed."""
        held = held_by(request)
        if held is None:
            return None
        return CurrentNode(self._orchestrator, *held.claims[-1], held)

    def replacement(self, task: Any, sig: Any) -> Any:
        """What a task of a run may be replaced by: a canvas becomes a run of its own."""
        held = held_by(task.request)
        if held is None:
            return sig
        if sig.subtask_type and not isinstance(sig, Primitive):
            sig = ComplexSignature(sig, app=self._orchestrator.app)
        held.replacement = sig.set(parent_id=held.claims[-1][0].run)
        return held.replacement

    # -- after the body -------------------------------------------------------------------------

    def on_success(self, sender: Any, result: Any = None, **_: Any) -> None:
        """The body returned."""
        held = held_by(sender.request)
        if held is not None:
            self.reports.last_words(held)
            for leaf, fence in held.claims:
                (held.sink or self.reports).finished(leaf, fence, result, held.origin, held.told)

    def on_failure(self, sender: Any, task_id: str, exception: BaseException, einfo: Any = None, **_: Any) -> None:
        """The body raised, or Celery's main process found its child dead or out of time."""
        held = held_by(sender.request) if sender.request.id == task_id else None
        trace = str(einfo.traceback) if einfo is not None else None
        if held is not None:
            self.reports.last_words(held)
            for leaf, fence in held.claims:
                if leaf.node == CLOSE and isinstance(exception, PASSING) and exception is not held.outcome:
                    # Not the run's own error: Celery could not store the outcome, or send what follows. Once more.
                    self.reports.lost(None, CLOSE_TASK, leaf, fence)
                else:
                    error = exception if leaf.node == CLOSE else _as_raised(exception, einfo)
                    (held.sink or self.reports).failed(leaf, fence, error, trace, held.origin)
            return
        for leaf, known in reversed(reported(sender, task_id)):
            if isinstance(exception, WorkerLostError):
                self._lost(sender, leaf, known or Fence(), error=exception, trace=trace)
            else:
                self.reports.failed(leaf, known, exception, trace)
            self._forget(leaf)

    def on_retry(self, sender: Any, request: Any, reason: Any = None, **_: Any) -> None:
        """The body called `retry`, or a cold shutdown cancelled it (then there is no reason)."""
        held = held_by(request)
        if held is not None or reason is not None:
            self.reports.last_words(held)
            claims = held.claims if held is not None else claims_of(sender, request, request.args)
            for leaf, fence in claims:
                later = fence._replace(retries=fence.retries + 1)
                self.reports.requeued(leaf, fence, later, "retry", _seconds(reason), self._changed(request, reason))
            return
        for leaf, fence in claims_of(sender, request, request.args):
            self._lost(sender, leaf, fence)
            self._forget(leaf)

    def _changed(self, request: Any, reason: Any) -> bytes:
        """The definition of a retry with other arguments, so that it can be published again."""
        sig = getattr(reason, "sig", None)
        if sig is None or (list(sig.args), dict(sig.kwargs)) == (list(request.args or ()), dict(request.kwargs or {})):
            return b""
        return self._orchestrator.compiler.leaf(Signature(sig.task, sig.args, sig.kwargs, immutable=True))

    def _lost(
        self,
        task: Any,
        leaf: LeafId,
        fence: Fence,
        *,
        hold: bool = False,
        error: BaseException | None = None,
        trace: str | None = None,
    ) -> None:
        """A process that ran a leaf is gone. Where a rule forbids to start it again it fails, as it does natively, or,
        with its whole worker, is held back."""
        if self._was_struck(leaf):
            self.reports.stopped(leaf, fence, InterruptOutcome.TERMINATED.value)
            return
        if hold or self._may_resume(task, leaf):
            hold = hold and not self._may_resume(task, leaf)
            self.reports.lost(getattr(task, "orchestrator", None), task.name, leaf, fence, hold=hold)
        else:
            lost = error or WorkerLostError(f"The process that ran {task.name} is gone.")
            self.reports.failed(leaf, fence, lost, trace or "")

    def _was_struck(self, leaf: LeafId) -> bool:
        """Whether a signal of an interruption ended it, meant for it or for a task its process had run before."""
        from orchestrator_celery.worker.stop_command import was_struck  # a client needs nothing of the worker

        if was_struck(str(leaf)):
            return True
        with suppress(*UNREACHABLE):
            owner = self._orchestrator.reader.owner(leaf.run, leaf.node)
            return was_struck("", owner.rsplit("/", 2)[-2] if owner.count("/") > 1 else "")
        return False

    def _may_resume(self, task: Any, leaf: LeafId) -> bool:
        """Whether a lost task starts again; where a rule forbids it, it fails as it does natively."""
        if leaf.node == CLOSE or is_runner(leaf.node):
            return True
        policy = getattr(task, "orchestrator", None)
        said = policy.auto_resume if isinstance(policy, TaskPolicy) else None
        kept = False
        with suppress(*UNREACHABLE):
            kept = self._orchestrator.reader.has_checkpoint(leaf.run, leaf.node)
        owner = f"{task.request.hostname or ''}//{self._orchestrator.incarnation}"
        lost = Lost(leaf.run, leaf.node, task.name, leaf.attempt, owner, kept)
        return rules_of(self._orchestrator).refusal(lost, said) is None

    def on_postrun(self, sender: Any, retval: Any = None, state: str | None = None, **_: Any) -> None:
        """The message is dealt with; finds the ends no other signal tells of."""
        held = held_by(sender.request)
        if held is None or held.handed_over or state not in (IGNORED, REJECTED):
            return
        self.reports.last_words(held)
        for leaf, fence in held.claims:
            if held.replacement is not None:
                self._replaced(leaf, fence, held.replacement)
            elif isinstance(retval, Interrupted) and retval.task_id == str(leaf):
                self.reports.stopped(leaf, fence, InterruptOutcome.STOPPED_ITSELF.value)
            elif isinstance(retval, Reject) and retval.requeue:
                self.reports.requeued(leaf, fence, fence, "requeue")
            else:
                (held.sink or self.reports).failed(leaf, fence, _ignored(retval), None, held.origin)

    def _replaced(self, leaf: LeafId, fence: Fence, sig: Any) -> None:
        later = Fence(nesting=fence.nesting + 1)  # its retries count from the beginning
        if isinstance(sig, Primitive):
            answer = self.reports.requeued(leaf, fence, later, "delegate")
            if answer is not None and answer.refused is not None:
                self._withdraw(str(leaf))
            elif answer is not None and answer.detail:
                self._orchestrator.store.suspend(str(leaf))  # it was started while its own run is held
            return
        definition = self._orchestrator.compiler.leaf(Signature(sig.task, sig.args, sig.kwargs, immutable=True))
        self.reports.requeued(leaf, fence, later, "replace", float(sig.options.get("countdown") or 0), definition)

    def _withdraw(self, run: str) -> None:
        """Stop a run that stands in for a task nobody waits for: its own run is over, or has started it again."""
        status = self._orchestrator.reader.head_field(run, "status")
        if status is not None and not RunStatus(status.decode()).ended:
            self._orchestrator.store.cancel(run, "")
            Cancellation(self._orchestrator).conclude(run)

    # -- told by the main process ---------------------------------------------------------------

    def on_revoked(self, sender: Any, request: Any, expired: bool = False, terminated: bool = False, **_: Any) -> None:
        """Somebody revoked the message itself, or it expired before it could start, or its process was stopped."""
        reason = "expired" if expired else "revoked"
        for leaf, fence in claims_of(sender, request, request.args):
            if terminated and self._was_struck(leaf):
                self.reports.stopped(leaf, fence, InterruptOutcome.TERMINATED.value)
                continue
            self.reports.failed(leaf, fence, TaskRevokedError(reason), "")
            self._forget(leaf)

    def _forget(self, leaf: LeafId) -> None:
        """Drop what Celery's main process has stored of a leaf: its result is kept in the run, and goes with it."""
        if leaf.node != CLOSE:
            with suppress(NotImplementedError, *UNREACHABLE):
                self._orchestrator.app.backend.forget(str(leaf))

    def on_gone(self, request: Any) -> None:
        """A child of this worker has ended under its task; told before Celery notices, and again when it does."""
        task = request.task
        # What a run stands in for before the run itself, whose closing message is sent again at once.
        for leaf, fence in reversed(claims_of(task, request._context, request.args)):
            if self._was_struck(leaf):
                self.reports.stopped(leaf, fence, InterruptOutcome.TERMINATED.value)
            elif self._may_resume(task, leaf):
                self.reports.lost(getattr(task, "orchestrator", None), task.name, leaf, fence)

    def on_unknown(self, name: str, id: str, **_: Any) -> None:
        """No task of this name is registered where the message was delivered."""
        leaf = parse_leaf_id(id)
        if leaf is not None:
            self.reports.failed(leaf, None, NotRegistered(name), "")

    def on_invalid(self, message: Any, exc: BaseException, **_: Any) -> None:
        """The message cannot be read as a task."""
        leaf = parse_leaf_id(str((message.headers or {}).get("id")))
        if leaf is not None:
            self.reports.failed(leaf, None, InvalidTaskError(str(exc)), "")


def _as_raised(exception: BaseException, einfo: Any) -> BaseException:
    """The error itself. Celery hands on what can be pickled: in place of a class with a constructor of its own that is
    a wrapper, or a base, and no error edge would know it by its name."""
    raised = sys.exc_info()[1]
    return raised if raised is not None and einfo is not None and type(raised) is einfo.type else exception


def _origin(orchestrator: Orchestrator, request: Any) -> Origin:
    info = request.delivery_info or {}
    inherits = orchestrator.app.conf.task_inherit_parent_priority
    return Origin(route=info, priority=info.get("priority") if inherits else None)


def _runs_alone() -> bool:
    """Whether this process runs one body at a time, so that what it has claimed nobody else in it can have."""
    return threading.current_thread() is threading.main_thread()


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

"""The half of `Run` that steers: every verb that changes a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from vine import promise

from orchestrator_celery.lifecycle.approve import Approver
from orchestrator_celery.lifecycle.audit import audited
from orchestrator_celery.lifecycle.cancel import Cancellation
from orchestrator_celery.lifecycle.interrupt import Interruption
from orchestrator_celery.lifecycle.rerun.source import Rerun
from orchestrator_celery.lifecycle.retry import retry
from orchestrator_celery.lifecycle.skip import detach, skip
from orchestrator_celery.lifecycle.suspend import Suspension
from orchestrator_celery.model.ids import ROOT
from orchestrator_celery.model.states import Priority, RunStatus

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.handles.links import Handles
    from orchestrator_celery.handles.run import Run
    from orchestrator_celery.handles.stored_signature import StoredSignature
    from orchestrator_celery.model.audit import CancelPlan
    from orchestrator_celery.model.reports import InterruptReport

__all__ = ("RunVerbs",)


class RunVerbs:
    """Verbs of a run; `Run` adds what reads it."""

    if TYPE_CHECKING:
        id: str
        _cache: Any
        _on_fulfilled: Callable[..., Any]

        @property
        def signature(self) -> StoredSignature:
            """The signature of the run."""

        @property
        def _orchestrator(self) -> Handles: ...
        @property
        def _container(self) -> Container: ...
        def _recorded_status(self) -> RunStatus | None: ...

    def suspend(self) -> None:
        """Nothing more starts; what runs may finish. Holds with no worker up and through restarts of everything.

        Raises:
            RunNotFound: the run has no record.
            InvalidTransition: it is neither pending nor running.
        """
        with self._audited("suspend", RunStatus.SUSPENDED):
            Suspension(self._container).suspend(self.id)

    def interrupt(self, signal: str = "SIGTERM", grace: float = 10.0) -> InterruptReport:
        """As `suspend`, and what runs is stopped; `resume` starts it again from its last checkpoint.

        Processes get the signal (a task's `TaskPolicy.interrupt_signal` goes first), and SIGKILL after the grace;
        greenlets are killed. Threads and solo cannot be: their tasks look for themselves
        (`current_node().raise_if_interrupted()`). Waits until everything has stopped, at most a little longer than
        the grace. An end that comes first counts; no callback is called for what is held.

        Args:
            signal: its name.
            grace: seconds.

        Returns:
            What became of each task that ran. A task whose worker does not answer is `unreachable`: whatever it still
            reports is refused, and it starts again with `resume`.

        Raises:
            RunNotFound: the run has no record.
            InvalidTransition: it has ended, or is interrupted and nothing of it runs any more.
            OrchestratorError: there is no such signal, or the grace is negative.
        """
        with self._audited("interrupt", RunStatus.INTERRUPTED):
            return Interruption(self._container).interrupt(self.id, signal, grace)

    def resume(self) -> None:
        """Go on after `suspend` or `interrupt`; also starts tasks again that a rule of auto-resume holds back.

        A task that was stopped starts under a new attempt, with what it kept last as `current_node().last_checkpoint`;
        the event `NodeResumed` says whether there was something.

        Raises:
            RunNotFound: the run has no record.
            InvalidTransition: it is neither suspended nor interrupted, and no task of it is held back.
        """
        with self._audited("resume"):
            Suspension(self._container).resume(self.id)

    def cancel_plan(self) -> CancelPlan:
        """What `cancel` would stop and delete; nothing is done.

        Raises:
            RunNotFound: the run has no record.
        """
        return Cancellation(self._container).plan(self.id)

    def cancel(self, confirm: bool | str | None = None, reason: str = "") -> None:
        """Stop the run and delete everything it holds: records, results, callbacks, events, checkpoints.

        Nothing more of it starts; bodies that run are terminated (prefork and gevent; elsewhere they go on, and
        what they return is thrown away). `get` raises `RunCancelled`; the rest of a native chain or chord around
        the run fails with it. One entry of the audit trail is left, and Celery's own result of the run's id, which
        holds that error for those who wait until `result_expires`.

        Args:
            confirm: True, or the token of `cancel_plan()`; then the run must still be what the plan says.
            reason: for the audit trail.

        Raises:
            ConfirmationRequired: not confirmed, or the plan is out of date; nothing is done.
            RunNotFound: the run has no record.
        """
        Cancellation(self._container).cancel(self.id, confirm, reason)
        self._cache = None  # what it had been is no longer so

    def approve(self, node: str, *, by: str | None = None, note: str = "") -> None:
        """Answer an approval that waits: the graph goes on along the edges of `approved`. The first answer counts.

        Args:
            node: the name of the graph's node, or its id, as `orchestrator.approvals()` lists them.
            by: who answers; by default the actor of this call, see `acting`.
            note: why; the node's result and the audit trail hold it.

        Raises:
            RunNotFound: the run has no record.
            InvalidTransition: no such approval waits: it was answered, its time is over, or its turn has not come.
        """
        Approver(self._container).answer(self.id, node, "approved", by, note)

    def reject(self, node: str, *, by: str | None = None, note: str = "") -> None:
        """Answer an approval that waits with a no; arguments and errors as of `approve`."""
        Approver(self._container).answer(self.id, node, "rejected", by, note)

    def set_priority(
        self, which: int | Iterable[int] | str, priority: Priority | str | int, *, node: str = ROOT
    ) -> int:
        """Give waiting items of the swarm another priority, while others are being started.

        Args:
            which: an index, several of them, or a task's name.
            priority: HIGH, MEDIUM or LOW.
            node: id of the swarm, where it is not the whole run.

        Returns:
            How many items got it: those that were waiting with another one. What has started keeps its own.

        Raises:
            RunNotFound: the run has no record.
            SwarmClosed: the swarm has ended.
            InvalidWorkflow: an index no item has, or a priority that is none of the three.
        """
        with self._audited("set_priority"):
            return self._orchestrator.swarm(self.id, node=node).set_priority(which, priority)

    def retry(self, node: str | None = None) -> None:
        """A FAILED run goes on from what failed; what ended well is kept.

        Failed tasks start under a new attempt, from their last checkpoint if they have one, and what never started
        because of them follows in its turn; a swarm keeps to its bounds, and takes no more items. Deadline and
        retention begin anew, and so does `get`. A native chain or chord around the run was told of the failure,
        and does not go on.

        Args:
            node: id of the one failed node that is to go on, as `tree()` has it; by default all of them.

        Raises:
            RunNotFound: the run has no record.
            InvalidTransition: it has not failed, or the node has not.
            NodeNotFound: it has no such node.
        """
        with self._audited("retry", RunStatus.RUNNING, node=node or ""):
            retry(self._container, self.id, node)
        self._wait_anew()

    def rerun(self, from_node: str | None = None) -> Run:
        """Start a new run of the same, with the same input; it says so in `rerun_of`. This one is left as it is.

        Args:
            from_node: id of the node the new run starts with, as `tree()` has it. What lies before it is taken over
                with its records: the earlier steps of every chain it is in, and whatever has succeeded beside it
                in groups and swarms. By default everything runs.

        Raises:
            RunNotFound: the run has no record.
            SignatureGone: its signature was deleted, or the purge of it has begun.
            NodeNotFound: it has no such node.
            InvalidTransition: the node is a callback, or something before it has not succeeded.
        """
        if from_node is None:
            return self.signature.rerun(self.id)
        with self._audited("rerun", node=from_node) as facts:
            new = facts["made"] = Rerun(self._container).from_node(self.id, from_node)
        return self._orchestrator.result(new)

    def skip(self, node: str) -> None:
        """Take a node out that has not started, with all that is below it: it becomes SKIPPED, and counts no more.

        What follows goes on as if it were not there: the next step of a chain gets what this one would have got,
        and in the result of a group or swarm its place holds None. None of its callbacks is called.

        Args:
            node: its id, as `tree()` has it; of what waits inside an item that has not started, none is known.

        Raises:
            RunNotFound: the run has no record.
            InvalidTransition: the run has ended, or the node has started; or it is the whole run, or a callback.
            NodeNotFound: it has no such node.
        """
        with self._audited("skip", node=node):
            skip(self._container, self.id, node)

    def detach(self, node: str) -> Run:
        """As `skip`, and the node goes on as a run of its own, with what it would have been given.

        Of that run's outcome this one knows nothing. Asking again for the same node gives the same run.

        Args:
            node: its id, as `tree()` has it.

        Raises:
            InvalidTransition: as `skip`; or it is not known yet what the node would be given.
            RunNotFound, NodeNotFound: as `skip`.
        """
        with self._audited("detach", node=node) as facts:
            new = facts["made"] = detach(self._container, self.id, node)
        return self._orchestrator.result(new)

    def _wait_anew(self) -> None:
        """This handle may have seen the end, which is none any more."""
        self._cache = None
        self.on_ready = promise(self._on_fulfilled, weak=True)

    def _audited(
        self, verb: str, after: RunStatus | None = None, **facts: Any
    ) -> AbstractContextManager[dict[str, Any]]:
        return audited(self._container.audit_stream, verb, self.id, self._recorded_status, after, **facts)

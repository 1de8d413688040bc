"""The part of `Run` with the verbs that change a run."""

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
    from orchestrator_celery.model.views import RunView

__all__ = ("RunVerbs",)


class RunVerbs:
    """The verbs of a run; part of `Run`."""

    if TYPE_CHECKING:
        id: str
        _cache: Any
        _listed: RunView | None
        _on_fulfilled: Callable[..., Any]

        @property
        def signature(self) -> StoredSignature:
            """The signature of the run."""

        @property
        def _orchestrator(self) -> Handles: ...
        @property
        def _container(self) -> Container: ...
        def _recorded_status(self) -> RunStatus | None: ...
        def _node_id(self, node: str) -> str: ...

    def suspend(self) -> None:
        """Stop the start of further tasks; running tasks may finish.

        The suspension needs no running worker, and it survives restarts of all services.

        Raises:
            RunNotFound: the run has no record.
            InvalidTransition: the run is neither pending nor running.
        """
        with self._audited("suspend", RunStatus.SUSPENDED):
            Suspension(self._container).suspend(self.id)

    def interrupt(self, signal: str = "SIGTERM", grace: float = 10.0) -> InterruptReport:
        """Suspend the run and stop its running tasks; `resume` starts them again from their last checkpoint.

        A process gets the signal, or its task's `TaskPolicy.interrupt_signal`, and SIGKILL after the grace. A greenlet
        is killed. Tasks in the threads and solo pools cannot be stopped from outside: they call
        `current_node().raise_if_interrupted()`. The call waits until all tasks have stopped, at most a little longer
        than the grace. If a task ends before it is stopped, its outcome counts. Stopped tasks call no callbacks.

        Args:
            signal: name of the signal.
            grace: seconds until SIGKILL.

        Returns:
            The outcome of each task that ran. If a worker does not answer, its task is `unreachable`: its later
            reports are refused, and it starts again with `resume`.

        Raises:
            RunNotFound: the run has no record.
            InvalidTransition: the run has ended, or it is interrupted and none of its tasks runs any more.
            OrchestratorError: there is no such signal, or the grace is negative.
        """
        with self._audited("interrupt", RunStatus.INTERRUPTED):
            return Interruption(self._container).interrupt(self.id, signal, grace)

    def resume(self) -> None:
        """Continue after `suspend` or `interrupt`. This also starts tasks that a rule of auto-resume holds back.

        A stopped task starts in a new attempt, with its last checkpoint in `current_node().last_checkpoint`. The event
        `NodeResumed` says whether there was a checkpoint.

        Raises:
            RunNotFound: the run has no record.
            InvalidTransition: the run is neither suspended nor interrupted, and none of its tasks is held back.
        """
        with self._audited("resume"):
            Suspension(self._container).resume(self.id)

    def cancel_plan(self) -> CancelPlan:
        """Return what `cancel` would stop and delete, without doing it.

        Raises:
            RunNotFound: the run has no record.
        """
        return Cancellation(self._container).plan(self.id)

    def cancel(self, confirm: bool | str | None = None, reason: str = "") -> None:
        """Stop the run and delete all its data: records, results, callbacks, events, checkpoints.

        No more tasks start. Running tasks are terminated in the prefork and gevent pools; in other pools they
        continue, and their results are discarded. `get` raises `RunCancelled`, and the rest of a native chain or chord
        around the run fails with this error. One entry of the audit trail is left. Celery's result of the run's id
        keeps the error until `result_expires`.

        Args:
            confirm: True, or the token of `cancel_plan()`. With a token, the run must not have changed since the plan.
            reason: the reason for the audit trail.

        Raises:
            ConfirmationRequired: the call is not confirmed, or the plan is out of date; nothing was done.
            RunNotFound: the run has no record.
        """
        self._listed = None
        Cancellation(self._container).cancel(self.id, confirm, reason)
        self._cache = None  # the cached result is out of date

    def approve(self, node: str, *, by: str | None = None, note: str = "") -> None:
        """Approve a waiting approval: the graph continues along the edges of `approved`. The first answer counts.

        Args:
            node: name or id of the graph's node, as `orchestrator.approvals()` lists them.
            by: the person who answers; by default the actor of this call, see `acting`.
            note: the reason; it is part of the node's result and of the audit trail.

        Raises:
            RunNotFound: the run has no record.
            InvalidTransition: no such approval waits: it was answered, its time is over, or the run has not reached it.
        """
        self._listed = None
        Approver(self._container).answer(self.id, node, "approved", by, note)

    def reject(self, node: str, *, by: str | None = None, note: str = "") -> None:
        """Reject a waiting approval. Arguments and errors are those of `approve`."""
        self._listed = None
        Approver(self._container).answer(self.id, node, "rejected", by, note)

    def set_priority(
        self, which: int | Iterable[int] | str, priority: Priority | str | int, *, node: str = ROOT
    ) -> int:
        """Change the priority of waiting items of the swarm. Items that have started keep their priority.

        Args:
            which: an index, several indexes, or the name of a task.
            priority: HIGH, MEDIUM or LOW.
            node: id or name of the swarm, if the swarm is not the whole run.

        Returns:
            The number of items whose priority changed.

        Raises:
            RunNotFound: the run has no record.
            SwarmClosed: the swarm has ended.
            InvalidWorkflow: no item has the index, or the priority is not one of the three.
        """
        with self._audited("set_priority"):
            return self._orchestrator.swarm(self.id, node=self._node_id(node)).set_priority(which, priority)

    def retry(self, node: str | None = None) -> None:
        """Continue a FAILED run from its failed tasks; succeeded tasks are kept.

        Failed tasks start in a new attempt, from their last checkpoint if they have one. Tasks that did not start
        because of the failure follow. A swarm keeps its limits and takes no more items. Deadline and retention start
        again, and `get` waits again. A native chain or chord around the run has already failed and does not continue.

        Args:
            node: id or name of the failed node to continue, as `tree()` shows them; by default all failed nodes.

        Raises:
            RunNotFound: the run has no record.
            InvalidTransition: the run or the node has not failed.
            NodeNotFound: the run has no such node, or several nodes have the name.
        """
        with self._audited("retry", RunStatus.RUNNING, node=node or "") as facts:
            if node is not None:
                node = facts["node"] = self._node_id(node)
            retry(self._container, self.id, node)
        self._reset_waiting()

    def rerun(self, from_node: str | None = None) -> Run:
        """Start a new run with the same definition and input. Its `rerun_of` is this run, which does not change.

        Args:
            from_node: id or name of the node from which the new run starts, as `tree()` shows them. The new run keeps
                the records of the nodes before it: the earlier steps of its chains, and the succeeded items of its
                groups and swarms. By default all tasks run.

        Raises:
            RunNotFound: the run has no record.
            SignatureGone: the signature was deleted, or its purge has begun.
            NodeNotFound: the run has no such node, or several nodes have the name.
            InvalidTransition: the node is a callback, or a node before it has not succeeded.
        """
        if from_node is None:
            return self.signature.rerun(self.id)
        with self._audited("rerun", node=from_node) as facts:
            from_node = facts["node"] = self._node_id(from_node)
            new = facts["made"] = Rerun(self._container).from_node(self.id, from_node)
        return self._orchestrator.result(new)

    def skip(self, node: str) -> None:
        """Skip a node that has not started, and all nodes below it: it becomes SKIPPED and leaves the run's total.

        The run continues without the node. The next step of a chain gets the input of the skipped step, and the result
        of a group or swarm has None in its place. The callbacks of the node are not called.

        Args:
            node: id or name of the node, as `tree()` shows them. Nodes inside an item that has not started have no id
                yet.

        Raises:
            RunNotFound: the run has no record.
            InvalidTransition: the run has ended, the node has started, or the node is the whole run or a callback.
            NodeNotFound: the run has no such node, or several nodes have the name.
        """
        with self._audited("skip", node=node) as facts:
            node = facts["node"] = self._node_id(node)
            skip(self._container, self.id, node)

    def detach(self, node: str) -> Run:
        """Skip a node and start it as a run of its own, with the input that it would have got.

        This run does not get the outcome of the new run. The new run has the deadline of this run. Detaching the same
        node again returns the same run.

        Args:
            node: id or name of the node, as `tree()` shows them.

        Raises:
            InvalidTransition: as `skip`; or the input of the node is not known yet; or the node is an item of a swarm
                that has callbacks for it.
            RunNotFound, NodeNotFound: as `skip`.
        """
        with self._audited("detach", node=node) as facts:
            node = facts["node"] = self._node_id(node)
            new = facts["made"] = detach(self._container, self.id, node)
        return self._orchestrator.result(new)

    def _reset_waiting(self) -> None:
        """Reset the cached outcome of this handle, so that callers wait again."""
        self._cache = None
        self.on_ready = promise(self._on_fulfilled, weak=True)

    def _audited(
        self, verb: str, after: RunStatus | None = None, **facts: Any
    ) -> AbstractContextManager[dict[str, Any]]:
        self._listed = None
        return audited(self._container.audit_stream, verb, self.id, self._recorded_status, after, **facts)

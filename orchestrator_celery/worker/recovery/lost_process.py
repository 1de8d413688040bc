"""Handles nodes whose process is gone: after a crash, a time limit, or the signal of an interruption."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from celery.exceptions import WorkerLostError

from orchestrator_celery.engine.recovery import LostNode
from orchestrator_celery.model.ids import CLOSE, Fence, LeafId, is_runner
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.model.reports import InterruptOutcome
from orchestrator_celery.records.definitions import parse_definition
from orchestrator_celery.records.leaf import read_leaf
from orchestrator_celery.settings import TaskPolicy
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.worker.bodies.claimed_message import claims_of
from orchestrator_celery.worker.recovery.auto_resume import rules_of

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.worker.bodies.reporter import Reporter

__all__ = ("LostProcesses",)


class LostProcesses:
    """Decides whether the nodes of a lost process start again, fail, are held back or count as stopped.

    Args:
        container: the parts of the orchestrator.
        reporter: reports to the store.
    """

    def __init__(self, container: Container, reporter: Reporter) -> None:
        self._container = container
        self._reporter = reporter

    def process_gone(
        self,
        task: Any,
        leaf: LeafId,
        fence: Fence,
        *,
        hold: bool = False,
        error: BaseException | None = None,
        trace: str | None = None,
    ) -> None:
        """Report a leaf whose process is gone.

        The leaf starts again if the rules of auto-resume allow it. Otherwise it is held back if its whole worker is
        gone, and fails, as in Celery, if only its process is gone.

        Args:
            task: the Celery task.
            leaf: the node, and the attempt.
            fence: the message of the attempt.
            hold: the whole worker is gone.
            error: the error that Celery reported.
            trace: its traceback.
        """
        for other, carried, its_fence in self.carried(leaf):
            self.process_gone(other, carried, its_fence, hold=hold, error=error, trace=trace)
        if self.was_signalled(leaf):
            self._reporter.stopped(leaf, fence, InterruptOutcome.TERMINATED.value)
            return
        if hold or self._may_resume(task, leaf):
            hold = hold and not self._may_resume(task, leaf)
            self._reporter.lost(getattr(task, "orchestrator", None), task.name, leaf, fence, hold=hold)
        else:
            lost = error or WorkerLostError(f"The process that ran {printable(task.name)} is gone.")
            self._reporter.failed_elsewhere(leaf, fence, lost, trace or "")

    def carried(self, leaf: LeafId) -> list[tuple[Any, LeafId, Fence]]:
        """Return task, node and fence of the body with which the process of a leaf's message has gone on."""
        found: list[tuple[Any, LeafId, Fence]] = []
        if leaf.node == CLOSE or is_runner(leaf.node):
            return found
        container = self._container
        with suppress(*UNREACHABLE):  # the reconciler finds it later
            for other, fence in container.reader.carried(leaf):
                [raw] = container.reader.definitions(other.run, [other.node])
                name = read_leaf(parse_definition(raw or b"").payload, container.codec).task if raw else ""
                if name in container.app.tasks:
                    found.append((container.app.tasks[name], other, fence))
        return found

    def was_signalled(self, leaf: LeafId) -> bool:
        """Whether the signal of an interruption ended the process; it may have been meant for an earlier task."""
        from orchestrator_celery.worker.stop_command import was_signalled  # a client does not import the worker

        if was_signalled(str(leaf)):
            return True
        with suppress(*UNREACHABLE):
            owner = self._container.reader.owner(leaf.run, leaf.node)
            return was_signalled("", owner.rsplit("/", 2)[-2] if owner.count("/") > 1 else "")
        return False

    def _may_resume(self, task: Any, leaf: LeafId) -> bool:
        """Whether the rules of auto-resume allow a lost task to start again."""
        if leaf.node == CLOSE or is_runner(leaf.node):
            return True
        policy = getattr(task, "orchestrator", None)
        policy_choice = policy.auto_resume if isinstance(policy, TaskPolicy) else None
        has_checkpoint = False
        with suppress(*UNREACHABLE):
            has_checkpoint = self._container.reader.has_checkpoint(leaf.run, leaf.node)
        owner = f"{task.request.hostname or ''}//{self._container.incarnation}"
        lost = LostNode(leaf.run, leaf.node, task.name, leaf.attempt, owner, has_checkpoint)
        return rules_of(self._container).refusal(lost, policy_choice) is None

    def on_child_exit(self, request: Any) -> None:
        """Report the nodes of a child process that exited while it ran a task.

        The heartbeat calls this before Celery notices the exit. Celery's signals report the same nodes again later.
        """
        task = request.task
        for leaf, _ in claims_of(task, request._context, request.args):
            for other, carried, fence in self.carried(leaf):
                self._child_exited(other, carried, fence)
        # The replaced task comes before the nested run, because the run's closing message is sent again at once.
        for leaf, fence in reversed(claims_of(task, request._context, request.args)):
            self._child_exited(task, leaf, fence)

    def _child_exited(self, task: Any, leaf: LeafId, fence: Fence) -> None:
        if self.was_signalled(leaf):
            self._reporter.stopped(leaf, fence, InterruptOutcome.TERMINATED.value)
        elif self._may_resume(task, leaf):
            self._reporter.lost(getattr(task, "orchestrator", None), task.name, leaf, fence)

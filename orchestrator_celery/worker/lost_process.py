"""Nodes whose process is gone: a crash, a time limit, or the signal of an interruption."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from celery.exceptions import WorkerLostError

from orchestrator_celery.engine.recovery import LostNode
from orchestrator_celery.model.ids import CLOSE, Fence, LeafId, is_runner
from orchestrator_celery.model.reports import InterruptOutcome
from orchestrator_celery.model.text import printable
from orchestrator_celery.settings import TaskPolicy
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.worker.auto_resume import rules_of
from orchestrator_celery.worker.claimed_message import claims_of

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.worker.reporter import Reporter

__all__ = ("LostProcesses",)


class LostProcesses:
    """Decides what becomes of the nodes of a process that is gone.

    Args:
        container: the parts of the orchestrator.
        reporter: tells the store.
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
        """A process that ran a leaf is gone. Where a rule forbids to start it again it fails, as it does natively, or,
        with its whole worker, is held back."""
        if self.was_struck(leaf):
            self._reporter.stopped(leaf, fence, InterruptOutcome.TERMINATED.value)
            return
        if hold or self._may_resume(task, leaf):
            hold = hold and not self._may_resume(task, leaf)
            self._reporter.lost(getattr(task, "orchestrator", None), task.name, leaf, fence, hold=hold)
        else:
            lost = error or WorkerLostError(f"The process that ran {printable(task.name)} is gone.")
            self._reporter.failed(leaf, fence, lost, trace or "")

    def was_struck(self, leaf: LeafId) -> bool:
        """Whether a signal of an interruption ended it, meant for it or for a task its process had run before."""
        from orchestrator_celery.worker.stop_command import was_struck  # a client needs nothing of the worker

        if was_struck(str(leaf)):
            return True
        with suppress(*UNREACHABLE):
            owner = self._container.reader.owner(leaf.run, leaf.node)
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
            kept = self._container.reader.has_checkpoint(leaf.run, leaf.node)
        owner = f"{task.request.hostname or ''}//{self._container.incarnation}"
        lost = LostNode(leaf.run, leaf.node, task.name, leaf.attempt, owner, kept)
        return rules_of(self._container).refusal(lost, said) is None

    def on_gone(self, request: Any) -> None:
        """A child of this worker has ended under its task; told before Celery notices, and again when it does."""
        task = request.task
        # What a run stands in for before the run itself, whose closing message is sent again at once.
        for leaf, fence in reversed(claims_of(task, request._context, request.args)):
            if self.was_struck(leaf):
                self._reporter.stopped(leaf, fence, InterruptOutcome.TERMINATED.value)
            elif self._may_resume(task, leaf):
                self._reporter.lost(getattr(task, "orchestrator", None), task.name, leaf, fence)

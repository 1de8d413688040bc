"""Reports: of a sweep, as `orchestrator.resume_reports()` lists it, and of an interruption, task by task."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from pydantic import BaseModel, ConfigDict

from orchestrator_celery.model.printing.text import printable

__all__ = (
    "LISTED",
    "InterruptOutcome",
    "InterruptReport",
    "InterruptedTask",
    "ResumeAction",
    "ResumeReport",
    "ResumedNode",
)


class ResumeAction(str, Enum):
    """The action of a sweep on one node."""

    RESUMED = "resumed"  #: its worker was gone; it starts again, from its last checkpoint if it has one
    STARTED = "started"  #: no worker had claimed its message for too long; the message was published again
    KEPT = "kept"  #: it starts when its suspended run is resumed; or the canvas that replaced it continues
    SKIPPED = "skipped"  #: the node or its run had ended before the node could start again
    REFUSED = "refused"  #: a rule forbids to start it again; it is held back
    UNREADABLE = "unreadable"  #: the record of its run is broken; the run is put aside and looked at again later
    FAILED = "failed"  #: it has lost too many workers, or the run was over its deadline

    def __str__(self) -> str:
        return self.value


#: Most nodes of one action that a report lists.
LISTED = 25


class ResumedNode(BaseModel):
    """One node of a report.

    Args:
        attempt: the attempt that begins, or the attempt that was given up.
        checkpoint: whether the node continues from a checkpoint.
        delay: seconds until the node starts, to spread the load.
        reason: the rule of a refusal, or the cause of a failure.
    """

    model_config = ConfigDict(frozen=True)

    run: str
    node: str
    task: str
    action: ResumeAction
    attempt: int
    owner: str = ""
    checkpoint: bool = False
    delay: float = 0.0
    reason: str = ""


class ResumeReport(BaseModel):
    """The actions of one sweep; a sweep without actions leaves no report.

    Args:
        time: the time by the store's clock.
        worker: the worker that swept.
        dead: workers that were found dead.
        looked_at: the number of runs that were checked.
        nodes: the action on each node; the first `LISTED` nodes of each action.
        counts: the number of nodes of each action, listed or not.
    """

    model_config = ConfigDict(frozen=True)

    time: datetime
    worker: str
    dead: tuple[str, ...] = ()
    looked_at: int = 0
    nodes: tuple[ResumedNode, ...] = ()
    counts: dict[ResumeAction, int] = {}

    def of(self, action: ResumeAction) -> tuple[ResumedNode, ...]:
        """Return the listed nodes with this action."""
        return tuple(node for node in self.nodes if node.action is action)

    @property
    def resumed(self) -> tuple[ResumedNode, ...]:
        """Listed nodes that start again, because their worker was gone."""
        return self.of(ResumeAction.RESUMED)

    @property
    def started(self) -> tuple[ResumedNode, ...]:
        """Listed nodes whose message was sent again."""
        return self.of(ResumeAction.STARTED)

    @property
    def kept(self) -> tuple[ResumedNode, ...]:
        """Listed nodes that wait for their run to be resumed, or for the canvas that replaced them."""
        return self.of(ResumeAction.KEPT)

    @property
    def skipped(self) -> tuple[ResumedNode, ...]:
        """Listed nodes that had ended before they could start again."""
        return self.of(ResumeAction.SKIPPED)

    @property
    def refused(self) -> tuple[ResumedNode, ...]:
        """Listed nodes that a rule holds back."""
        return self.of(ResumeAction.REFUSED)

    @property
    def failed(self) -> tuple[ResumedNode, ...]:
        """Listed nodes that were given up."""
        return self.of(ResumeAction.FAILED)

    @property
    def unreadable(self) -> tuple[ResumedNode, ...]:
        """Listed nodes of runs whose record is broken."""
        return self.of(ResumeAction.UNREADABLE)

    def count(self, action: ResumeAction) -> int:
        """Return the number of nodes with this action, listed or not."""
        return self.counts.get(action, 0) or len(self.of(action))

    def __str__(self) -> str:
        counts = ", ".join(f"{self.count(action)} {action}" for action in ResumeAction if self.count(action))
        runs, workers = _counted(self.looked_at, "run"), _counted(len(self.dead), "worker")
        return f"{counts or 'nothing to do'}; {runs} checked, {workers} found dead"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class InterruptOutcome(str, Enum):
    """The outcome of an interruption for one task."""

    TERMINATED = "terminated"  #: a signal ended its process, or its greenlet was killed
    STOPPED_ITSELF = "stopped_itself"  #: it reacted to the interruption, or is now a retry that waits
    FINISHED_FIRST = "finished_first"  #: it ended before it could be stopped; its result counts
    UNREACHABLE = "unreachable"  #: its worker did not answer or could not end it; its reports are refused
    UNSUPPORTED = "unsupported"  #: its pool cannot kill tasks, and it did not check; it runs on, its result counts

    def __str__(self) -> str:
        return self.value


class InterruptedTask(BaseModel):
    """One task that was running when its run was interrupted.

    Args:
        run: the run, or the inner run that replaces a task of it.
        node: the id of the node.
        task: the task's name.
        attempt: the running attempt.
        worker: host, process and start of the worker.
        outcome: the outcome for the task.
        checkpoint: whether the task has a checkpoint from which its next attempt continues.
    """

    model_config = ConfigDict(frozen=True)

    run: str
    node: str
    task: str
    attempt: int
    worker: str
    outcome: InterruptOutcome
    checkpoint: bool = False


class InterruptReport(BaseModel):
    """The report of `run.interrupt()`.

    Args:
        run: the run.
        signal: the first signal for the processes, unless a task's policy sets another.
        grace: seconds until SIGKILL.
        tasks: the tasks that were running, with their outcomes.
    """

    model_config = ConfigDict(frozen=True)

    run: str
    signal: str
    grace: float
    tasks: tuple[InterruptedTask, ...] = ()

    def of(self, outcome: InterruptOutcome) -> tuple[InterruptedTask, ...]:
        """Return the tasks with this outcome."""
        return tuple(task for task in self.tasks if task.outcome is outcome)

    @property
    def terminated(self) -> tuple[InterruptedTask, ...]:
        """Tasks whose process was ended by a signal, or whose greenlet was killed."""
        return self.of(InterruptOutcome.TERMINATED)

    @property
    def stopped_itself(self) -> tuple[InterruptedTask, ...]:
        """Tasks that reacted to the interruption, or are now a retry that waits."""
        return self.of(InterruptOutcome.STOPPED_ITSELF)

    @property
    def finished_first(self) -> tuple[InterruptedTask, ...]:
        """Tasks that ended before they could be stopped."""
        return self.of(InterruptOutcome.FINISHED_FIRST)

    @property
    def unreachable(self) -> tuple[InterruptedTask, ...]:
        """Tasks whose worker did not answer or could not end them."""
        return self.of(InterruptOutcome.UNREACHABLE)

    @property
    def unsupported(self) -> tuple[InterruptedTask, ...]:
        """Tasks that run on, because their pool cannot kill them."""
        return self.of(InterruptOutcome.UNSUPPORTED)

    def __str__(self) -> str:
        counts = ", ".join(f"{len(self.of(outcome))} {outcome}" for outcome in InterruptOutcome if self.of(outcome))
        return printable(f"The run {self.run} is interrupted: {counts or 'no task was running'}.")

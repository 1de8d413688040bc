"""What a sweep did, as `orchestrator.resume_reports()` lists it; what an interruption did, task by task."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from pydantic import BaseModel, ConfigDict

from orchestrator_celery.model.text import printable

__all__ = ("InterruptOutcome", "InterruptReport", "InterruptedTask", "ResumeAction", "ResumeReport", "ResumedNode")


class ResumeAction(str, Enum):
    """What was done about one node."""

    RESUMED = "resumed"  #: its worker was gone; it starts again, from its last checkpoint if it has one
    STARTED = "started"  #: nobody had claimed its message for too long; it was published again
    KEPT = "kept"  #: it starts with its run, which is suspended; or a canvas that replaced it goes on
    SKIPPED = "skipped"  #: it had ended, or its run had, before it could be started again
    REFUSED = "refused"  #: a rule forbids to start it again; it is held
    FAILED = "failed"  #: it has lost too many workers, or the run was over its deadline

    def __str__(self) -> str:
        return self.value


class ResumedNode(BaseModel):
    """One node of a report.

    Args:
        attempt: the attempt that begins, or the one that was given up.
        checkpoint: whether it goes on from a checkpoint.
        delay: seconds until it starts, to spread the load.
        reason: the rule of a refusal, or why it failed.
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
    """What one sweep did; a sweep that found nothing leaves none.

    Args:
        time: by the store's clock.
        worker: who swept.
        dead: workers that were found dead.
        looked_at: how many runs.
        nodes: what was done about each.
    """

    model_config = ConfigDict(frozen=True)

    time: datetime
    worker: str
    dead: tuple[str, ...] = ()
    looked_at: int = 0
    nodes: tuple[ResumedNode, ...] = ()

    def of(self, action: ResumeAction) -> tuple[ResumedNode, ...]:
        """The nodes with which this was done."""
        return tuple(node for node in self.nodes if node.action is action)

    def __str__(self) -> str:
        counts = ", ".join(f"{len(self.of(action))} {action}" for action in ResumeAction if self.of(action))
        return f"{counts or 'nothing to do'}; {self.looked_at} runs looked at, {len(self.dead)} workers found dead"


class InterruptOutcome(str, Enum):
    """What an interruption came to for one task."""

    TERMINATED = "terminated"  #: a signal ended its process, or its greenlet was killed
    STOPPED_ITSELF = "stopped_itself"  #: it heeded the interruption, or handed itself on to a retry that waits
    FINISHED_FIRST = "finished_first"  #: it had ended before it could be stopped, and its end counts
    UNREACHABLE = "unreachable"  #: its worker did not answer or could not end it: whatever it reports is refused
    UNSUPPORTED = "unsupported"  #: its pool cannot kill, and it did not look: it runs on, and its end counts

    def __str__(self) -> str:
        return self.value


class InterruptedTask(BaseModel):
    """One task that ran when its run was interrupted.

    Args:
        run: the run, or the run inside that stands in for a task of it.
        node: id of the node.
        task: the task's name.
        attempt: which attempt ran.
        worker: host, process and life of the worker.
        outcome: what became of it.
        checkpoint: whether it has kept how far it was, from where its next attempt goes on.
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
    """What `run.interrupt()` did.

    Args:
        run: the run.
        signal: what the processes got first, where a task's policy does not say otherwise.
        grace: seconds until SIGKILL.
        tasks: what ran, with what became of each.
    """

    model_config = ConfigDict(frozen=True)

    run: str
    signal: str
    grace: float
    tasks: tuple[InterruptedTask, ...] = ()

    def of(self, outcome: InterruptOutcome) -> tuple[InterruptedTask, ...]:
        """The tasks with this outcome."""
        return tuple(task for task in self.tasks if task.outcome is outcome)

    def __str__(self) -> str:
        counts = ", ".join(f"{len(self.of(outcome))} {outcome}" for outcome in InterruptOutcome if self.of(outcome))
        return printable(f"The run {self.run} is interrupted: {counts or 'nothing of it ran'}.")

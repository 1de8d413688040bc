"""What a sweep did, as `orchestrator.resume_reports()` lists it."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from pydantic import BaseModel, ConfigDict

__all__ = ("ResumeAction", "ResumeReport", "ResumedNode")


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

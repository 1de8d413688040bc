"""Who did what to which run: entries of the audit trail, and the plan of a cancellation."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from orchestrator_celery.model.states import RunStatus, SignatureStatus
from orchestrator_celery.model.text import printable

__all__ = ("AuditEntry", "AuditRecord", "CancelPlan")


class AuditRecord(BaseModel):
    """What is written down; never arguments or results of tasks.

    Args:
        verb: what was asked for: `suspend`, `resume`, `interrupt`, `retry`, `rerun`, `skip`, `detach`, `cancel`,
            `set_priority`, `deadline`, `save`, `delete`, `restore`, `purge`.
        actor: who asked, by default the system's user and host.
        channel: from where: `api`, `worker` or `sweeper`.
        run: id of the run; '' where it is about a signature alone.
        signature: id of the signature; '' where it is about a run alone.
        name: its name, '' without one.
        node: the node it is about, '' where it is about the whole run.
        made: id of the run that came of it, '' where none did.
        before: its status before; None where there is no such run.
        after: its status after.
        counts: how much was deleted or changed.
        reason: the words of the actor.
        outcome: `done`, or why it was refused.
    """

    model_config = ConfigDict(frozen=True)

    verb: str
    actor: str
    channel: str
    run: str
    signature: str = ""
    name: str = ""
    node: str = ""
    made: str = ""
    before: RunStatus | SignatureStatus | None = None
    after: RunStatus | SignatureStatus | None = None
    counts: dict[str, int] = Field(default_factory=dict)
    reason: str = ""
    outcome: str = "done"


class AuditEntry(AuditRecord):
    """An entry as `orchestrator.audit()` lists it.

    Args:
        id: place in the trail; later entries have greater ids.
        time: the store's clock, UTC.
    """

    id: str
    time: datetime

    @property
    def refused(self) -> bool:
        """Whether nothing was done."""
        return self.outcome != "done"


class CancelPlan(BaseModel):
    """What cancelling a run would stop and delete; nothing is done yet.

    Args:
        run: its id.
        name: its name.
        status: its status now.
        total: tasks known.
        done: of these, how many have succeeded.
        failed: how many have failed.
        running: bodies that would be stopped.
        queued: messages that would find nothing to do.
        runs: runs that stand in for tasks of this one and would go with it.
        keys: keys in Redis that would be deleted.
        bytes: memory they take there, as Redis estimates it.
        token: confirms this plan: `run.cancel(confirm=plan.token)`.
    """

    model_config = ConfigDict(frozen=True)

    run: str
    name: str
    status: RunStatus
    total: int
    done: int
    failed: int
    running: int
    queued: int
    runs: tuple[str, ...] = ()
    keys: int
    bytes: int
    token: str

    def __str__(self) -> str:
        return printable(
            f"Cancelling {self.name or self.run} ({self.status}) stops {self.running} running and {self.queued} queued "
            f"tasks and deletes {self.keys} keys, {self.bytes:,} bytes: {self.done} results, {self.failed} errors of "
            f"{self.total} tasks."
        )

"""Entries of the audit trail (who did what to which run), and the plan of a cancellation."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.model.states import RunStatus, SignatureStatus

__all__ = ("AuditEntry", "AuditRecord", "CancelPlan")


class AuditRecord(BaseModel):
    """The content of an entry; it never holds arguments or results of tasks.

    Args:
        verb: the verb: `suspend`, `resume`, `interrupt`, `retry`, `rerun`, `skip`, `detach`, `cancel`,
            `set_priority`, `deadline`, `save`, `delete`, `restore`, `purge`; `unreadable` for a damaged entry.
        actor: the person or program; by default the system's user and host.
        channel: the origin of the call: `api`, `worker` or `sweeper`.
        run: the id of the run; '' if the entry is about a signature alone.
        signature: the id of the signature; '' if the entry is about a run alone.
        name: the name of the run or signature, '' without one.
        node: the node, '' if the entry is about the whole run.
        made: the id of the run that the verb created, '' if it created none.
        before: the status before; None if there is no such run.
        after: the status after.
        counts: the numbers of deleted or changed objects.
        reason: the reason given by the actor.
        outcome: `done`, or the reason of a refusal.
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
        id: the place in the trail; later entries have greater ids.
        time: the time by the store's clock, in UTC.
    """

    id: str
    time: datetime

    @property
    def refused(self) -> bool:
        """Whether the verb was refused."""
        return self.outcome != "done"


class CancelPlan(BaseModel):
    """A dry run of a cancellation: the tasks to stop and the data to delete.

    Args:
        run: the id of the run.
        name: the name of the run.
        status: the current status.
        total: the number of known tasks.
        done: the number of succeeded tasks.
        failed: the number of failed tasks.
        running: the number of running tasks to stop.
        queued: the number of queued messages that will be ignored.
        runs: the inner runs that replace tasks of this run; they are deleted too.
        keys: the number of keys in Redis to delete.
        bytes: the memory of these keys, as Redis estimates it.
        token: confirms exactly this plan: `run.cancel(confirm=plan.token)`.
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

"""What happened in a run, as `run.watch()` yields it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from orchestrator_celery.model.states import Priority, RunStatus

__all__ = (
    "ApprovalAwaited",
    "ArrivalIgnored",
    "Event",
    "ItemsAdded",
    "NodeCheckpointed",
    "NodeFailed",
    "NodeHeld",
    "NodeInterrupted",
    "NodeLost",
    "NodeProgressed",
    "NodeRepublished",
    "NodeResumed",
    "NodeRetried",
    "NodeSkipped",
    "NodeStarted",
    "NodeSucceeded",
    "NodeVetoed",
    "PriorityChanged",
    "RunClosed",
    "StatusChanged",
    "SwarmWasClosed",
    "UnknownEvent",
)


class Event(BaseModel):
    """Base of all events.

    Args:
        id: place in the run's stream; later events have greater ids.
        time: the store's clock, UTC.
        run: the run.
        node: the node, or `$` for the run itself.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    time: datetime
    run: str
    node: str

    @property
    def ends(self) -> bool:
        """Whether it is the last one of the run that `watch` tells."""
        return isinstance(self, RunClosed)


class StatusChanged(Event):
    """The run's status changed."""

    status: RunStatus


class RunClosed(Event):
    """Celery was told the outcome: `run.get()` answers, callbacks and chains have gone on."""


class NodeStarted(Event):
    """A worker claimed a task."""

    attempt: int
    worker: str


class NodeSucceeded(Event):
    """A node ended with a result."""


class NodeFailed(Event):
    """A node ended with an error."""


class NodeRetried(Event):
    """A task handed itself on: `retry`, `replace` or `requeue`."""

    attempt: int
    reason: str


class NodeLost(Event):
    """The process that ran a task is gone; the task starts again under a new attempt."""

    attempt: int
    worker: str


class NodeSkipped(Event):
    """A node is passed by, or lies on a branch of a graph that was not taken: it never starts, and what follows goes on
    without it."""


class NodeVetoed(Event):
    """A message was delivered whose task may not run: `stale`, `duplicate` or `held`."""

    attempt: int
    reason: str


class NodeHeld(Event):
    """A task lost its worker, and a rule forbids to start it again by itself."""

    attempt: int
    worker: str


class NodeInterrupted(Event):
    """An interruption has stopped a task, which is held back: `terminated`, `stopped_itself`, `unreachable`, or `lost`
    with its process."""

    attempt: int
    worker: str
    reason: str


class NodeResumed(Event):
    """A task that was held back starts again under a new attempt, from its last checkpoint if it has one."""

    attempt: int
    checkpoint: bool


class NodeRepublished(Event):
    """Nobody had claimed a task's message for too long; it was sent again under the same id."""

    attempt: int
    count: int


class NodeCheckpointed(Event):
    """A task kept how far it is."""

    attempt: int


class NodeProgressed(Event):
    """A task said how far it is. Of each task the stream keeps the newest one."""

    attempt: int
    done: float
    total: float | None
    message: str


class ArrivalIgnored(Event):
    """A branch arrived at a `join="any"` that had started with another one; it ends there."""


class ApprovalAwaited(Event):
    """An approval waits for an answer."""


class ItemsAdded(Event):
    """Items were added to a swarm."""

    count: int


class PriorityChanged(Event):
    """Waiting items of a swarm got another priority."""

    count: int
    priority: Priority


class SwarmWasClosed(Event):
    """A swarm takes no more items."""


class UnknownEvent(Event):
    """An event of a later release, whose kind or fields this one does not know.

    Args:
        kind: its kind.
        fields: the raw fields of its entry in the stream.
    """

    kind: str
    fields: dict[str, str]

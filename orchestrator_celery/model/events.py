"""The events of a run, as `run.watch()` yields them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from orchestrator_celery.model.states import Priority, RunStatus

__all__ = (
    "ApprovalAwaited",
    "ArrivalIgnored",
    "CompositeFailed",
    "CompositeSucceeded",
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
    """Base class of all events.

    Args:
        id: the place in the run's stream; later events have greater ids.
        time: the time by the store's clock, in UTC.
        run: the run.
        node: the node, or `$` for the run itself.
        name: the name of the node, as in `run.tree()`; '' for the run itself, and if the run was deleted meanwhile.
        task: the name of the task that the node runs; '' for a composite, an approval and the run itself.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    time: datetime
    run: str
    node: str
    name: str = ""
    task: str = ""

    @property
    def ends(self) -> bool:
        """Whether this is the last event that `watch` yields."""
        return isinstance(self, RunClosed)


class StatusChanged(Event):
    """The run's status changed."""

    status: RunStatus


class RunClosed(Event):
    """The outcome was reported to Celery: `run.get()` returns, and callbacks and chains continue."""


class NodeStarted(Event):
    """A worker claimed a task."""

    attempt: int
    worker: str


class NodeSucceeded(Event):
    """A task ended with a result, or an approval was answered."""


class NodeFailed(Event):
    """A task ended with an error, or a node of a graph could not begin."""


class CompositeSucceeded(Event):
    """A composite, such as a chain, a swarm or the whole run, ended with a result."""


class CompositeFailed(Event):
    """A composite, such as a chain, a swarm or the whole run, ended with an error: that of a task in it, or its own."""


class NodeRetried(Event):
    """A task replaced its message by another one: `retry`, `replace` or `requeue`."""

    attempt: int
    reason: str


class NodeLost(Event):
    """The process that ran a task is gone; the task starts again under a new attempt."""

    attempt: int
    worker: str


class NodeSkipped(Event):
    """A node will never start: somebody skipped it, or it lies on a branch of a graph that was not taken. The nodes
    after it continue without it."""


class NodeVetoed(Event):
    """A delivered message was refused, so its task did not run: `stale`, `duplicate` or `held`."""

    attempt: int
    reason: str


class NodeHeld(Event):
    """A task lost its worker, and a rule forbids to restart it automatically."""

    attempt: int
    worker: str


class NodeInterrupted(Event):
    """An interruption stopped a task, which is now held back: `terminated`, `stopped_itself`, `unreachable`, or `lost`
    with its process."""

    attempt: int
    worker: str
    reason: str


class NodeResumed(Event):
    """A task that was held back starts again with a new attempt, from its last checkpoint if it has one."""

    attempt: int
    checkpoint: bool


class NodeRepublished(Event):
    """No worker had claimed a task's message for too long, so the message was sent again with the same id."""

    attempt: int
    count: int


class NodeCheckpointed(Event):
    """A task saved a checkpoint."""

    attempt: int


class NodeProgressed(Event):
    """A task reported progress. The stream keeps the last report of a task that has ended.

    While a task runs, its reports have the id of the last event before them.
    """

    attempt: int
    done: float
    total: float | None
    message: str


class ArrivalIgnored(Event):
    """A branch arrived at a `join="any"` that another branch had already started; the late branch ends there."""


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
    """A swarm was closed and accepts no more items."""


class UnknownEvent(Event):
    """An event of a later release, whose kind or fields this one does not know.

    Args:
        kind: its kind.
        fields: the raw fields of its entry in the stream.
    """

    kind: str
    fields: dict[str, str]

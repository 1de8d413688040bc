"""The states of runs and nodes, and the kinds of nodes."""

from __future__ import annotations

from enum import Enum, IntEnum

__all__ = ("NodeKind", "NodeState", "Priority", "RunStatus", "SignatureStatus")


class RunStatus(str, Enum):
    """Status of a whole run, as `run.status` returns it."""

    PENDING = "PENDING"  #: accepted and durable; none of its tasks has started
    RUNNING = "RUNNING"  #: a task has started, and the run has not ended
    SUSPENDED = "SUSPENDED"  #: no further task starts until the run is resumed
    INTERRUPTED = "INTERRUPTED"  #: suspended, and the running tasks were stopped
    SUCCEEDED = "SUCCEEDED"  #: ended with a result
    FAILED = "FAILED"  #: ended with an error
    CANCELLED = "CANCELLED"  #: stopped and deleted

    @property
    def ended(self) -> bool:
        """Whether the status changes only on a new request."""
        return self in (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED)

    def __str__(self) -> str:
        return self.value


class SignatureStatus(str, Enum):
    """Status of a stored signature; its runs have a status of their own."""

    ACTIVE = "ACTIVE"  #: stored
    MARKED_FOR_DELETION = "MARKED_FOR_DELETION"  #: deleted when its time has come and none of its runs is live

    def __str__(self) -> str:
        return self.value


class NodeState(str, Enum):
    """State of one node of a run's tree."""

    WAITING = "WAITING"  #: waits for its turn
    QUEUED = "QUEUED"  #: its message is at the broker, or about to be
    RUNNING = "RUNNING"  #: claimed by a worker; of a composite: a child has started
    AWAITING = "AWAITING"  #: an approval that waits for an answer
    INTERRUPTED = "INTERRUPTED"  #: stopped, and held back until the run is resumed
    SUCCEEDED = "SUCCEEDED"  #: ended with a result
    FAILED = "FAILED"  #: ended with an error
    SKIPPED = "SKIPPED"  #: never started: the workflow ended, took another branch, or somebody took the node out

    def __str__(self) -> str:
        return self.value


class NodeKind(str, Enum):
    """The kind of a node: a task, or a composite, which exists only as records."""

    TASK = "task"  #: one Celery message
    CHAIN = "chain"  #: children one after the other
    GROUP = "group"  #: children side by side; the result is the list of their results
    CHORD = "chord"  #: a group, then a body with the group's results
    SWARM = "swarm"  #: a pool of items with limited concurrency
    COMPLEX = "complex"  #: a workflow as one unit
    GRAPH = "graph"  #: named nodes and edges; results decide which edges are taken
    NODE = "node"  #: a node of a graph that was not visited yet
    MAP = "map"  #: a graph's node that runs once for each element of a list
    APPROVAL = "approval"  #: a graph's node that waits for a person

    def __str__(self) -> str:
        return self.value


class Priority(IntEnum):
    """Priority of a swarm's item: a free slot goes to the highest priority that waits."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

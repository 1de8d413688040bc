"""The states of runs and nodes, and the kinds of nodes."""

from __future__ import annotations

from enum import Enum, IntEnum

__all__ = ("NodeKind", "NodeState", "Priority", "RunStatus", "SignatureStatus")


class RunStatus(str, Enum):
    """Status of a whole run, as `run.status` gives it."""

    PENDING = "PENDING"  #: accepted and durable, no task of it has started
    RUNNING = "RUNNING"  #: a task has started, and the end is not reached
    SUSPENDED = "SUSPENDED"  #: nothing more starts until it is resumed
    INTERRUPTED = "INTERRUPTED"  #: suspended, and what ran was stopped
    SUCCEEDED = "SUCCEEDED"  #: ended with a result
    FAILED = "FAILED"  #: ended with an error
    CANCELLED = "CANCELLED"  #: stopped and deleted

    @property
    def ended(self) -> bool:
        """Whether no further change is possible without a new request."""
        return self in (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED)

    def __str__(self) -> str:
        return self.value


class SignatureStatus(str, Enum):
    """Status of a stored signature; its runs have their own."""

    ACTIVE = "ACTIVE"  #: kept
    MARKED_FOR_DELETION = "MARKED_FOR_DELETION"  #: deleted once its time has come and none of its runs is live

    def __str__(self) -> str:
        return self.value


class NodeState(str, Enum):
    """State of one node of a run's tree."""

    WAITING = "WAITING"  #: not its turn yet
    QUEUED = "QUEUED"  #: its message is with the broker, or about to be
    RUNNING = "RUNNING"  #: claimed by a worker, or (a composite) some child has started
    AWAITING = "AWAITING"  #: an approval that waits for an answer
    INTERRUPTED = "INTERRUPTED"  #: stopped, and held back until somebody resumes it
    SUCCEEDED = "SUCCEEDED"  #: ended with a result
    FAILED = "FAILED"  #: ended with an error
    SKIPPED = "SKIPPED"  #: never started: the workflow ended, or went elsewhere, or somebody took it out

    def __str__(self) -> str:
        return self.value


class NodeKind(str, Enum):
    """What a node is: a task message, or one of the composites, which are only records."""

    TASK = "task"  #: one Celery message
    CHAIN = "chain"  #: children one after the other
    GROUP = "group"  #: children side by side, the result is their list
    CHORD = "chord"  #: a group, then a body with its results
    SWARM = "swarm"  #: a bounded pool of items
    COMPLEX = "complex"  #: a workflow as one unit
    GRAPH = "graph"  #: named nodes, and edges that are taken by what came out
    NODE = "node"  #: a node of a graph that was not visited yet
    MAP = "map"  #: a graph's node for each element of a list
    APPROVAL = "approval"  #: a graph's node that waits for a person

    def __str__(self) -> str:
        return self.value


class Priority(IntEnum):
    """Priority of a swarm's item: a free slot goes to the highest waiting one."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

"""When each node of a run waited and ran, as `run.timeline()` yields it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.model.states import NodeKind, NodeState

__all__ = ("NodeTimes",)


class NodeTimes(BaseModel):
    """The times of one node. All are times of the store's clock, of the node's last attempt.

    Args:
        node: the id of the node; `run.timeline(after=...)` goes on after it.
        name: the task's name, or the name of the composite.
        kind: the kind of the node.
        state: the state of the node.
        queued: when its turn came; None for a composite, and for a node that an earlier release started.
        published: when its message was sent last, or its planned start if it has a delay; None while its run is
            suspended, because its message is sent again.
        started: when its body began; of a composite, when its first node began; of an approval, when it asked.
        finished: when it ended.
        attempts: the number of its last attempt; 0 for a composite.
        worker: the process that runs it, or ran it.
    """

    model_config = ConfigDict(frozen=True)

    node: str
    name: str
    kind: NodeKind
    state: NodeState
    queued: datetime | None = None
    published: datetime | None = None
    started: datetime | None = None
    finished: datetime | None = None
    attempts: int = 0
    worker: str | None = None

    @property
    def waited(self) -> float | None:
        """The seconds from its turn to its start; None before the start, or if they are not known."""
        return _seconds(self.queued, self.started)

    @property
    def took(self) -> float | None:
        """The seconds from its start to its end; None before the end."""
        return _seconds(self.started, self.finished)

    def __str__(self) -> str:
        spans = [
            f"{word} {span:.3f} s" for word, span in (("waited", self.waited), ("took", self.took)) if span is not None
        ]
        return printable(f"{self.node} {self.name} [{self.kind}] {self.state} {', '.join(spans)}".rstrip())


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else (end - start).total_seconds()

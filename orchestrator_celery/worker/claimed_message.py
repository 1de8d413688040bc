"""Which nodes a Celery message stands for, and what is known once they are claimed."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from orchestrator_celery.dispatch.publisher import CLOSE_TASK, NO_ORIGIN, Origin
from orchestrator_celery.model.effects import EdgeContext
from orchestrator_celery.model.ids import CLOSE, Fence, LeafId, parse_leaf_id
from orchestrator_celery.worker.progress import Said

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("ClaimedMessage", "Sink", "claimed_by", "claims_of", "owner_of", "reported")


class Sink(Protocol):
    """Takes the end of a body; arguments as of `Reporter`."""

    def finished(
        self, leaf: LeafId, fence: Fence, result: Any, origin: Origin, told: EdgeContext | None = None
    ) -> None:
        """The body returned."""

    def failed(
        self, leaf: LeafId, fence: Fence | None, exc: BaseException, trace: str | None, origin: Origin = NO_ORIGIN
    ) -> None:
        """The body raised."""


@dataclass
class ClaimedMessage:
    """A message that was claimed here; it hangs on its own request, for in a pool of threads another delivery of the
    same message may be dealt with beside it.

    Args:
        claims: the nodes.
        origin: where the message came from.
        checkpoint: what an earlier attempt kept.
        replacement: what the body has replaced itself by.
        handed_over: the store knows of the message that goes on, and the body's end says nothing more.
        outcome: the error a closed run ended with, which is no failure of closing it.
        sink: who is told of its end in place of the store: of an item, the runner that took it.
        looked: when the record was last looked at for an interruption, by the monotonic clock.
        interrupted: whether the body was to be stopped then.
        said: how far the body says it is.
        told: what the edges of a graph's node depend on, where this process may choose them.
        added: how many items the body has added to its chord.
    """

    claims: list[tuple[LeafId, Fence]]
    origin: Origin
    checkpoint: bytes = b""
    replacement: Any = None
    handed_over: bool = False
    outcome: BaseException | None = None
    sink: Sink | None = None
    looked: float = 0.0
    interrupted: bool = False
    said: Said = field(default_factory=Said)
    told: EdgeContext | None = None
    added: int = 0


def claimed_by(request: Any) -> ClaimedMessage | None:
    """What this process has claimed with a request."""
    held: ClaimedMessage | None = getattr(request, "_orchestrator_held", None)
    return held


def owner_of(container: Container, request: Any) -> str:
    """The process that handles a request, as claims name it."""
    return f"{request.hostname}/{os.getpid()}/{container.incarnation}"


def claims_of(task: Any, request: Any, args: Any) -> list[tuple[LeafId, Fence]]:
    """What a message stands for: a leaf of a run, the closing of a run, or (nested) both, the closing first."""
    claims = []
    task_id, parent = request.id, request.parent_id
    if task.name == CLOSE_TASK:
        claims.append((LeafId(task_id, CLOSE, int(args[0])), Fence()))
    if parent and task_id.startswith(f"{parent}:"):
        leaf = parse_leaf_id(task_id)
        if leaf is not None and leaf.run == parent:
            claims.append((leaf, Fence(nesting=request.replaced_task_nesting or 0, retries=request.retries or 0)))
    return claims


def reported(sender: Any, task_id: str) -> list[tuple[LeafId, Fence | None]]:
    """The same for a report of the main process, which may know nothing but the id."""
    request = sender.request
    if request.id == task_id:
        return list(claims_of(sender, request, request.args))
    leaf = parse_leaf_id(task_id)
    return [(leaf, None)] if leaf is not None else []

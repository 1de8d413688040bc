"""Which nodes a Celery message executes, and the data of the message after its claim."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from orchestrator_celery.dispatch.publisher import CLOSE_TASK, NO_ORIGIN, Origin
from orchestrator_celery.model.effects import EdgeContext
from orchestrator_celery.model.ids import CLOSE, Fence, LeafId, parse_leaf_id
from orchestrator_celery.worker.bodies.own_bodies import Body
from orchestrator_celery.worker.bodies.progress import ProgressWriter

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.worker.bodies.body_spans import BodySpan

__all__ = ("ClaimedMessage", "Sink", "claimed_by", "claims_of", "claims_reported", "owner_of")


class Sink(Protocol):
    """Receives the outcome of a body. The arguments are those of `Reporter`."""

    def finished(
        self, leaf: LeafId, fence: Fence, result: Any, origin: Origin, routing: EdgeContext | None = None
    ) -> None:
        """Record that the body returned."""

    def failed(
        self, leaf: LeafId, fence: Fence | None, exc: BaseException, trace: str | None, origin: Origin = NO_ORIGIN
    ) -> None:
        """Record that the body raised."""


@dataclass
class ClaimedMessage:
    """A message that this process claimed.

    The object is an attribute of the message's request. In a thread pool, another delivery of the same message may be
    processed at the same time, so the task id is not enough to find it.

    Args:
        claims: the claimed nodes, as `claims_of` returns them.
        origin: where the message came from.
        checkpoint: the last checkpoint of an earlier attempt.
        replacement: the signature that replaced the body.
        handed_over: the store already knows the message that continues the node, so the end of this body is ignored.
        outcome: the error of the run that this message closes. It does not mean that closing failed.
        sink: receives the outcome instead of the store: for an item of a batch, its runner.
        interrupt_checked: when the store was last asked about an interruption, by the monotonic clock.
        interrupted: whether the store asked the body to stop.
        progress: the progress that the body reported.
        routing: the inputs of the edges of a graph's node, if this process may choose the edges.
        added: number of items that the body has added to its chord.
        body: stands for the body in `Bodies`, as long as the message is processed.
        category: the category of the run; '' for none.
        span: the span of the body, if the project traces its runs.
        begun: when the body began, by the monotonic clock.
    """

    claims: list[tuple[LeafId, Fence]]
    origin: Origin
    checkpoint: bytes = b""
    replacement: Any = None
    handed_over: bool = False
    outcome: BaseException | None = None
    sink: Sink | None = None
    interrupt_checked: float = 0.0
    interrupted: bool = False
    progress: ProgressWriter = field(default_factory=ProgressWriter)
    routing: EdgeContext | None = None
    added: int = 0
    body: Body | None = None
    category: str = ""
    span: BodySpan | None = None
    begun: float = field(default_factory=time.monotonic)


def claimed_by(request: Any) -> ClaimedMessage | None:
    """Return the message that this process claimed with a request, or None."""
    message: ClaimedMessage | None = getattr(request, "_orchestrator_message", None)
    return message


def owner_of(container: Container, request: Any) -> str:
    """Return the name of this process as it is written into claims."""
    return f"{request.hostname}/{os.getpid()}/{container.incarnation}"


def claims_of(task: Any, request: Any, args: Any) -> list[tuple[LeafId, Fence]]:
    """Return the nodes that a message executes: a leaf of a run, the closing of a run, or both for a nested run.

    The closing of a run comes first.
    """
    claims: list[tuple[LeafId, Fence]] = []
    if request.is_eager:  # the records of an eager run are in memory, and nobody claims its tasks
        return claims
    task_id, parent = request.id, request.parent_id
    if task.name == CLOSE_TASK:
        claims.append((LeafId(task_id, CLOSE, int(args[0])), Fence()))
    if parent and task_id.startswith(f"{parent}:"):
        leaf = parse_leaf_id(task_id)
        if leaf is not None and leaf.run == parent:
            claims.append((leaf, Fence(nesting=request.replaced_task_nesting or 0, retries=request.retries or 0)))
    return claims


def claims_reported(sender: Any, task_id: str) -> list[tuple[LeafId, Fence | None]]:
    """Return the nodes of a message that Celery's main process reports. It may know only the task id."""
    request = sender.request
    if request.id == task_id:
        return list(claims_of(sender, request, request.args))
    leaf = parse_leaf_id(task_id)
    return [(leaf, None)] if leaf is not None else []

"""Which nodes a Celery message stands for, and what is known once they are claimed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from orchestrator_celery.model.ids import CLOSE, Fence, LeafId, parse_leaf_id
from orchestrator_celery.publish import BATCH_TASK, CLOSE_TASK, Origin

__all__ = ("Held", "Sink", "batched", "claims_of", "held_by", "reported")


class Sink(Protocol):
    """Where the items of a batch report their ends."""

    def finished(self, leaf: LeafId, result: Any) -> None:
        """The body returned `result`."""

    def failed(self, leaf: LeafId, exc: BaseException, trace: str | None) -> None:
        """The body raised `exc`."""


@dataclass
class Held:
    """A message that was claimed here; it hangs on its own request, for in a pool of threads another delivery of the
    same message may be dealt with beside it.

    Args:
        claims: the nodes.
        origin: where the message came from.
        checkpoint: what an earlier attempt kept.
        replacement: what the body has replaced itself by.
        handed_over: the store knows of the message that goes on, and the body's end says nothing more.
        outcome: the error a closed run ended with, which is no failure of closing it.
        batch: what is told of its end, where it shares a message with others.
    """

    claims: list[tuple[LeafId, Fence]]
    origin: Origin
    checkpoint: bytes = b""
    replacement: Any = None
    handed_over: bool = False
    outcome: BaseException | None = None
    batch: Sink | None = None


def held_by(request: Any) -> Held | None:
    """What this process has claimed with a request."""
    held: Held | None = getattr(request, "_orchestrator_held", None)
    return held


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


def batched(name: str, args: Any) -> list[tuple[LeafId, str]]:
    """The items a message may work off, with the names of their tasks; none for any other message."""
    if name != BATCH_TASK or not args:
        return []
    run, items = args[0], args[1]
    return [(LeafId(run, node, 1), task) for node, task, *_ in items]


def reported(sender: Any, task_id: str) -> list[tuple[LeafId, Fence | None]]:
    """The same for a report of the main process, which may know nothing but the id."""
    request = sender.request
    if request.id == task_id:
        return list(claims_of(sender, request, request.args))
    leaf = parse_leaf_id(task_id)
    return [(leaf, None)] if leaf is not None else []

"""What a transition leaves to do. Effects are durable before anyone acts, and may be done twice."""

from __future__ import annotations

from typing import NamedTuple

from orchestrator_celery.model.ids import Fence, LeafId

__all__ = ("CloseRun", "Dispatch")


class Dispatch(NamedTuple):
    """Publish the message of a leaf.

    Args:
        leaf: whose message; the Celery task id.
        fence: which message of the attempt.
        given: where its partial arguments come from: '' nowhere, `in` the run's own
            arguments, a node's id its result, `e:<node>` its error.
        spec: the leaf's definition.
        wait: seconds after which it may start.
        level: its priority, 1 low to 3 high; None in a run that has none.
    """

    leaf: LeafId
    fence: Fence
    given: str
    spec: bytes
    wait: float = 0.0
    level: int | None = None


class CloseRun(NamedTuple):
    """Publish the message that tells Celery the run's outcome."""

    leaf: LeafId

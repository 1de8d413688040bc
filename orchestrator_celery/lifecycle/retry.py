"""Retry a failed run: the failed tasks start again, and the tasks that succeeded are kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from orchestrator_celery.errors import InvalidTransition
from orchestrator_celery.lifecycle.refusal import check, node_refusal
from orchestrator_celery.lifecycle.side_effects.pending import SideEffects
from orchestrator_celery.store import Refused

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("retry",)

#: Longest wait in seconds until the run is closed in Celery. Closing takes a moment, unless the worker dies.
_CLOSING_WAIT = 10.0
_POLL = 0.02


def retry(container: Container, run: str, node: str | None) -> None:
    """Continue a failed run from its failed tasks.

    Args:
        container: the parts of the orchestrator.
        run: id of the run.
        node: the failed node to start again; None for all failed nodes.

    Raises:
        RunNotFound: there is no such run.
        InvalidTransition: the run or the node has not failed, or the node cannot start by itself.
        NodeNotFound: the run has no such node.
    """
    store, until = container.store, time.monotonic() + _CLOSING_WAIT
    effects = store.retry(run, node or "")
    while effects.refused is Refused.HELD and time.monotonic() < until:
        time.sleep(_POLL)
        effects = store.retry(run, node or "")
    check(effects, run, "retry")
    if effects.refused is Refused.HELD:
        raise InvalidTransition(
            f"The run {run} is FAILED, but its outcome is not stored in Celery yet. Retry the run in a moment. If the "
            "worker that stores it is gone, another worker does it."
        )
    if effects.refused is Refused.NODE:
        raise node_refusal(run, node or "", "retried", effects, "only a node that has failed can be")
    SideEffects(container).apply(run)
    container.publisher.act(effects.todo)

"""Skip a node that has not started, or detach it as a run of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator_celery.errors import InvalidTransition, RunNotFound
from orchestrator_celery.lifecycle.detach import detached_id
from orchestrator_celery.lifecycle.refusal import node_refusal
from orchestrator_celery.lifecycle.side_effects import SideEffects
from orchestrator_celery.model.lifecycle import refusal_of_nodes
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.store import Refused

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("detach", "skip")


def skip(container: Container, run: str, node: str, detach_to: str = "") -> None:
    """Remove a node that has not started from a run.

    Args:
        container: the parts of the orchestrator.
        run: id of the run.
        node: id of the node.
        detach_to: id of the run that continues the node; "" to skip the node.

    Raises:
        RunNotFound: there is no such run.
        InvalidTransition: the run has ended, the node has started, or the node cannot be removed.
        NodeNotFound: the run has no such node.
    """
    effects, done = container.store.skip(run, node, detach_to), "detached" if detach_to else "skipped"
    if effects.refused is Refused.GONE:
        raise RunNotFound(f"No run has the id {run!r}, so none of its nodes can be {done}.")
    if effects.refused is Refused.STATE:
        raise InvalidTransition(refusal_of_nodes(run, done, RunStatus(effects.detail.decode())))
    if effects.refused is Refused.NODE:
        raise node_refusal(run, node, done, effects, "only a node that has not started can be")
    if detach_to:
        SideEffects(container).apply(run)
    container.publisher.act(effects.todo)


def detach(container: Container, run: str, node: str) -> str:
    """Remove a node and start it as a run of its own; return the id of that run. Raises as `skip`."""
    new = detached_id(run, node)
    skip(container, run, node, detach_to=new)
    return new

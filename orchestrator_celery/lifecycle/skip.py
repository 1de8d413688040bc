"""Skip a node that has not started, or detach it as a run of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator_celery.errors import InvalidTransition, RunNotFound
from orchestrator_celery.lifecycle.detach import detached_id
from orchestrator_celery.lifecycle.refusal import node_refusal
from orchestrator_celery.lifecycle.side_effects.pending import SideEffects
from orchestrator_celery.model.lifecycle import refusal_of_nodes
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.definitions import Attribute, parse_definition
from orchestrator_celery.store import Refused

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("detach", "skip")

_OWN = (Attribute.OWN_SUCCESS, Attribute.OWN_ERROR, Attribute.OWN_CLEANUP)
_EACH = (Attribute.EACH_SUCCESS, Attribute.EACH_ERROR, Attribute.EACH_CLEANUP)


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
    """Remove a node and start it as a run of its own; return the id of that run.

    Args:
        container: the parts of the orchestrator.
        run: id of the run.
        node: id of the node.

    Raises:
        InvalidTransition: as `skip`; or the node is an item of a swarm that has callbacks for it.
        RunNotFound, NodeNotFound: as `skip`.
    """
    _check_item_callbacks(container, run, node)
    new = detached_id(run, node)
    skip(container, run, node, detach_to=new)
    return new


def _check_item_callbacks(container: Container, run: str, node: str) -> None:
    """Refuse an item whose callbacks would not be called: they take the item's place in its swarm as an argument."""
    found = container.reader.definitions(run, [node, node.rpartition(".")[0]])
    for raw, callbacks in zip(found, (_OWN, _EACH), strict=True):
        definition = parse_definition(raw) if raw else None
        if definition and any(definition.has(attribute) for attribute in callbacks):
            raise InvalidTransition(
                f"The node {node} of the run {run} cannot be detached: its swarm has callbacks for it "
                "(`on_task_success`, `on_task_error`, `on_task_cleanup`, or those of `add_task`), and a run of its own "
                "would not call them. Let the item run, or skip it with `run.skip`."
            )

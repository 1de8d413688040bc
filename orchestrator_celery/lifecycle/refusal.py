"""Turns the store's refusal of a verb into the error for the caller."""

from __future__ import annotations

from orchestrator_celery.errors import InvalidTransition, NodeNotFound, RunNotFound
from orchestrator_celery.model.lifecycle import VERBS, refusal
from orchestrator_celery.model.states import NodeState, RunStatus
from orchestrator_celery.store import Effects, Refused

__all__ = ("check", "node_refusal")

#: Why a verb refuses a node, for reasons other than the node's state.
_REASONS = {
    "callback": "is a callback, not a part of the tree: use the node that it belongs to",
    "approval": "is an approval, which waits for a person and runs no task: answer it, or skip it",
    "root": "is the whole run: cancel the run, or skip its nodes",
    "early": "waits for the nodes before it, so its input is not known yet: wait for them, or skip it",
    "header": "is SKIPPED, because the header of its chord has failed: retry the failed header",
    "tolerated": "has FAILED, but the failure was tolerated: the node that contains it has succeeded without it",
}


def check(effects: Effects, run: str, verb: str) -> None:
    """Raise the error for a refused verb.

    Args:
        effects: the answer of the store.
        run: the run.
        verb: the verb that was called.

    Raises:
        RunNotFound: there is no such run.
        InvalidTransition: the run's status does not allow the verb; the message lists the possible verbs.
    """
    if effects.refused is Refused.GONE:
        raise RunNotFound(
            f"No run has the id {run!r}, so it cannot be {VERBS[verb].done}: it was cancelled, its retention is "
            f"over, or it is in another store. `orchestrator.audit(run={run!r})` lists who did what with it."
        )
    if effects.refused is Refused.STATE:
        raise InvalidTransition(refusal(run, verb, RunStatus(effects.detail.decode())))


def node_refusal(run: str, node: str, done: str, effects: Effects, rule: str) -> NodeNotFound | InvalidTransition:
    """Return the error for a verb that was refused because of its node.

    Args:
        run: the run.
        node: the node.
        done: the verb's participle, such as "skipped".
        effects: the answer of the store.
        rule: which nodes the verb takes.
    """
    why = effects.detail.decode()
    if why == "unknown":
        return NodeNotFound(f"The run {run} has no node {node!r}: `run.tree()` shows the ids there are.")
    if why in NodeState.__members__:
        return InvalidTransition(f"The node {node} of the run {run} is {why} and cannot be {done}: {rule}.")
    return InvalidTransition(f"The node {node} of the run {run} cannot be {done}: it {_REASONS[why]}.")

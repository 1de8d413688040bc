"""A worker that has finished a leaf goes on with the next one of the run, without a message in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from orchestrator_celery.model.effects import Dispatch, EdgeContext
from orchestrator_celery.store.scripting.script_call import Effects, edge_context, effect

if TYPE_CHECKING:
    from orchestrator_celery.model.ids import LeafId

__all__ = ("NOTHING_NEXT", "Next", "Offer", "next_of")


class Offer(NamedTuple):
    """What a worker tells with the end of a leaf, so that it may go on with the next one.

    Args:
        carrier: `<node>:<attempt>` of the leaf whose message the worker handles; '' if the worker does not go on.
        owner: the process.
        tasks: the tasks that it may go on with, as `,task,task,`.
        spent: milliseconds since it got the message.
    """

    carrier: str = ""
    owner: str = ""
    tasks: str = ""
    spent: int = 0

    @property
    def taken_as(self) -> str:
        """The owner in the record of the next leaf; '' if the worker does not go on."""
        return self.carrier and f"{self.carrier} {self.owner}"


#: The worker does not go on.
NOTHING_NEXT = Offer()


class Next(NamedTuple):
    """The leaf that a worker goes on with; it is claimed.

    Args:
        dispatch: what its message would say.
        checkpoint: the last checkpoint of an earlier attempt.
        routing: the inputs of the edges of a graph's node, if the worker may choose the edges.
        known: results by node that need not be read, each decoded for this body alone.
    """

    dispatch: Dispatch
    checkpoint: bytes = b""
    routing: EdgeContext | None = None
    known: Mapping[str, Any] = {}


def next_of(leaf: LeafId, answer: Effects) -> Next | None:
    """Read the next leaf from the answer to the end of a leaf; None without one."""
    if answer.refused is not None or not answer.detail:
        return None
    dispatch = effect(leaf.run, answer.detail)
    assert isinstance(dispatch, Dispatch)
    checkpoint = answer.more[0] if answer.more else b""
    return Next(dispatch, checkpoint, edge_context(answer.more[1:]))

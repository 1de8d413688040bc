"""Records of nodes as the store keeps them: live leaves and ended nodes."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.model.states import NodeState

__all__ = ("Live", "Terminal", "parse_live", "parse_terminal")

_STATES = {
    "Q": NodeState.QUEUED,
    "R": NodeState.RUNNING,
    "S": NodeState.SUCCEEDED,
    "F": NodeState.FAILED,
    "I": NodeState.RUNNING,
    "D": NodeState.RUNNING,
    "H": NodeState.INTERRUPTED,
    "W": NodeState.AWAITING,
    "E": NodeState.QUEUED,
    "K": NodeState.SKIPPED,
}
_REF = b"@"


class Live(NamedTuple):
    """A leaf that is queued or running.

    Args:
        since: when it got into this state.
        owner: the worker process that runs it, '' while it is queued.
        runner: `<node>:<attempt>` of the message that works this item off among others; '' for one of its own.
        input: where what it is given comes from.
    """

    state: NodeState
    attempt: int
    fence: Fence
    since: datetime
    owner: str
    runner: str = ""
    input: str = ""


class Terminal(NamedTuple):
    """A node that has ended.

    Args:
        ref: of a composite, where its result or error comes from; None for a leaf.
        payload: of a leaf, its encoded result or error.
    """

    state: NodeState
    attempt: int
    started: datetime
    finished: datetime
    owner: str
    ref: str | None
    payload: bytes


def parse_live(raw: bytes) -> Live:
    """Read `state|attempt|retries|nesting|since|sent|tries|callbacks|input|owner`."""
    state, attempt, retries, nesting, since, _, _, _, given, owner = raw.decode().split("|", 9)
    runner, _, owner = owner.rpartition(" ")
    fence = Fence(nesting=int(nesting), retries=int(retries))
    return Live(_STATES[state], int(attempt), fence, from_ms(since), owner, runner, given)


def parse_terminal(raw: bytes) -> Terminal:
    """Read `state|attempt|started|finished|owner`, then on a new line the payload or `@` and a reference."""
    header, _, payload = raw.partition(b"\n")
    state, attempt, started, finished, owner = header.decode().split("|", 4)
    ref = payload[1:].decode() if payload[:1] == _REF else None
    return Terminal(
        _STATES[state], int(attempt), from_ms(started), from_ms(finished), owner, ref, b"" if ref else payload
    )

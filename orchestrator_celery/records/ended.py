"""The record of a node that has ended. Most items of a large pool have a shorter one, see `pools/short_ends.py`.

    record  = state "|" attempt "|" started "|" finished "|" owner "\\n" rest
    state   = a value of `EndedState`
    owner   = see `owner.py`    ; without a runner
    rest    = "@" reference     ; of a composite: see `outcomes.py`
            | payload           ; of a leaf: its result or error, see `payload.py`
            | leaves            ; of a skipped node: how many leaves it takes out

`attempt` is 0 for a node that no message belonged to. `started` and `finished` are milliseconds since the epoch.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import NamedTuple

from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.records.owner import Owner, Waits, parse_owner, write_owner

__all__ = ("Ended", "EndedState", "ended_state", "parse_ended", "write_ended", "written_state")

_REFERENCE = b"@"


class EndedState(str, Enum):
    """State of a node that has ended; the first letter of its record."""

    SUCCEEDED = "S"  #: with a result
    FAILED = "F"  #: with an error
    SKIPPED = "K"  #: it never started

    @property
    def node_state(self) -> NodeState:
        """The public state."""
        return NodeState[self.name]


class Ended(NamedTuple):
    """A node that has ended.

    Args:
        state: the public state.
        attempt: the attempt that ended it.
        started: when it started.
        finished: when it ended.
        owner: the worker process that ran it.
        ref: of a composite, reference to its result or error; None for any other node.
        payload: of a leaf, its encoded result or error; of a skipped node, its number of leaves.
        waits: how long it waited until it ran; None of a composite, or in a record of an earlier release.
    """

    state: NodeState
    attempt: int
    started: datetime
    finished: datetime
    owner: str
    ref: str | None
    payload: bytes
    waits: Waits | None = None

    @property
    def skipped_leaves(self) -> int:
        """How many leaves a skipped node takes out; 0 for any other node."""
        return int(self.payload) if self.state is NodeState.SKIPPED else 0


def parse_ended(raw: bytes) -> Ended:
    """Read a record."""
    header, _, payload = raw.partition(b"\n")
    state, attempt, started, finished, owner = header.decode().split("|", 4)
    ref = payload[1:].decode() if payload[:1] == _REFERENCE else None
    worker, _, waits = parse_owner(owner)
    return Ended(
        EndedState(state).node_state,
        int(attempt),
        from_ms(started),
        from_ms(finished),
        worker,
        ref,
        payload if ref is None else b"",
        waits,
    )


def write_ended(ended: Ended) -> bytes:
    """Write a record; the opposite of `parse_ended`."""
    times = (round(moment.timestamp() * 1000) for moment in (ended.started, ended.finished))
    owner = write_owner(Owner(ended.owner, waits=ended.waits))
    header = "|".join(map(str, (EndedState[ended.state.name].value, ended.attempt, *times, owner)))
    rest = ended.payload if ended.ref is None else _REFERENCE + ended.ref.encode()
    return header.encode() + b"\n" + rest


def written_state(succeeded: bool) -> str:
    """The state that a record of a leaf begins with."""
    state = EndedState.SUCCEEDED if succeeded else EndedState.FAILED
    return str(state.value)


def ended_state(raw: bytes) -> EndedState:
    """The state in a record, without the rest.

    >>> ended_state(b"F|1|0|0|w\\n{}")
    <EndedState.FAILED: 'F'>
    """
    return EndedState(raw[:1].decode())

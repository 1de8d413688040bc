"""The record of a live node: a message in the outbox, a running task, an approval or a decision that waits.

    record    = state "|" attempt "|" retries "|" nesting "|" since "|" sent "|" tries "|" callbacks "|" input "|" owner
    state     = a value of `LiveState`
    callbacks = [links] "," [errbacks] [ ";" [success] "," [error] "," [cleanup] ]
    input     = an input reference, see `inputs.py`; of a decision, `cause ":" reference`
    cause     = a value of `Cause` in `model/effects.py`
    owner     = see `owner.py`          ; empty unless it runs; "b " if the next runner of its pool takes it

`attempt`, `retries`, `nesting` and `tries` are whole numbers, `since` and `sent` milliseconds since the epoch. `sent`
is the time of the last publication, or the time at which the task was to start where that is later; of an approval,
the end of its timeout or 0. `tries` counts how often the message was published again.

The record is deleted when the node ends. Lua writes it. Python parses what a reader returns; both follow this grammar,
because a parsed record would be larger and a call of its own would cost a round trip.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import NamedTuple

from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.records.owner import Owner, Waits, parse_owner, write_owner

__all__ = ("RUNNING", "Live", "LiveState", "live_state", "parse_live", "write_live")


class LiveState(str, Enum):
    """State of a live node; the first letter of its record."""

    QUEUED = "Q"  #: in the outbox: its message is with the broker, or is about to be
    RUNNING = "R"  #: claimed by a worker
    STOPPING = "I"  #: as RUNNING; an earlier release marked what an interruption was to stop
    DELEGATED = "D"  #: its task replaced itself by a canvas, which is a run of its own
    HELD = "H"  #: held back by a rule of auto-resume or by an interruption
    AWAITING = "W"  #: an approval that waits for an answer
    DECIDING = "E"  #: a decision that is not made yet

    @property
    def node_state(self) -> NodeState:
        """The public state."""
        return _NODE_STATES[self]


_NODE_STATES = {
    LiveState.QUEUED: NodeState.QUEUED,
    LiveState.RUNNING: NodeState.RUNNING,
    LiveState.STOPPING: NodeState.RUNNING,
    LiveState.DELEGATED: NodeState.RUNNING,
    LiveState.HELD: NodeState.INTERRUPTED,
    LiveState.AWAITING: NodeState.AWAITING,
    LiveState.DECIDING: NodeState.QUEUED,
}


#: A worker runs it.
RUNNING = frozenset({LiveState.RUNNING, LiveState.STOPPING})


class Live(NamedTuple):
    """A live node.

    Args:
        phase: its state in the store.
        attempt: number of its attempt.
        fence: which message of the attempt.
        since: when it got into this state.
        sent: last publication, in milliseconds.
        tries: how often its message was published again.
        callbacks: how many callbacks it has, as text.
        input: reference to its input.
        owner: the worker process that runs it, '' unless it runs.
        runner: `<node>:<attempt>` of the runner message that processes it, '' where it has a message of its own.
        waits: how long it waited until it ran; None unless it runs.
    """

    phase: LiveState
    attempt: int
    fence: Fence
    since: datetime
    sent: int
    tries: int
    callbacks: str
    input: str
    owner: str
    runner: str = ""
    waits: Waits | None = None

    @property
    def state(self) -> NodeState:
        """The public state."""
        return self.phase.node_state


def parse_live(raw: bytes) -> Live:
    """Read a record."""
    state, attempt, retries, nesting, since, sent, tries, callbacks, given, owner = raw.decode().split("|", 9)
    worker, runner, waits = parse_owner(owner)
    fence = Fence(nesting=int(nesting), retries=int(retries))
    counts = int(attempt), fence, from_ms(since), int(sent), int(tries)
    return Live(LiveState(state), *counts, callbacks, given, worker, runner, waits)


def write_live(live: Live) -> bytes:
    """Write a record; the opposite of `parse_live`."""
    since = round(live.since.timestamp() * 1000)
    owner = write_owner(Owner(live.owner, live.runner, live.waits))
    nesting, retries = live.fence
    head = (live.phase.value, live.attempt, retries, nesting, since, live.sent, live.tries)
    return "|".join(map(str, (*head, live.callbacks, live.input, owner))).encode()


def live_state(raw: bytes) -> LiveState:
    """The state in a record, without the rest.

    >>> live_state(b"R|1|0|0|0|0|0|,||w")
    <LiveState.RUNNING: 'R'>
    """
    return LiveState(raw[:1].decode())

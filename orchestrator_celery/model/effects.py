"""Effects of transitions. Effects are durable before a process acts on them, and acting twice does no harm."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from orchestrator_celery.model.ids import Fence, LeafId

__all__ = (
    "Await",
    "Begun",
    "Cause",
    "CloseRun",
    "Decide",
    "Decision",
    "Dispatch",
    "EdgeContext",
    "Effect",
    "FailRest",
    "Release",
    "StartMore",
    "Withdraw",
)


class Dispatch(NamedTuple):
    """Publish the message of a leaf.

    Args:
        leaf: the leaf; its id is the Celery task id.
        fence: the message's place among the messages of the attempt.
        input_ref: the source of the partial arguments: '' for none, `in` for the run's own arguments, a node's id for
            its result, `e:<node>` for its error. `orchestrator_celery.dispatch.inputs` lists all forms.
        spec: the leaf's definition.
        wait: seconds until the task may start.
        level: the priority, 1 low to 3 high; None in a run without priorities.
        created: the run's creation time in ms. It distinguishes the run from a cancelled run with the same id.
    """

    leaf: LeafId
    fence: Fence
    input_ref: str
    spec: bytes
    wait: float = 0.0
    level: int | None = None
    created: str = ""


class CloseRun(NamedTuple):
    """Publish the message that reports the run's outcome to Celery."""

    leaf: LeafId


class Cause(str, Enum):
    """Why a decision about a visit is needed, as its record in the outbox says."""

    SUCCEEDED = "S"  #: the visit has succeeded: which edges are taken?
    FAILED = "F"  #: the visit has failed: is it retried, or is an error edge taken?
    MAP = "map"  #: the visit is about to run once for each element of a list: which list?
    INPUTS = "in"  #: the visit is about to run with inputs: what are they?
    SKIPPED = "skip"  #: the node is skipped: which value goes on in place of its result?
    MORE = "more"  #: nothing is to be chosen: the graph goes on with what an earlier call has left

    @property
    def before_body(self) -> bool:
        """Whether the visit has no result of its own yet, so that its input takes the place of the result."""
        return self in (Cause.MAP, Cause.INPUTS, Cause.SKIPPED)


class Decide(NamedTuple):
    """Make the decision after, or before, a visit of a graph's node.

    Args:
        run: the run.
        visit: graph, node and visit, as `0.3.2`; the node is `S` for START.
        cause: why a decision is needed.
        ref: the node with the result or error; before a body, the input reference.
        spec: the definition of the node; for START, of the graph.
        graph_input: the reference to the graph's input.
        last: the node with the newest result, by number of the graph's node.
        visits: how often the node was visited.
        tries: the retries of this visit so far.
        records: the ended records of nodes that the decision reads, by node.
        created: as in `Dispatch`.
    """

    run: str
    visit: str
    cause: Cause
    ref: str
    spec: bytes
    graph_input: str
    last: dict[str, str]
    visits: int
    tries: int
    records: dict[str, bytes]
    created: str = ""


class EdgeContext(NamedTuple):
    """The data, besides the result, that a worker needs to decide the edges of the graph's node that it runs.

    Args:
        spec: the definition of the node.
        needs_more: whether the edges depend on more than the result.
        graph_input: the reference to the graph's input.
        last: the node with the newest result, by number of the graph's node, at the time of the claim.
        visits: how often the node was visited.
        records: the records that the conditions read, by node.
    """

    spec: bytes
    needs_more: bool = False
    graph_input: str = ""
    last: Mapping[str, str] = {}
    visits: int = 0
    records: Mapping[str, bytes] = {}


class Await(NamedTuple):
    """List a run among those that wait for a person.

    Args:
        run: the run.
        until: the end of the time to answer, in ms; None for no limit.
    """

    run: str
    until: float | None


class FailRest(NamedTuple):
    """Fail the nodes of an overdue run that have not failed yet."""

    run: str


class Release(NamedTuple):
    """Start or send the nodes of a resumed run that its release has not reached yet."""

    run: str


class StartMore(NamedTuple):
    """Start more items of the pools of a run that have free places."""

    run: str


class Withdraw(NamedTuple):
    """Withdraw what is queued below the failing composites of a run."""

    run: str


class Begun(NamedTuple):
    """A claim let a body begin; nothing is to be done, but the worker may count it.

    Args:
        waited: seconds since the publication of its message, or since its planned start.
        category: the category of the run; '' for none.
    """

    waited: float
    category: str


class Decision(NamedTuple):
    """The outcome of a decision.

    Args:
        kind: `go` along edges, try `again`, `stop` because no edge matches, begin `with` inputs, `map` over a list, do
            `more`, or `fail` because the decision raised an error.
        argument: targets, joined by commas; milliseconds until the next try; the number of elements; or the error.
        elements: of `map`, the list; of `with`, the inputs; of `go`, the value that goes on from START to END, or past
            a skipped node.
    """

    kind: str
    argument: str | int | bytes = ""
    elements: bytes = b""


Effect = Dispatch | CloseRun | Decide | Await | Begun | FailRest | Release | StartMore | Withdraw

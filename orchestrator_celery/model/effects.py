"""What a transition leaves to do. Effects are durable before anyone acts, and may be done twice."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from orchestrator_celery.model.ids import Fence, LeafId

__all__ = ("Await", "CloseRun", "Decide", "Dispatch", "Effect", "Foresight", "Reason", "Verdict")


class Dispatch(NamedTuple):
    """Publish the message of a leaf.

    Args:
        leaf: whose message; the Celery task id.
        fence: which message of the attempt.
        given: where its partial arguments come from: '' nowhere, `in` the run's own arguments, a node's id its result,
            `e:<node>` its error; `orchestrator_celery.dispatch.inputs` has them all.
        spec: the leaf's definition.
        wait: seconds after which it may start.
        level: its priority, 1 low to 3 high; None in a run that has none.
        born: when the run was created, in ms: it tells it from a cancelled run of the same id.
    """

    leaf: LeafId
    fence: Fence
    given: str
    spec: bytes
    wait: float = 0.0
    level: int | None = None
    born: str = ""


class CloseRun(NamedTuple):
    """Publish the message that tells Celery the run's outcome."""

    leaf: LeafId


class Reason(str, Enum):
    """Why a decision about a visit is needed, as its record in the outbox says."""

    SUCCEEDED = "S"  #: the visit has succeeded: which edges are taken?
    FAILED = "F"  #: the visit has failed: is it retried, or is an error edge taken?
    MAP = "map"  #: the visit is about to run once for each element of a list: which list?
    INPUTS = "in"  #: the visit has inputs: what are they?
    SKIPPED = "skip"  #: the node was taken out: what goes on in place of its result?

    @property
    def before_body(self) -> bool:
        """Whether the visit has no result of its own yet, so that its input stands in for it."""
        return self in (Reason.MAP, Reason.INPUTS, Reason.SKIPPED)


class Decide(NamedTuple):
    """Decide what comes after, or before, a visit of a graph's node.

    Args:
        run: the run.
        visit: graph, node and visit, as `0.3.2`; the node is `S` for START.
        why: why a decision is needed.
        ref: whose result or error; of `map`, `in` and `skip`, what it is given.
        spec: definition of the node, of START that of the graph.
        given: what the graph was given.
        last: node of the newest result by number of the graph's node.
        visits: how often the node was visited.
        tries: retries of this visit so far.
        records: of what it looks at, by node, as far as that has ended.
        born: as of `Dispatch`.
    """

    run: str
    visit: str
    why: Reason
    ref: str
    spec: bytes
    given: str
    last: dict[str, str]
    visits: int
    tries: int
    records: dict[str, bytes]
    born: str = ""


class Foresight(NamedTuple):
    """What a process that runs the body of a graph's node knows of what its edges depend on, beside the result.

    Args:
        spec: definition of the node.
        looks: they depend on more than the result.
        given: what the graph was given.
        last: node of the newest result by number of the graph's node, when the body was claimed.
        visits: how often the node was visited.
        records: of what the conditions look at, by node.
    """

    spec: bytes
    looks: bool = False
    given: str = ""
    last: Mapping[str, str] = {}
    visits: int = 0
    records: Mapping[str, bytes] = {}


class Await(NamedTuple):
    """A run waits for a person: list it among those that do.

    Args:
        run: the run.
        until: when nobody needs to answer any more, in ms; None for never.
    """

    run: str
    until: float | None


class Verdict(NamedTuple):
    """What was decided.

    Args:
        kind: `go` along edges, try `again`, `stop` for want of a way out, begin `with` inputs, `map` over a list, or
            `fail`: the decision itself cannot be made.
        argument: targets, joined by commas; milliseconds until the next try; number of elements; the error.
        elements: the list to map over; of `with`, the inputs; of `go`, what goes on from START to END, or past a node.
    """

    kind: str
    argument: str | int | bytes = ""
    elements: bytes = b""


Effect = Dispatch | CloseRun | Decide | Await

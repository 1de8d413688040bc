"""The trace of a run as text, for its head and its messages; it needs no OpenTelemetry.

    trace = "00-" trace-id "-" span-id "-" flags " " parent " " [ state ]
    joins = node ":" attempt *( "," node ":" attempt )

The first word is a `traceparent` of W3C: `span-id` is the span of the run. `parent` is the span in which the run was
started, 16 zeros for none; `state` is a `tracestate`. The ids of the spans of tasks are derived from the run's span
and from the ids of the tasks. So every process knows them, and a task that joins branches can link to the tasks before.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, NamedTuple

from orchestrator_celery.model.ids import Fence, LeafId, parse_leaf_id

__all__ = (
    "JOINS_HEADER",
    "TRACE_HEADER",
    "RunTrace",
    "leaf_span",
    "mark_request",
    "parse_joins",
    "parse_trace",
    "write_joins",
)

#: Headers of a task's message: the trace of its run, and the tasks whose branches it joins.
TRACE_HEADER, JOINS_HEADER = "orchestrator_trace", "orchestrator_joins"


class RunTrace(NamedTuple):
    """The trace of a run.

    Args:
        trace: id of the trace.
        span: id of the span of the run.
        flags: the flags of W3C; the lowest bit says that the trace is sampled.
        parent: id of the span in which the run was started; 0 for none.
        state: the state of the vendors, as text.

    >>> str(RunTrace(1, 2, 1))
    '00-00000000000000000000000000000001-0000000000000002-01 0000000000000000 '
    """

    trace: int
    span: int
    flags: int
    parent: int = 0
    state: str = ""

    def __str__(self) -> str:
        return f"{self.traceparent(self.span)} {self.parent:016x} {self.state}"

    def traceparent(self, span: int) -> str:
        """Return the header of W3C with which a span's children are created."""
        return f"00-{self.trace:032x}-{span:016x}-{self.flags:02x}"

    def span_of(self, node: str, attempt: int, fence: Fence | None = None) -> int:
        """Return the id of the span of an attempt, or of a later message of the attempt: a retry, a replacement."""
        later = "" if fence is None or fence == Fence() else f":{fence.nesting}:{fence.retries}"
        name = f"{self.span:016x}:{node}:{attempt}{later}"
        return int.from_bytes(sha256(name.encode()).digest()[:8], "big") or 1


def parse_trace(text: str) -> RunTrace | None:
    """Read a trace; None for a text that is none.

    >>> trace = RunTrace(1, 2, 1, 3, "vendor=4")
    >>> parse_trace(str(trace)) == trace, parse_trace("x")
    (True, None)
    """
    try:
        first, parent, state = text.split(" ", 2)
        _, trace, span, flags = first.split("-")
        return RunTrace(int(trace, 16), int(span, 16), int(flags, 16), int(parent, 16), state)
    except ValueError:
        return None


def write_joins(joins: list[tuple[str, int]]) -> str:
    """Write nodes and their attempts."""
    return ",".join(f"{node}:{attempt}" for node, attempt in joins)


def parse_joins(text: str) -> list[tuple[str, int]]:
    """Read nodes and their attempts.

    >>> parse_joins("0.0:1,0.1:2")
    [('0.0', 1), ('0.1', 2)]
    """
    pairs = (word.rpartition(":") for word in text.split(",") if word)
    return [(node, int(attempt)) for node, _, attempt in pairs]


def mark_request(task_id: str, request: dict[str, Any]) -> None:
    """Set the parent of the spans that instrumentation of Celery makes of a message: the span of the task's node.

    Args:
        task_id: the id of the task.
        request: the headers of its message, with the trace of its run.
    """
    trace, leaf = parse_trace(str(request[TRACE_HEADER])), parse_leaf_id(task_id)
    if trace is None:
        return
    span = trace.span
    if leaf is not None and leaf.run == request.get("parent_id"):
        fence = Fence(request.get("replaced_task_nesting") or 0, request.get("retries") or 0)
        span = trace.span_of(leaf.node, leaf.attempt, fence)
    request["traceparent"] = trace.traceparent(span)
    if trace.state:
        request["tracestate"] = trace.state


def leaf_span(trace: RunTrace, leaf: LeafId, fence: Fence) -> tuple[int, int]:
    """Return the id of the span of a message, and the id of its parent.

    The parent of an attempt is the run. The parent of a retry or a replacement is the attempt.
    """
    own, first = trace.span_of(leaf.node, leaf.attempt, fence), trace.span_of(leaf.node, leaf.attempt)
    return own, trace.span if own == first else first

"""Spans of eager runs and their tasks, for OpenTelemetry. All of them begin and end in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from celery.exceptions import ChordError

from orchestrator_celery.dispatch.traces.context import RunTrace, parse_trace
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.model.printing.safe_text import safe_str, safe_traceback
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.head.fields import HeadField

if TYPE_CHECKING:
    from orchestrator_celery.lifecycle.eager.endings import BodyEnd
    from orchestrator_celery.lifecycle.eager.parts import EagerParts
    from orchestrator_celery.records.head.run_head import Head

__all__ = ("traced_body", "traced_run")


@contextmanager
def traced_run(parts: EagerParts) -> Iterator[None]:
    """Make the span of an eager run, if the project traces its runs.

    Args:
        parts: the parts of the run, which is about to begin.
    """
    traces, records = parts.traces, parts.records
    if traces is None:
        yield
        return
    head = records.head(records.run)
    records.set_head(traces.planned(records.run, head.name, head.get(HeadField.KIND, b"").decode()))
    trace = _trace(parts)
    token, stopped = trace and traces.tracer.attach_run(trace), None
    try:
        yield
    except BaseException as exc:
        stopped = exc
        raise
    finally:
        traces.forget(records.run)
        if trace is not None:
            traces.tracer.detach(token)
            ended = records.head(records.run)
            traces.run_ended(records.run, ended, ended.status, _error(parts, ended, stopped))


def _error(parts: EagerParts, head: Head, stopped: BaseException | None) -> tuple[str, str, str] | None:
    """Return the type, the message and the traceback of what a run ended with; None if it succeeded.

    Args:
        parts: the parts of the run.
        head: its head.
        stopped: what kept the run from its end, such as `KeyboardInterrupt`.
    """
    if stopped is not None:
        return type(stopped).__name__, parts.redact(safe_str(stopped)), parts.redact(safe_traceback(stopped))
    if head.status is not RunStatus.FAILED:
        return None
    error, words = parts.results.error(parts.records.run, head.ref)
    if isinstance(error, ChordError):  # `words` are those of the task that failed
        words |= {"type": type(error).__name__, "message": safe_str(error)}
    return words["type"], parts.redact(words["message"]), parts.redact(words["traceback"])


def traced_body(
    parts: EagerParts, task: str, leaf: LeafId, joins: Callable[[], list[tuple[str, int]]], run: Callable[[], BodyEnd]
) -> BodyEnd:
    """Run a body in a span of its own, if the project traces its runs.

    Args:
        parts: the parts of the run.
        task: the name of the task.
        leaf: the node, and the attempt.
        joins: returns the nodes whose branches meet in it.
        run: runs the body.
    """
    traces, trace = parts.traces, _trace(parts)
    if traces is None or trace is None:
        return run()
    span = traces.body(task, trace, leaf, Fence(), {"orchestrator.eager": True}, joins())
    token, error = traces.tracer.attach(span), None
    outcome = "failed"
    try:
        end = run()
        if end.succeeded:
            outcome = "succeeded"
        else:
            words = parts.codec.load_error_words(end.payload)
            error = words["type"], parts.redact(words["message"]), parts.redact(words["traceback"])
        return end
    finally:
        traces.tracer.end(span, token, error=error, attributes={"orchestrator.outcome": outcome})


def _trace(parts: EagerParts) -> RunTrace | None:
    return parse_trace(parts.records.head(parts.records.run).get(HeadField.TRACE, b"").decode())

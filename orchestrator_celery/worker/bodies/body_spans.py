"""Spans of the bodies of tasks, for OpenTelemetry. Without `orchestrator_traces` nothing here does anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from celery.states import FAILURE, RETRY, SUCCESS

from orchestrator_celery.dispatch.traces.context import JOINS_HEADER, TRACE_HEADER, RunTrace, mark_request, parse_joins
from orchestrator_celery.errors import Interrupted
from orchestrator_celery.model.ids import CLOSE, Fence, LeafId, is_runner
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.printing.safe_text import safe_str
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.definitions import parse_definition
from orchestrator_celery.records.head.run_head import Head
from orchestrator_celery.records.leaf import read_leaf
from orchestrator_celery.records.live import RUNNING, parse_live
from orchestrator_celery.store.availability import UNREACHABLE

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.dispatch.traces.run_traces import RunTraces
    from orchestrator_celery.model.effects import Dispatch
    from orchestrator_celery.worker.bodies.claimed_message import ClaimedMessage

__all__ = ("BodySpan", "BodySpans", "Loss")

logger = safe_logger(__name__)


class BodySpan(NamedTuple):
    """The span of a body that runs, or the head of the run whose end a message reports."""

    span: Any = None
    token: Any = None
    head: Head | None = None


class Loss(NamedTuple):
    """A running body, seen from another process.

    Args:
        trace: the trace of its run.
        leaf: the node, and the attempt.
        fence: the message of the attempt.
        task: the name of the task.
        started: when it began, in milliseconds.
        worker: the process that ran it.
    """

    trace: RunTrace
    leaf: LeafId
    fence: Fence
    task: str
    started: int
    worker: str


class BodySpans:
    """The spans of one app. No method raises an error: what cannot be told is dropped.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container

    @property
    def is_on(self) -> bool:
        """Whether the project traces its runs."""
        return self._container.traces is not None

    def begin(self, message: ClaimedMessage, task: str, request: Any) -> None:
        """Begin the span of a body that was claimed with a message of its own."""
        if self.is_on:
            joins = parse_joins(getattr(request, JOINS_HEADER, None) or "")
            self._safely(self._begin, message, task, getattr(request, TRACE_HEADER, None), request, joins)

    def mark(self, request: dict[str, Any], item: Dispatch) -> None:
        """Give the request of a body without a message what the message would bring: its trace.

        Args:
            request: the request of an item of a batch, or of a task of a turn.
            item: the task, with the reference to its input.
        """
        if self.is_on:
            self._safely(self._mark, request, item)

    def end(self, message: ClaimedMessage, state: str | None, outcome: Any, trace: Any = None) -> None:
        """End the span of a body, or make the span of the run whose end the message has reported.

        Args:
            message: what was claimed.
            state: Celery's state of the task.
            outcome: the result, or the exception.
            trace: the traceback of the exception, if it is known.
        """
        if message.span is not None and state is not None:
            # Without a state, a signal ends the process of the body: whoever reports that makes the span.
            self._safely(self._end, message, message.span, state, outcome, trace)
            message.span = None

    def seen(self, leaf: LeafId, fence: Fence | None) -> Loss | None:
        """Return what is known of a body whose process is gone, before its end is reported; None if it does not run."""
        return self._safely(self._seen, leaf, fence) if self.is_on else None

    def lost(self, loss: Loss | None, how: str, error: BaseException | None = None) -> None:
        """Make the span of a body whose process is gone.

        Args:
            loss: what `seen` returned.
            how: the outcome: lost, stopped or failed.
            error: the error with which the task fails.
        """
        if loss is not None:
            self._safely(self._lost, loss, how, error)

    def flush(self, **_: Any) -> None:
        """Export the spans of this process, before it ends."""
        traces = self._container.__dict__.get("traces")
        if traces is not None:
            self._safely(traces.tracer.flush)

    # -- the same, where traces are on -------------------------------------------------------------

    @property
    def _traces(self) -> RunTraces:
        traces = self._container.traces
        assert traces is not None
        return traces

    def _mark(self, request: dict[str, Any], item: Dispatch) -> None:
        headers = self._traces.headers(item.leaf.run, item.input_ref)
        if headers:
            request.update(headers)
            mark_request(str(item.leaf), request)

    def _begin(
        self, message: ClaimedMessage, task: str, text: object, request: Any, joins: list[tuple[str, int]]
    ) -> None:
        traces, (leaf, fence) = self._traces, message.claims[-1]
        trace = traces.received(leaf.run, text)
        if trace is None or is_runner(leaf.node):
            return
        if message.claims[0][0].node == CLOSE:
            # It is read now: without a retention, the run is deleted as soon as its end is reported.
            message.span = BodySpan(head=self._container.reader.head(message.claims[0][0].run))
            return
        delivery = request.delivery_info or {}
        facts: dict[str, Any] = {"orchestrator.worker": request.hostname or ""}
        if delivery.get("routing_key"):
            facts["messaging.destination.name"] = delivery["routing_key"]
        if message.category:
            facts["orchestrator.category"] = message.category
        span = traces.body(task, trace, leaf, fence, facts, joins)
        message.span = BodySpan(span, traces.tracer.attach(span))

    def _end(self, message: ClaimedMessage, begun: BodySpan, state: str | None, outcome: Any, trace: Any) -> None:
        error = None
        if isinstance(outcome, BaseException) and state == FAILURE:
            error = self._words(outcome, safe_str(trace) if trace else "")
        if begun.head is not None:
            if state == SUCCESS or outcome is message.outcome:  # otherwise the end could not be told, and comes again
                status = RunStatus.SUCCEEDED if state == SUCCESS else RunStatus.FAILED
                self._traces.run_ended(message.claims[0][0].run, begun.head, status, error)
            return
        facts = {"orchestrator.outcome": _how(message, state, outcome)}
        self._traces.tracer.end(begun.span, begun.token, error=error, attributes=facts)

    def _seen(self, leaf: LeafId, fence: Fence | None) -> Loss | None:
        reader, trace = self._container.reader, self._traces.of(leaf.run)
        raw = reader.live_leaf(leaf.run, leaf.node) if trace is not None and leaf.node != CLOSE else None
        live = parse_live(raw) if raw else None
        if trace is None or live is None or live.phase not in RUNNING or live.attempt != leaf.attempt:
            return None
        if (fence is not None and fence != live.fence) or is_runner(leaf.node):
            return None
        [definition] = reader.definitions(leaf.run, [leaf.node])
        task = read_leaf(parse_definition(definition or b"").payload, self._container.codec).task
        return Loss(trace, leaf, live.fence, task, round(live.since.timestamp() * 1000), live.owner)

    def _lost(self, loss: Loss, how: str, error: BaseException | None) -> None:
        facts = {"orchestrator.outcome": how, "orchestrator.worker": loss.worker}
        span = self._traces.body(loss.task, loss.trace, loss.leaf, loss.fence, facts, start=loss.started)
        words = ("", "", "") if error is None else self._words(error, "")
        if error is None and how == "lost":
            words = ("WorkerLostError", "The process that ran the task is gone.", "")
        self._traces.tracer.end(span, error=words if words[0] else None)

    def _words(self, error: BaseException, trace: str) -> tuple[str, str, str]:
        redact = self._container.redact
        return type(error).__name__, redact(safe_str(error)), redact(trace)

    def _safely(self, call: Any, *args: Any) -> Any:
        try:
            return call(*args)
        except UNREACHABLE as exc:
            logger.debug("A span was not made, because the store is unavailable: %r", exc, extra={"action": "trace"})
        except Exception:
            logger.exception("A span was not made.", extra={"action": "trace"})
        return None


def _how(message: ClaimedMessage, state: str | None, outcome: Any) -> str:
    """Return the attribute that tells how a body ended."""
    known = {SUCCESS: "succeeded", FAILURE: "failed", RETRY: "retried"}.get(state or "")
    if known:
        return known
    if isinstance(outcome, Interrupted):
        return "stopped"
    return "replaced" if message.replacement is not None else "ignored"

"""Makes the spans of runs and tasks with the tracer of OpenTelemetry. Imported only if `orchestrator_traces` is on.

The span of a run begins and ends in different processes. So the process that starts the run only plans it: it takes the
ids from the tracer. Whoever closes the run makes the span with these ids and with the times in the run's record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import trace as otel
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.trace.span import TraceFlags, TraceState

from orchestrator_celery.dispatch.traces.context import RunTrace

__all__ = ("PlainAttributes", "Tracer")

PlainAttributes = Mapping[str, str | int | float | bool | tuple[str, ...]]

#: Ids of trace and span that the next span gets.
_given: ContextVar[tuple[int, int] | None] = ContextVar("orchestrator_span_ids", default=None)


class _Ids:
    """Gives a span the ids that are asked for, else those of the generator that the project has set.

    Args:
        own: the generator of the tracer.
    """

    def __init__(self, own: Any) -> None:
        self._own = own

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)

    def generate_trace_id(self) -> int:
        given = _given.get()
        return int(given[0] if given else self._own.generate_trace_id())

    def generate_span_id(self) -> int:
        given = _given.get()
        return int(given[1] if given else self._own.generate_span_id())


class Tracer:
    """Makes spans. The project sets OpenTelemetry's tracer provider, maybe late and in each process anew."""

    def __init__(self) -> None:
        self._provider: Any = None
        self._tracer: Any = None

    @property
    def _current(self) -> Any:
        """The tracer of the current provider."""
        provider = otel.get_tracer_provider()
        if self._provider is not provider:
            tracer: Any = provider.get_tracer("orchestrator_celery")
            generator = getattr(tracer, "id_generator", None)
            if generator is not None and not isinstance(generator, _Ids):
                tracer.id_generator = _Ids(generator)
            self._tracer, self._provider = tracer, provider
        return self._tracer

    def plan(self, name: str) -> RunTrace | None:
        """Return the trace of a new run, below the current span; None without a tracer provider.

        Args:
            name: the name of the run's span. The project's sampler may look at it.
        """
        parent = otel.get_current_span().get_span_context()
        tracer = self._current
        # This span is never ended, so it is never exported: it gives the ids and the decision to sample.
        planned = tracer.start_span(name).get_span_context()
        if not planned.is_valid or getattr(tracer, "id_generator", None) is None:
            return None
        above = parent.span_id if parent.is_valid else 0
        return RunTrace(
            planned.trace_id, planned.span_id, int(planned.trace_flags), above, planned.trace_state.to_header()
        )

    def span(
        self,
        name: str,
        trace: RunTrace,
        ids: tuple[int, int],
        *,
        kind: SpanKind = SpanKind.CONSUMER,
        start: int | None = None,
        links: Iterable[int] = (),
        attributes: PlainAttributes | None = None,
    ) -> Span:
        """Begin a span.

        Args:
            name: its name.
            trace: the trace of its run.
            ids: its id, and the id of its parent; 0 for a span at the top of its trace.
            kind: the kind of OpenTelemetry.
            start: when it began, in milliseconds; None for now.
            links: ids of spans of the same trace.
            attributes: its attributes.
        """
        own, parent = ids
        above = contexts.Context() if not parent else otel.set_span_in_context(
            NonRecordingSpan(_context(trace, parent)), contexts.Context()
        )  # fmt: skip
        token = _given.set((trace.trace, own))
        try:
            begun: Span = self._current.start_span(
                name,
                context=above,
                kind=kind,
                links=[Link(_context(trace, link)) for link in links],
                attributes=dict(attributes or {}),
                start_time=None if start is None else start * 1_000_000,
            )
        finally:
            _given.reset(token)
        return begun

    def attach(self, span: Span) -> Any:
        """Make a span the current one, unless a child of it is; return what `end` takes."""
        above = getattr(otel.get_current_span(), "parent", None)
        if above is not None and above.span_id == span.get_span_context().span_id:
            return None  # instrumentation of Celery has begun its span
        return contexts.attach(otel.set_span_in_context(span))

    def attach_run(self, trace: RunTrace) -> Any:
        """Make the planned span of a run the current one; return what `detach` takes."""
        return contexts.attach(otel.set_span_in_context(NonRecordingSpan(_context(trace, trace.span))))

    def detach(self, token: Any) -> None:
        """Make the span the current one that was before."""
        contexts.detach(token)

    def end(
        self,
        span: Span,
        token: Any = None,
        *,
        error: tuple[str, str, str] | None = None,
        finish: int | None = None,
        attributes: PlainAttributes | None = None,
    ) -> None:
        """End a span.

        Args:
            span: the span.
            token: what `attach` returned.
            error: the type, the message and the traceback of an error.
            finish: when it ended, in milliseconds; None for now.
            attributes: further attributes.
        """
        span.set_attributes(dict(attributes or {}))
        at = None if finish is None else finish * 1_000_000
        if error is not None:
            kind, message, lines = error
            facts = {"exception.type": kind, "exception.message": message, "exception.stacktrace": lines}
            span.set_attribute("error.type", kind)
            span.add_event("exception", {name: fact for name, fact in facts.items() if fact}, at)
            span.set_status(Status(StatusCode.ERROR, message))
        if token is not None:
            contexts.detach(token)
        span.end(at)

    def flush(self) -> None:
        """Export what the process has ended: a child of a pool ends without Python's exit handlers."""
        flush = getattr(otel.get_tracer_provider(), "force_flush", None)
        if flush is not None:
            flush(5000)


def _context(trace: RunTrace, span: int) -> SpanContext:
    state = TraceState.from_header([trace.state]) if trace.state else TraceState()
    return SpanContext(trace.trace, span, is_remote=True, trace_flags=TraceFlags(trace.flags), trace_state=state)

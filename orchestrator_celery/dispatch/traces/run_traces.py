"""The traces of runs in one process: which trace a run has, and the spans of runs and of their tasks."""

from __future__ import annotations

import json
from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import Span, SpanKind

from orchestrator_celery.dispatch.traces.context import (
    JOINS_HEADER,
    TRACE_HEADER,
    RunTrace,
    leaf_span,
    parse_trace,
    write_joins,
)
from orchestrator_celery.dispatch.traces.joins import Joins
from orchestrator_celery.dispatch.traces.tracer import Tracer
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.head.fields import HeadField

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator_celery.dispatch.traces.tracer import PlainAttributes
    from orchestrator_celery.records.head.run_head import Head
    from orchestrator_celery.records.payload import Codec
    from orchestrator_celery.store.reader import Reader

__all__ = ("RunTraces",)

#: Most runs whose trace a process remembers.
_KEPT = 1000


class RunTraces:
    """The traces of runs.

    Args:
        reader: returns what reads records. Eager runs have no store, so it is called only for other runs.
        codec: decodes records.
    """

    def __init__(self, reader: Callable[[], Reader], codec: Codec) -> None:
        self._reader = reader
        self._codec = codec
        self._known: OrderedDict[str, RunTrace | None] = OrderedDict()
        self.tracer = Tracer()

    # -- which trace a run has ---------------------------------------------------------------------

    def planned(self, run: str, name: str, kind: str) -> dict[str, str]:
        """Return the field of the head of a new run that keeps its trace; none if nothing traces it."""
        trace = self.tracer.plan(_title(name, kind))
        self.learn(run, trace)
        return {} if trace is None else {HeadField.TRACE: str(trace)}

    def learn(self, run: str, trace: RunTrace | None) -> None:
        """Remember the trace of a run."""
        self._known[run] = trace
        while len(self._known) > _KEPT:
            with suppress(KeyError):  # another thread may remove it
                self._known.popitem(last=False)

    def forget(self, run: str) -> None:
        """Forget the trace of a run, which another process has started."""
        self._known.pop(run, None)

    def of(self, run: str) -> RunTrace | None:
        """Return the trace of a run; None if nothing traces it."""
        if run not in self._known:
            raw = self._reader().head_field(run, HeadField.TRACE)
            self.learn(run, parse_trace(raw.decode()) if raw else None)
        return self._known.get(run)

    def received(self, run: str, text: object) -> RunTrace | None:
        """Return the trace of a run, of which a message has brought the text, or nothing."""
        trace = parse_trace(text) if isinstance(text, str) else None
        if trace is None:
            return self.of(run)
        self.learn(run, trace)
        return trace

    def headers(self, run: str, ref: str = "", known: Mapping[str, Any] | None = None) -> dict[str, str]:
        """Return the headers for the message of a task, or of the end of a run.

        Args:
            run: the run.
            ref: the input reference of the task.
            known: results by node. A task whose input is one of them joins no branches.
        """
        trace = self.of(run)
        if trace is None:
            return {}
        joins = self.joins(run, ref, known)
        return {TRACE_HEADER: str(trace), **({JOINS_HEADER: write_joins(joins)} if joins else {})}

    def joins(self, run: str, ref: str, known: Mapping[str, Any] | None = None) -> list[tuple[str, int]]:
        """Return the nodes, with their attempts, whose branches meet in a task."""
        return [] if not ref or (known and ref in known) else Joins(self._reader(), self._codec).of(run, ref)

    # -- spans -------------------------------------------------------------------------------------

    def body(
        self,
        name: str,
        trace: RunTrace,
        leaf: LeafId,
        fence: Fence,
        attributes: PlainAttributes,
        joins: list[tuple[str, int]] | None = None,
        start: int | None = None,
    ) -> Span:
        """Begin the span of a task's body.

        Args:
            name: the name of the task.
            trace: the trace of the run.
            leaf: the node, and the attempt.
            fence: the message of the attempt.
            attributes: what is known besides.
            joins: the nodes whose branches meet in it, and their attempts.
            start: when it began, in milliseconds; None for now.
        """
        facts: dict[str, Any] = {
            "messaging.system": "celery",
            "messaging.operation.name": "run",
            "messaging.operation.type": "process",
            "messaging.message.id": str(leaf),
            "messaging.message.conversation_id": leaf.run,
            "orchestrator.run.id": leaf.run,
            "orchestrator.node.id": leaf.node,
            "orchestrator.task": printable(name),
            "orchestrator.attempt": leaf.attempt,
            "orchestrator.retries": fence.retries,
            **attributes,
        }
        links = [trace.span_of(*joined) for joined in joins or ()]
        return self.tracer.span(
            printable(name), trace, leaf_span(trace, leaf, fence), start=start, links=links, attributes=facts
        )

    def run_ended(self, run: str, head: Head, status: RunStatus, error: tuple[str, str, str] | None = None) -> None:
        """Make the span of a run that has ended.

        Args:
            run: the run.
            head: its head.
            status: how it ended.
            error: the type, the message and the traceback of its error.
        """
        trace = parse_trace(head.get(HeadField.TRACE, b"").decode())
        if trace is None or not trace.flags & 1:
            return
        ids = trace.span, trace.parent
        again = HeadField.RETOLD in head
        if again:  # a retry continued the run, so it ends a second time: this span is a child of the first
            ids = trace.span_of("", int(head.get(HeadField.FINISHED, 0))), trace.span
        name, finish = _title(head.name, head.get(HeadField.KIND, b"").decode()), head.get(HeadField.FINISHED)
        span = self.tracer.span(
            f"{name} retry" if again else name,
            trace,
            ids,
            kind=SpanKind.INTERNAL,
            start=int(head[HeadField.CREATED]),
            attributes=_facts(run, head, status),
        )
        self.tracer.end(span, error=error, finish=None if finish is None else int(finish))


def _title(name: str, kind: str) -> str:
    return printable(name) or kind or "run"


def _facts(run: str, head: Head, status: RunStatus) -> PlainAttributes:
    facts: dict[str, Any] = {
        "orchestrator.run.id": run,
        "orchestrator.run.status": status.value,
        "orchestrator.run.kind": head.get(HeadField.KIND, b"").decode(),
        "orchestrator.tasks.total": head.total,
        "orchestrator.tasks.done": head.done,
        "orchestrator.tasks.failed": head.failed,
    }
    if head.category:
        facts["orchestrator.category"] = printable(head.category)
    if HeadField.TAGS in head:
        facts["orchestrator.tags"] = tuple(printable(tag) for tag in json.loads(head[HeadField.TAGS]))
    return facts

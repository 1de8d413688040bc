"""A running swarm: add items to it, close it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from kombu.exceptions import EncodeError

from orchestrator_celery.engine.compile import Compiler
from orchestrator_celery.engine.payload import Codec
from orchestrator_celery.errors import (
    BulkRejected,
    InvalidWorkflow,
    PayloadTooLarge,
    RunNotFound,
    SwarmClosed,
    SwarmFull,
)
from orchestrator_celery.model.ids import ROOT
from orchestrator_celery.model.views import BulkReport, Rejection
from orchestrator_celery.publish import Publisher
from orchestrator_celery.store import Effects, Refused, Store
from orchestrator_celery.store.queries import Reader

if TYPE_CHECKING:
    from celery.canvas import Signature

__all__ = ("RunningSwarm", "validate")


class RunningSwarm:
    """Handle of one swarm that was applied.

    Args:
        run: id of the run.
        store: adds and closes.
        reader: reads the options items inherit.
        codec: decodes them.
        compiler: makes definitions of items.
        publisher: sends what may start at once.
    """

    def __init__(
        self, run: str, store: Store, reader: Reader, codec: Codec, compiler: Compiler, publisher: Publisher
    ) -> None:
        self._run = run
        self._store = store
        self._reader = reader
        self._codec = codec
        self._compiler = compiler
        self._publisher = publisher

    def add_task(self, sig: Signature) -> int:
        """Add one item; returns its place in the result.

        Raises:
            SwarmClosed: it is not open, or has ended.
            SwarmFull: `max_items` is reached.
            RunNotFound: there is no such run.
        """
        item, leaves = self._compiler.item(sig, self._inherited())
        return self._add([item], leaves)

    def add_tasks_bulk(self, sigs: Iterable[Signature]) -> BulkReport:
        """Add many items at once, all or none; raises as `Swarm.add_tasks_bulk`."""
        begun = time.monotonic()
        items, report = validate(self._compiler, sigs, self._inherited())
        if items:
            self._add([item for item, _ in items], sum(leaves for _, leaves in items))
        seconds = time.monotonic() - begun
        return report.model_copy(
            update={"seconds": seconds, "tasks_per_second": len(items) / seconds if seconds else 0.0, "batches": 1}
        )

    def close(self) -> None:
        """No more items; closing again does nothing.

        Raises:
            RunNotFound: there is no such run.
        """
        effects = self._store.close_swarm(self._run, ROOT)
        if effects.refused is Refused.GONE:
            raise RunNotFound(f"No run has the id {self._run!r}: its swarm cannot be closed.")
        self._publisher.act(effects.todo)

    def _inherited(self) -> dict[str, Any]:
        blob = self._reader.head_field(self._run, "leaf")
        return dict(self._codec.load(blob)) if blob else {}

    def _add(self, items: list[bytes], leaves: int) -> int:
        effects = self._store.add_items(self._run, ROOT, items, leaves)
        _raise_refusal(effects, self._run, len(items))
        self._publisher.act(effects.todo)
        return int(effects.detail)


def validate(
    compiler: Compiler, sigs: Iterable[Any], inherited: dict[str, Any] | None = None
) -> tuple[list[tuple[bytes, int]], BulkReport]:
    """Check and encode every signature before anything is added.

    Raises:
        BulkRejected: at least one is refused; the report lists them all.
    """
    begun = time.monotonic()
    items: list[tuple[bytes, int]] = []
    rejected: list[Rejection] = []
    count = 0
    for index, sig in enumerate(sigs):
        count += 1
        try:
            items.append(compiler.item(sig, inherited or {}))
        except (InvalidWorkflow, EncodeError, PayloadTooLarge, TypeError, ValueError) as exc:
            rejected.append(Rejection(index=index, task=str(getattr(sig, "task", sig))[:200], reason=str(exc)))
    seconds = time.monotonic() - begun
    report = BulkReport(
        requested=count,
        added=0 if rejected else count,
        rejected=tuple(rejected),
        seconds=seconds,
        tasks_per_second=count / seconds if seconds and not rejected else 0.0,
        batches=0 if rejected else 1,
    )
    if rejected:
        first = rejected[0]
        raise BulkRejected(
            f"None of {count} tasks was added: {len(rejected)} are not valid; the first is number {first.index} "
            f"({first.task}): {first.reason}",
            report,
        )
    return items, report


def _raise_refusal(effects: Effects, run: str, count: int) -> None:
    if effects.refused is Refused.GONE:
        raise RunNotFound(f"No run has the id {run!r}: nothing was added.")
    if effects.refused is Refused.CLOSED:
        raise SwarmClosed(f"The swarm {run} takes no more tasks: it was not opened, was closed, or has ended.")
    if effects.refused is Refused.FULL:
        raise SwarmFull(
            f"{count} more tasks do not fit: the swarm {run} has room for {effects.detail}; none was added."
        )
    if effects.refused is Refused.EXPIRED:
        raise SwarmClosed(f"The upload to the swarm {run} took longer than an hour and was dropped; nothing was added.")

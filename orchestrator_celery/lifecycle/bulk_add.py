"""Adds many tasks: checks all before it adds any, and keeps at most one batch in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TYPE_CHECKING, Any, NamedTuple

from celery.utils.functional import maybe_list
from kombu.exceptions import EncodeError

from orchestrator_celery.dispatch.worker_tasks import WorkerTasks
from orchestrator_celery.engine.compile.compiler import Compiler
from orchestrator_celery.errors import BulkRejected, InvalidWorkflow, PayloadTooLarge
from orchestrator_celery.model.printing.safe_text import safe_repr, safe_str
from orchestrator_celery.model.states import Priority
from orchestrator_celery.model.views import BulkReport, Rejection
from orchestrator_celery.store.scripting.script_call import in_chunks

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("BulkItem", "Checker", "Tally", "check_batch_size", "check_bulk")

#: Type of `on_progress`: called with the number of processed tasks, and with the total or None.
Progress = Callable[[int, "int | None"], Any]

_LISTED = 1000


class BulkItem(NamedTuple):
    """One valid task: its number in the bulk, its signature, its definition, its number of leaves, its priority."""

    number: int
    signature: Any
    packed: bytes
    leaves: int
    level: Priority


class Tally:
    """Counts the added and rejected tasks of a bulk, and builds the report.

    Args:
        sigs: the signatures; their number is the total, if they have a length.
        on_progress: called after each batch.
    """

    def __init__(self, sigs: Iterable[Any], on_progress: Progress | None) -> None:
        self.requested = self.added = self.batches = self.rejected_count = 0
        self.rejected: list[Rejection] = []
        #: Names of the tasks in the valid signatures.
        self.names: set[str] = set()
        self._total = len(sigs) if isinstance(sigs, Sized) else None
        self._on_progress = on_progress
        self._begun = time.monotonic()

    def reject(self, index: int, signature: Any, reason: str) -> None:
        """Count a rejected task. The report lists the first thousand."""
        self.rejected_count += 1
        if len(self.rejected) < _LISTED:
            self.rejected.append(
                Rejection(index=index, task=safe_str(getattr(signature, "task", signature))[:200], reason=reason)
            )

    def batch(self, dealt_with: int) -> None:
        """Count a batch, and report the progress."""
        self.batches += 1
        if self._on_progress is not None:
            self._on_progress(dealt_with, self._total)

    def report(self) -> BulkReport:
        """Return the report of the bulk."""
        seconds = time.monotonic() - self._begun
        return BulkReport(
            requested=self.requested,
            added=self.added,
            rejected=tuple(self.rejected),
            rejected_count=self.rejected_count,
            seconds=seconds,
            tasks_per_second=self.added / seconds if seconds else 0.0,
            batches=self.batches,
        )

    def check(self) -> None:
        """Refuse the whole bulk if it has a rejected task.

        Raises:
            BulkRejected: at least one task was rejected.
        """
        if self.rejected:
            first, self.batches = self.rejected[0], 0
            invalid = f"{self.rejected_count} {'is' if self.rejected_count == 1 else 'are'} not valid"
            raise BulkRejected(
                f"None of {self.requested} tasks was added: {invalid}; the first is number {first.index} "
                f"({first.task}): {first.reason}",
                self.report(),
            )


class Checker:
    """Checks and compiles tasks one by one.

    Args:
        compiler: compiles signatures to definitions.
        inherited: options for every task.
        batched: whether the swarm is batched.
        workers: the tasks that the workers know.
        level: the priority of the tasks; None for the priority that each task declares.
    """

    def __init__(
        self,
        compiler: Compiler,
        inherited: dict[str, Any],
        batched: bool,
        workers: WorkerTasks,
        level: Priority | None = None,
    ) -> None:
        self._compiler = compiler
        self._inherited = inherited
        self._batched = batched
        self._workers = workers
        self._level = level

    def valid(self, sigs: Iterable[Any], tally: Tally) -> Iterator[BulkItem]:
        """Yield the valid tasks, and count the others as rejected."""
        for index, sig in enumerate(sigs):
            tally.requested += 1
            try:
                packed, leaves = self._compiler.item(sig, self._inherited, batched=self._batched)
            except (InvalidWorkflow, EncodeError, PayloadTooLarge, TypeError, ValueError) as exc:
                tally.reject(index, sig, safe_str(exc))
                continue
            names = list(_names(sig))
            unknown = next((name for name in names if self._workers.lack(name)), None)
            if unknown is not None:
                tally.reject(
                    index, sig, f"no worker has the task {unknown!r}: check the name, or start a worker that has it."
                )
                continue
            tally.names.update(names)
            yield BulkItem(index, sig, packed, leaves, self._compiler.level(sig, self._level))


def _names(sig: Any) -> Iterator[str]:
    """Yield the names of the tasks in a signature. Tasks inside encoded arguments are not found."""
    if not sig.get("subtask_type"):
        yield sig["task"]
        return
    kwargs = sig.get("kwargs") or {}
    for field in ("tasks", "header", "body", "workflow", "task"):
        for one in maybe_list(kwargs.get(field)) or ():
            if isinstance(one, dict):
                yield from _names(one)


def check_batch_size(value: Any) -> int:
    """Check the number of tasks in a batch.

    Raises:
        InvalidWorkflow: the value is not a whole number of at least 1.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidWorkflow(f"batch_size={safe_repr(value)} is not allowed: give a whole number of at least 1.")
    return value


def check_bulk(
    container: Container,
    sigs: Iterable[Any],
    *,
    batch_size: int,
    atomic: bool,
    room: int | None,
    on_progress: Progress | None,
) -> tuple[list[Any], BulkReport]:
    """Check signatures for a swarm that is not applied yet. Arguments and errors are those of `Orchestrator.check`."""
    tally, kept = Tally(sigs, on_progress), list[Any]()
    found = Checker(container.compiler, {}, False, container.worker_tasks).valid(sigs, tally)
    for batch in in_chunks(found, check_batch_size(batch_size)):
        for item in batch:
            if not atomic and room is not None and len(kept) >= room:
                tally.reject(item.number, item.signature, "the swarm's max_items is reached")
            else:
                kept.append(item.signature)
        tally.batch(len(kept))
    if atomic:
        tally.check()
    tally.added = len(kept)
    return kept, tally.report()

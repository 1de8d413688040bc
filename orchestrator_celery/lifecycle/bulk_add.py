"""Adding many tasks: everything is checked before anything is added, and nothing is held longer than a batch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TYPE_CHECKING, Any, NamedTuple

from celery.utils.functional import maybe_list
from kombu.exceptions import EncodeError

from orchestrator_celery.dispatch.worker_tasks import WorkerTasks
from orchestrator_celery.engine.compile.compiler import Compiler
from orchestrator_celery.errors import BulkRejected, InvalidWorkflow, PayloadTooLarge
from orchestrator_celery.model.safe_text import safe_repr, safe_str
from orchestrator_celery.model.states import Priority
from orchestrator_celery.model.views import BulkReport, Rejection
from orchestrator_celery.store.script_call import in_chunks

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("BulkItem", "Checker", "Tally", "check_batch_size", "check_bulk")

#: What `on_progress` is: called with the number of tasks dealt with, and the total where it is known.
Progress = Callable[[int, "int | None"], Any]

_LISTED = 1000


class BulkItem(NamedTuple):
    """One task that may be added: its number in the bulk, the task, its definition, its leaves, its priority."""

    number: int
    signature: Any
    packed: bytes
    leaves: int
    level: Priority


class Tally:
    """Counts what becomes of a bulk, and makes the report.

    Args:
        sigs: what was given; its length is the total, where it has one.
        on_progress: told after each batch.
    """

    def __init__(self, sigs: Iterable[Any], on_progress: Progress | None) -> None:
        self.requested = self.added = self.batches = self.rejected_count = 0
        self.rejected: list[Rejection] = []
        #: Names of the tasks in what was valid.
        self.names: set[str] = set()
        self._total = len(sigs) if isinstance(sigs, Sized) else None
        self._on_progress = on_progress
        self._begun = time.monotonic()

    def reject(self, index: int, signature: Any, reason: str) -> None:
        """One is not added; the first thousand are listed."""
        self.rejected_count += 1
        if len(self.rejected) < _LISTED:
            self.rejected.append(
                Rejection(index=index, task=safe_str(getattr(signature, "task", signature))[:200], reason=reason)
            )

    def batch(self, dealt_with: int) -> None:
        """A batch is through."""
        self.batches += 1
        if self._on_progress is not None:
            self._on_progress(dealt_with, self._total)

    def report(self) -> BulkReport:
        """How it stands."""
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
        """Refuse the whole.

        Raises:
            BulkRejected: at least one was rejected.
        """
        if self.rejected:
            first, self.batches = self.rejected[0], 0
            raise BulkRejected(
                f"None of {self.requested} tasks was added: {self.rejected_count} are not valid; the first is number "
                f"{first.index} ({first.task}): {first.reason}",
                self.report(),
            )


class Checker:
    """Checks and compiles tasks one by one.

    Args:
        compiler: makes definitions.
        inherited: options every task gets.
        batched: the swarm is.
        workers: what they know.
        level: their priority; None for what each one's task says.
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
        """Those that may be added; the tally gets the others."""
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
                tally.reject(index, sig, f"no worker knows a task {unknown!r}: check the name, or start one that does.")
                continue
            tally.names.update(names)
            yield BulkItem(index, sig, packed, leaves, self._compiler.level(sig, self._level))


def _names(sig: Any) -> Iterator[str]:
    """Names of the tasks in a signature, as far as they lie open."""
    if not sig.get("subtask_type"):
        yield sig["task"]
        return
    kwargs = sig.get("kwargs") or {}
    for field in ("tasks", "header", "body", "workflow", "task"):
        for one in maybe_list(kwargs.get(field)) or ():
            if isinstance(one, dict):
                yield from _names(one)


def check_batch_size(value: Any) -> int:
    """How many tasks go in one batch.

    Raises:
        InvalidWorkflow: it is no whole number of at least 1.
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
    """Check signatures for a swarm that has not been applied yet; arguments and errors as of `Orchestrator.check`."""
    tally, kept = Tally(sigs, on_progress), list[Any]()
    found = Checker(container.compiler, {}, False, container.worker_tasks).valid(sigs, tally)
    for batch in in_chunks(found, check_batch_size(batch_size)):
        for item in batch:
            if not atomic and room is not None and len(kept) >= room:
                tally.reject(item.number, item.signature, "it is over the swarm's max_items")
            else:
                kept.append(item.signature)
        tally.batch(len(kept))
    if atomic:
        tally.check()
    tally.added = len(kept)
    return kept, tally.report()

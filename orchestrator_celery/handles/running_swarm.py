"""The handle of a running swarm: adds items, changes priorities, closes the swarm."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from orchestrator_celery.canvas.async_twin import Twin
from orchestrator_celery.canvas.options import spelled
from orchestrator_celery.canvas.swarm_options import own_callbacks, priority_of
from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS
from orchestrator_celery.engine.task_names import declared_options, task_names
from orchestrator_celery.errors import InvalidWorkflow, RunNotFound, StoreUnavailable, SwarmClosed, SwarmFull
from orchestrator_celery.lifecycle.bulk_add import BulkItem, Checker, Tally, check_batch_size
from orchestrator_celery.model.ids import ROOT
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.states import Priority
from orchestrator_celery.records.definitions import Attribute, parse_definition
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.pool import Openness, parse_pool
from orchestrator_celery.records.pools.levels import Levels
from orchestrator_celery.store import Effects, Refused
from orchestrator_celery.store.scripting.script_call import in_chunks
from orchestrator_celery.store.transitions.item_upload import ItemUpload
from orchestrator_celery.views.tree import node_name

if TYPE_CHECKING:
    from celery.canvas import Signature

    from orchestrator_celery.container import Container
    from orchestrator_celery.handles.async_twins import RunningSwarmAio
    from orchestrator_celery.model.views import BulkReport

__all__ = ("RunningSwarm",)

logger = safe_logger(__name__)

_FULL = "the swarm's max_items is reached"
#: Most items to add in one call; more items are uploaded first.
_AT_ONCE = 1000


@spelled("add_task", "add_tasks_bulk")
class RunningSwarm:
    """The handle of a swarm that was applied.

    Args:
        run: id of the run.
        container: the parts of the orchestrator.
        node: id of the swarm, if the swarm is not the whole run.
    """

    def __init__(self, run: str, container: Container, node: str = ROOT) -> None:
        self._run = run
        self._node = node
        self._container = container

    @property
    def aio(self) -> RunningSwarmAio:
        """The same methods for asyncio: `await run.swarm.aio.add_task()`. None of them blocks the event loop."""
        return cast("RunningSwarmAio", Twin(self))

    def add_task(
        self,
        sig: Signature,
        *,
        priority: Priority | str | int | None = None,
        on_success: Any = None,
        on_error: Any = None,
        on_cleanup: Any = None,
    ) -> int:
        """Add one item and return its place in the result. The arguments are those of `Swarm.add_task`.

        Raises:
            SwarmClosed: the swarm is not open, or has ended.
            SwarmFull: `max_items` is reached.
            RunNotFound: there is no such run.
            InvalidWorkflow: `sig` is not a signature, or the priority is not one of the three.
        """
        own, given = own_callbacks(on_success, on_error, on_cleanup), priority_of(priority)
        compiler = self._container.compiler
        inherited, batched = self._inherited()
        item, leaves = compiler.item(sig, inherited, own, batched)
        levels = str(Levels([compiler.level(sig, given)]))
        names = task_names([sig])
        self._store_declared_options(names)
        effects = self._container.store.swarms.add_items(self._run, self._node, [item], leaves, levels)
        self._raise_refusal(effects, 1)
        place = self._added(effects)
        self._note_task_names(names)
        return place

    def add_task_and_run(self, sig: Signature, **options: Any) -> int:
        """The same as `add_task`, because this swarm already runs."""
        return self.add_task(sig, **options)

    def add_tasks_bulk(
        self,
        sigs: Iterable[Signature],
        *,
        priority: Priority | str | int | None = None,
        batch_size: int = 1000,
        atomic: bool = True,
        dry_run: bool = False,
        on_progress: Callable[[int, int | None], Any] | None = None,
    ) -> BulkReport:
        """Add many items. Arguments, report and errors are those of `Swarm.add_tasks_bulk`."""
        size, level = check_batch_size(batch_size), priority_of(priority)
        tally = Tally(sigs, on_progress)
        checker = Checker(self._container.compiler, *self._inherited(), self._container.worker_tasks, level)
        batches = in_chunks(checker.valid(sigs, tally), size)
        if dry_run:
            self._count(batches, tally)
        elif atomic:
            self._add_all_or_none(batches, tally)
        else:
            self._add_what_fits(batches, tally)
        if tally.added:
            self._note_task_names(tally.names)
        return tally.report()

    def add_tasks_and_run(self, sigs: Iterable[Signature], **options: Any) -> BulkReport:
        """The same as `add_tasks_bulk`, because this swarm already runs."""
        return self.add_tasks_bulk(sigs, **options)

    def set_priority(self, which: int | Iterable[int] | str, priority: Priority | str | int) -> int:
        """Change the priority of waiting items. Items that have started keep their priority.

        Args:
            which: an index, several indexes, or the name of a task.
            priority: HIGH, MEDIUM or LOW.

        Returns:
            The number of items whose priority changed.

        Raises:
            InvalidWorkflow: no item has the index, or the priority is not one of the three.
            SwarmClosed: the swarm has ended.
            RunNotFound: there is no such run.
        """
        level = priority_of(priority)
        if level is None:
            raise InvalidWorkflow("set_priority needs a priority: HIGH, MEDIUM or LOW.")
        [definition] = self._container.reader.definitions(self._run, [self._node])
        if definition is None:
            raise RunNotFound(f"No run has the id {self._run!r}: no priority was changed.")
        size = self._container.reader.pool_size(self._run, self._node)
        indexes = self._named(which, size) if isinstance(which, str) else _checked(which, size)
        changed = 0
        for chunk in in_chunks(_as_ranges(indexes), _AT_ONCE):
            effects = self._container.store.swarms.set_priority(self._run, self._node, level, chunk)
            if effects.refused is Refused.GONE:
                raise RunNotFound(f"No run has the id {self._run!r}: no priority was changed.")
            if effects.refused is Refused.CLOSED:
                raise SwarmClosed(f"The swarm {self._run} has ended, so none of its items waits any more.")
            self._send(effects)
            changed += int(effects.detail)
        return changed

    def _named(self, task: str, size: int) -> Iterator[int]:
        """Yield the indexes of the items that run a task of this name."""
        for start in range(0, size, _AT_ONCE):
            nodes = [f"{self._node}.{index}" for index in range(start, min(start + _AT_ONCE, size))]
            for index, raw in enumerate(self._container.reader.definitions(self._run, nodes), start):
                if raw is not None and node_name(parse_definition(raw), self._container.codec) == task:
                    yield index

    def close(self) -> None:
        """Close the swarm: it takes no more items. Closing it again does nothing.

        Raises:
            RunNotFound: there is no such run.
        """
        self._close(drained=False)

    def close_when_drained(self) -> None:
        """Close the swarm when no item waits or runs. Until then, items may still be added.

        This is for items that add items, such as those of a crawler: no item can know that it is the last one.

        Raises:
            RunNotFound: there is no such run.
        """
        self._close(drained=True)

    def _close(self, drained: bool) -> None:
        effects = self._container.store.swarms.close_swarm(self._run, self._node, drained)
        if effects.refused is Refused.GONE:
            raise RunNotFound(f"No run has the id {self._run!r}, so its swarm cannot be closed.")
        self._send(effects)

    # -- bulk additions -----------------------------------------------------------------------------

    def _count(self, batches: Iterator[list[BulkItem]], tally: Tally) -> None:
        """Count what would be added, without adding it."""
        room, valid = self._room(), 0
        for batch in batches:
            for item in batch[max(0, room - valid) :] if room is not None else ():
                tally.reject(item.number, item.signature, _FULL)
            valid += len(batch)
            tally.batch(valid)

    def _add_all_or_none(self, batches: Iterator[list[BulkItem]], tally: Tally) -> None:
        first, second = next(batches, []), next(batches, None)
        if second is None and len(first) <= _AT_ONCE:
            tally.check()
            if first:
                self._store_declared_options(tally.names)
                self._commit(self._add(first), len(first), tally)
                tally.batch(len(first))
            return
        swarms, count, leaves, levels = self._container.store.swarms, 0, 0, Levels()
        upload = ItemUpload(swarms, self._run)
        try:
            for batch in chain([first], [second] if second else [], batches):
                if not tally.rejected:
                    upload.add(item.packed for item in batch)
                count, leaves = count + len(batch), leaves + sum(item.leaves for item in batch)
                for item in batch:
                    levels.add(item.level)
                tally.batch(count)
            tally.check()
            upload.end()
        except BaseException:
            self._drop(upload)
            raise
        self._store_declared_options(tally.names)
        effects = swarms.add_uploaded(self._run, self._node, upload.token, count, leaves, str(levels))
        self._commit(effects, count, tally)

    def _add(self, batch: list[BulkItem]) -> Effects:
        packed, leaves = [item.packed for item in batch], sum(item.leaves for item in batch)
        levels = str(Levels(item.level for item in batch))
        return self._container.store.swarms.add_items(self._run, self._node, packed, leaves, levels)

    def _commit(self, effects: Effects, count: int, tally: Tally) -> None:
        self._raise_refusal(effects, count)
        tally.added += count
        self._added(effects)

    def _drop(self, upload: ItemUpload) -> None:
        try:
            upload.drop()
        except StoreUnavailable:
            logger.debug("The upload cannot be deleted now; it expires.", extra={"action": "bulk", "run": self._run})

    def _add_what_fits(self, batches: Iterator[list[BulkItem]], tally: Tally) -> None:
        over = ""  # the reason why the swarm takes no more items
        for batch in batches:
            rest = batch
            if not over:
                rest, over = self._add_batch(batch, tally)
            for item in rest:
                tally.reject(item.number, item.signature, over)
            tally.batch(tally.added)

    def _add_batch(self, batch: list[BulkItem], tally: Tally) -> tuple[list[BulkItem], str]:
        """Add the part of a batch for which there is room; return the rest, and the reason why it was not added."""
        rest: list[BulkItem] = []
        self._store_declared_options(tally.names)
        while batch:
            effects = self._add(batch)
            if effects.refused is Refused.FULL:
                room = int(effects.detail)
                batch, rest = batch[:room], batch[room:] + rest
                continue
            if effects.refused is not None and tally.added:
                return batch + rest, "the swarm was closed or has ended meanwhile"
            self._commit(effects, len(batch), tally)
            break
        return rest, _FULL if rest else ""

    # -- properties of the swarm --------------------------------------------------------------------

    def _room(self) -> int | None:
        """Return the number of items that the swarm can still take; None without a limit.

        Raises:
            SwarmClosed, RunNotFound: the swarm takes no items.
        """
        [definition] = self._container.reader.definitions(self._run, [self._node])
        if definition is None:
            raise RunNotFound(f"No run has the id {self._run!r}, so nothing can be added.")
        [active] = self._container.reader.pools(self._run, [self._node])
        if active is None or (pool := parse_pool(active)).open is Openness.CLOSED:
            raise _closed(self._run)
        spec = parse_definition(definition)
        return max(0, spec.number(Attribute.MAX_ITEMS) - pool.size) if spec.has(Attribute.MAX_ITEMS) else None

    def _inherited(self) -> tuple[dict[str, Any], bool]:
        """Return the options for every item, from the run or from the inner swarm; and whether the swarm is batched."""
        if self._node == ROOT:
            blob, batched = self._container.reader.head_fields(self._run, HeadField.LEAF, HeadField.BATCH)
            return dict(self._container.codec.load(blob)) if blob else {}, batched is not None
        [definition] = self._container.reader.definitions(self._run, [self._node])
        if definition is None:
            return {}, False
        spec = parse_definition(definition)
        return dict(self._container.codec.load(spec.payload).get("options") or {}), spec.has(Attribute.BATCH)

    def _added(self, effects: Effects) -> int:
        self._send(effects)
        return int(effects.detail)

    def _store_declared_options(self, names: Iterable[str]) -> None:
        """Store the message options that the tasks declare, for processes that send a task but do not have it."""
        container = self._container
        found = {name: declared_options(container.app, name) for name in names}
        declared = {name: container.codec.dump(options, "json") for name, options in found.items() if options}
        if declared:
            container.store.swarms.note_tasks(self._run, declared)

    def _note_task_names(self, names: Iterable[str]) -> None:
        """Store the names of new tasks for the filter of `orchestrator.runs()`. The tasks are added in any case."""
        try:
            self._container.store.swarms.note_tasks(self._run, dict.fromkeys(names, b""))
        except StoreUnavailable as exc:
            logger.warning("The names of new tasks were not noted: %r", exc, extra={"action": "add", "run": self._run})

    def _send(self, effects: Effects) -> None:
        """Send the messages of tasks that may start now. Messages that cannot be sent now stay in the outbox."""
        try:
            self._container.publisher.act(effects.todo)
        except TRANSIENT_ERRORS as exc:
            logger.warning(
                "Messages cannot be sent now and stay in the outbox: %r", exc, extra={"action": "add", "run": self._run}
            )

    def _raise_refusal(self, effects: Effects, count: int) -> None:
        run = self._run
        if effects.refused is Refused.GONE:
            raise RunNotFound(f"No run has the id {run!r}, so nothing was added.")
        if effects.refused is Refused.CLOSED:
            raise _closed(run)
        if effects.refused is Refused.FULL:
            raise SwarmFull(
                f"The swarm {run} has room for {effects.detail} more, so nothing was added (tasks to add: {count}). "
                "Add fewer tasks, or raise `max_items`."
            )
        if effects.refused is Refused.EXPIRED:
            raise SwarmClosed(
                f"The upload to the swarm {run} took over an hour, so nothing was added. Use smaller bulks."
            )


def _checked(which: int | Iterable[int], size: int) -> list[int]:
    indexes = sorted({which} if isinstance(which, int) else set(which))
    for index in indexes:
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < size:
            raise InvalidWorkflow(
                f"No item has the index {index!r}: the indexes of this swarm start at 0, and it has {size} of them."
            )
    return indexes


def _as_ranges(indexes: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = None
    for index in indexes:
        if first is not None and last is not None and index == last + 1:
            last = index
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = index
    if first is not None and last is not None:
        yield first, last


def _closed(run: str) -> SwarmClosed:
    return SwarmClosed(
        f"The swarm {run} takes no more tasks: it was not opened, was closed, or has ended. Start a new swarm."
    )

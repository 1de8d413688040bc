"""Swarm: a dynamic, bounded pool of tasks with one ordered result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, cast

from celery.canvas import Signature, group

from orchestrator_celery.canvas import swarm_options
from orchestrator_celery.canvas.async_twin import Twin
from orchestrator_celery.canvas.children import rebuilt
from orchestrator_celery.canvas.handlers import handler_list
from orchestrator_celery.canvas.items import Items, items_of
from orchestrator_celery.canvas.options import check_options, spelled
from orchestrator_celery.canvas.primitive import (
    Primitive,
    R_co,
    app_of,
    deadline_in_seconds,
    installed,
    registered,
    signature_list,
)
from orchestrator_celery.errors import SwarmClosed, SwarmFull
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.states import Priority

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.handles.async_twins import SwarmAio
    from orchestrator_celery.handles.run import Run
    from orchestrator_celery.handles.running_swarm import RunningSwarm
    from orchestrator_celery.model.views import BulkReport

__all__ = ("Swarm",)

logger = safe_logger(__name__)

#: Arguments of the constructor by kind of callback.
_CALLBACKS = {"on_success": "on_task_success", "on_error": "on_task_error", "on_cleanup": "on_task_cleanup"}


@spelled("add_task", "add_tasks_bulk")
@registered
class Swarm(Items, Primitive[list[R_co]], Generic[R_co]):
    """A pool of tasks with limited concurrency, ordered results and tolerated failures; items can be added later.

    The input of a swarm goes to every item that is not immutable, as in a group. The input comes from the previous
    step of a chain, or from `apply_async(args)`.

    Args:
        tasks: signatures, native or primitives; any iterable, or a group, whose members become the items.
        name: the name in lists and trees.
        max_concurrency: how many items may be queued or running at once. None: as many as the
            dispatch window (`orchestrator_window`) holds.
        open: items may be added while the swarm runs. An open swarm ends when it is closed and all items are done.
        stop_after_n_failures: after this many failed items no further item starts, and the swarm fails.
        max_failures: failures tolerated: a count, or a fraction of the items below 1. A failed item's result is None.
        max_items: the most items that the swarm may ever hold.
        deadline: the longest time of a run, in seconds or as a timedelta; then it ends FAILED, `DeadlineExceeded`.
        on_task_success: signature, or a list: called with (result, item) after each item that succeeded.
        on_task_error: signature, or a list: called with (error, item) after each item that failed.
        on_task_cleanup: signature, or a list: called with (item) after each item, however the item ended. `item` is a
            dict (run, node, index, task, args, kwargs, attempt, priority, started, finished, state). `error` is
            a dict (type, message, traceback). A callback never changes the swarm's outcome.
        batch: a number or "auto": one message runs up to this many waiting items, one after the other. Use it for
            many short items. Each item keeps its own record, state and callbacks.
        slots: places of `max_concurrency` that are reserved for a priority, such as `{Priority.HIGH: 4}`. The
            other places go to the highest priority that waits.
        **options: execution options; routing, priority (the broker's) and limits go to every item. `category` and
            `tags` are used to find the runs: `orchestrator.runs(tag=...)`.

    Raises:
        InvalidWorkflow: a bound is not allowed, or an item is not a signature.
    """

    _task_name = "orchestrator.swarm"
    _fields = (
        "tasks", "name", "max_concurrency", "open", "stop_after_n_failures", "max_failures", "max_items", "deadline",
        "category", "tags", "on_task_success", "on_task_error", "on_task_cleanup", "own_callbacks", "slots", "levels",
        "batch",
    )  # fmt: skip

    def __init__(
        self,
        tasks: Iterable[Signature[R_co]] | group | tuple[()] = (),
        *,
        name: str | None = None,
        max_concurrency: int | None = None,
        open: bool = False,
        stop_after_n_failures: int | None = None,
        max_failures: float = 0,
        max_items: int | None = None,
        deadline: float | timedelta | None = None,
        on_task_success: Any = None,
        on_task_error: Any = None,
        on_task_cleanup: Any = None,
        slots: Mapping[Priority, int] | None = None,
        batch: int | str | None = None,
        app: Celery | None = None,
        **options: Any,
    ) -> None:
        items = items_of(tasks)
        check_options(Swarm, options, lambda: app or app_of(items), built=False)
        definition: dict[str, Any] = {
            "tasks": items,
            "name": name,
            "max_concurrency": max_concurrency,
            "open": open,
            "stop_after_n_failures": stop_after_n_failures,
            "max_failures": max_failures,
            "max_items": max_items,
            "deadline": deadline_in_seconds(deadline),
            "slots": swarm_options.slots_by_name(slots),
            "batch": batch,
        }
        for kind, value in zip(_CALLBACKS, (on_task_success, on_task_error, on_task_cleanup), strict=True):
            definition[_CALLBACKS[kind]] = handler_list(value, _CALLBACKS[kind], swarm_options.FORMS[kind])
        swarm_options.check_bounds(definition)
        kept = {k: v for k, v in definition.items() if v or k == "tasks"}
        super().__init__(kept, app=app, **options)

    @property
    def aio(self) -> SwarmAio[R_co]:
        """The async methods: `await swarm.aio.add_tasks_bulk()`; none of them blocks the event loop."""
        return cast("SwarmAio[R_co]", Twin(self))

    def _nested(self) -> list[Any]:
        """The items and the callbacks that run after them."""
        return [*self.tasks, *(sig for callbacks in self._item_callbacks.values() for sig in callbacks)]

    @property
    def _item_callbacks(self) -> dict[str, list[Signature]]:
        """The callbacks that run after each item, by kind: `on_success`, `on_error`, `on_cleanup`."""
        found = {kind: self.kwargs.get(field) for kind, field in _CALLBACKS.items()}
        return {kind: list(callbacks) for kind, callbacks in found.items() if callbacks}

    def _own_callbacks(self, index: int) -> dict[str, list[Signature]]:
        """The callbacks of one item that replace the swarm's callbacks, by kind."""
        own: dict[str, list[Signature]] = self.kwargs.get("own_callbacks", {}).get(str(index), {})
        return own

    def _pool_attrs(self) -> dict[str, Any]:
        """The bounds as attributes of a pool's definition."""
        get = self.kwargs.get
        return {
            "kind": "swarm",
            "max_concurrency": get("max_concurrency"),
            "stop_after": get("stop_after_n_failures"),
            "max_failures": get("max_failures") or None,
            "max_items": get("max_items"),
            "open": bool(get("open")),
            "batch": get("batch"),
            "slots": swarm_options.slots_attribute(swarm_options.slots_by_name(get("slots"))),
        }

    @property
    def _item_levels(self) -> list[Priority | None]:
        """The priority of each item of the definition; None for an item without a priority."""
        found: list[Priority | None] = [None] * len(self.tasks)
        for level, first, last in self.kwargs.get("levels", ()):
            found[first : last + 1] = [Priority(level)] * (last + 1 - first)
        return found

    def _restore(self, app: Celery | None) -> None:
        # A swarm from a message, from beat or from another language has not passed the constructor's checks.
        self.kwargs.setdefault("tasks", [])
        swarm_options.check_bounds(self.kwargs)
        self.kwargs["tasks"] = [rebuilt(task, app) for task in self.kwargs["tasks"]]
        for field in _CALLBACKS.values():
            if self.kwargs.get(field):
                callbacks = signature_list(self.kwargs[field], field)
                self.kwargs[field] = [rebuilt(sig, app) for sig in callbacks]
        if own := self.kwargs.get("own_callbacks"):
            self.kwargs["own_callbacks"] = {
                item: {kind: [rebuilt(sig, app) for sig in callbacks] for kind, callbacks in of_item.items()}
                for item, of_item in own.items()
            }

    # -- adding items: to the definition, or to the running swarm once it was applied -------------

    def add_task(
        self,
        sig: Signature,
        *,
        priority: Priority | str | int | None = None,
        on_success: Any = None,
        on_error: Any = None,
        on_cleanup: Any = None,
    ) -> int:
        """Add one item and return its index in the result.

        Args:
            sig: the item.
            priority: HIGH, MEDIUM or LOW. None: the priority of the task's policy, else MEDIUM.
            on_success: signature, a list of them, or `[]` for none: replaces the swarm's `on_task_success`.
            on_error: replaces `on_task_error`.
            on_cleanup: replaces `on_task_cleanup`.

        Raises:
            SwarmClosed: the swarm was applied and is not open, or the swarm has ended.
            SwarmFull: `max_items` is reached.
            InvalidWorkflow: the item is not a signature, or the priority is not one of the three.
        """
        swarm_options.check_signature(sig)
        own, level = swarm_options.own_callbacks(on_success, on_error, on_cleanup), swarm_options.priority_of(priority)
        if self._applied is not None:
            return int(installed(self.app).swarm(self._applied).add_task(sig, priority=level, **own))
        self._check_room(1)
        self._append([sig], level)
        if own:
            self.kwargs.setdefault("own_callbacks", {})[str(len(self.tasks) - 1)] = own
        return len(self.tasks) - 1

    def _append(self, sigs: list[Signature], level: Priority | None) -> None:
        first = len(self.tasks)
        self.tasks.extend(sigs)
        if level is not None and sigs:
            self.kwargs.setdefault("levels", []).append([int(level), first, len(self.tasks) - 1])

    def add_task_and_run(self, sig: Signature, **options: Any) -> int:
        """Add one item, and start the swarm if it was not applied yet; `swarm.run` is the run.

        Args:
            sig: the item.
            **options: as for `add_task`.

        Raises: as `add_task` and `apply_async`.
        """
        place = self.add_task(sig, **options)
        if self._applied is None:
            self.apply_async()
        return place

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
        """Add many items. All items are checked before the first is added; memory holds at most one batch.

        Args:
            sigs: any iterable of signatures, also a generator.
            priority: the priority of all items, as for `add_task`.
            batch_size: how many items one call sends to the store.
            atomic: True: all items become visible or none does. False: the valid items are added batch by batch.
            dry_run: add nothing; only report which items would be rejected, and why.
            on_progress: called after each batch with a count and the total. The count is of the tasks checked
                (with `atomic`: uploaded, not visible before the last batch) or added so far. The total is None for an
                iterable without a length.

        Returns:
            The numbers of requested, added and rejected items, and the speed.

        Raises:
            BulkRejected: `atomic`, and some items are not valid. The report lists each with its reason; none was added.
            SwarmClosed: the swarm was applied and is not open, or the swarm has ended.
            SwarmFull: `atomic`, and the items do not all fit under `max_items`; none was added.
            InvalidWorkflow: `batch_size` or `priority` is not allowed.
            StoreUnavailable: the store did not answer; the message says which items were added.
        """
        options: dict[str, Any] = {
            "batch_size": batch_size, "atomic": atomic, "dry_run": dry_run, "on_progress": on_progress,
        }  # fmt: skip
        level = swarm_options.priority_of(priority)
        if self._applied is None:
            return self._add_to_definition(sigs, level, **options)
        running: RunningSwarm = installed(self.app).swarm(self._applied)
        return running.add_tasks_bulk(sigs, priority=level, **options)

    def _add_to_definition(
        self, sigs: Iterable[Signature], level: Priority | None, *, atomic: bool, dry_run: bool, **how: Any
    ) -> BulkReport:
        limit = self.kwargs.get("max_items")
        room = None if limit is None else limit - len(self.tasks)
        one_refuses_all = atomic and not dry_run
        items, report = installed(self.app)._check(
            sigs, atomic=one_refuses_all, room=None if one_refuses_all else room, **how
        )
        if dry_run:
            return report.model_copy(update={"added": 0, "tasks_per_second": 0.0})  # type: ignore[no-any-return]
        self._check_room(len(items))
        self._append(items, level)
        return report  # type: ignore[no-any-return]

    def add_tasks_and_run(self, sigs: Iterable[Signature], **options: Any) -> BulkReport:
        """Add many items, and start the swarm if it was not applied yet; `swarm.run` is the run.

        Args:
            sigs: as for `add_tasks_bulk`.
            **options: as for `add_tasks_bulk`; a dry run starts nothing.

        Raises: as `add_tasks_bulk` and `apply_async`.
        """
        report = self.add_tasks_bulk(sigs, **options)
        if self._applied is None and not options.get("dry_run"):
            self.apply_async()
        return report

    @property
    def run(self) -> Run[list[R_co]] | None:
        """The run that the last application of this object started; None before the first."""
        if self._applied_eagerly is not None:
            return self._applied_eagerly
        return None if self._applied is None else installed(self.app).result(self._applied)

    def close(self) -> None:
        """Refuse further items; the swarm ends when all its items are done. Closing it again does nothing."""
        if self._applied is None:
            self.kwargs.pop("open", None)
            return
        installed(self.app).swarm(self._applied).close()

    def close_when_drained(self) -> None:
        """Close the swarm when its last item is done. Until then items may still be added.

        Raises:
            SwarmClosed: the swarm was not applied, so it has no running items.
        """
        if self._applied is None:
            raise SwarmClosed("The swarm does not run yet, so it has no items to wait for: apply it first.")
        installed(self.app).swarm(self._applied).close_when_drained()

    def _check_room(self, count: int) -> None:
        limit = self.kwargs.get("max_items")
        if limit is not None and len(self.tasks) + count > limit:
            raise SwarmFull(
                f"{count} more items would make {len(self.tasks) + count}, more than max_items={limit}: none was "
                "added. Add fewer, or raise max_items."
            )

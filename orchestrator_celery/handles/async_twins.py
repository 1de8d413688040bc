"""Async twins of the handles: waiting for a run, and the types of every twin.

`get` and `watch` occupy no thread while they wait. They poll the store, and all waiters of one event loop share one
poll. The classes below `TYPE_CHECKING` declare the methods of the twins for type checkers. A test compares them with
the handles.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from celery.exceptions import TimeoutError as CeleryTimeoutError

from orchestrator_celery.canvas.async_twin import Twin, in_thread
from orchestrator_celery.errors import RunNotFound
from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.store.availability import UNREACHABLE

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable
    from datetime import datetime

    from celery.canvas import Signature

    from orchestrator_celery.canvas.primitive import R_co
    from orchestrator_celery.canvas.swarm import Swarm
    from orchestrator_celery.handles.catalogs.graph_catalog import GraphCatalog
    from orchestrator_celery.handles.catalogs.saved_views import SavedViews
    from orchestrator_celery.handles.run import Run
    from orchestrator_celery.handles.run_list import RunList
    from orchestrator_celery.handles.running_swarm import RunningSwarm
    from orchestrator_celery.handles.stored_signature import StoredSignature
    from orchestrator_celery.handles.telling.subscriptions import Subscription
    from orchestrator_celery.model.states import NodeKind, RunStatus, SignatureStatus
    from orchestrator_celery.model.views import BulkReport, RunView

__all__ = ("ListTwin", "OrchestratorTwin", "RunTwin")

#: Seconds between two polls: at first, and at most.
_FIRST, _LONGEST = 0.02, 0.5
#: Entries that one call of a thread reads.
_PAGE = 100
#: Most seconds between two polls of the feed of all runs.
_LONGEST_OF_FEED = 0.1


class RunTwin(Twin):
    """The twin of a run, which waits by polling."""

    async def get(self, timeout: float | None = None, propagate: bool = True, **options: Any) -> Any:
        """Wait for the end of the run and return its result; raise its error if it failed.

        Args:
            timeout: seconds to wait at most.
            propagate: raise the error of a failed run; False: return the error.
            **options: the other arguments of `AsyncResult.get`.

        Raises:
            celery.exceptions.TimeoutError: the run has not ended in time.
            RunNotFound: the run and its result were purged during the wait.
        """
        run, waiter = self._handle, _waiter(self._handle.app.orchestrator)
        until = None if timeout is None else time.monotonic() + timeout
        while not await _patiently(run, run.ready):
            left = None if until is None else max(0.0, until - time.monotonic())
            if await waiter.wait(run.id, left) and not await _patiently(run, run.ready):
                raise RunNotFound(f"The run {run.id} and its result were deleted, because its signature was purged.")
        return await in_thread(lambda: run.get(propagate=propagate, **options))  # it does not wait any more

    async def watch(self, *, after: str = "0") -> AsyncIterator[Any]:
        """Yield the events as they happen, until the run is closed. Arguments and errors are those of `Run.watch`."""
        run, pause = self._handle, _FIRST
        await in_thread(run.progress)  # raises RunNotFound if there is no such run
        while True:
            events = await _patiently(run, functools.partial(run.events, after=after))
            for event in events:
                after = event.id
                yield event
                if event.ends:
                    return
            if not events and await _patiently(run, lambda: run._recorded_status()) in (None, RunStatus.CANCELLED):
                return
            pause = _FIRST if events else min(pause * 1.5, _LONGEST)
            await asyncio.sleep(pause)


class ListTwin(Twin):
    """The twin of a lazy list, which reads its further pages in a thread."""

    async def __aiter__(self) -> AsyncIterator[Any]:
        """Yield the entries."""
        entries = iter(self._handle)
        while page := await in_thread(lambda: list(islice(entries, _PAGE))):
            for entry in page:
                yield entry


class OrchestratorTwin(Twin):
    """The twin of an orchestrator, whose `watch` occupies no thread while it waits."""

    async def watch(
        self, *where: Any, nodes: bool = False, after: str | None = None, **fields: Any
    ) -> AsyncIterator[Any]:
        """Yield changes, from the first awaited item on. Arguments and errors are those of `Orchestrator.watch`."""
        orchestrator, pause = self._handle, _FIRST
        wanted = RunFilter.of(*map(str, where), **fields)
        reader = await in_thread(lambda: orchestrator._change_reader(wanted, nodes, after))
        while True:
            changes = await _patiently(orchestrator, functools.partial(reader.read, None))
            for change in changes:
                yield change
            pause = _FIRST if changes else min(pause * 1.5, _LONGEST_OF_FEED)
            await asyncio.sleep(pause)


async def _patiently(run: Any, call: Callable[[], Any]) -> Any:
    """Make a call in a thread; repeat it while the store is away, for up to `orchestrator_store_patience` seconds."""
    away, pause = None, _FIRST
    while True:
        try:
            return await in_thread(call)
        except UNREACHABLE:
            away = time.monotonic() if away is None else away
            if time.monotonic() - away > run.app.orchestrator.settings.store_patience:
                raise
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST)


class _Waiter:
    """Polls the store for all waiters in one event loop that wait for runs of one orchestrator.

    Args:
        orchestrator: the orchestrator of the runs.
    """

    def __init__(self, orchestrator: Any) -> None:
        self._orchestrator = orchestrator
        self._waiting: dict[str, list[asyncio.Future[bool]]] = {}
        self._seen: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()

    async def wait(self, run: str, timeout: float | None) -> bool:
        """Wait until Celery has the outcome of a run; return True if the run is gone instead."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(run, []).append(future)
        self._woken.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._ask())
        try:
            return await asyncio.wait_for(future, timeout)
        except (asyncio.TimeoutError, TimeoutError) as exc:
            raise CeleryTimeoutError(
                f"The run {run} did not end in time. It continues; wait again with `get()`."
            ) from exc
        finally:
            left = [other for other in self._waiting.get(run, ()) if other is not future]
            if left:
                self._waiting[run] = left
            else:
                self._waiting.pop(run, None)
                self._seen.discard(run)

    async def _ask(self) -> None:
        pause, away = _FIRST, None
        while self._waiting:
            try:
                ended = await in_thread(functools.partial(self._ended, list(self._waiting)))
                away = None
            except UNREACHABLE as exc:
                away, ended = time.monotonic() if away is None else away, {}
                if time.monotonic() - away > self._orchestrator.settings.store_patience:
                    self._give_up(exc)
                    return
            except Exception as exc:
                self._give_up(exc)
                return
            for run, gone in ended.items():
                for future in [one for one in self._waiting.get(run, ()) if not one.done()]:
                    future.set_result(gone)
            # A new waiter starts a poll soon; the pauses between polls then grow again.
            with suppress(asyncio.TimeoutError, TimeoutError):
                await asyncio.wait_for(self._woken.wait(), pause)
                pause = _FIRST / 1.5
                await asyncio.sleep(_FIRST)
            self._woken.clear()
            pause = min(pause * 1.5, _LONGEST)

    def _give_up(self, exc: BaseException) -> None:
        for future in [one for waiting in self._waiting.values() for one in waiting if not one.done()]:
            future.set_exception(exc)

    def _ended(self, runs: list[str]) -> dict[str, bool]:
        """Return the runs whose outcome Celery has (False), or whose record is gone (True)."""
        ended = {}
        for run, closed in zip(runs, self._orchestrator.container.reader.ended(runs), strict=True):
            if closed is not None:
                self._seen.add(run)
                if closed:
                    ended[run] = False
            # A run without a record has not started, ended long ago, or was purged.
            elif run in self._seen or self._orchestrator.result(run).ready():
                ended[run] = run in self._seen
        return ended


_waiters: WeakKeyDictionary[Any, dict[int, _Waiter]] = WeakKeyDictionary()


def _waiter(orchestrator: Any) -> _Waiter:
    mine = _waiters.setdefault(asyncio.get_running_loop(), {})
    return mine.setdefault(id(orchestrator), _Waiter(orchestrator))


if TYPE_CHECKING:
    Given = ParamSpec("Given")
    Answer = TypeVar("Answer")
    Item = TypeVar("Item")

    class Call(Generic[Given, Answer]):
        """The twin of a method."""

        def __init__(self, method: Callable[Concatenate[Any, Given], Answer]) -> None: ...

        def __get__(self, twin: Any, kind: Any = None) -> Callable[Given, Coroutine[Any, Any, Answer]]: ...

    class Each(Generic[Given, Item]):
        """The twin of a method that returns an iterator, or an object to iterate over."""

        def __init__(self, method: Callable[Concatenate[Any, Given], Iterable[Item]]) -> None: ...

        def __get__(self, twin: Any, kind: Any = None) -> Callable[Given, AsyncIterator[Item]]: ...

    class RunAio(Generic[R_co]):
        """`run.aio`."""

        approvals = Call(Run.approvals)
        approve = Call(Run.approve)
        cancel = Call(Run.cancel)
        cancel_plan = Call(Run.cancel_plan)
        edges = Call(Run.edges)
        events = Call(Run.events)
        forget = Call(Run.forget)
        items = Each(Run.items)
        node = Call(Run.node)
        progress = Call(Run.progress)
        reject = Call(Run.reject)
        results = Each(Run.results)
        resume = Call(Run.resume)
        rerun = Call(Run.rerun)
        retry = Call(Run.retry)
        skip = Call(Run.skip)
        detach = Call(Run.detach)
        set_priority = Call(Run.set_priority)
        suspend = Call(Run.suspend)
        interrupt = Call(Run.interrupt)
        tree = Call(Run.tree)
        timeline = Each(Run.timeline)
        logs = Each(Run.logs)
        watch = Each(Run.watch)

        async def get(self, timeout: float | None = None, propagate: bool = True, **options: Any) -> R_co: ...
        async def outcome(self) -> R_co: ...
        async def category(self) -> str | None: ...
        async def created(self) -> datetime: ...
        async def kind(self) -> NodeKind: ...
        async def name(self) -> str | None: ...
        async def rerun_of(self) -> str | None: ...
        async def signature(self) -> StoredSignature: ...
        async def tags(self) -> tuple[str, ...]: ...
        async def tasks(self) -> tuple[str, ...]: ...
        async def status(self) -> RunStatus: ...
        async def status_message(self) -> str: ...
        async def view(self) -> RunView: ...

    class ListAio(Generic[Item]):
        """`aio` of any lazy list, such as `orchestrator.audit(...).aio`."""

        def __aiter__(self) -> AsyncIterator[Item]: ...

    class RunListAio(ListAio[Run]):
        """`orchestrator.runs(...).aio`."""

        cancel = Call(RunList.cancel)
        cancel_plan = Call(RunList.cancel_plan)
        resume = Call(RunList.resume)
        rerun = Call(RunList.rerun)
        retry = Call(RunList.retry)
        suspend = Call(RunList.suspend)
        interrupt = Call(RunList.interrupt)

    class PrimitiveAio(Generic[R_co]):
        """`aio` of any primitive."""

        async def apply_async(
            self, args: Any = None, kwargs: Any = None, route_name: str | None = None, **options: Any
        ) -> Run[R_co]: ...
        async def delay(self, *args: Any, **kwargs: Any) -> Run[R_co]: ...

    class SwarmAio(PrimitiveAio[list[R_co]], Generic[R_co]):
        """`swarm.aio`."""

        add_task = Call(Swarm.add_task)
        add_tasks_bulk = Call(Swarm.add_tasks_bulk)
        close = Call(Swarm.close)
        close_when_drained = Call(Swarm.close_when_drained)

        async def add_task_and_run(self, sig: Signature, **options: Any) -> int: ...
        async def add_tasks_and_run(self, sigs: Iterable[Signature], **options: Any) -> BulkReport: ...

    class RunningSwarmAio:
        """`run.swarm.aio`."""

        add_task = Call(RunningSwarm.add_task)
        add_tasks_bulk = Call(RunningSwarm.add_tasks_bulk)
        close = Call(RunningSwarm.close)
        close_when_drained = Call(RunningSwarm.close_when_drained)
        set_priority = Call(RunningSwarm.set_priority)

        async def add_task_and_run(self, sig: Signature, **options: Any) -> int: ...
        async def add_tasks_and_run(self, sigs: Iterable[Signature], **options: Any) -> BulkReport: ...

    class SubscriptionAio:
        """`subscription.aio`."""

        delete = Call(Subscription.delete)

    class GraphCatalogAio:
        """`orchestrator.graphs.aio`."""

        get = Call(GraphCatalog.get)
        names = Call(GraphCatalog.names)
        newest = Call(GraphCatalog.newest)
        roll_back = Call(GraphCatalog.roll_back)
        run = Call(GraphCatalog.run)
        save = Call(GraphCatalog.save)
        version_of = Call(GraphCatalog.version_of)
        versions = Call(GraphCatalog.versions)

    class SavedViewsAio:
        """`orchestrator.views.aio`."""

        all = Call(SavedViews.all)
        delete = Call(SavedViews.delete)
        save = Call(SavedViews.save)

    class StoredSignatureAio:
        """`signature.aio`."""

        delete = Call(StoredSignature.delete)
        purge = Call(StoredSignature.purge)
        rerun = Call(StoredSignature.rerun)
        restore = Call(StoredSignature.restore)
        run = Call(StoredSignature.run)
        runs = Call(StoredSignature.runs)

        async def category(self) -> str | None: ...
        async def created(self) -> datetime: ...
        async def delete_at(self) -> datetime | None: ...
        async def name(self) -> str: ...
        async def saved(self) -> bool: ...
        async def status(self) -> SignatureStatus: ...
        async def tags(self) -> tuple[str, ...]: ...

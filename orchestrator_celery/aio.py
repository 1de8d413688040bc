"""Async twins of the handles: every method that waits on the network, without blocking the event loop.

There is one implementation. A twin runs the method itself in a thread of a
small pool of its own, in the caller's context, so `acting` holds. What waits
long occupies no thread: `get` and `watch` ask now and then, all waiters of one
event loop in one question. A call that was begun is finished, also when the
task that awaits it is cancelled; its answer is then thrown away.

At run time a twin is made when it is asked for. The classes below only say
which there are, and of what type; a test compares them with the handles.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from celery._state import _set_current_app, _tls
from celery.exceptions import TimeoutError as CeleryTimeoutError

from orchestrator_celery.errors import RunNotFound

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable
    from datetime import datetime

    from celery.canvas import Signature
    from celery.result import EagerResult

    from orchestrator_celery.canvas.swarm import Swarm
    from orchestrator_celery.model.states import RunStatus, SignatureStatus
    from orchestrator_celery.model.views import BulkReport, RunView
    from orchestrator_celery.orchestrator import Orchestrator
    from orchestrator_celery.pool import RunningSwarm
    from orchestrator_celery.run import Run
    from orchestrator_celery.runs import RunList
    from orchestrator_celery.stored import StoredSignature

__all__ = ("Twin", "twin_of")

Given = ParamSpec("Given")
Answer = TypeVar("Answer")
Item = TypeVar("Item")

_THREADS = 16
#: Items fetched by one call of a thread.
_BATCH = 100
#: Seconds between two questions: at first, and at most.
_FIRST, _LONGEST = 0.02, 0.5

_pool: tuple[int, ThreadPoolExecutor] | None = None


async def in_thread(call: Callable[[], Answer]) -> Answer:
    """Run a call in a thread of the pool, in the context of the caller, and with its current app."""
    context, app = contextvars.copy_context(), _tls.current_app

    def run() -> Answer:
        _set_current_app(app)  # which Celery keeps by thread; a signature without tasks belongs to it
        return context.run(call)

    return await asyncio.get_running_loop().run_in_executor(_executor(), run)


def _executor() -> ThreadPoolExecutor:
    global _pool
    if _pool is None or _pool[0] != os.getpid():  # a fork has the object, and none of its threads
        _pool = os.getpid(), ThreadPoolExecutor(_THREADS, thread_name_prefix="orchestrator-aio")
    return _pool[1]


class Twin:
    """The async side of a handle: `await run.aio.suspend()` is `run.suspend()`, elsewhere.

    Args:
        handle: whose twin.
    """

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def __getattr__(self, name: str) -> Any:
        """The twin of a method, or of a property that reads the store."""
        if name.startswith("_"):
            raise AttributeError(name)
        member = inspect.getattr_static(type(self._handle), name)
        if isinstance(member, property):
            return _asking(self._handle, name)
        if not callable(member):
            raise AttributeError(f"{type(self._handle).__name__}.{name} asks nobody: it has no async twin.")
        method = getattr(self._handle, name)
        wrap = _yielding if inspect.isgeneratorfunction(member) or name in _ITERATORS else _calling
        return wrap(method)


#: Methods that hand an iterator on.
_ITERATORS = frozenset({"items", "results"})


def _asking(handle: Any, name: str) -> Callable[[], Awaitable[Any]]:
    async def ask() -> Any:
        return await in_thread(lambda: getattr(handle, name))

    return ask


def _calling(method: Callable[Given, Answer]) -> Callable[Given, Awaitable[Answer]]:
    @functools.wraps(method)
    async def call(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        return await in_thread(lambda: method(*args, **kwargs))

    return call


def _yielding(method: Callable[Given, Iterator[Item]]) -> Callable[Given, AsyncIterator[Item]]:
    @functools.wraps(method)
    async def iterate(*args: Given.args, **kwargs: Given.kwargs) -> AsyncIterator[Item]:
        iterator = await in_thread(lambda: method(*args, **kwargs))
        while batch := await in_thread(lambda: list(islice(iterator, _BATCH))):
            for item in batch:
                yield item

    return iterate


class _RunTwin(Twin):
    """The twin of a run, whose waiting is done by asking."""

    async def get(self, timeout: float | None = None, propagate: bool = True) -> Any:
        """The result once the run has ended; raises its error if it failed.

        Args:
            timeout: seconds after which to give up.
            propagate: raise the error of a failed run; False: return it.

        Raises:
            celery.exceptions.TimeoutError: it has not ended in time.
            RunNotFound: it was purged, with its result, while this waited.
        """
        run, waiter = self._handle, _waiter(self._handle.app.orchestrator)
        until = None if timeout is None else time.monotonic() + timeout
        while not await in_thread(run.ready):
            left = None if until is None else max(0.0, until - time.monotonic())
            if await waiter.wait(run.id, left) and not await in_thread(run.ready):
                raise RunNotFound(f"The run {run.id} was there and is gone, with its result: its signature was purged.")
        return await in_thread(lambda: run.get(propagate=propagate))  # which it has by now

    async def watch(self, *, after: str = "0") -> AsyncIterator[Any]:
        """Events as they happen until the run is closed; arguments and errors as `Run.watch`."""
        run, pause = self._handle, _FIRST
        await in_thread(run.progress)  # raises where there is no such run
        while True:
            events = await in_thread(functools.partial(run.events, after=after))
            for event in events:
                after = event.id
                yield event
                if event.ends:
                    return
            if not events and await in_thread(lambda: run.app.orchestrator.reader.closed([run.id])) == [None]:
                return
            pause = _FIRST if events else min(pause * 1.5, _LONGEST)
            await asyncio.sleep(pause)


class _Waiter:
    """All that wait in one event loop for runs of one orchestrator: one question asks for all of them.

    Args:
        orchestrator: whose runs.
    """

    def __init__(self, orchestrator: Any) -> None:
        self._orchestrator = orchestrator
        self._waiting: dict[str, list[asyncio.Future[bool]]] = {}
        self._seen: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()

    async def wait(self, run: str, timeout: float | None) -> bool:
        """Wait until the outcome of a run can be had from Celery; returns whether the run is gone instead."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(run, []).append(future)
        self._woken.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._ask())
        try:
            return await asyncio.wait_for(future, timeout)
        except (asyncio.TimeoutError, TimeoutError) as exc:
            raise CeleryTimeoutError(f"The run {run} has not ended in time; it goes on.") from exc
        finally:
            left = [other for other in self._waiting.get(run, ()) if other is not future]
            if left:
                self._waiting[run] = left
            else:
                self._waiting.pop(run, None)
                self._seen.discard(run)

    async def _ask(self) -> None:
        pause = _FIRST
        while self._waiting:
            try:
                ended = await in_thread(functools.partial(self._ended, list(self._waiting)))
            except Exception as exc:
                for future in [one for waiting in self._waiting.values() for one in waiting if not one.done()]:
                    future.set_exception(exc)
                return
            for run, gone in ended.items():
                for future in [one for one in self._waiting.get(run, ()) if not one.done()]:
                    future.set_result(gone)
            # Who has just come is asked for soon, and then with growing pauses.
            with suppress(asyncio.TimeoutError, TimeoutError):
                await asyncio.wait_for(self._woken.wait(), pause)
                pause = _FIRST / 1.5
                await asyncio.sleep(_FIRST)
            self._woken.clear()
            pause = min(pause * 1.5, _LONGEST)

    def _ended(self, runs: list[str]) -> dict[str, bool]:
        """Those whose outcome Celery can tell, or whose record is gone (True)."""
        ended = {}
        for run, closed in zip(runs, self._orchestrator.reader.closed(runs), strict=True):
            if closed is not None:
                self._seen.add(run)
                if closed:
                    ended[run] = False
            # Without a record it has not begun, or is over for long, or was purged.
            elif run in self._seen or self._orchestrator.result(run).ready():
                ended[run] = run in self._seen
        return ended


_waiters: WeakKeyDictionary[Any, dict[int, _Waiter]] = WeakKeyDictionary()


def _waiter(orchestrator: Any) -> _Waiter:
    mine = _waiters.setdefault(asyncio.get_running_loop(), {})
    return mine.setdefault(id(orchestrator), _Waiter(orchestrator))


def twin_of(handle: Any) -> Any:
    """The async side of a handle."""
    waits = callable(getattr(type(handle), "watch", None))
    return _RunTwin(handle) if waits else Twin(handle)


if TYPE_CHECKING:

    class _Call(Generic[Given, Answer]):
        """The twin of a method."""

        def __init__(self, method: Callable[Concatenate[Any, Given], Answer]) -> None: ...

        def __get__(self, twin: Any, kind: Any = None) -> Callable[Given, Coroutine[Any, Any, Answer]]: ...

    class _Each(Generic[Given, Item]):
        """The twin of a method that hands out an iterator."""

        def __init__(self, method: Callable[Concatenate[Any, Given], Iterator[Item]]) -> None: ...

        def __get__(self, twin: Any, kind: Any = None) -> Callable[Given, AsyncIterator[Item]]: ...

    class RunAio:
        """`run.aio`."""

        approvals = _Call(Run.approvals)
        approve = _Call(Run.approve)
        cancel = _Call(Run.cancel)
        cancel_plan = _Call(Run.cancel_plan)
        events = _Call(Run.events)
        items = _Each(Run.items)
        outcome = _Call(Run.outcome)
        progress = _Call(Run.progress)
        reject = _Call(Run.reject)
        results = _Each(Run.results)
        resume = _Call(Run.resume)
        rerun = _Call(Run.rerun)
        retry = _Call(Run.retry)
        skip = _Call(Run.skip)
        detach = _Call(Run.detach)
        set_priority = _Call(Run.set_priority)
        suspend = _Call(Run.suspend)
        interrupt = _Call(Run.interrupt)
        tree = _Call(Run.tree)
        watch = _Each(Run.watch)

        async def get(self, timeout: float | None = None, propagate: bool = True) -> Any: ...
        async def signature(self) -> StoredSignature: ...
        async def status(self) -> RunStatus: ...
        async def status_message(self) -> str: ...
        async def view(self) -> RunView: ...

    class RunListAio:
        """`orchestrator.runs(...).aio`."""

        cancel = _Call(RunList.cancel)
        cancel_plan = _Call(RunList.cancel_plan)
        resume = _Call(RunList.resume)
        rerun = _Call(RunList.rerun)
        retry = _Call(RunList.retry)
        suspend = _Call(RunList.suspend)
        interrupt = _Call(RunList.interrupt)

    class PrimitiveAio:
        """`aio` of any primitive."""

        async def apply_async(
            self, args: Any = None, kwargs: Any = None, route_name: str | None = None, **options: Any
        ) -> Run | EagerResult: ...
        async def delay(self, *args: Any, **kwargs: Any) -> Run | EagerResult: ...

    class SwarmAio(PrimitiveAio):
        """`swarm.aio`."""

        add_task = _Call(Swarm.add_task)
        add_tasks_bulk = _Call(Swarm.add_tasks_bulk)
        close = _Call(Swarm.close)
        close_when_drained = _Call(Swarm.close_when_drained)

        async def add_task_and_run(self, sig: Signature, **options: Any) -> int: ...
        async def add_tasks_and_run(self, sigs: Iterable[Signature], **options: Any) -> BulkReport: ...

    class RunningSwarmAio:
        """`run.swarm.aio`."""

        add_task = _Call(RunningSwarm.add_task)
        add_tasks_bulk = _Call(RunningSwarm.add_tasks_bulk)
        close = _Call(RunningSwarm.close)
        close_when_drained = _Call(RunningSwarm.close_when_drained)
        set_priority = _Call(RunningSwarm.set_priority)

        async def add_task_and_run(self, sig: Signature, **options: Any) -> int: ...
        async def add_tasks_and_run(self, sigs: Iterable[Signature], **options: Any) -> BulkReport: ...

    class OrchestratorAio:
        """`orchestrator.aio`."""

        approvals = _Call(Orchestrator.approvals)
        audit = _Call(Orchestrator.audit)
        resume_reports = _Call(Orchestrator.resume_reports)
        run = _Call(Orchestrator.run)
        runs = _Call(Orchestrator.runs)
        save = _Call(Orchestrator.save)
        signature = _Call(Orchestrator.signature)
        signatures = _Call(Orchestrator.signatures)

    class StoredSignatureAio:
        """`signature.aio`."""

        delete = _Call(StoredSignature.delete)
        purge = _Call(StoredSignature.purge)
        rerun = _Call(StoredSignature.rerun)
        restore = _Call(StoredSignature.restore)
        run = _Call(StoredSignature.run)
        runs = _Call(StoredSignature.runs)

        async def category(self) -> str | None: ...
        async def created(self) -> datetime: ...
        async def delete_at(self) -> datetime | None: ...
        async def name(self) -> str: ...
        async def saved(self) -> bool: ...
        async def status(self) -> SignatureStatus: ...
        async def tags(self) -> tuple[str, ...]: ...

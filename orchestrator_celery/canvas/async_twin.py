"""The async twin of a handle: an awaitable form of each method that waits on the network.

Each method has one implementation. A twin runs the method in a thread of a small pool, in the caller's context,
so `acting` holds. A call that has started always finishes. If the task that awaits it is cancelled, the result is
thrown away. A twin is created on first use.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, ParamSpec, TypeVar

from celery._state import _set_current_app, _tls  # type: ignore[attr-defined, unused-ignore]

__all__ = ("Twin", "in_thread")

Params = ParamSpec("Params")
Result = TypeVar("Result")
Item = TypeVar("Item")

_THREADS = 16
#: Items that one call of a thread fetches.
_BATCH = 100
_pool: tuple[int, ThreadPoolExecutor] | None = None


async def in_thread(call: Callable[[], Result]) -> Result:
    """Run a call in a thread of the pool, with the caller's context and current app."""
    context, app = contextvars.copy_context(), _tls.current_app

    def run() -> Result:
        _set_current_app(app)  # Celery keeps the current app per thread, and a signature without tasks uses it
        return context.run(call)

    return await asyncio.get_running_loop().run_in_executor(_executor(), run)


def _executor() -> ThreadPoolExecutor:
    global _pool
    if _pool is None or _pool[0] != os.getpid():  # after a fork the child has the pool object but not its threads
        _pool = os.getpid(), ThreadPoolExecutor(_THREADS, thread_name_prefix="orchestrator-aio")
    return _pool[1]


class Twin:
    """The async side of a handle: `await run.aio.suspend()` calls `run.suspend()` in another thread.

    Args:
        handle: the handle whose methods to call.
    """

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def __getattr__(self, name: str) -> Any:
        """Return the async form of a method, or of a property that reads the store."""
        if name.startswith("_"):
            raise AttributeError(name)
        if name.endswith("_on_commit"):
            raise AttributeError(
                f"{name} has no async twin: Django's transactions belong to a thread. Call it in the function that "
                "opens the transaction, through asgiref's sync_to_async."
            )
        member = inspect.getattr_static(type(self._handle), name)
        if isinstance(member, property):
            return _property_twin(self._handle, name)
        if not callable(member):
            raise AttributeError(
                f"{type(self._handle).__name__}.{name} does not use the network, so it has no async twin: read it "
                "from the handle itself."
            )
        method = getattr(self._handle, name)
        wrap = _generator_twin if inspect.isgeneratorfunction(member) or name in _ITERATORS else _method_twin
        return wrap(method)


#: Methods that are no generator functions but return an iterator.
_ITERATORS = frozenset({"items", "logs", "results", "timeline"})


def _property_twin(handle: Any, name: str) -> Callable[[], Awaitable[Any]]:
    async def read() -> Any:
        return await in_thread(lambda: getattr(handle, name))

    return read


def _method_twin(method: Callable[Params, Result]) -> Callable[Params, Awaitable[Result]]:
    @functools.wraps(method)
    async def call(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        return await in_thread(lambda: method(*args, **kwargs))

    return call


def _generator_twin(method: Callable[Params, Iterator[Item]]) -> Callable[Params, AsyncIterator[Item]]:
    @functools.wraps(method)
    async def iterate(*args: Params.args, **kwargs: Params.kwargs) -> AsyncIterator[Item]:
        iterator = await in_thread(lambda: iter(method(*args, **kwargs)))
        while batch := await in_thread(lambda: list(islice(iterator, _BATCH))):
            for item in batch:
                yield item

    return iterate

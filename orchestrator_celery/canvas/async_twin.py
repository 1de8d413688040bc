"""The async twin of a handle: every method that waits on the network, without blocking the event loop.

There is one implementation of each method. A twin runs the method in a thread of a small pool, in the caller's context,
so `acting` holds. A call that has begun is finished, even if the task that awaits it is cancelled; the answer is then
thrown away. A twin is made when somebody asks for it.
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

from celery._state import _set_current_app, _tls

__all__ = ("Twin", "in_thread")

Given = ParamSpec("Given")
Answer = TypeVar("Answer")
Item = TypeVar("Item")

_THREADS = 16
#: Items fetched by one call of a thread.
_BATCH = 100
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

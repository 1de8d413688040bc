"""The async twins: every method that waits has one, of the same signature; nothing is kept twice."""

from __future__ import annotations

import ast
import asyncio
import contextvars
import inspect
import os
import threading
from pathlib import Path

import pytest

from orchestrator_celery import (
    ComplexSignature,
    Orchestrator,
    Run,
    RunList,
    SavedViews,
    StoredSignature,
    Subscription,
    Swarm,
    orchestrator,
)
from orchestrator_celery.canvas import Primitive
from orchestrator_celery.canvas.async_twin import Twin, in_thread
from orchestrator_celery.handles import async_twins
from orchestrator_celery.handles.catalogs.graph_catalog import GraphCatalog
from orchestrator_celery.handles.running_swarm import RunningSwarm

from .apps import make_app

#: What only looks at the object itself, starts a chain of calls, or belongs to the worker.
LOCAL = {
    "Run": {"aio", "swarm", "get", "wait", "then", "revoke", "revoke_by_stamped_headers"},
    "RunList": {"aio"},
    "StoredSignature": {"aio", "id"},
    "RunningSwarm": {"aio"},
    "Subscription": {"aio", "created"},
    "GraphCatalog": {"aio"},
    "SavedViews": {"aio"},
    "Orchestrator": {"aio", "of", "task", "result", "swarm", "settings", "follower", "views", "graphs"},
    "Swarm": {
        "aio", "tasks", "nested", "item_callbacks", "own_callbacks", "pool_attrs", "apply", "run", "task_name", "fields",
        "item_levels", "applied_eagerly",
    },
}  # fmt: skip
HANDLES = [Run, RunList, StoredSignature, RunningSwarm, Subscription, SavedViews, GraphCatalog, Orchestrator, Swarm]


def declared(name):
    """Names the typed twin of a handle has."""
    sources = [Path(module.__file__).read_text() for module in (async_twins, orchestrator)]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    [found] = [node for node in nodes if isinstance(node, ast.ClassDef) and node.name == f"{name}Aio"]
    names = {target.id for node in found.body if isinstance(node, ast.Assign) for target in node.targets}
    return names | {node.name for node in found.body if isinstance(node, ast.AsyncFunctionDef)}


def own(handle):
    ours = [kind for kind in handle.__mro__ if kind.__module__.startswith("orchestrator_celery")]
    found = {name for kind in ours if kind is not Primitive for name in vars(kind) if not name.startswith("_")}
    return found - LOCAL[handle.__name__]


@pytest.mark.parametrize("handle", HANDLES, ids=lambda kind: kind.__name__)
def test_every_method_that_waits_has_a_typed_twin_and_no_other(handle):
    inherited = {"get"} if handle is Run else set()
    assert declared(handle.__name__) == own(handle) | inherited


@pytest.mark.parametrize("handle", HANDLES, ids=lambda kind: kind.__name__)
def test_a_twin_has_the_signature_of_its_method(handle):
    """Given any method, then the twin made of it takes just what it takes, and says the same."""
    instance = handle.__new__(handle) if handle is not Orchestrator else make_app().orchestrator
    twin = async_twins.RunTwin(instance) if handle is Run else Twin(instance)
    for name in own(handle):
        member = inspect.getattr_static(handle, name)
        if isinstance(member, property):
            assert not inspect.signature(getattr(twin, name)).parameters
            continue
        made = getattr(twin, name)
        assert inspect.iscoroutinefunction(made) or inspect.isasyncgenfunction(made), name
        mine, theirs = inspect.signature(made), inspect.signature(getattr(instance, name))
        assert [*mine.parameters.values()] == [*theirs.parameters.values()], name


def test_what_is_not_there_has_no_twin():
    app = make_app()
    twin = app.orchestrator.result("r").aio
    for name in ("nonsense", "_head"):
        with pytest.raises(AttributeError):
            getattr(twin, name)
    assert inspect.iscoroutinefunction(ComplexSignature(app.tasks["a"].s(), app=app).aio.apply_async)


def test_the_callers_context_goes_along_and_the_pool_is_bounded():
    told = contextvars.ContextVar("told", default=0)
    seen = set()

    def look():
        seen.add(threading.current_thread().name)
        return told.get()

    async def ask(number):
        told.set(number)
        return await in_thread(look)

    async def main():
        return await asyncio.gather(*(ask(number) for number in range(200)))

    assert asyncio.run(main()) == list(range(200))
    assert len(seen) <= 16
    assert all(name.startswith("orchestrator-aio") for name in seen)


def test_a_fork_makes_its_own_threads():
    asyncio.run(in_thread(int))
    if (child := os.fork()) == 0:
        code = 1
        try:
            code = asyncio.run(in_thread(int))
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

"""A user's module with typed tasks: what type checkers know of results, with the stubs of `celery-types` beside it.

`@shared_task` keeps the types of the function. `@app.task` loses them in the stubs, so its results are `Any`.
`test_strict_mode.py` checks this module; nothing runs it.
"""

from __future__ import annotations

from typing import Any

from celery import Celery, chain, group, shared_task
from typing_extensions import assert_type

from orchestrator_celery import ComplexSignature, ConditionalGraph, Orchestrator, Run, Swarm

app = Celery("proj", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)


@shared_task
def resize(path: str, width: int) -> str:
    return f"{path} at {width}"


@shared_task
def measure(path: str) -> int:
    return len(path)


@app.task
def untyped(path: str) -> str:
    return path


def swarms(paths: list[str]) -> Run[list[str]]:
    photos = Swarm([resize.s(path, 200) for path in paths], name="photos", max_concurrency=4)
    assert_type(photos, Swarm[str])
    assert_type(photos.delay().get(), list[str])
    assert_type(photos.apply_async().outcome(), list[str])
    assert_type(photos.set(queue="images"), Swarm[str])
    assert_type(photos.run, Run[list[str]] | None)
    assert_type(Swarm(resize.s(path, 1) for path in paths), Swarm[str])
    assert_type(Swarm([photos, photos]).delay().get(), list[list[str]])
    assert_type(Swarm([untyped.s(path) for path in paths]).delay().get(), list[Any])
    return photos.apply_async(countdown=5)


def without_types() -> list[Run]:
    """What tells no type of a result stays valid, and gives `Any`."""
    empty = Swarm(name="later", open=True)
    empty.add_task(resize.s("a", 1))
    assert_type(empty.apply_async().get(), list[Any])
    assert_type(Swarm([]).apply_async().get(), list[Any])
    members = Swarm(group([resize.s("a", 1), measure.s("b")]))
    steps = ComplexSignature(chain(resize.s("a", 1), measure.s()))
    assert_type(steps.apply_async().get(), Any)
    graph: Run = ConditionalGraph("g").apply_async()
    declared: Swarm = Swarm([resize.s("a", 1)])
    named: Swarm[str] = Swarm()
    return [members.delay(), steps.delay(), graph, declared.delay(), named.delay(), orchestrator.run("x")]


def units() -> Run[int]:
    one = ComplexSignature(measure.s("a"), name="one")
    assert_type(one, ComplexSignature[int])
    assert_type(one.delay().get(timeout=10), int)
    assert_type(ComplexSignature(Swarm([measure.s("a")])).delay().get(), list[int])
    return one.apply_async()


async def awaited(run: Run[int]) -> None:
    assert_type(await run.aio.get(), int)
    assert_type(await run.aio.outcome(), int)
    assert_type(await (await Swarm([measure.s("a")]).aio.apply_async()).aio.get(), list[int])

"""A user's module, checked in strict mode with the stubs of `celery-types` beside it, and never run.

It has no cast and no comment for a type checker. `test_strict_mode.py` checks it.
"""

from __future__ import annotations

from typing import Any

from celery import Celery, chain, group
from typing_extensions import assert_type

from orchestrator_celery import (
    END,
    START,
    ComplexSignature,
    ConditionalGraph,
    NodeView,
    Orchestrator,
    Progress,
    Run,
    RunStatus,
    Swarm,
    otherwise,
    result,
    when,
)

app = Celery("proj", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)


@app.task
def resize(path: str, width: int) -> str:
    return f"{path} at {width}"


def swarm(paths: list[str]) -> Run:
    photos = Swarm([resize.s(path, width=200) for path in paths], name="photos", max_failures=1)
    photos.add_task(resize.s("last", width=200))
    assert_type(photos.delay(), Run[list[Any]])
    assert_type(photos.apply(), Run[list[Any]])
    return photos.apply_async(countdown=5, queue="images")


def unit() -> Run:
    return ComplexSignature(chain(resize.s("a", 1), group(resize.s(1), resize.s(2)))).delay()


def graph() -> Run:
    made = (
        ConditionalGraph("sizes")
        .add_node("small", resize.s(1))
        .add_node("large", resize.s(2))
        .add_edge(START, "small")
        .add_conditional_edges("small", [when(result["size"] > 3, "large"), otherwise(END)])
        .add_edge("large", END)
    )
    return made.apply_async(("a",))


def read(run: Run) -> None:
    assert_type(run.status, RunStatus)
    assert_type(run.progress(), Progress)
    assert_type(run.tree(), NodeView)
    print([item.state for item in run.items()], [event.node for event in run.events()])


def steer(run: Run) -> None:
    run.suspend()
    run.resume()
    run.cancel(confirm=True)


async def wait(run: Run) -> None:
    await run.aio.suspend()
    assert_type(await run.aio.progress(), Progress)
    assert_type(await ComplexSignature(resize.s("a", 1)).aio.apply_async(), Run)

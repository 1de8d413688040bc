"""A pytest plugin for projects that use the extension; the entry point `pytest11` loads it.

The setting `orchestrator_app` of pytest names the project's Celery app, as `package.module:name`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.store.embedded import EmbeddedRedis
    from orchestrator_celery.testing.dispatched import Dispatched

__all__ = (
    "dispatched",
    "orchestrator_app",
    "orchestrator_eager",
    "orchestrator_project",
    "orchestrator_queues",
    "orchestrator_redis",
    "pytest_addoption",
)

#: Tasks that the worker of `orchestrator_app` runs at the same time.
_CONCURRENCY = 4
#: Seconds that a task which still runs at the end of a test may take.
_PATIENCE = 30.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the setting that names the project's app."""
    parser.addini("orchestrator_app", "The project's Celery app for the fixtures of orchestrator_celery: module:name.")


@pytest.fixture(scope="session")
def orchestrator_project(pytestconfig: pytest.Config) -> Celery:
    """The project's Celery app. Override it if the app is made by a function of yours."""
    from kombu.utils.imports import symbol_by_name

    path = str(pytestconfig.getini("orchestrator_app"))
    if not path:
        raise pytest.UsageError(
            "The fixtures of orchestrator_celery do not know your app: add `orchestrator_app = package.module:app` "
            "to pytest's settings, or override the fixture `orchestrator_project`."
        )
    found: Celery = symbol_by_name(path)
    return found


@pytest.fixture(scope="session")
def orchestrator_redis() -> Iterator[EmbeddedRedis]:
    """A Redis on a free port, which ends with the session. Every test that uses `orchestrator_app` empties it."""
    from orchestrator_celery.store.embedded import EmbeddedRedis

    with EmbeddedRedis() as server:
        yield server


@pytest.fixture(scope="session")
def orchestrator_queues(orchestrator_project: Celery) -> list[str]:
    """The queues that the worker of `orchestrator_app` consumes: those of the app, and those of its tasks' routes.

    Override it if calls name further queues, as `task.s().set(queue="other")` does.
    """
    from orchestrator_celery.engine.queues import project_queues

    app: Any = orchestrator_project
    app.loader.import_default_modules()
    return sorted({*app.amqp.queues.consume_from, *project_queues(app)})


@pytest.fixture
def orchestrator_app(
    orchestrator_project: Celery, orchestrator_redis: EmbeddedRedis, orchestrator_queues: list[str]
) -> Iterator[Celery]:
    """The project's app on an empty Redis, with a worker in a thread of this process."""
    from celery.contrib.testing.worker import start_worker

    from orchestrator_celery.testing.pointing import pointed

    with orchestrator_redis.client() as client:
        client.flushall()
    with (
        pointed(orchestrator_project, orchestrator_redis.url(0), orchestrator_redis.url(1)),
        start_worker(
            orchestrator_project,
            pool="threads",
            concurrency=_CONCURRENCY,
            queues=orchestrator_queues,
            perform_ping_check=False,
            shutdown_timeout=_PATIENCE,
        ),
    ):
        yield orchestrator_project


@pytest.fixture
def orchestrator_eager(orchestrator_project: Celery) -> Iterator[Celery]:
    """The project's app, whose tasks and workflows run at once in this process. It needs no Redis."""
    conf: Any = orchestrator_project.conf
    before = conf.task_always_eager
    conf.task_always_eager = True
    try:
        yield orchestrator_project
    finally:
        conf.task_always_eager = before


@pytest.fixture
def dispatched(monkeypatch: pytest.MonkeyPatch) -> Dispatched:
    """The workflows that the test starts, here or in tasks of the worker's thread."""
    from orchestrator_celery.canvas import Primitive
    from orchestrator_celery.testing.dispatched import Dispatched, Started, recorded

    started: list[Started] = []
    monkeypatch.setattr(Primitive, "apply_async", recorded(started, Primitive.apply_async))
    return Dispatched(started)

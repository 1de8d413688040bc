"""Fixtures: one Redis and one prefork worker for most tests, others on demand."""

import gc
import json
import os
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, settings

from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit import project as module
from tests.kit.forking import FORKS
from tests.kit.groups import Spreading
from tests.kit.leftovers import left_running, mark_session
from tests.kit.servers import RabbitMQ
from tests.kit.workers import Worker

# Other tests run beside: how long an example takes says nothing.
settings.register_profile("side by side", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("side by side")


def pytest_configure(config):
    config.pluginmanager.register(Spreading())


def let_results_go():
    """Results unsubscribe as they go: Celery 5.5 tries that for long once their server is no more."""
    gc.collect()


@pytest.fixture(scope="session")
def redis_server():
    with EmbeddedRedis() as server:
        yield server
        let_results_go()


@pytest.fixture(scope="session")
def ledger_server():
    """The ground truth, in a Redis that no fault touches."""
    with EmbeddedRedis() as server:
        os.environ["TEST_LEDGER"] = server.url()
        yield server


class Ledger:
    """What the tasks themselves wrote down."""

    def __init__(self, server):
        self.redis = server.client()

    def entries(self, *first):
        found = [json.loads(raw) for raw in self.redis.lrange("ledger", 0, -1)]
        return [entry for entry in found if entry[: len(first)] == list(first)]

    def clear(self):
        self.redis.flushall()


@pytest.fixture
def ledger(ledger_server):
    book = Ledger(ledger_server)
    book.clear()
    yield book
    book.redis.close()


@pytest.fixture(scope="session")
def urls(redis_server):
    """Broker and backend of the shared worker."""
    return redis_server.url(0), redis_server.url(1)


@pytest.fixture(scope="session")
def project(urls, ledger_server):
    """The tests' own copy of the project, as a client of the shared servers."""
    broker, backend = urls
    module.app.conf.update(broker_url=broker, result_backend=backend)
    return module


@pytest.fixture(scope="session")
def shared_worker(urls, project):
    with Worker(*urls) as worker:
        yield worker


@pytest.fixture
def app(project, shared_worker):
    """The project's app with a prefork worker behind it."""
    project.app.set_current()  # modules that other tests import make apps of their own
    return project.app


@pytest.fixture(scope="session")
def rabbitmq():
    node = RabbitMQ()
    yield node
    node.stop()


@pytest.fixture(autouse=True, scope="module")
def message_each(request):
    """Workers that the module starts read the variable; see `tests.kit.project.continuing`."""
    with pytest.MonkeyPatch.context() as patch:
        if request.node.get_closest_marker("message_each") and "TEST_CONTINUE" not in os.environ:
            patch.setenv("TEST_CONTINUE", "false")
        yield


@pytest.fixture(scope="session", autouse=True)
def nothing_left_running():
    """Of this process of the tests: `pytest -n` has several."""
    mark = mark_session()
    yield
    programs = FORKS.programs()
    FORKS.close()
    assert programs == [], "programs that were forked and not ended"
    assert left_running(mark) == [], "processes that were started and not ended"


@pytest.fixture
def pointed(project, urls):
    """Lets a test talk to servers of its own, and comes back to the shared ones."""

    @contextmanager
    def point(broker, backend, **settings):
        before = {key: project.app.conf.get(key) for key in settings}
        _connect(project, broker, backend, settings)
        try:
            yield project
        finally:
            _connect(project, *urls, before)
            let_results_go()

    return point


def _connect(project, broker, backend, settings):
    app = project.app
    app.conf.update(broker_url=broker, result_backend=backend, **settings)
    for name in (
        "settings",
        "identity",
        "store",
        "reader",
        "registry",
        "codec",
        "compiler",
        "publisher",
        "lanes",
        "rules",
    ):
        project.orchestrator.container.__dict__.pop(name, None)
    # What Celery keeps of a connection.
    app.amqp.__dict__.pop("producer_pool", None)
    app.amqp.__dict__.pop("_producer_pool", None)
    app.amqp._producer_pool = None
    app._pool = None
    app._local.__dict__.pop("backend", None)
    app._backend_cache = None
    app.__dict__.pop("control", None)

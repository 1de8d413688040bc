"""Stands of a test's own, and one with a worker for the whole folder."""

from contextlib import ExitStack

import pytest

from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.worker.support import Stand


@pytest.fixture
def new_redis():
    """Starts Redis servers that end with the test."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(EmbeddedRedis(**options))


@pytest.fixture
def make_stand(new_redis, ledger):
    """Makes stands that end with the test, on a Redis of their own unless told otherwise."""
    with ExitStack() as stack:

        def make(broker=None, backend=None, name="kit", **settings):
            server = None if broker and backend else new_redis()
            return stack.enter_context(Stand(broker or server.url(0), backend or server.url(1), name, **settings))

        yield make


@pytest.fixture
def stand(make_stand):
    """A stand without a worker."""
    return make_stand()


@pytest.fixture(scope="session")
def _busy(ledger_server):
    with EmbeddedRedis() as server, Stand(server.url(0), server.url(1)) as stand, stand.worker():
        yield stand


@pytest.fixture
def busy(_busy, ledger):
    """A stand with a prefork worker on default settings, for all tests of the folder; they may hurt its pool."""
    return _busy


@pytest.fixture(scope="module")
def shop(ledger_server, tmp_path_factory):
    """A stand with a worker and an index of log lines."""
    path = tmp_path_factory.mktemp("search") / "logs.sqlite"
    with (
        EmbeddedRedis() as server,
        Stand(server.url(0), server.url(1), orchestrator_heartbeat=0.3, orchestrator_log_index=str(path)) as stand,
        stand.worker(concurrency=2),
    ):
        yield stand

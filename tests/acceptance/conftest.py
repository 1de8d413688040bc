"""Pointing the tests' own client at other servers."""

from contextlib import contextmanager

import pytest


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

    return point


def _connect(project, broker, backend, settings):
    app = project.app
    app.conf.update(broker_url=broker, result_backend=backend, **settings)
    for name in ("settings", "store", "reader", "registry", "codec", "compiler", "publisher"):
        project.orchestrator.__dict__.pop(name, None)
    # What Celery keeps of a connection.
    app.amqp.__dict__.pop("producer_pool", None)
    app.amqp.__dict__.pop("_producer_pool", None)
    app.amqp._producer_pool = None
    app._pool = None
    app._local.__dict__.pop("backend", None)
    app._backend_cache = None
    app.__dict__.pop("control", None)

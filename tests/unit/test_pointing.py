"""Pointing an app to other servers, for the tests of a project."""

import threading
from functools import cached_property

import pytest

from orchestrator_celery.container import Container
from orchestrator_celery.testing.pointing import pointed

from .apps import make_app

BEFORE, DURING = "redis://127.0.0.1:1/0", "redis://127.0.0.1:2/0"


@pytest.fixture
def slow(monkeypatch):
    """The store of a container takes its time to be made; two events: it has begun, it may end."""
    begun, may_end = threading.Event(), threading.Event()

    def store(container):
        url = container.app.conf.result_backend
        if threading.current_thread().name == "slow":
            begun.set()
            may_end.wait(20)
        return url

    part = cached_property(store)
    part.__set_name__(Container, "store")
    monkeypatch.setattr(Container, "store", part)
    return begun, may_end


def test_a_thread_that_makes_a_part_meanwhile(slow):
    """Given a thread that makes the store for the servers of before, then who asks later gets that of the new ones."""
    begun, may_end = slow
    app = make_app(backend=BEFORE)
    container = app.orchestrator.container
    thread = threading.Thread(target=lambda: container.store, name="slow")
    thread.start()
    assert begun.wait(20)
    with pointed(app, "memory://", DURING):
        may_end.set()
        thread.join(20)
        assert container.store == DURING
    assert container.store == BEFORE

"""Which tasks the workers have: asked once for a while, and again later, for workers come and go."""

from __future__ import annotations

import pytest

from orchestrator_celery.dispatch import worker_tasks
from orchestrator_celery.dispatch.worker_tasks import WorkerTasks

from .apps import make_app


class Workers:
    """Stands in for `app.control.inspect()`: what workers answer, and how often they were asked."""

    def __init__(self):
        self.answer, self.asked = None, 0

    def __call__(self, timeout):
        self.asked += 1
        return self

    def registered(self):
        return self.answer


@pytest.fixture
def asked(monkeypatch):
    """An app, its workers, and a clock that can be moved."""
    app, workers, now = make_app(), Workers(), [1000.0]
    monkeypatch.setattr(app.control, "inspect", workers)
    monkeypatch.setattr(worker_tasks.time, "monotonic", lambda: now[0])
    return WorkerTasks(app), workers, now


def test_what_nobody_answered_is_asked_again(asked):
    """Given no worker when a client begins, when one starts later, then its answer counts."""
    tasks, workers, now = asked
    assert not tasks.lack("elsewhere"), "nobody knows"
    workers.answer = {"w": ["other"]}
    assert not tasks.lack("elsewhere"), "it is not asked at once"
    now[0] += worker_tasks._FRESH
    assert tasks.lack("elsewhere")
    assert workers.asked == 2


def test_a_task_that_workers_get_later_is_found(asked):
    """Given a task that no worker has, when a worker with it is started, then it is not lacking for ever."""
    tasks, workers, now = asked
    workers.answer = {"w": ["other"]}
    assert tasks.lack("elsewhere")
    workers.answer = {"w": ["other", "elsewhere [rate_limit=1/s]"]}
    now[0] += worker_tasks._FRESH
    assert not tasks.lack("elsewhere")


def test_what_is_known_is_not_asked_again(asked):
    """Given a task that a worker has, or this process itself, then nobody is asked a second time."""
    tasks, workers, now = asked
    workers.answer = {"w": ["other"]}
    assert not tasks.lack("other")
    now[0] += 10 * worker_tasks._FRESH
    assert not tasks.lack("other")
    assert not tasks.lack("a")
    assert workers.asked == 1

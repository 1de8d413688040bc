"""The queues to which the tasks of a project are sent, whatever says so."""

import pytest
from celery import Celery
from kombu import Queue

from orchestrator_celery.engine.queues import project_queues, queue_of

pytestmark = pytest.mark.filterwarnings("ignore:(?s).*The 'queue' task attribute.*:DeprecationWarning")


def routed(name, args, kwargs, options, task=None, **kw):
    """A router of a project."""
    return {"queue": "by router"} if name.startswith("routed.") else None


def nothing():
    """The body of all tasks."""


@pytest.fixture
def app():
    app = Celery("shop", broker="memory://", set_as_current=False)
    app.conf.task_routes = ({"mapped.*": {"queue": "by map"}, "queue object": {"queue": Queue("object")}}, routed)
    for name in ("plain", "mapped.one", "mapped.two", "routed.one", "queue object"):
        app.task(name=name, shared=False)(nothing)
    app.task(name="declared", queue="declared", shared=False)(nothing)
    return app


def test_each_way_to_choose_a_queue(app):
    found = project_queues(app)
    assert found.pop("celery") in app.tasks  # also tasks that other apps of this process share
    assert found == {
        "by map": "mapped.one",
        "by router": "routed.one",
        "object": "queue object",
        "declared": "declared",
    }


def test_the_options_of_a_message_win(app):
    assert queue_of(app, "declared", {}) == "declared"
    assert queue_of(app, "declared", {"queue": "other"}) == "other"
    assert queue_of(app, "unknown", {}) == "celery"


def test_a_queue_that_the_project_lacks_is_left_out(app):
    app.conf.update(task_create_missing_queues=False, task_queues=[Queue("celery"), Queue("declared")])
    app.conf.task_routes = {"mapped.one": {"queue": "missing"}}
    assert project_queues(app).keys() == {"celery", "declared"}

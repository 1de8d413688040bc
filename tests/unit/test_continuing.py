"""Which tasks may follow others without a message."""

import pytest
from celery import Celery, Task, signals
from celery.worker.request import Request
from kombu import Exchange, Queue

from orchestrator_celery import TaskPolicy
from orchestrator_celery.dispatch.continuing import Continuing, Place
from orchestrator_celery.engine.batching import Batching
from orchestrator_celery.settings import OrchestratorSettings

HOME = Place("", "celery")


class OwnRequest(Request):
    """A request of the project's own."""


class WithRequest(Task):
    Request = f"{__name__}:OwnRequest"


class WithSending(Task):
    def apply_async(self, *args, **kwargs):
        return super().apply_async(*args, **kwargs)


pytestmark = pytest.mark.filterwarnings("ignore::celery.exceptions.CDeprecationWarning")


def router(name, args, kwargs, options, task=None, **_):
    """Routes nothing; it could, by the arguments."""


def nothing():
    """The body of the task."""


def follows(*, careful=True, place=HOME, conf=None, settings=None, **options):
    """Whether a task with these options may follow a task whose message came from a place."""
    app = Celery("continuing", broker="memory://", set_as_current=False)
    app.conf.update(conf or {})
    app.task(name="t", shared=False, **options)(nothing)
    app.finalize()
    continuing = Continuing(app, Batching(app, OrchestratorSettings(**(settings or {}))), careful)
    return continuing.is_possible() and continuing.may_follow(app.tasks["t"], place)


def test_a_plain_task_follows():
    """Given a task without options, then it may follow, with "auto" and with True."""
    assert follows()
    assert follows(careful=False)


@pytest.mark.parametrize(
    "options",
    [
        {"rate_limit": "10/s"},
        {"time_limit": 10},
        {"soft_time_limit": 10},
        {"priority": 3},
        {"expires": 60},
        {"countdown": 1},
        {"delivery_mode": 1},
        {"queue": "other"},
        {"exchange": "other", "routing_key": "other"},
        {"base": WithRequest},
        {"orchestrator": TaskPolicy(may_continue=False)},
        {"orchestrator": TaskPolicy(interrupt_signal="SIGINT")},
        {"orchestrator": TaskPolicy(auto_resume=False)},
        {"orchestrator": TaskPolicy(max_resumes=0)},
    ],
    ids=str,
)
@pytest.mark.parametrize("careful", [True, False], ids=["auto", "True"])
def test_a_task_that_needs_its_message(options, careful):
    """Given a task with an option of its message, a limit, or a policy against it, then it does not follow."""
    assert not follows(careful=careful, **options)


@pytest.mark.parametrize(
    "conf",
    [
        {"task_time_limit": 60},
        {"task_soft_time_limit": 60},
        {"task_default_rate_limit": "10/s"},
        {"task_routes": {"t": "other"}},
        {"task_routes": {"t": {"queue": "celery", "priority": 3}}},
        {"task_routes": ["tests.unit.test_continuing.router"]},
        {"task_annotations": {"t": {"rate_limit": "1/s"}}},
    ],
    ids=str,
)
@pytest.mark.parametrize("careful", [True, False], ids=["auto", "True"])
def test_a_project_that_needs_messages(conf, careful):
    """Given limits or routes of the project, then the task does not follow."""
    assert not follows(careful=careful, conf=conf)


@pytest.mark.parametrize(
    "settings",
    [{"auto_resume": False}, {"max_resumes": 0}, {"auto_resume_exclude": ("t",)}, {"auto_resume_validators": ("a.b",)}],
    ids=str,
)
def test_a_task_that_may_not_start_again(settings):
    """Given rules that forbid a task to start again, then it does not follow: a crash of another one could end it."""
    assert not follows(settings=settings)


@pytest.mark.parametrize(
    ("conf", "options"), [({"task_send_sent_event": True}, {}), ({}, {"base": WithSending})], ids=str
)
def test_code_that_sees_messages(conf, options):
    """Given code or a monitor that sees each message as it is sent, then the task follows with True only."""
    assert not follows(conf=conf, **options)
    assert follows(careful=False, conf=conf, **options)


@pytest.mark.parametrize("signal", ["task_received", "before_task_publish", "after_task_publish"])
def test_listeners_of_messages(signal):
    """Given a listener to a signal of messages, then tasks follow with True only."""

    def listener(**_):
        pass

    getattr(signals, signal).connect(listener)
    try:
        assert not follows()
        assert follows(careful=False)
    finally:
        getattr(signals, signal).disconnect(listener)
    assert follows()


@pytest.mark.parametrize(
    ("conf", "place"),
    [
        ({"task_routes": {"t": "other"}}, Place("", "other")),
        (
            {"task_queues": [Queue("q", Exchange("x", type="topic"), routing_key="a.b")], "task_default_queue": "q"},
            Place("x", "a.b"),
        ),
    ],
    ids=["a route", "an exchange"],
)
def test_the_place_of_its_message(conf, place):
    """Given another place for a task's messages, then it follows tasks whose message came from there, and no others."""
    assert follows(conf=conf, place=place)
    assert not follows(conf=conf)

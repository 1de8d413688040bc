"""Installing: one line, once, and nothing connects."""

from __future__ import annotations

from datetime import datetime

import pytest
from celery import Celery

from orchestrator_celery import (
    InvalidSettings,
    NotInstalled,
    Orchestrator,
    OrchestratorError,
    StoreNotConfigured,
    Swarm,
    TaskPolicy,
)
from orchestrator_celery.lifecycle.interrupt import Interruption

from .apps import make_app


def nothing():
    """A task's body."""


def test_installing_again_gives_the_same():
    """Given an app with an orchestrator, then both ways of asking give that one."""
    app = make_app()
    assert Orchestrator(app) is app.orchestrator
    assert Orchestrator.of(app) is app.orchestrator


def test_an_app_without_one_is_told_what_to_add():
    """Given a plain app, then the error names the missing line."""
    with pytest.raises(NotInstalled, match=r"Orchestrator\(app\)"):
        Orchestrator.of(Celery("plain", set_as_current=False))


@pytest.mark.parametrize("app", [None, "proj", Celery, {"broker": "redis://"}])
def test_what_is_no_app_is_refused(app):
    """Given something else than a Celery app, then the error says what to pass."""
    with pytest.raises(InvalidSettings, match="pass the Celery app of your project"):
        Orchestrator(app)


def test_two_apps_have_their_own():
    """Given two apps in one process, then each has its own orchestrator, settings and store."""
    first, second = make_app("one", orchestrator_window=1), make_app("two", orchestrator_window=2)
    assert (first.orchestrator.settings.window, second.orchestrator.settings.window) == (1, 2)


@pytest.mark.parametrize("backend", ["disabled://", "cache+memory://", "file:///tmp", "rpc://"])
def test_without_redis_the_first_use_says_what_to_set(backend):
    """Given a result backend that is no Redis, then installing works, and applying names both remedies."""
    app = Celery("noredis", set_as_current=False, broker="memory://", backend=backend)
    task = app.task(nothing, name="t", shared=False)
    orchestrator = Orchestrator(app)
    assert orchestrator.container.has_store is False
    with pytest.raises(StoreNotConfigured, match=r"(?s)`result_backend`.*`orchestrator_store_url`"):
        Swarm([task.s()]).apply_async()


def test_a_policy_is_given_to_a_task():
    """Given `policy=`, or the option itself, then the task carries it."""
    app = make_app()
    policy = TaskPolicy(max_resumes=0)
    first = app.orchestrator.task(name="first", policy=policy)(nothing)
    second = app.task(name="second", orchestrator=policy)(nothing)
    third = app.orchestrator.task(name="third")(nothing)
    assert (first.orchestrator, second.orchestrator) == (policy, policy)
    assert not hasattr(third, "orchestrator")


@pytest.mark.parametrize("bound", ["since", "until"])
def test_naive_datetimes_are_refused(bound):
    """Given a datetime without a zone, then it is refused before anything is asked."""
    with pytest.raises(OrchestratorError, match="no time zone"):
        make_app().orchestrator.runs(**{bound: datetime(2026, 1, 1)})


@pytest.mark.parametrize(
    ("ask", "wrong", "meant"),
    [
        (lambda orchestrator, word: orchestrator.runs(status=word), "SUCEEDED", "SUCCEEDED"),
        (lambda orchestrator, word: orchestrator.runs(status=word), "failed", "FAILED"),
        (lambda orchestrator, word: orchestrator.signatures(status=word), "ACTVE", "ACTIVE"),
        (lambda orchestrator, word: orchestrator.result("r").items(state=word), "waitng", "WAITING"),
    ],
    ids=["runs", "lower case", "signatures", "items"],
)
def test_an_unknown_status_is_refused(ask, wrong, meant):
    """Given a status that does not exist, then it is refused before anything is asked, and the known ones are named."""
    orchestrator = make_app().orchestrator
    with pytest.raises(OrchestratorError, match=rf"={wrong!r} is not a known .*did you mean '{meant}'\? .*{meant}"):
        ask(orchestrator, wrong)
    for nonsense in ("nonsense", 3):
        with pytest.raises(OrchestratorError, match=rf"is not a known .*Use one of .*{meant}") as refused:
            ask(orchestrator, nonsense)
        assert "did you mean" not in str(refused.value)


@pytest.mark.parametrize("grace", ["5", -1, None, True, float("nan"), float("inf")])
def test_a_grace_that_is_no_number_of_seconds_is_refused(grace):
    """Given something else than seconds, then `interrupt` says what to pass before it asks the store."""
    with pytest.raises(OrchestratorError, match=r"grace=.* is not allowed: pass seconds"):
        Interruption(make_app().orchestrator.container).interrupt("r", "SIGTERM", grace)

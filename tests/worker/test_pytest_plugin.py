"""The pytest plugin: the fixtures of a project that uses the extension, in a session of its own."""

from importlib.metadata import entry_points

import pytest

pytest_plugins = ("pytester",)

TASKS = """
import time

from celery import Celery

from orchestrator_celery import END, START, Approval, ConditionalGraph, Orchestrator, Swarm

app = Celery("tasks", broker="redis://127.0.0.1:1/0", backend="redis://127.0.0.1:1/1")
orchestrator = Orchestrator(app)


@app.task
def resize(path):
    if path == "bad":
        raise ValueError("cannot be read")
    return f"small {path}"


@app.task
def resize_all(paths):
    return Swarm([resize.s(path) for path in paths], name="photos").apply_async().id


def ask():
    graph = ConditionalGraph("ask", app=app).add_node("ok", Approval()).add_node("do", resize.si("a"))
    return graph.add_edge(START, "ok").add_edge("ok", "do").add_edge("do", END).apply_async()


@app.task(queue="declared")
def declared():
    return "declared"


@app.task
def routed():
    return "routed"


app.conf.task_routes = {"tasks.routed": {"queue": "routed"}}
"""
USUAL = """
import pytest
from tasks import app, ask, declared, orchestrator, resize, resize_all, routed

from orchestrator_celery import RunStatus, Swarm


def test_a_worker(orchestrator_app, dispatched, capsys, caplog):
    assert orchestrator_app is app
    assert resize_all.delay(["a", "b"]).get(timeout=60, disable_sync_subtasks=False)
    photos = dispatched.swarm("photos")
    assert photos.run.get(timeout=60) == ["small a", "small b"]
    assert photos.items == [("tasks.resize", ("a",), {}), ("tasks.resize", ("b",), {})]
    assert photos.tasks == ["tasks.resize"]
    assert len(list(orchestrator.runs())) == 1


def test_a_new_redis(orchestrator_app, dispatched):
    assert list(orchestrator.runs()) == []
    assert len(dispatched) == 0
    run = Swarm([resize.s("bad")]).apply_async()
    with pytest.raises(Exception, match="1 of 1"):
        run.get(timeout=60)
    assert run.status is RunStatus.FAILED


def test_a_person(orchestrator_app, dispatched):
    run = ask()
    assert dispatched.graph("ask").nodes == ["ok", "do"]
    run.approve("ok", by="ada")
    assert run.get(timeout=60) == "small a"


def test_every_queue_of_the_project_is_consumed(orchestrator_app):
    assert declared.delay().get(timeout=60) == "declared"
    assert routed.delay().get(timeout=60) == "routed"
    assert Swarm([declared.s(), routed.s(), resize.s("a")]).delay().get(timeout=60) == ["declared", "routed", "small a"]


def test_eager(orchestrator_eager, dispatched):
    assert Swarm([resize.s("a")], name="one").apply_async().get() == ["small a"]
    assert [str(started) for started in dispatched.swarms] == ["Swarm one"]
    assert dispatched.graphs == []


def test_the_app_is_as_before():
    assert app.conf.broker_url == "redis://127.0.0.1:1/0"
    assert not app.conf.task_always_eager
    assert set(app.amqp.queues.consume_from) == {"celery"}


@pytest.fixture(scope="session")
def orchestrator_queues(orchestrator_queues):
    return [*orchestrator_queues, "other"]


def test_a_queue_of_a_call(orchestrator_app):
    assert resize.apply_async(["a"], queue="other").get(timeout=60) == "small a"
"""
MISTAKES = """
from tasks import resize

from orchestrator_celery import Swarm


def test_none(orchestrator_eager, dispatched):
    Swarm([resize.s("a")], name="photos").apply_async()
    dispatched.swarm("picture")


def test_several(orchestrator_eager, dispatched):
    for _ in range(2):
        Swarm([resize.s("a")], name="photos").apply_async()
    dispatched.swarm()


def test_no_graph(orchestrator_eager, dispatched):
    Swarm([resize.s("a")], name="photos").apply_async()
    dispatched.swarm().nodes
"""


@pytest.fixture
def session(pytester):
    """Runs a file of tests in a session of its own."""
    pytester.makepyfile(tasks=TASKS)
    # An environment that was installed before the plugin came lacks its entry point; `test_packaging.py` looks for it.
    known = any(found.name == "orchestrator_celery" for found in entry_points(group="pytest11"))
    plugin = [] if known else ["-p", "orchestrator_celery.testing.plugin"]

    def run(test, setting="orchestrator_app = tasks:app"):
        pytester.makeini(f"[pytest]\npythonpath = .\n{setting}\n")
        pytester.makepyfile(test_photos=test)
        return pytester.runpytest_subprocess("-p", "no:xdist", "-p", "no:cacheprovider", *plugin, timeout=250)

    return run


def test_the_fixtures(session):
    """Given a project's tests, then each has a worker on an empty Redis, or none, and the app is as before at the end."""
    session(USUAL).assert_outcomes(passed=7)


def test_what_was_not_started_fails_the_test(session):
    done = session(MISTAKES)
    done.assert_outcomes(failed=3)
    done.stdout.fnmatch_lines(
        [
            "*AssertionError: no Swarm 'picture' was started; these were: Swarm photos",
            "*AssertionError: 2 times Swarm was started; these were: Swarm photos, Swarm photos",
            "*AssertionError: Swarm photos is no graph, so it has no nodes",
        ]
    )


def test_an_app_that_is_not_named(session):
    """Given no setting, then the error says what to write."""
    done = session("def test_it(orchestrator_eager): pass", setting="")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*add `orchestrator_app = package.module:app`*"])

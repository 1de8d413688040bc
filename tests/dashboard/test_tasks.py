"""Tasks that the process of the dashboard does not have: workers tell of them, and nothing of the project is imported."""

import time

import pytest
from celery import Celery

from orchestrator_celery import END, START, ConditionalGraph, Orchestrator
from orchestrator_celery.dashboard import create_dashboard
from tests.kit.waiting import wait_for

ADD = "tests.kit.project.add"


@pytest.fixture
def bare(project, app, shared_worker):
    """An app of the same project that has none of its tasks."""
    conf = project.app.conf
    found = Celery(project.app.main, broker=conf.broker_url, backend=conf.result_backend, set_as_current=False)
    Orchestrator(found)
    for name in [name for name in found.tasks if name.startswith("tests.")]:
        found.tasks.unregister(name)  # Celery gives every app the tasks of the others
    yield found
    found.close()


@pytest.fixture
def elsewhere(bare, visit):
    page = visit(create_dashboard(bare))
    page.begin()
    return page


def told(page):
    """The task as a page gets it; a busy worker may miss the second in which it is asked."""
    tasks = {task["name"]: task for task in page.read("tasks")}
    return tasks[ADD] if tasks[ADD]["parameters"] is not None else None


def test_workers_tell_of_their_tasks(elsewhere, bare, project):
    add = wait_for(lambda: told(elsewhere), 40, "an answer of the worker")
    own = next(one for one in Orchestrator.of(project.app).tasks() if one.name == ADD)
    assert add == own.model_dump(mode="json"), "the worker says what a process with the task knows"
    assert [one["name"] for one in add["parameters"]] == ["x", "y"]
    assert {one["name"]: one["category"] for one in elsewhere.read("tasks")}["tests.kit.project.mul"] == "arithmetic"
    assert add["category"] == ""
    begun = time.monotonic()
    assert told(elsewhere) == add
    assert time.monotonic() - begun < 5, "remembered"
    run = elsewhere.call(f"tasks/{ADD}/run", args=[1], kwargs={"y": 2})["run"]
    assert bare.orchestrator.run(run["id"]).get(timeout=60) == 3
    assert elsewhere.refused("tasks/nobody.has.it/run")["status"] == 400


def test_arguments_are_checked_with_what_workers_tell(elsewhere, bare):
    wait_for(lambda: told(elsewhere), 40, "an answer of the worker")
    graph = ConditionalGraph(app=bare).add_node("first", bare.signature(ADD, kwargs={"z": 1}))
    graph.add_node("second", bare.signature(ADD, args=[1, 2], immutable=False))
    graph.add_node("third", bare.signature("tests.kit.project.ad"))
    for pair in ((START, "first"), ("first", "second"), ("second", "third"), ("third", END)):
        graph.add_edge(*pair)
    found = elsewhere.call("graph-tools/check", document=graph.to_dict())["problems"]
    assert [(one["kind"], one["node"]) for one in found] == [("warning", name) for name in ("first", "second", "third")]
    assert "has no parameter 'z'" in found[0]["text"]
    assert "gets 3 positional arguments and takes 2" in found[1]["text"]
    assert f"did you mean {ADD!r}" in found[2]["text"]

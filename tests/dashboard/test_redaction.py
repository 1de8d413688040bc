"""No answer of the API shows a secret that is in a text of a task or a person, whatever the call."""

import json
from pathlib import Path

import pytest

from orchestrator_celery import END, START, Approval, ConditionalGraph, Swarm
from tests.kit.waiting import wait_for

DOCUMENT = json.loads((Path(__file__).parents[2] / "docs/dashboard/openapi.json").read_text())
#: Calls that read and end. The stream is read by pages that read these.
READING = sorted(path for path, calls in DOCUMENT["paths"].items() if "get" in calls and path != "/api/stream")
SECRET = "hidden-from-viewers"
TEXT = f"password={SECRET}"


@pytest.fixture(scope="module")
def runs(project, shared_worker):
    """A failed swarm and a graph that waits for a person, with a secret in each text that a task or a person gives."""
    project.app.set_current()
    swarm = Swarm([project.fail_if.s(TEXT, [TEXT])] * 2, app=project.app).apply_async()
    wait_for(swarm.ready, 60, "the failure of a swarm")
    graph = (
        ConditionalGraph("asks", app=project.app)
        .add_node("first", project.identity.si(TEXT))
        .add_node("ok", Approval(message=TEXT))
        .add_edge(START, "first")
        .add_edge("first", "ok")
        .add_conditional_edges("ok", {"approved": END, "rejected": END})
    )
    waiting = graph.apply_async()
    wait_for(lambda: list(waiting.approvals()), 60, "the question of a graph")
    yield swarm, waiting
    waiting.cancel(confirm=True, reason=TEXT)


@pytest.mark.parametrize("path", READING)
def test_no_reading_call_shows_a_secret(browser, runs, path):
    """Given secrets in errors, messages, results and reasons, then no page of the API holds one of them."""
    for run in runs:
        for node in ("0", "0.0", "0.1"):
            place = path.replace("{run}", run.id).replace("{node}", node).replace("{signature}", run.id)
            answer = browser.get(place)
            assert answer.status_code < 500
            assert SECRET not in answer.text

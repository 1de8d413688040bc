"""`celery orchestrator`: as it is typed, in a process of its own."""

import json
from datetime import date
from functools import partial

import pytest

from orchestrator_celery.canvas.approval import Approval
from orchestrator_celery.canvas.graphs.graph import END, START, ConditionalGraph
from tests.kit.commands import call
from tests.kit.waiting import wait_for


@pytest.fixture
def command(busy):
    return partial(call, busy)


@pytest.fixture
def asked(busy):
    """A run that waits for an answer."""
    graph = ConditionalGraph("order", app=busy.app).add_node("review", Approval(message="Pay?", timeout=3600))
    run = (
        graph.add_edge(START, "review")
        .add_edge("review", END)
        .apply_async(({"day": date(2026, 5, 1), "raw": b"\xff"},))
    )
    wait_for(run.approvals, what="an approval")
    yield run
    run.cancel(confirm=run.cancel_plan().token)


@pytest.mark.parametrize(("verb", "decision"), [("approve", "approved"), ("reject", "rejected")])
def test_an_approval_is_answered(busy, command, asked, verb, decision):
    """Given an approval, when it is answered by command, then who and why are kept, and a second answer is refused."""
    done = command(verb, asked.id, "review", "--by", "ada", "--note", "fine")
    assert (done.returncode, done.stdout) == (0, f"{decision}: review of {asked.id}\n"), done.stderr
    assert asked.get(timeout=120) == {"decision": decision, "by": "ada", "note": "fine", "timed_out": False}
    [entry] = busy.orchestrator.audit(run=asked.id)
    assert (entry.verb, entry.actor, entry.channel, entry.reason) == (verb, "ada", "cli", "fine")
    again = command(verb, asked.id, "review")
    assert (again.returncode, again.stdout) == (1, "")
    assert f"already answered: {decision} by ada (fine)" in again.stderr
    assert "Traceback" not in again.stderr


def test_what_waits_is_listed(busy, command, asked):
    """Given an approval, then the list names what its answer takes, for people and for programs."""
    [line] = command("approvals", "--run", asked.id).stdout.splitlines()
    assert line.startswith(f"{asked.id}  review (0.0.0) of order, since ")
    assert line.endswith(" UTC: Pay?")
    assert ", reject at " in line
    listed = json.loads(command("approvals", "--json").stdout)
    [found] = [view for view in listed if view["run"] == asked.id]
    [view] = asked.approvals()
    assert (found["name"], found["node"], found["message"]) == ("review", view.node, "Pay?")
    assert found["given"] == {"day": "2026-05-01", "raw": "_w=="}
    asked.approve("review")
    nothing = command("approvals", "--run", asked.id)
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, "", "No approval waits for an answer.\n")
    assert json.loads(command("approvals", "--run", asked.id, "--json").stdout) == []


def test_who_answers_is_the_user_by_default(busy, command, asked):
    """Given no name, then the answer has the system's user and host, as it has in code."""
    assert command("approve", asked.id, "0.0.0").returncode == 0
    [entry] = busy.orchestrator.audit(run=asked.id)
    assert entry.actor == asked.get(timeout=120)["by"]
    assert "@" in entry.actor


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("approve", "no-such-run", "review"), 1, "no-such-run"),
        (("approvals", "--run", "no-such-run"), 1, "no-such-run"),
        (("approve", "only-a-run"), 2, "Missing argument 'NODE'"),
        (("aprove",), 2, "No such command"),
    ],
)
def test_what_cannot_be_done_is_refused(command, words, status, said):
    """Given what is not there or not complete, then the exit status tells which, and the message why."""
    refused = command(*words)
    assert (refused.returncode, refused.stdout) == (status, "")
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_app_without_the_extension_is_told_so(command):
    """Given an app that nobody added the extension to, then the command says how."""
    refused = command("approvals", app="tests.worker.bare")
    assert refused.returncode == 2
    assert "Orchestrator(app)" in refused.stderr

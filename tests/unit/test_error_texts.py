"""What users get wrong at first: the text says what was refused, why, and what to do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery import group

from orchestrator_celery import InvalidSettings, InvalidWorkflow, Orchestrator, OrchestratorError, Swarm, UnknownOption
from tests.unit.apps import make_app

APP = make_app()
TASK = APP.tasks["a"]
#: A call; its error; parts of the text.
MISTAKES = {
    "a task": (lambda: Swarm(TASK), InvalidWorkflow, ["got the task 'a'", "write Swarm([task.s(...)])"]),
    "nothing": (lambda: Swarm(None), InvalidWorkflow, ["got None", "write Swarm([task.s(1), task.s(2)])"]),
    "one signature": (lambda: Swarm(TASK.s()), InvalidWorkflow, ["put the single signature", "in a list"]),
    "two signatures": (
        lambda: Swarm(TASK.s(), TASK.s()),
        InvalidWorkflow,
        ["got 2 positional arguments", "put the signatures in a list"],
    ),
    "a misspelt option": (
        lambda: Swarm([TASK.s()], max_concurency=3),
        UnknownOption,
        ["'max_concurency'", "did you mean 'max_concurrency'?"],
    ),
    "a misspelt argument": (
        lambda: APP.orchestrator.subscribe("", TASK.s(), nmae="x"),
        UnknownOption,
        ["Orchestrator.subscribe() got an unexpected argument 'nmae'", "did you mean 'name'?"],
    ),
    "an unknown status": (
        lambda: APP.orchestrator.runs(status="DONE"),
        OrchestratorError,
        ["status='DONE' is not a known status", "Use one of PENDING, RUNNING"],
    ),
    "an unknown state": (
        lambda: APP.orchestrator.result("x").items(state="DONE"),
        OrchestratorError,
        ["state='DONE' is not a known state", "Use one of WAITING"],
    ),
    "a negative age": (
        lambda: APP.orchestrator.runs(since=timedelta(hours=-1)),
        OrchestratorError,
        ["is negative", "such as timedelta(hours=2)"],
    ),
    "a word as a time": (
        lambda: APP.orchestrator.runs(since="yesterday"),
        OrchestratorError,
        ["'yesterday' is not a time", "an age such as 90s or 2h"],
    ),
    "no app": (
        lambda: Orchestrator(None),
        InvalidSettings,
        ["Orchestrator(None) is not allowed", "pass the Celery app of your project"],
    ),
    "a misspelt setting": (
        lambda: make_app(orchestrator_retentoin=3).orchestrator.settings,
        InvalidSettings,
        ["orchestrator_retentoin is not a setting", "did you mean orchestrator_retention?"],
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_text_says_what_to_do(mistake):
    """Given a mistake of a beginner, then the error names it and what to write instead."""
    call, error, parts = MISTAKES[mistake]
    with pytest.raises(error) as raised:
        call()
    for part in parts:
        assert part in str(raised.value)


def test_the_members_of_a_group_are_the_items():
    """Given a group, which is no mistake, then its members become the items."""
    assert len(Swarm(group(TASK.s(), TASK.s()), app=APP)) == len(list(Swarm(group(TASK.s(), TASK.s()), app=APP))) == 2
    assert repr(Swarm(group(TASK.s(), TASK.s()), name="pair")) == "Swarm(pair: 2 items)"

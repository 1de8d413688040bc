"""States: which are final, and that they are plain words in JSON."""

from __future__ import annotations

import json

import pytest

from orchestrator_celery.model.states import NodeKind, NodeState, Priority, RunStatus


@pytest.mark.parametrize("status", RunStatus)
def test_only_three_statuses_are_final(status):
    """Given each status, then exactly SUCCEEDED, FAILED and CANCELLED have ended."""
    assert status.ended is (status.value in {"SUCCEEDED", "FAILED", "CANCELLED"})


@pytest.mark.parametrize("member", [*RunStatus, *NodeState, *NodeKind])
def test_members_are_their_words(member):
    """Given any member, then it prints, compares and serialises as its word."""
    assert str(member) == member == member.value == json.loads(json.dumps(member))


def test_statuses_are_those_of_the_contract():
    """Given the statuses of a run, then no word is missing and none is new."""
    assert " ".join(RunStatus) == "PENDING RUNNING SUSPENDED INTERRUPTED SUCCEEDED FAILED CANCELLED"


def test_priorities_compare():
    """Given the levels, then they are in order."""
    assert Priority.LOW < Priority.MEDIUM < Priority.HIGH

"""Recovery: whose worker is gone, and which rule forbids to start a task again."""

from __future__ import annotations

import pytest

from orchestrator_celery.engine.recovery import LostNode, Rules, Sighting, is_orphaned

NOW, LEASE = 100_000.0, 10_000.0
LOST = LostNode(run="r", node="0.1", task="proj.images.resize", attempt=1, owner="w", checkpoint=False)


@pytest.mark.parametrize(
    ("claimed", "sighting", "orphaned"),
    [
        (NOW, Sighting(alive=False, buried=True), True),  # known dead: no waiting
        (NOW - 9_999, Sighting(alive=False), False),  # may not have given its first sign of life yet
        (NOW - 10_001, Sighting(alive=False), True),
        (NOW - 50_000, Sighting(alive=True, seen=NOW, active=frozenset({"t"})), False),  # runs it
        (NOW - 50_000, Sighting(alive=True, seen=NOW), True),  # lives, and does not run it
        (NOW - 500, Sighting(alive=True, seen=NOW), False),  # claimed about when it was seen: too close to tell
        (NOW, Sighting(alive=True, seen=NOW - 5_000), False),  # claimed since it was seen
    ],
)
def test_a_node_is_orphaned_only_when_that_is_sure(claimed, sighting, orphaned):
    """Given a claim and what is known of its owner, then it is orphaned only if nobody can be running it."""
    assert is_orphaned("t", claimed, sighting, NOW, LEASE) is orphaned


def rules(**changes: object) -> Rules:
    return Rules(**{"enabled": True, "include": ("*",), "exclude": (), "validators": (), **changes})


@pytest.mark.parametrize(
    ("changes", "policy", "reason"),
    [
        ({}, None, None),
        ({"enabled": False}, None, "orchestrator_auto_resume is off"),
        ({"include": ("proj.images.*",)}, None, None),
        ({"include": ("proj.mail.*",)}, None, "orchestrator_auto_resume_include"),
        ({"include": ()}, None, "orchestrator_auto_resume_include"),
        ({"exclude": ("*.resize",)}, None, "orchestrator_auto_resume_exclude"),
        ({"enabled": False, "exclude": ("*",)}, True, None),  # the task's own word is stronger
        ({}, False, "the task's policy"),
    ],
)
def test_a_refusal_names_its_rule(changes, policy, reason):
    """Given the project's rules and the task's policy, then a refusal says which of them it was."""
    assert rules(**changes).refusal(LOST, policy) == reason


def no(node: LostNode) -> bool:
    return False


def broken(node: LostNode) -> bool:
    raise KeyError("nightly")


def why(node: LostNode) -> str:
    return f"{node.task} moves money"


@pytest.mark.parametrize(
    ("validators", "reason"),
    [
        ((lambda node: True,), None),
        ((no,), "validator no"),
        ((lambda node: True, why, no), "proj.images.resize moves money"),
        ((broken,), "validator broken raised KeyError('nightly')"),
    ],
)
def test_validators_have_the_last_word(validators, reason):
    """Given validators, then the first that does not answer True refuses, in its own words if it has any."""
    assert rules(validators=validators).refusal(LOST, None) == reason
    assert rules(validators=validators).refusal(LOST, True) == reason

"""Approval: a record of what may be asked of a person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orchestrator_celery import Approval, InvalidWorkflow


@pytest.mark.parametrize(
    ("approval", "json"),
    [
        (Approval(), {}),
        (Approval(message="Is it right?"), {"message": "Is it right?"}),
        (Approval(60), {"timeout": 60.0, "on_timeout": "reject"}),
        (Approval(timedelta(minutes=2), "approve"), {"timeout": 120.0, "on_timeout": "approve"}),
        (Approval(timeout=0.5, on_timeout="fail"), {"timeout": 0.5, "on_timeout": "fail"}),
    ],
)
def test_what_is_not_given_does_not_travel(approval, json):
    """Given an approval, then its definition holds what it was given, the timeout in seconds."""
    assert approval.json == json


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"timeout": 0}, "timeout=0 is not allowed: give the seconds"),
        ({"timeout": -1}, "timeout=-1 is not allowed"),
        ({"timeout": True}, "timeout=True is not allowed"),
        ({"timeout": "1h"}, "timeout='1h' is not allowed"),
        ({"timeout": float("inf")}, "timeout=inf is not allowed"),
        ({"timeout": 1, "on_timeout": "ask"}, "on_timeout='ask' is not allowed: give 'reject', 'approve' or 'fail'"),
        ({"on_timeout": "fail"}, "does nothing without a timeout"),
        ({"message": 5}, "message=5 is not allowed"),
    ],
)
def test_what_makes_no_sense_is_refused(given, words):
    """Given an argument that is not allowed, then it is named, with what would do."""
    with pytest.raises(InvalidWorkflow, match=words):
        Approval(**given)


def test_it_is_a_record():
    """Given two of the same, then they are equal, and cannot be changed."""
    assert Approval(60) == Approval(timedelta(minutes=1))
    with pytest.raises(AttributeError):
        Approval().timeout = 5

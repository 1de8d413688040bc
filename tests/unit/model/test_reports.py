"""Resume reports: what was done is counted, and survives storing."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from orchestrator_celery.model.reports import (
    InterruptedTask,
    InterruptOutcome,
    InterruptReport,
    ResumeAction,
    ResumedNode,
    ResumeReport,
)


def node(action: ResumeAction) -> ResumedNode:
    return ResumedNode(run="r", node="0.1", task="t", action=action, attempt=2)


REPORT = ResumeReport(
    time=datetime(2026, 1, 1, tzinfo=timezone.utc),
    worker="w",
    dead=("x",),
    looked_at=3,
    nodes=(node(ResumeAction.RESUMED), node(ResumeAction.RESUMED), node(ResumeAction.REFUSED)),
)


def test_a_report_speaks_in_counts():
    """Given a report, when it is printed, then it says how many nodes got which treatment."""
    assert str(REPORT) == "2 resumed, 1 refused; 3 runs checked, 1 worker found dead"


def test_an_empty_report_says_so():
    """Given a sweep that did nothing, then the report says that."""
    assert str(REPORT.model_copy(update={"nodes": (), "dead": ()})).startswith("nothing to do")


def test_nodes_are_found_by_what_was_done():
    """Given an action, then exactly its nodes are listed."""
    assert len(REPORT.of(ResumeAction.RESUMED)) == 2
    assert REPORT.of(ResumeAction.FAILED) == ()


@pytest.mark.parametrize("action", ResumeAction)
def test_each_action_has_its_property(action):
    """Given an action, then the property of its name lists the same nodes as `of`."""
    assert getattr(REPORT, action.value) == REPORT.of(action)


@pytest.mark.parametrize("outcome", InterruptOutcome)
def test_each_outcome_has_its_property(outcome):
    """Given an outcome of an interruption, then the property of its name lists its task, and no other."""
    tasks = tuple(
        InterruptedTask(run="r", node=str(place), task="t", attempt=1, worker="w", outcome=one)
        for place, one in enumerate(InterruptOutcome)
    )
    report = InterruptReport(run="r", signal="SIGTERM", grace=1, tasks=tasks)
    assert [task.outcome for task in getattr(report, outcome.value)] == [outcome]


@pytest.mark.parametrize("exclude", [False, True])
def test_a_report_survives_the_store(exclude):
    """Given a report, when it goes through JSON, with its defaults or without, then it is equal."""
    assert ResumeReport.model_validate_json(REPORT.model_dump_json(exclude_defaults=exclude)) == REPORT


def test_counts_count_what_is_not_listed():
    """Given more nodes than are listed, then the report still says how many there were."""
    report = REPORT.model_copy(update={"counts": {ResumeAction.RESUMED: 200, ResumeAction.REFUSED: 1}})
    assert str(report).startswith("200 resumed, 1 refused;")
    assert (report.count(ResumeAction.RESUMED), len(report.of(ResumeAction.RESUMED))) == (200, 2)

"""Errors: one base, the docstring is the default message, and they survive the ways Celery carries errors."""

from __future__ import annotations

import pickle

import pytest

import orchestrator_celery
from orchestrator_celery import END, START, errors
from orchestrator_celery.model.problems import Problem
from orchestrator_celery.model.views import BulkReport, Rejection

ALL = [getattr(errors, name) for name in errors.__all__]
REPORT = BulkReport(
    requested=1,
    added=0,
    rejected=(Rejection(index=0, task="a", reason="no"),),
    seconds=0,
    tasks_per_second=0,
    batches=0,
)
SAMPLES = [
    errors.BulkRejected("None was added.", REPORT) if cls is errors.BulkRejected else cls("In words.") for cls in ALL
]


@pytest.mark.parametrize("cls", ALL)
def test_there_is_one_base(cls):
    """Given any error, then `except OrchestratorError` catches it."""
    assert issubclass(cls, errors.OrchestratorError)


@pytest.mark.parametrize("cls", ALL)
def test_every_error_is_public(cls):
    """Given any error, then it can be imported from the package."""
    assert getattr(orchestrator_celery, cls.__name__) is cls
    assert cls.__name__ in orchestrator_celery.__all__


@pytest.mark.parametrize("cls", [cls for cls in ALL if cls is not errors.BulkRejected])
def test_the_docstring_is_the_default_message(cls):
    """Given an error raised without words, then it speaks its docstring's first line."""
    assert str(cls()) == cls.__doc__.splitlines()[0]
    assert str(cls()).endswith(".") or str(cls()).endswith("made")


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_can_be_pickled(error):
    """Given an error, when it crosses processes (billiard, pickle), then type, words and data are kept."""
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_survives_celerys_json_backend(error, app):
    """Given an error raised inside a task, when the caller gets it, then it has its type and its words."""
    meta = app.backend.decode(app.backend.encode(app.backend.prepare_exception(error, "json")))
    again = app.backend.exception_to_python(meta)
    assert type(again) is type(error)
    assert str(again) == str(error)


def test_a_failed_swarm_lists_its_failures():
    """Given the failures, then they are data, and not part of the words."""
    error = errors.SwarmFailed("2 of 3 items failed", [{"index": 1, "type": "ValueError", "message": "no"}])
    assert str(error) == "2 of 3 items failed"
    assert error.failures == [{"index": 1, "type": "ValueError", "message": "no"}]


def test_a_rejected_bulk_carries_its_report():
    """Given a report, then it is on the error."""
    assert errors.BulkRejected("None was added.", REPORT).report is REPORT


def test_an_invalid_graph_lists_its_problems(app):
    """Given the problems of a graph, then they are data and words, and both are kept on the way to the caller."""
    problems = [
        Problem("charge", "leads to 'refnd', which is not a node", "did you mean 'refund'?", 3),
        Problem("", "no node leads to END", "add an edge to it"),
        Problem(START, f"the edge to {END!r} is never taken", "leave it out"),
    ]
    error = errors.GraphInvalid.of("orders", problems)
    assert str(error).splitlines() == [
        "The graph 'orders' cannot be run, for 3 reasons:",
        "- charge: leads to 'refnd', which is not a node; did you mean 'refund'?",
        "- no node leads to END; add an edge to it",
        "- START: the edge to END is never taken; leave it out",
    ]
    meta = app.backend.decode(app.backend.encode(app.backend.prepare_exception(error, "json")))
    for again in (pickle.loads(pickle.dumps(error)), app.backend.exception_to_python(meta)):
        assert again.problems == problems
        assert str(again) == str(error)

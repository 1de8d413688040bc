"""The estimate of the remaining time: what it makes of the facts, and how far off it is over simulated runs."""

import statistics

import pytest

from orchestrator_celery.engine.eta import Facts, RunningTask, estimate
from orchestrator_celery.records.statistics import Durations
from tests.benchmarks.eta import PLACES, simulated


def equal(number, seconds):
    return Durations(number, number * seconds, number * seconds**2)


def facts(**changed):
    """A run of 40 tasks of 1 s, four at a time, at half of its time."""
    usual = {
        "elapsed": 5.0,
        "ended": 20,
        "waiting": 20,
        "planned": {},
        "running": [],
        "own": {"a": equal(20, 1.0)},
        "known": {},
    }
    return Facts(**{**usual, **changed})


def test_the_rest_takes_as_long_as_the_first_half():
    found = estimate(facts())
    assert found.middle == pytest.approx(5, rel=0.15)
    assert 0 < found.low <= found.middle <= found.high
    assert estimate(facts()) == found


def test_without_reported_durations_the_pace_counts():
    running = [RunningTask("", 0.5)] * 4
    assert estimate(facts(own={}, running=running)).middle == pytest.approx(5.5, rel=0.25)
    assert estimate(facts(own={}, ended=0)) is None


def test_each_kind_counts_by_its_own_durations():
    """Given 20 short tasks that have ended, then 5 long ones that wait take as long as the statistics say."""
    planned, own = {"short": 20, "long": 5}, {"short": equal(20, 0.1)}
    found = estimate(facts(elapsed=2.0, waiting=5, planned=planned, own=own, known={"long": equal(50, 60.0)}))
    assert found.middle == pytest.approx(300, rel=0.2)
    unknown = estimate(facts(elapsed=2.0, waiting=5, planned=planned, own=own))
    assert unknown.middle < 2


def test_what_the_run_itself_saw_counts_more_than_the_statistics():
    found = estimate(facts(known={"a": equal(10_000, 100.0)}))
    assert found.middle < 60


def test_a_running_task_that_says_how_far_it_is_is_believed():
    long = facts(ended=1, waiting=0, own={}, elapsed=100.0, running=[RunningTask("", 90.0, 0.9)])
    assert estimate(long).middle == pytest.approx(10)
    assert estimate(long._replace(running=[RunningTask("", 90.0, 0.0)])).middle > 10


def test_a_task_that_takes_longer_than_ever_is_expected_to_go_on():
    slow = estimate(facts(waiting=0, running=[RunningTask("", 30.0)]))
    assert 0 < slow.middle < 100


def test_parts_of_a_task_are_waited_for():
    """Given a graph of which a third of a task is expected still, then that counts as a third."""
    serial = {"elapsed": 20.0, "own": {"a": equal(20, 1.0)}}
    whole, part = (estimate(facts(waiting=waiting, **serial)).middle for waiting in (3, 0.3))
    assert part == pytest.approx(whole / 10, rel=0.35)


def test_many_tasks_cost_no_more_to_estimate():
    found = estimate(facts(waiting=1_000_000))
    assert found.middle == pytest.approx(250_000, rel=0.1)


@pytest.mark.parametrize("with_statistics", [False, True])
def test_the_error_of_simulated_runs(with_statistics):
    """Given 200 runs with skewed durations, then half of the estimates at half time are at most 25 % off."""
    errors, inside = simulated(200, with_statistics=with_statistics)
    assert statistics.median(errors[0.5]) <= 0.25
    assert all(statistics.median(errors[place]) <= 0.3 for place in PLACES)
    assert 0.7 <= inside <= 0.95

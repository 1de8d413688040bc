"""Which nodes reach which, and what the checks of large graphs cost."""

from __future__ import annotations

import cProfile
import pstats

from hypothesis import given
from hypothesis import strategies as st

from orchestrator_celery import END, START, ConditionalGraph, node, otherwise, result, when
from orchestrator_celery.canvas.checks.edges import Reachability, adjacency, reachable
from orchestrator_celery.canvas.checks.problems import problems

from ..apps import make_app

APP = make_app("reachability")
NAMES = "abcdefgh"


@given(st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=4)))
def test_it_is_that_of_a_search_from_each_node(steps):
    """Given any edges, loops and loops of one too, then the answers are those of a search for each pair."""
    found = Reachability(steps)
    for source in NAMES:
        assert {there for there in NAMES if found.reaches(source, there)} == reachable(steps, steps.get(source, ()))


def test_a_long_way_needs_no_deep_stack():
    steps = {str(place): [str(place + 1)] for place in range(5000)}
    found = Reachability(steps)
    assert found.reaches("0", "5000")
    assert not found.reaches("1", "0")
    assert not found.reaches("unknown", "1")


def chain_of(count):
    """A graph whose nodes read the results of others, with a choice at each."""
    graph = ConditionalGraph("long", app=APP)
    for place in range(count):
        inputs = {"a": node(f"n{place - 1}")["x"]} if place else None
        graph.add_node(f"n{place}", APP.tasks["a"].s(), inputs=inputs)
        after = [f"n{place + step}" if place + step < count else END for step in (1, 2)]
        rule = [when(result["a"] > place, after[0]), otherwise(after[1])] if after[0] != END else None
        if rule:
            graph.add_conditional_edges(f"n{place}", rule)
        else:
            graph.add_edge(f"n{place}", END)
    return graph.add_edge(START, "n0")


def calls_of(function):
    with cProfile.Profile() as profile:
        assert function() is not None
    return pstats.Stats(profile).total_calls


def test_checks_and_dry_runs_cost_as_much_as_a_graph_is_large():
    """Given four times as many nodes, then about four times as many calls: an editor checks after every change."""
    small, large = chain_of(100), chain_of(400)
    assert adjacency([]) == {}
    assert calls_of(lambda: problems(large.kwargs)) < 5 * calls_of(lambda: problems(small.kwargs))
    assert calls_of(large.dry_run) < 6 * calls_of(small.dry_run)

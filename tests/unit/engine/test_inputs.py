"""Inputs: prepended as Celery prepends, and nothing for an immutable one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_celery.engine.leaf_arguments import with_input, with_result
from orchestrator_celery.records.leaf import Leaf, Role

values = st.lists(st.integers(), max_size=3)
keywords = st.dictionaries(st.sampled_from("xyz"), st.integers(), max_size=3)


def leaf(args: list[int], kwargs: dict[str, int], immutable: bool = False) -> Leaf:
    return Leaf("t", args, kwargs, {}, immutable, Role.PLAIN)


@given(values, keywords, values, keywords)
def test_what_a_run_is_given_merges_as_in_celery(args, kwargs, given_args, given_kwargs):
    """Given a leaf's own arguments and those of the application, then they merge as `Signature._merge` does."""
    from celery.canvas import Signature

    native = Signature("t", args, kwargs)._merge(given_args, given_kwargs)
    found = with_input(leaf(args, kwargs), given_args, given_kwargs)
    assert (tuple(found.args), found.kwargs) == (tuple(native[0]), native[1])


@pytest.mark.parametrize("value", [None, 0, [], [1, 2], {"a": 1}])
def test_a_result_is_the_first_argument(value):
    """Given any result, falsy ones as well, then it comes first and is not unpacked."""
    assert with_result(leaf([7], {"x": 1}), value) == leaf([value, 7], {"x": 1})


def test_an_immutable_leaf_takes_nothing():
    """Given `.si()`, then neither results nor the run's input reach it."""
    fixed = leaf([7], {}, immutable=True)
    assert with_result(fixed, 1) == with_input(fixed, [1], {"x": 2}) == fixed


def test_a_leaf_is_not_changed_in_place():
    """Given a leaf that is sent twice, then the first sending has not changed it."""
    own = leaf([7], {"x": 1})
    with_result(own, 1)
    with_input(own, [1], {"x": 2})
    assert own == leaf([7], {"x": 1})

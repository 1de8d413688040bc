"""Leaves: written short, read whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_celery.records.leaf import Leaf, Role, read_leaf, write_leaf

plain = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20)
trees = st.recursive(plain, lambda inner: st.lists(inner, max_size=3), max_leaves=6)
names = st.text(min_size=1, max_size=10)
leaves = st.builds(
    Leaf,
    task=names,
    args=st.lists(trees, max_size=3),
    kwargs=st.dictionaries(names, trees, max_size=3),
    options=st.dictionaries(st.sampled_from(["queue", "priority", "expires"]), plain, max_size=3),
    immutable=st.booleans(),
    role=st.sampled_from(Role),
)


@given(leaf=leaves)
def test_a_leaf_is_read_back(codec, leaf):
    """Given any leaf, when it is written and read, then it is the same."""
    assert read_leaf(write_leaf(leaf, codec), codec) == leaf


@pytest.mark.parametrize(
    ("leaf", "written"),
    [
        (Leaf("t", [], {}, {}, False, Role.PLAIN), b'["t", []]'),
        (Leaf("t", [1], {}, {}, False, Role.PLAIN), b'["t", [1]]'),
        (Leaf("t", [], {"x": 1}, {}, False, Role.PLAIN), b'["t", [], {"x": 1}]'),
        (Leaf("t", [], {}, {}, True, Role.PLAIN), b'["t", [], {}, {}, 1]'),
    ],
)
def test_empty_parts_at_the_end_are_left_out(codec, leaf, written):
    """Given parts that say nothing, then they take no room: a swarm keeps one leaf per item."""
    assert write_leaf(leaf, codec) == written


def test_a_leaf_is_written_in_its_own_serializer(codec):
    """Given a task's own `serializer`, then its arguments are kept in that."""
    leaf = Leaf("t", [1], {}, {"serializer": "yaml"}, False, Role.PLAIN)
    assert write_leaf(leaf, codec).startswith(b"\0yaml\n")

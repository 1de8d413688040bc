"""Ids: a leaf's id says whose it is, whatever the run is called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_celery.model.ids import Fence, LeafId, is_callback, parse_leaf_id

steps = st.tuples(st.sampled_from(["", "l", "e"]), st.integers(0, 10_000)).map(lambda s: f"{s[0]}{s[1]}")
nodes = st.lists(steps, max_size=6).map(lambda path: ".".join(["0", *path]))
leaves = st.builds(LeafId, st.text(min_size=1), nodes, st.integers(1, 10_000))


@given(leaves)
def test_a_leaf_id_is_read_back(leaf):
    """Given a leaf of any run, when its id is written and read, then it is the same leaf."""
    assert parse_leaf_id(str(leaf)) == leaf


@given(leaves)
def test_a_run_inside_a_leaf_is_told_apart(outer):
    """Given a run that has the id of a leaf (a replacement), then its own leaves belong to it."""
    inner = LeafId(str(outer), "0.1", 1)
    assert parse_leaf_id(str(inner)) == inner


@pytest.mark.parametrize(
    "task_id",
    [
        "",
        "r1",
        "r1:0",
        "r1:0:",
        ":0:1",
        "r1:1:1",
        "r1:0.x1:1",
        "r1:0.:1",
        "r1:0.1:one",
        "r1:$:1",
        "r1:0.1:1:",
        "r1:0.1",
    ],
)
def test_other_ids_are_nobodys(task_id):
    """Given an id of another form, then it is no leaf's."""
    assert parse_leaf_id(task_id) is None


@pytest.mark.parametrize(("node", "expected"), [("0", False), ("0.3.12", False), ("0.l0", True), ("0.3.e1.0", True)])
def test_callbacks_are_known_by_their_path(node, expected):
    """Given a node's id, then its letters say whether it belongs to a callback."""
    assert is_callback(node) is expected


def test_a_replacement_is_later_than_any_retry():
    """Given messages of one attempt, then their fences are in the order Celery publishes them."""
    first, retry, replaced = Fence(), Fence(retries=3), Fence(nesting=1)
    assert first < retry < replaced

"""Views: how a tree prints and counts."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from orchestrator_celery.model.states import NodeKind, NodeState
from orchestrator_celery.model.views import ErrorView, NodeView


def task(place: int, state: NodeState, **more: object) -> NodeView:
    return NodeView(id=f"0.{place}", kind=NodeKind.TASK, name=f"t{place}", state=state, **more)


TREE = NodeView(
    id="0",
    kind=NodeKind.SWARM,
    name="photos",
    state=NodeState.RUNNING,
    children=(
        task(0, NodeState.SUCCEEDED),
        task(1, NodeState.SUCCEEDED),
        task(2, NodeState.FAILED, error=ErrorView(type="ValueError", message="no")),
    ),
    children_total=10,
    callbacks=(task(3, NodeState.WAITING),),
)


def test_a_tree_prints_one_line_per_node():
    """Given a tree, when it is printed, then states, errors, callbacks and what is left out are there."""
    assert str(TREE).splitlines() == [
        "photos [swarm] RUNNING",
        "  t0 [task] SUCCEEDED",
        "  t1 [task] SUCCEEDED",
        "  t2 [task] FAILED <0.2> ValueError",
        "  t3 [task] WAITING <0.3>",
        "  ... 7 more",
    ]


def test_equal_siblings_are_one_line():
    """Given many items that look the same, then they are one line with their number; those that failed stay alone."""
    items = [task(place, NodeState.SUCCEEDED).model_copy(update={"name": "load"}) for place in range(97)]
    failed = [task(place, NodeState.FAILED, error=ErrorView(type="KeyError", message="")) for place in (98, 99)]
    pool = TREE.model_copy(update={"children": (*items, *failed), "children_total": 99, "callbacks": ()})
    assert str(pool).splitlines() == [
        "photos [swarm] RUNNING",
        "  load [task] SUCCEEDED x 97",
        "  t98 [task] FAILED <0.98> KeyError",
        "  t99 [task] FAILED <0.99> KeyError",
    ]


def test_inner_states_are_counted():
    """Given a composite, then it says how many children are in which state."""
    assert TREE.inner == {NodeState.SUCCEEDED: 2, NodeState.FAILED: 1}


def test_a_view_cannot_be_changed():
    """Given a view, when somebody assigns to it, then it refuses."""
    with pytest.raises(ValidationError):
        TREE.name = "other"


def test_a_view_survives_json():
    """Given a view, when it goes through JSON, then it is equal."""
    assert NodeView.model_validate_json(TREE.model_dump_json()) == TREE

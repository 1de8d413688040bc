"""A failed graph withdraws what is queued below it, whichever process dies meanwhile; nothing of it starts any more."""

import time

import pytest

from orchestrator_celery import END, START, Approval, ConditionalGraph, NodeState, RunStatus, Swarm
from orchestrator_celery.testing import points
from tests.kit import project as p
from tests.kit.supervised import is_told, supervised

HASTY = {"orchestrator_heartbeat": 0.5, "orchestrator_lease": 2, "orchestrator_republish_after": 1}
POINTS = [point for point in points() if point.startswith(("store.withdraw.", "store.fail."))]


def failing():
    """A node fails beside a long swarm, a nested approval without timeout, and a task that became a canvas."""
    inner = ConditionalGraph("inner").add_node("ask", Approval()).add_edge(START, "ask").add_edge("ask", END)
    graph = ConditionalGraph("outer")
    graph.add_node("bad", p.fail.si().set(countdown=1)).add_node("many", Swarm([p.nap.si(i, 0.1) for i in range(600)]))
    graph.add_node("inner", inner).add_node("became", p.replaced.si("many"))
    for name in ("bad", "many", "inner", "became"):
        graph.add_edge(START, name).add_edge(name, END)
    return graph


def states(view):
    return [view.state, *(state for child in view.children for state in states(child))]


@pytest.mark.parametrize("point", POINTS)
def test_nothing_below_a_failed_graph_starts(default_site, ledger, tmp_path, point):
    """Given a crash while the graph fails, then the run ends FAILED all the same, and the rest does not run."""
    mark = tmp_path / "crashed"
    with supervised(default_site, mark, point, **HASTY) as until:
        run = failing().apply_async()
        begun = time.monotonic()
        until(lambda: is_told(run), 60, f"the run after a crash at {point}")
        assert mark.exists(), "the point was never reached"
        with pytest.raises(ValueError, match="no good"):
            run.get(timeout=10)
        ran = len(ledger.entries("start"))
        assert ran < 300, "600 items and 300 of the nested run"
        until(lambda: not p.orchestrator.runs(status="RUNNING") and time.monotonic() - begun > 4, 30, "quiet")
        assert len(ledger.entries("start")) == ran, "nothing started after the end"
    assert run.status is RunStatus.FAILED
    assert set(states(run.tree())) <= {NodeState.SUCCEEDED, NodeState.FAILED, NodeState.SKIPPED}

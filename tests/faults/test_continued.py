"""R3 inside a turn: a process ends while it goes on with the next tasks of a run, without messages."""

import pytest
from celery import chain

from orchestrator_celery import END, START, ComplexSignature, CompositeSucceeded, ConditionalGraph, NodeSucceeded, Swarm
from tests.kit import project as p
from tests.kit.supervised import is_told, supervised
from tests.kit.waiting import wait_for

HASTY = {"orchestrator_heartbeat": 0.5, "orchestrator_lease": 2, "orchestrator_republish_after": 1}
#: The first end is that of the message's task, the second that of a task without a message.
POINTS = [f"store.{verb}.{side}#{nth}" for verb in ("finish",) for side in ("before", "after") for nth in (2, 3)]


def chain_of(naps):
    return ComplexSignature(chain(naps))


def graph_of(naps):
    graph = ConditionalGraph("line")
    for index, nap in enumerate(naps):
        graph.add_node(f"n{index}", nap).add_edge(f"n{index - 1}" if index else START, f"n{index}")
    return graph.add_edge(f"n{len(naps) - 1}", END)


def swarm_of(naps):
    return Swarm(naps, max_concurrency=1)


@pytest.mark.parametrize("scope", ["", "@all"], ids=["child", "all"])
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("shape", [chain_of, graph_of, swarm_of])
def test_r3_a_turn_survives_a_crash_at(site, ledger, tmp_path, shape, point, scope):
    """Each body runs once, but for the one whose end was not recorded; what follows it runs once."""
    mark = tmp_path / "crashed"
    with supervised(site, mark, point + scope, concurrency=1, orchestrator_continue=True, **HASTY) as until:
        run = shape([p.nap.si(index, 0.01) for index in range(6)]).apply_async()
        until(lambda: is_told(run), 60, f"the run after a crash at {point}")
        assert mark.exists(), "the point was never reached"
        assert run.get(timeout=60) in (5, [0, 1, 2, 3, 4, 5])
    succeeded = [event.node for event in run.watch() if isinstance(event, (NodeSucceeded, CompositeSucceeded))]
    assert len(succeeded) == len(set(succeeded)), "a node has one end"
    started = [value for _, value in ledger.entries("start")]
    assert sorted(set(started)) == [0, 1, 2, 3, 4, 5]
    again = [value for value in set(started) if started.count(value) > 1]
    assert len(started) <= 7
    assert len(again) <= ("before" in point)
    wait_for(lambda: run.progress().done == 6, what="the count")

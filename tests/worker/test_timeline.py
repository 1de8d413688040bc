"""When each node waited and ran: the times are in order, every node is there once, and a cursor goes on at any place."""

import asyncio

import pytest
from celery import chain, group

from orchestrator_celery import (
    END,
    START,
    Approval,
    ConditionalGraph,
    NodeKind,
    NodeState,
    NodeTimes,
    OrchestratorError,
    RunNotFound,
    result,
    when,
)
from tests.kit.waiting import wait_for


def walked(view):
    """The nodes of a tree, as the timeline lists them."""
    for earlier in view.earlier:
        yield from walked(earlier)
    yield view
    for below in (*view.children, *view.callbacks):
        yield from walked(below)


def ended(run):
    run.get(timeout=60)
    wait_for(lambda: run.progress().running == 0, what="the end of the callbacks")
    return list(run.timeline())


def check_order(entries):
    for entry in entries:
        if entry.kind is NodeKind.TASK:
            assert entry.queued <= entry.published <= entry.started <= entry.finished
            assert entry.attempts == 1
            assert entry.worker
            assert entry.waited >= 0
            assert entry.took >= 0
        else:
            assert (entry.queued, entry.published, entry.worker) == (None, None, None)
            assert entry.started <= entry.finished


def test_every_node_has_its_times(busy):
    steps = chain(busy.tasks("add", 1, 1), busy.swarm([busy.tasks("add", i) for i in range(3)]), busy.tasks("xsum"))
    run = busy.run(steps)
    entries = ended(run)
    check_order(entries)
    assert [entry.node for entry in entries] == [view.id for view in walked(run.tree())]
    first, pool, last = (next(one for one in entries if one.node == f"0.0.{at}") for at in range(3))
    assert first.finished <= pool.started <= pool.finished <= last.started
    assert first.name.endswith("add")
    assert str(first).startswith("0.0.0 tests.kit.project.add [task] SUCCEEDED waited ")


def test_pages_hold_every_item_once(busy):
    plain = [busy.tasks("add", i, 0) for i in range(140)]
    linked = busy.tasks("add", 140, 0)
    linked.link(busy.tasks("add", 1))
    run = busy.swarm(
        [*plain, linked, group(busy.tasks("add", i) for i in range(2)).clone((1,))], batch=40
    ).apply_async()
    entries = ended(run)
    check_order(entries)
    nodes = [entry.node for entry in entries]
    assert nodes == [view.id for view in walked(run.tree(limit=1000))]
    assert nodes[:2] == ["0", "0.0"]
    assert nodes[-5:] == ["0.140", "0.140.l0", "0.141", "0.141.0", "0.141.1"]
    for place in (0, 1, 99, 100, 101, 102, 140, 141, 142, 143, 145):
        assert [entry.node for entry in run.timeline(after=nodes[place])] == nodes[place + 1 :]
    assert [entry.node for entry in run.timeline(after=nodes[50], limit=7)] == nodes[51:58]

    async def some():
        return [entry.node async for entry in run.aio.timeline(after=nodes[50], limit=7)]

    assert asyncio.run(some()) == nodes[51:58]


def test_items_of_a_runner_did_not_wait(busy):
    run = busy.swarm([busy.tasks("add", i, 0) for i in range(12)], batch=6).apply_async()
    items = [entry for entry in ended(run) if entry.node != "0"]
    check_order(items)
    assert {entry.waited for entry in items} == {0.0}


def test_each_visit_of_a_loop_is_an_entry(busy):
    graph = ConditionalGraph("loop", app=busy.app).add_node("grow", busy.tasks("add", 1)).add_edge(START, "grow")
    graph.add_conditional_edges("grow", [when(result < 3, "grow"), when(result >= 3, END)])
    run = graph.apply_async((0,))
    entries = ended(run)
    check_order(entries)
    visits = [entry for entry in entries if entry.kind is NodeKind.TASK]
    assert [entry.name for entry in visits] == ["grow"] * 3
    assert visits[0].finished <= visits[1].started
    assert [entry.node for entry in run.timeline(after=visits[1].node)] == [visits[2].node]


def test_a_planned_start_is_when_it_was_published(busy):
    run = busy.run(chain(busy.tasks("add", 1, 1), busy.tasks("add", 1).set(countdown=1)))
    late = ended(run)[-1]
    assert late.node == "0.0.1"
    assert late.waited >= 1
    assert (late.published - late.queued).total_seconds() >= 0.9


def test_before_its_start_and_while_its_run_is_suspended(stand):
    run = stand.run(stand.tasks("add", 1, 1))
    [_, leaf] = run.timeline()
    assert leaf.state is NodeState.QUEUED
    assert leaf.published is not None
    assert (leaf.started, leaf.waited, leaf.took) == (None, None, None)
    run.suspend()
    [_, leaf] = run.timeline()
    assert (leaf.queued is not None, leaf.published) == (True, None)


def test_what_is_refused(stand):
    run = stand.run(stand.tasks("add", 1, 1))
    for wrong in ("", "no id", "0.x1", "0..1", 7):
        with pytest.raises(OrchestratorError, match="is no id of a node"):
            run.timeline(after=wrong)
    with pytest.raises(RunNotFound):
        stand.orchestrator.result("gone").timeline()
    assert isinstance(next(run.timeline()), NodeTimes)


def test_an_approval_begins_when_it_asks(busy):
    graph = ConditionalGraph("asks", app=busy.app).add_node("ok", Approval()).add_edge(START, "ok").add_edge("ok", END)
    run = graph.apply_async()
    [asked] = wait_for(run.approvals, what="the question")
    [_, waiting] = run.timeline()
    assert (waiting.started, waiting.finished) == (asked.since, None)
    run.approve("ok")
    [_, answered] = ended(run)
    assert waiting.started == answered.started <= answered.finished

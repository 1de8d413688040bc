"""Events name their nodes as the tree does, whoever reads them and whenever."""

import asyncio

from celery import chain, group

from orchestrator_celery import END, START, Approval, ComplexSignature, ConditionalGraph, NodeKind
from orchestrator_celery.model.events import RunClosed
from orchestrator_celery.views.events import names as event_names
from tests.kit.waiting import wait_for


def nested(stand):
    """A workflow with every kind of node: steps, members, items, callbacks, visits, an approval and a failure."""
    draft = (
        ConditionalGraph("draft", app=stand.app)
        .add_node("write", stand.tasks("identity"))
        .add_node("review", Approval())
        .add_edge(START, "write")
        .add_edge("write", "review")
        .add_edge("review", END)
    )
    pool = stand.swarm([stand.tasks("add", i) for i in range(3)], name="three")
    steps = chain(stand.tasks("add", 1, 1), group(pool, stand.tasks("identity")), draft)
    steps.link(stand.tasks("identity"))
    return ComplexSignature(steps, name="all of it", app=stand.app)


def names(view):
    """The name and the task of every node of a tree, by id."""
    found = {view.id: (view.name, view.kind)}
    for below in (*view.children, *view.callbacks, *view.earlier):
        found |= names(below)
    return found


def check(events, run):
    named = names(run.tree())
    for event in events:
        if event.node == "$":
            assert (event.name, event.task) == ("", ""), event
        elif event.node in named:
            name, kind = named[event.node]
            assert event.name == name, event
            assert bool(event.task) == (kind is NodeKind.TASK), event
    assert {event.name for event in events} >= {
        "all of it",
        "three",
        "draft",
        "write",
        "review",
        "tests.kit.project.add",
    }
    assert {event.task for event in events} == {"", "tests.kit.project.add", "tests.kit.project.identity"}


def test_events_name_their_nodes(busy, monkeypatch):
    monkeypatch.setattr(event_names, "_REMEMBERED", 2)  # names that are forgotten are read again
    run = nested(busy).apply_async()
    seen = []
    for event in run.watch():
        seen.append(event)
        if event.name == "review" and not isinstance(event, RunClosed) and run.approvals():
            run.approve("review")
    check(seen, run)
    wait_for(lambda: run.progress().running == 0, what="the end of the callbacks")
    check(run.events(), run)

    async def watched():
        return [event async for event in run.aio.watch()]

    check(asyncio.run(watched()), run)


def test_events_of_a_deleted_run_keep_their_ids(busy):
    run = nested(busy).apply_async()
    wait_for(run.approvals, what="the question")
    stream = run.watch()
    first = next(stream)
    run.cancel(confirm=True)
    rest = list(stream)
    assert first.run == run.id
    assert all(event.node for event in rest)

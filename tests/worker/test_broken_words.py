"""An error that raises when it is asked for its words is an error all the same: it is kept, and its handlers are called."""

import pytest
from celery import chain, chord, group

from orchestrator_celery import END, START, ComplexSignature, ConditionalGraph, RunStatus, Swarm
from tests.kit import canvas_tasks as t
from tests.kit import project as p
from tests.kit.waiting import wait_for

WORDS = {"wordless": "quiet", "speechless": "<Speechless: its str raised RuntimeError>"}


def durable(workflow):
    return lambda fail: ComplexSignature(workflow(fail), on_error=t.handled.s(mark="m"))


def linked(workflow, errback):
    def build(fail):
        sig = workflow(fail)
        sig.link_error(errback)
        return ComplexSignature(sig)

    return build


def graph(fail):
    made = (
        ConditionalGraph().add_node("fails", fail()).add_node("after", t.handled.s(mark="m")).add_edge(START, "fails")
    )
    made = made.add_edge("fails", END).add_error_edge("fails", "after", on=["Wordless"]).add_edge("after", END)
    return ComplexSignature(made)


#: Where it is raised, and who is told.
PLACES = {
    "a task": durable(lambda fail: fail()),
    "a chain": durable(lambda fail: chain(p.identity.s(1), fail(), p.identity.s())),
    "a group": durable(lambda fail: group(fail(), p.identity.s(1))),
    "a header": durable(lambda fail: chord([fail(), p.identity.s(1)], p.identity.s())),
    "a header in a header": durable(lambda fail: chord([chord([fail()], p.identity.s())], p.identity.s())),
    "a body": durable(lambda fail: chord([p.identity.s(1)], fail())),
    "an item": durable(lambda fail: Swarm([fail()], on_task_error=t.handled_item.s(mark="item"))),
    "an old errback": linked(lambda fail: fail(), t.old_errback.s(mark="m")),
    "a new errback": linked(lambda fail: fail(), t.told.si("m", "called")),
    "an errback of a chord": linked(lambda fail: chord([fail()], p.identity.s()), t.old_errback.s(mark="m")),
    "a graph's error edge": graph,
}


@pytest.mark.parametrize("kind", WORDS)
@pytest.mark.parametrize("place", PLACES)
def test_handlers_are_called(app, ledger, place, kind):
    run = PLACES[place](getattr(t, kind).si).apply_async()
    wait_for(lambda: run.status.ended, what="the end")
    assert run.status is (RunStatus.SUCCEEDED if "edge" in place else RunStatus.FAILED)
    [entry] = wait_for(lambda: [e for e in ledger.entries() if e[1] == "m"], what="the handler")
    if entry[0] == "handled" and place != "an item":
        assert entry[2:] == [kind.capitalize(), WORDS[kind]]
    if place == "an item":
        [entry] = wait_for(lambda: ledger.entries("handled", "item"), what="the item's handler")
        assert entry[2:] == [kind.capitalize(), WORDS[kind]]


@pytest.mark.parametrize("kind", WORDS)
def test_everything_that_reads_the_error_answers(app, ledger, kind):
    run = ComplexSignature(chord([getattr(t, kind).si(), p.identity.s(1)], p.identity.s())).apply_async()
    with pytest.raises(Exception) as caught:
        run.get(timeout=240)
    assert type(caught.value).__name__ == kind.capitalize()
    with pytest.raises(Exception) as caught:
        run.outcome()
    assert type(caught.value).__name__ == kind.capitalize()
    fresh = app.orchestrator.run(run.id)  # reads the record, not Celery's message
    assert type(fresh.result).__name__ in (kind.capitalize(), "ChordError")
    with pytest.raises(Exception) as caught:
        fresh.get(timeout=10)
    assert type(caught.value).__name__ == kind.capitalize()
    assert kind.capitalize() in run.status_message
    assert "FAILED" in str(run.tree())
    assert run.events()

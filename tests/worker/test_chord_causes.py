"""A chord's failure tells its cause; its body, which did not run, is skipped whatever it is."""

import pytest
from celery import chain, chord, group

from orchestrator_celery import END, START, ComplexSignature, ConditionalGraph, NodeState, RunStatus, Swarm
from orchestrator_celery.model.events import NodeFailed, NodeSkipped
from tests.kit import project as p
from tests.kit.waiting import wait_for

#: Workflows in which a task raises ValueError("no good") in a header.
WORKFLOWS = {
    "a chord": lambda: chord([p.fail.si(), p.identity.s(1)], p.xsum.s()),
    "a chord of one": lambda: chord([p.fail.si()], p.xsum.s()),
    "an upgraded chord": lambda: chain(group(p.fail.si(), p.identity.s(1)), p.xsum.s()),
    "a chord in a chain": lambda: chain(p.identity.s(1), chord([p.fail.si(), p.identity.s()], p.xsum.s()), p.add.s(1)),
    "a chord in a header": lambda: chord([chord([p.fail.si()], p.xsum.s()), p.identity.s(1)], p.xsum.s()),
    "a chord in a group": lambda: group(chord([p.fail.si()], p.xsum.s()), p.identity.s(1)),
    "a chord as a body": lambda: chord([p.identity.s(1)], chord([p.fail.si()], p.xsum.s())),
    "a chord in a unit": lambda: ComplexSignature(chord([p.fail.si()], p.xsum.s())),
}
BODIES = {
    "a task": lambda: p.xsum.s(),
    "a chain": lambda: chain(p.xsum.s(), p.add.s(1)),
    "a group": lambda: group(p.xsum.s(), p.identity.s()),
    "a chord": lambda: chord([p.xsum.s()], p.identity.s()),
    "a swarm": lambda: Swarm([p.xsum.s()]),
    "a unit": lambda: ComplexSignature(p.xsum.s()),
    "a graph": lambda: ConditionalGraph().add_node("a", p.xsum.s()).add_edge(START, "a").add_edge("a", END),
}


@pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=WORKFLOWS)
def test_on_error_is_told_the_cause(app, ledger, workflow):
    run = ComplexSignature(workflow(), on_error=p.on_handler.s()).apply_async()
    with pytest.raises(ValueError, match="no good"):
        run.get(timeout=240)
    wait_for(lambda: ledger.entries("handler"), what="the handler")
    assert ledger.entries("handler") == [["handler", "ValueError", "no good"]]
    assert run.status_message == "FAILED: ValueError: no good"


@pytest.mark.parametrize("on", ["ValueError", "ChordError", "Exception", None])
@pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=WORKFLOWS)
def test_an_error_edge_matches_the_cause_and_its_wrapper(app, workflow, on):
    made = ConditionalGraph().add_node("a", workflow()).add_node("after", p.collect.s()).add_edge(START, "a")
    made = made.add_edge("a", END).add_edge("after", END).add_error_edge("a", "after", on=on and [on])
    [[words], _] = made.apply_async().get(timeout=240)
    assert (words["type"], words["message"]) == ("ValueError", "no good")
    assert "no good" in words["traceback"]


def test_an_error_edge_for_another_error_does_not_match(app):
    made = ConditionalGraph().add_node("a", WORKFLOWS["a chord"]()).add_node("after", p.collect.s())
    made = (
        made.add_edge(START, "a").add_edge("a", END).add_edge("after", END).add_error_edge("a", "after", on=["OSError"])
    )
    with pytest.raises(ValueError, match="no good"):
        made.apply_async().get(timeout=240)


def test_an_error_edge_behind_a_swarm_matches_what_its_first_failed_item_raised(app):
    made = ConditionalGraph().add_node("a", Swarm([p.fail.si()])).add_node("after", p.collect.s()).add_edge(START, "a")
    made = made.add_edge("a", END).add_edge("after", END).add_error_edge("a", "after", on=["ValueError"])
    [[words], _] = made.apply_async().get(timeout=240)
    assert words["type"] == "SwarmFailed"


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_did_not_run_is_skipped(app, ledger, body):
    """Given a body of any kind, then it and all below it are SKIPPED, and it has run after a retry."""
    key = f"lucky-{id(body)}"
    run = ComplexSignature(chord([p.unlucky.s(key), p.identity.s(1)], _linked(body()))).apply_async()
    wait_for(lambda: run.status.ended, what="the end")
    header, node = run.tree().children[0].children
    assert (header.state, node.state) == (NodeState.FAILED, NodeState.SKIPPED)
    assert {below.state for below in _all(node)} <= {NodeState.SKIPPED}
    told = [event for event in run.events() if event.node == node.id]
    assert [type(event) for event in told] == [NodeSkipped]
    assert not [event for event in run.events() if isinstance(event, NodeFailed) and event.node.startswith(node.id)]
    assert run.progress().failed == 1
    assert run.status is RunStatus.FAILED


def _linked(sig):
    """Its error callbacks are called: Celery calls them for the header's failure."""
    sig.link_error(p.on_link.si(0))
    return sig


def _all(view):
    return [view, *(one for child in view.children for one in _all(child))]

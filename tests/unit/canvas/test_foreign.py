"""A signature of another app is refused wherever one may stand: it would go to that app's broker, or to nobody."""

from __future__ import annotations

import pytest
from celery import chain, chord, group

from orchestrator_celery import (
    BulkRejected,
    ComplexSignature,
    ConditionalGraph,
    ForeignSignature,
    Orchestrator,
    Swarm,
    result,
    when,
)

from ..apps import make_app

MINE, OTHER = make_app("mine"), make_app("other")
A, B = MINE.tasks["a"], OTHER.tasks["b"]


def graph(body=None, router=None):
    made = ConditionalGraph("g", app=MINE).add_node("x", body or A.s()).add_edge("__start__", "x")
    return made.add_conditional_edges("x", router, {"k": "__end__"}) if router else made.add_edge("x", "__end__")


#: Where a foreign signature may stand, by name.
PLACES = {
    "itself": lambda: B.s(),
    "chain": lambda: chain(B.s(), B.s()),
    "step": lambda: chain(A.s(), B.s()),
    "first step": lambda: chain(B.s(), A.s()),
    "member": lambda: group([A.s(), B.s()], app=MINE),
    "header": lambda: chord([A.s(), B.s()], A.s()),
    "body": lambda: chord([A.s()], B.s()),
    "workflow": lambda: ComplexSignature(B.s()),
    "workflow of an app": lambda: ComplexSignature(B.s(), app=MINE),
    "handler": lambda: ComplexSignature(A.s(), on_success=B.s()),
    "error handler": lambda: ComplexSignature(A.s(), on_error=B.s()),
    "item": lambda: Swarm([A.s(), B.s()]),
    "item of an app": lambda: Swarm([B.s()], app=MINE),
    "item's callback": lambda: Swarm([A.s()], on_task_cleanup=B.s()),
    "link": lambda: A.s().set(link=B.s()),
    "node": lambda: graph(B.s()),
    "router": lambda: graph(router=B.s()),
    "node of a graph in it": lambda: graph(graph(B.s())),
    "swarm of the other": lambda: Swarm([B.s()], app=OTHER),
    "graph of the other": lambda: ConditionalGraph("g", app=OTHER),
}


@pytest.mark.parametrize("make", PLACES.values(), ids=PLACES)
def test_saving_refuses_a_foreign_signature(make):
    """Given a signature of another app anywhere, when it is saved, then it is refused, and stays bound to its app."""
    made = make()
    before = repr(getattr(made, "_app", None))
    with pytest.raises(ForeignSignature, match=r"the app 'other', but this run belongs to 'mine'"):
        Orchestrator.of(MINE).save(made)
    if before != "None":
        assert repr(made._app) == before


@pytest.mark.parametrize("make", PLACES.values(), ids=PLACES)
def test_a_swarm_refuses_a_foreign_item(make):
    """Given a signature of another app anywhere in an item, when it is added in bulk, then it is refused."""
    with pytest.raises(BulkRejected, match="belongs to 'mine'"):
        Swarm([], app=MINE).add_tasks_bulk([make()])


def test_a_router_of_ones_own_is_no_stranger():
    """Given only signatures of one app, then nothing of it is refused."""
    made = graph(A.s(), router=A.s()).add_node("y", A.s()).add_conditional_edges("y", [when(result == 1, "x")])
    assert all(sig._app is MINE or sig._app._get_current_object() is MINE for sig in made._nested())

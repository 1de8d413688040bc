"""`current_node()` in eager tasks answers as on a worker."""

import pytest
from celery import chain, group

from orchestrator_celery import (
    END,
    START,
    ComplexSignature,
    ConditionalGraph,
    NodeCheckpointed,
    NodeFailed,
    NodeProgressed,
    NodeSucceeded,
    Swarm,
    current_node,
)
from tests.acceptance.test_eager_as_on_workers import events
from tests.kit import project as p
from tests.kit.waiting import wait_for


def in_a_graph(body):
    made = ConditionalGraph(app=p.app).add_node("first", p.identity.si(1)).add_node("body", body)
    return made.add_edge(START, "first").add_edge("first", "body").add_edge("body", END)


PLACES = {
    "task": lambda body: ComplexSignature(body, app=p.app),
    "chain": lambda body: ComplexSignature(chain(p.identity.si(1), body)),
    "group": lambda body: ComplexSignature(group(body, p.identity.si(1))),
    "swarm": lambda body: Swarm([p.identity.si(1), body], max_failures=1, app=p.app),
    "swarm in batches": lambda body: Swarm([p.identity.si(1), body], batch=2, max_failures=1, app=p.app),
    "swarm in a chain": lambda body: ComplexSignature(chain(p.identity.si(1), Swarm([body], app=p.app))),
    "graph": in_a_graph,
}
BODIES = {
    "facts": lambda: p.node_told.si(),
    "checkpoints": lambda: p.checkpointed.si(3),
    "progress without a total": lambda: p.node_told.si(progress=[(1, None, "half"), (2.5, None, "")]),
    "a failure after a checkpoint": lambda: p.node_told.si(checkpoint={"step": 1}, fail=True),
    "a retry after a checkpoint": lambda: p.node_told.si(checkpoint={"step": 1}, retry=True),
    "a checkpoint of another type": lambda: p.node_told.si(checkpoint={"steps": (1, 2)}, fail=True),
    "a checkpoint that cannot be encoded": lambda: p.node_told.si(odd=True),
    "wrong progress": lambda: p.node_told.si(progress=[(1, 0, "")]),
    "a task that it applies itself": lambda: p.node_told.si(inside=True),
}


#: Events of tasks that have no other number after a retry by the task itself.
TOLD = (NodeCheckpointed, NodeProgressed, NodeSucceeded, NodeFailed)


def told(run):
    wait_for(lambda: any(event.ends for event in run.events()), what="the end")
    nodes = [one.node for one in run.timeline()]
    return {
        "status": run.status,
        "results": [(node, plain(run.node(node).result, run)) for node in nodes],
        "checkpoints": [(node, run.node(node).checkpoint) for node in nodes],
        "progress": [(node, reported(run.node(node).node.progress)) for node in nodes],
        "events": events(event for event in run.events() if isinstance(event, TOLD)),
        "last reports": [(e.node, e.done, e.total, e.message) for e in run.events() if hasattr(e, "message")],
    }


def reported(progress):
    return progress and (progress.done, progress.total, progress.message)


def plain(value, run):
    return str(value).replace(run.id, "<run>")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("body", BODIES)
def test_it_answers_as_on_a_worker(app, ledger, place, body):
    """Given a task at a place of a workflow, when it runs eagerly, then its node tells and keeps what a worker's does."""
    there, here = PLACES[place](BODIES[body]()).apply_async(), PLACES[place](BODIES[body]()).apply()
    expected, found = told(there), told(here)
    for name in expected:
        assert found[name] == expected[name], name


def test_outside_a_task_there_is_no_node(app):
    ComplexSignature(p.node_told.si(), app=app).apply()
    assert not current_node()

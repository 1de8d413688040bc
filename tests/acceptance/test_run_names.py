"""A run without a name is listed under the first task of its workflow, on workers and in an eager run alike."""

import pytest
from celery import chain, chord, group

from orchestrator_celery import (
    END,
    START,
    Approval,
    ComplexSignature,
    ConditionalGraph,
    Priority,
    Swarm,
    otherwise,
    result,
    templates,
    when,
)
from tests.kit import project as p
from tests.kit.waiting import wait_for

#: The task with which each workflow begins; by the alphabet it is the last one.
FIRST = p.xsum.name


def first():
    return p.xsum.si([1, 2])


def later():
    return p.add.si(1, 1)


def linked(sig):
    sig.link(p.add.si(2, 2))
    return sig


def graph(*bodies):
    """A graph whose nodes run one after the other; they are declared the other way round."""
    made = ConditionalGraph(app=p.app)
    names = [f"n{place}" for place in range(len(bodies))]
    for name, body in reversed(list(zip(names, bodies, strict=True))):
        made.add_node(name, body)
    for source, target in zip([START, *names], [*names, END], strict=False):
        made.add_edge(source, target)
    return made


def routed():
    made = ConditionalGraph(app=p.app).add_node("a", later()).add_node("b", p.identity.si(2))
    made.add_conditional_edges(START, first(), {3: "a", 4: "b"})
    return made.add_edge("a", END).add_edge("b", END)


def conditional():
    made = ConditionalGraph(app=p.app).add_node("z", later()).add_node("a", first())
    made.add_conditional_edges(START, [when(result == 1, "a"), otherwise("a")]).add_edge("a", "z")
    return made.add_edge("z", END)


def ranked(low, high):
    made = Swarm(app=p.app)
    made.add_task(low, priority=Priority.LOW)
    made.add_task(high, priority=Priority.HIGH)
    return made


#: Workflows that begin with the first task, at some depth.
SHAPES = {
    "task": first,
    "task with a callback": lambda: linked(first()),
    "chain": lambda: chain(first(), later()),
    "chain in a chain": lambda: chain(chain(first(), later()), later()),
    "chain after an empty swarm": lambda: chain(Swarm(app=p.app).set(immutable=True), first(), later()),
    "group": lambda: group(first(), later()),
    "group of chains": lambda: group(chain(first(), later()), later()),
    "chord": lambda: chord([first(), later()], p.collect.s()),
    "chain of a group": lambda: chain(group(first(), later()), p.collect.s(), later()),
    "map": lambda: chain(p.xsum.map([[1, 2]]), p.collect.s()),
    "chunks": lambda: chain(p.xsum.chunks([([1],), ([2],)], 1).group(), p.collect.s()),
    "swarm": lambda: Swarm([first(), later()], app=p.app),
    "swarm of chains": lambda: Swarm([chain(first(), later()), later()], app=p.app),
    "swarm with callbacks": lambda: Swarm([first(), later()], on_task_success=p.collect.s(), app=p.app),
    "swarm with priorities": lambda: ranked(later(), first()),
    "swarm in batches": lambda: Swarm([first(), later()], batch=2, app=p.app),
    "complex signature": lambda: ComplexSignature(chain(first(), later())),
    "complex signature with callbacks": lambda: ComplexSignature(first(), on_success=p.add.si(1, 1)),
    "graph": lambda: graph(first(), later()),
    "graph of chains": lambda: graph(chain(first(), later()), later()),
    "graph in a graph": lambda: graph(graph(first(), later()), later()),
    "graph with a router at its start": routed,
    "graph with conditions at its start": conditional,
    "graph with an approval at its start": lambda: graph(Approval(timeout=0.1, on_timeout="approve"), first(), later()),
    "graph of a template": lambda: templates.ab_split(variants={"a": first(), "b": first()}),
}
ROOTS = {
    "swarm": lambda body: Swarm([body, later()], app=p.app),
    "complex signature": lambda body: ComplexSignature(body, app=p.app),
    "graph": lambda body: graph(body, later()),
}


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("shape", SHAPES)
def test_it_has_the_name_of_its_first_task(app, project, root, shape):
    """Given a workflow without a name, when it runs on a worker and eagerly, then both are named as its first task."""
    there, here = ROOTS[root](SHAPES[shape]()).apply_async(), ROOTS[root](SHAPES[shape]()).apply()
    assert {"worker": there.view.name, "eager": here.view.name} == {"worker": FIRST, "eager": FIRST}


@pytest.mark.parametrize("shape", SHAPES)
def test_it_keeps_that_name(app, project, shape):
    """Given a saved workflow, then its run, the rerun of that, and what lists and searches find have the same name."""
    saved = project.orchestrator.save(ComplexSignature(SHAPES[shape](), app=app), tags=["kept"])
    run = saved.run()
    again = run.rerun()
    for each in (run, again):
        wait_for(lambda each=each: each.status.ended, what="the end")
        assert each.view.name == FIRST
    found = {each.id for each in project.orchestrator.runs(name=FIRST, tag="kept")}
    assert {run.id, again.id} <= found
    assert {run.id, again.id} <= {each.id for each in project.orchestrator.runs(f"name:{FIRST} status:SUCCEEDED")}


def test_a_detached_part_has_the_name_of_its_own_first_task(app):
    run = Swarm([p.nap.s(1, 60), chain(first(), later())], max_concurrency=1, app=app).apply_async()
    assert run.detach("0.1").view.name == FIRST
    assert run.view.name == p.nap.name
    run.cancel(confirm=True)


def test_an_approval_tells_the_name_of_its_run(app, project):
    run = graph(first(), Approval(), later()).apply_async()
    wait_for(lambda: any(view.run == run.id for view in project.orchestrator.approvals()), what="the approval")
    [view] = [view for view in project.orchestrator.approvals() if view.run == run.id]
    assert view.run_name == FIRST
    run.cancel(confirm=True)


def test_a_workflow_with_callbacks_alone_has_the_name_of_one(app):
    """Given a swarm without items, then no task comes first, and a callback names it, as in earlier releases."""
    assert Swarm(on_task_success=p.collect.s(), app=app).apply_async().view.name == p.collect.name


def test_a_run_of_an_earlier_release_has_the_first_name_by_the_alphabet(app, project):
    run = ComplexSignature(chain(first(), later())).apply_async()
    run.get(timeout=120)
    store = project.orchestrator.container.store
    store.client.hdel(store.keys.root(run.id), "first")
    assert run.view.name == p.add.name

"""An eager run tells what a run on a worker tells: statuses, nodes, results, errors, events."""

import asyncio
from collections import Counter

import pytest
from celery import chain, chord, group

from orchestrator_celery import (
    END,
    START,
    ComplexSignature,
    ConditionalGraph,
    InvalidTransition,
    Retry,
    Run,
    RunStatus,
    SignatureGone,
    Swarm,
    SwarmClosed,
    otherwise,
    result,
    when,
)
from orchestrator_celery.model.ids import is_callback
from tests.kit.waiting import wait_for


def graph(project, **bodies):
    """A graph that takes one of two branches after its first node."""
    made = ConditionalGraph("choice", app=project.app)
    for name, body in {
        "first": project.add.s(1, 1),
        "low": project.add.s(1),
        "high": project.add.s(2),
        **bodies,
    }.items():
        made.add_node(name, body)
    return (
        made.add_edge(START, "first")
        .add_conditional_edges("first", [when(result > 5, "high"), otherwise("low")])
        .add_edge("low", END)
        .add_edge("high", END)
    )


def looping(p):
    made = ConditionalGraph("loop", app=p.app).add_node("step", p.add.s(1)).add_node("last", p.identity.s())
    made.add_edge(START, "step").add_conditional_edges("step", [when(result < 3, "step"), otherwise("last")])
    return made.add_edge("last", END)


def mapped(p):
    made = ConditionalGraph("map", app=p.app).add_node("list", p.identity.si([1, 2, 3]))
    made.add_node("each", p.add.s(10), map_over=result).add_node("sum", p.xsum.s())
    return made.add_edge(START, "list").add_edge("list", "each").add_edge("each", "sum").add_edge("sum", END)


def joined(p):
    made = ConditionalGraph("join", app=p.app).add_node("a", p.add.si(1, 1)).add_node("b", p.add.si(2, 2))
    made.add_node("sum", p.xsum.s(), join="all").add_edge(START, "a").add_edge(START, "b")
    return made.add_edge("a", "sum").add_edge("b", "sum").add_edge("sum", END)


def caught(p):
    made = ConditionalGraph("caught", app=p.app).add_node("bad", p.fail.s(), retry=Retry(2, backoff=0.01))
    made.add_node("instead", p.collect.s()).add_node("never", p.add.s(1))
    made.add_edge(START, "bad").add_edge("bad", "never").add_error_edge("bad", "instead", on=[ValueError])
    return made.add_edge("instead", END).add_edge("never", END)


def routed(p):
    made = ConditionalGraph("routed", app=p.app).add_node("a", p.add.si(1, 1)).add_node("b", p.add.s(1))
    made.add_node("c", p.add.s(2)).add_edge(START, "a")
    made.add_conditional_edges("a", p.identity.si("to c"), {"to b": "b", "to c": "c"})
    return made.add_edge("b", END).add_edge("c", END)


CASES = {
    "swarm succeeds": lambda p: Swarm([p.add.s(1, 1), p.add.s(2, 2)], name="sums", category="c", tags=["t"]),
    "swarm fails": lambda p: Swarm([p.fail.s(), p.add.s(2, 2)]),
    "swarm tolerates": lambda p: Swarm([p.fail.s(), p.add.s(2, 2)], max_failures=1),
    "swarm stops": lambda p: Swarm([p.fail.s(), p.add.s(1, 1)], stop_after_n_failures=1, max_concurrency=1),
    "swarm nests": lambda p: Swarm(
        [Swarm([p.add.s(1, 1)]), chain(p.add.s(1, 1), p.add.s(2)), ComplexSignature(p.add.s(3, 3))]
    ),
    "swarm calls back": lambda p: Swarm(
        [p.fail.s(), p.add.s(2, 2)], max_failures=1,
        on_task_success=p.collect.s(), on_task_error=p.collect.s(), on_task_cleanup=p.fail.s(),
    ),
    "graph succeeds": graph,
    "graph fails": lambda p: graph(p, low=p.fail.s()),
    "graph tolerates": caught,
    "graph nests": lambda p: graph(p, low=graph(p), high=Swarm([p.add.s(1, 1)])),
    "graph loops": looping,
    "graph maps": mapped,
    "graph joins": joined,
    "graph asks a router": routed,
    "unit succeeds": lambda p: ComplexSignature(chain(p.add.s(1, 1), group(p.add.s(1), p.add.s(2)), p.xsum.s())),
    "unit fails": lambda p: ComplexSignature(chain(p.add.s(1, 1), p.fail.s(), p.add.s(2)), on_error=p.collect.s()),
    "unit tolerates": lambda p: ComplexSignature(
        chain(p.add.s(1, 1), Swarm([p.fail.si(), p.add.s(1)], max_failures=1), p.collect.s()), on_success=p.collect.s()
    ),
    "unit nests": lambda p: ComplexSignature(ComplexSignature(chord([p.add.s(1, 1), graph(p)], p.xsum.s()))),
    "chord fails": lambda p: ComplexSignature(chord([p.fail.s(), p.add.s(1, 1)], p.xsum.s())),
}  # fmt: skip


ENDED = {"SUCCEEDED", "FAILED", "SKIPPED"}
#: The traceback of an error; the run and the times of an item.
VARYING = {"traceback", "run", "started", "finished"}


def words(error):
    return error and (error.type, error.message)


def shape(node):
    """A node without what only a worker has, such as times."""
    below = [shape(each) for each in (*node.children, *node.callbacks, *node.earlier)]
    own = (
        node.id,
        node.kind,
        node.name,
        node.state,
        node.attempts,
        node.children_total,
        node.visits,
        words(node.error),
    )
    return own, bool(node.started), bool(node.finished), dict(node.inner), node.progress, below


def outcome(get):
    try:
        return "result", plain(get())
    except Exception as error:
        return "error", type(error).__name__, str(error)


def told(run):
    """What a run tells by each reading method."""
    got = outcome(lambda: run.get(timeout=60))
    wait_for(lambda: all(one.state in ENDED for one in run.timeline()))  # callbacks may follow the end of the run
    found = {
        "status": run.status,
        "status_message": run.status_message,
        "get": got,
        "outcome": outcome(run.outcome),
        "result": (type(run.result).__name__, str(plain(run.result)).replace(run.id, "")),
        "state": (run.state, run.ready(), run.successful(), run.failed()),
        "progress": run.progress().model_dump(
            include={"total", "done", "failed", "running", "waiting", "fraction", "eta"}
        ),
        "view": run.view.model_dump(
            include={"name", "kind", "status", "category", "tags", "tasks", "total", "done", "failed"}
        ),
        "tree": shape(run.tree()),
        "timeline": [(one.node, one.name, one.state, bool(one.queued), bool(one.started)) for one in run.timeline()],
        "data": [data(run, one.node) for one in run.timeline()],
        "events": events(run.events()),
        "watch": events(one for one in run.watch() if not is_callback(one.node)),
        "approvals": list(run.approvals()),
    }
    if run.kind == "swarm":
        found["items"] = [(i.index, i.node, i.task, i.state, words(i.error), len(i.callbacks)) for i in run.items()]
        found["failed items"] = [i.index for i in run.items("FAILED")]
        found["skipped items"] = [i.index for i in run.items("SKIPPED")]
        found["results"] = list(run.results())
    if run.kind == "graph":
        found["edges"] = run.edges()
    return found


def data(run, node):
    found = run.node(node)
    return found.args, found.kwargs, plain(found.input), plain(found.result)


def plain(value):
    """A value without what differs between two runs: in the words of errors, and in what callbacks are told of items."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items() if name not in VARYING}
    return [plain(part) for part in value] if isinstance(value, list) else value


def events(found):
    """Events of one node in their order; the order of nodes beside each other says nothing."""
    return Counter((type(one).__name__, one.node, one.name, one.task, getattr(one, "status", "")) for one in found)


@pytest.fixture
def eager(project, monkeypatch):
    """Applies a signature eagerly, while the orchestrator has no store."""

    def apply(signature, **options):
        with monkeypatch.context() as patch:
            patch.setitem(vars(project.orchestrator.container), "store", None)
            project.app.conf.task_always_eager = True
            try:
                return signature.apply_async(**options)
            finally:
                project.app.conf.task_always_eager = False

    return apply


@pytest.mark.parametrize("case", CASES)
def test_it_tells_what_a_run_on_a_worker_tells(app, project, eager, case):
    here = eager(CASES[case](project))
    there = CASES[case](project).apply_async()
    assert isinstance(here, Run)
    expected, found = told(there), told(here)
    for name in expected:
        assert found[name] == expected[name], name


VERBS = {
    "suspend": lambda run: run.suspend(),
    "resume": lambda run: run.resume(),
    "interrupt": lambda run: run.interrupt(),
    "cancel": lambda run: run.cancel(confirm=True),
    "cancel_plan": lambda run: run.cancel_plan(),
    "retry": lambda run: run.retry(),
    "rerun from a node": lambda run: run.rerun("0.1"),
    "skip": lambda run: run.skip("0.0"),
    "detach": lambda run: run.detach("0.0"),
    "approve": lambda run: run.approve("0.0"),
    "reject": lambda run: run.reject("0.0"),
}


@pytest.mark.parametrize("verb", VERBS)
def test_verbs_are_refused(project, eager, verb):
    run = eager(Swarm([project.add.s(1, 1)]))
    with pytest.raises(InvalidTransition, match=f"{run.id} was applied eagerly, is SUCCEEDED and cannot be"):
        VERBS[verb](run)
    assert run.status is RunStatus.SUCCEEDED


def test_what_an_ended_swarm_and_a_stored_signature_would_give_is_refused(project, eager):
    run = eager(Swarm([project.add.s(1, 1)]))
    with pytest.raises(SwarmClosed, match="without task_always_eager"):
        run.swarm.add_task(project.add.s(1, 1))
    with pytest.raises(SwarmClosed):
        run.set_priority(0, "HIGH")
    with pytest.raises(SignatureGone, match="stores no signature"):
        assert run.signature


def test_a_swarm_tells_its_eager_run(project, eager):
    swarm = Swarm([project.add.s(1, 1)])
    run = eager(swarm)
    assert swarm.run is run
    assert eager(swarm) is swarm.run is not run


def test_a_rerun_is_eager_too(project, eager):
    run = eager(Swarm([project.add.s(1)]), args=(2,))
    again = run.rerun()
    assert (again.get(), again.rerun_of, again.id != run.id) == ([3], run.id, True)


def test_the_methods_for_asyncio(project, eager):
    run = eager(Swarm([project.add.s(1, 1), project.fail.s()], max_failures=1))

    async def asked():
        items = [item.state async for item in run.aio.items()]
        events = [event async for event in run.aio.watch()]
        return await run.aio.get(), await run.aio.status(), (await run.aio.progress()).done, items, events

    got, status, done, items, watched = asyncio.run(asked())
    assert (got, status, done, items) == ([2, None], RunStatus.SUCCEEDED, 1, ["SUCCEEDED", "FAILED"])
    assert watched[-1].ends
    assert watched == run.events()

"""New runs that start from a node of an earlier one: `Run.rerun(from_node)`, on a real worker."""

import pytest
from celery import chain, group

from orchestrator_celery import (
    END,
    START,
    ConditionalGraph,
    InvalidTransition,
    NodeNotFound,
    NodeState,
    RunNotFound,
    SignatureInUse,
    node,
    otherwise,
    result,
    when,
)


@pytest.fixture
def done(busy, ledger):
    """A chain with a group in it, which has ended well."""
    nap = busy.tasks
    members = group(nap("nap", 1, 0).set(immutable=True), nap("nap", 2, 0).set(immutable=True))
    run = busy.run(chain(nap("nap", 0, 0), members, nap("xsum"), nap("add", 10)), tags=["again"])
    assert run.get(timeout=120) == 13
    ledger.clear()
    return run


def bodies(ledger):
    return sorted(value for _, value in ledger.entries("start"))


def test_what_lies_before_is_taken_over(busy, ledger, done):
    """Given a run, when it is run again from a step, then only that and what follows runs, with the results of before."""
    again = done.rerun(from_node="0.0.1.1")
    assert again.get(timeout=120) == 13
    assert bodies(ledger) == []
    assert (again.view.rerun_of, again.view.tags) == (done.id, ("again",))
    progress = again.progress()
    assert (progress.total, progress.done, progress.failed) == (5, 5, 0)
    assert {node.state for node in again.tree().children[0].children} == {NodeState.SUCCEEDED}
    [entry] = busy.orchestrator.audit(run=done.id, verb="rerun")
    assert (entry.made, entry.refused) == (again.id, False)


def test_beside_it(busy, ledger, done):
    """Given a member of a group, when the run is run again from it, then it alone of the group runs."""
    again = done.rerun(from_node="0.0.1.0.1")
    assert again.get(timeout=120) == 13
    assert bodies(ledger) == [2]


def test_without_a_node_it_is_the_whole(busy, ledger, done):
    """Given no node, then everything runs, and the audit trail names the new run."""
    again = done.rerun()
    assert again.get(timeout=120) == 13
    assert bodies(ledger) == [0, 1, 2]
    assert busy.orchestrator.audit(run=done.id, verb="rerun")[0].made == again.id


def test_refusals(busy, ledger, done):
    """Given what cannot be started from, then the reason is told, written down, and no run comes to be."""
    brittle = busy.run(chain(busy.tasks("brittle", 1), busy.tasks("identity"), busy.tasks("identity")))
    assert isinstance(brittle.get(timeout=120, propagate=False), ValueError)
    before = {view.id for view in busy.orchestrator.runs()}
    with pytest.raises(InvalidTransition, match=r"0\.0\.0 before it has not succeeded"):
        brittle.rerun("0.0.1")
    with pytest.raises(NodeNotFound):
        brittle.rerun("0.0.5")
    with pytest.raises(RunNotFound):
        busy.orchestrator.result("never").rerun("0.0")
    assert {view.id for view in busy.orchestrator.runs()} == before
    assert [entry.refused for entry in busy.orchestrator.audit(run=brittle.id)] == [True, True]


def test_no_purge_overlooks_it(make_stand, ledger):
    """Given a signature of which a run was started again from a node, then it is not purged while that runs."""
    stand = make_stand()
    kept = stand.orchestrator.save(stand.complex(chain(stand.tasks("nap", 1, 0), stand.tasks("identity"))))
    with stand.worker():
        run = kept.run()
        assert run.get(timeout=120) == 1
        list(run.watch())  # until it is over
    again = run.rerun("0.0.1")
    assert again.view.signature == kept.id
    assert [view.id for view in kept.runs()] == [again.id, run.id]
    with pytest.raises(SignatureInUse, match=again.id):
        kept.purge(confirm=True)


def test_many_at_once(busy, ledger, done):
    """Given a list of runs, then each is run again, and the answers have the new runs."""
    [answer] = busy.orchestrator.runs(tag="again").rerun()[-1:]
    assert answer.done
    assert answer.result.get(timeout=120) == 13


def diamond(stand):
    """Two branches, one of two nodes, a join, and a third branch that ends for itself."""
    tasks = stand.tasks
    return (
        ConditionalGraph("diamond", app=stand.app)
        .add_node("a", tasks("counted_call", "a")).add_node("b", tasks("counted_call", "b"))
        .add_node("c", chain(tasks("counted_call", "c1"), tasks("counted_call", "c2")))
        .add_node("d", tasks("counted_call", "d"), join="all").add_node("e", tasks("counted_call", "e"))
        .add_edge(START, "a").add_edge(START, "b").add_edge(START, "e").add_edge("a", "c").add_edge("c", "d")
        .add_edge("b", "d").add_edge("d", END).add_edge("e", END)
    )  # fmt: skip


def called(ledger):
    return sorted(name for _, name in ledger.entries("called"))


@pytest.mark.parametrize(
    ("place", "runs"),
    [("0.2.0", ["c1", "c2", "d"]), ("0.2.0.1", ["c2", "d"]), ("0.3.0", ["d"]), ("0.4.0", ["e"]), ("0.0.0", ["a", "c1", "c2", "d"])],
)  # fmt: skip
def test_a_graph_from_a_node(busy, ledger, place, runs):
    """Given a graph, when it is run again from a node, then what does not lie behind it is there, and has arrived."""
    run = diamond(busy).apply_async((1,))
    expected = {"d": [1, 1], "e": 1}
    assert run.get(timeout=120) == expected
    ledger.clear()
    again = run.rerun(from_node=place)
    assert again.get(timeout=120) == expected
    assert called(ledger) == runs
    progress = again.progress()
    assert (progress.total, progress.done, progress.failed) == (6, 6, 0)
    assert {view.state for view in again.tree().children} == {NodeState.SUCCEEDED}


def test_a_loop_from_a_visit(busy, ledger):
    """Given a loop, when it is run again from a visit, then it goes on from there, visits counted anew."""
    tasks = busy.tasks
    defined = (
        ConditionalGraph("loop", app=busy.app)
        .add_node("more", tasks("add", 1)).add_node("tell", tasks("counted_call", "tell"))
        .add_edge(START, "more").add_edge("more", "tell")
        .add_conditional_edges("tell", [when((result >= 5) | (node("more") > 9), END), otherwise("more")])
    )  # fmt: skip
    run = defined.apply_async((0,))
    assert run.get(timeout=120) == 5
    ledger.clear()
    again = run.rerun(from_node="0.0.3")
    assert again.get(timeout=120) == 5
    assert called(ledger) == ["tell", "tell"]
    with pytest.raises(InvalidTransition, match="never visited"):
        run.rerun(from_node="0.0.7")
    with pytest.raises(InvalidTransition, match="name one of its visits"):
        run.rerun(from_node="0.0")

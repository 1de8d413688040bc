"""New runs that start from a node of an earlier one: `Run.rerun(from_node)`, on a real worker."""

import pytest
from celery import chain, group

from orchestrator_celery import InvalidTransition, NodeNotFound, NodeState, RunNotFound, SignatureInUse


@pytest.fixture
def done(busy, ledger):
    """A chain with a group in it, which has ended well."""
    nap = busy.tasks
    members = group(nap("nap", 1, 0).set(immutable=True), nap("nap", 2, 0).set(immutable=True))
    run = busy.run(chain(nap("nap", 0, 0), members, nap("xsum"), nap("add", 10)), tags=["again"])
    assert run.get(timeout=30) == 13
    ledger.clear()
    return run


def bodies(ledger):
    return sorted(value for _, value in ledger.entries("start"))


def test_what_lies_before_is_taken_over(busy, ledger, done):
    """Given a run, when it is run again from a step, then only that and what follows runs, with the results of before."""
    again = done.rerun(from_node="0.0.1.1")
    assert again.get(timeout=30) == 13
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
    assert again.get(timeout=30) == 13
    assert bodies(ledger) == [2]


def test_without_a_node_it_is_the_whole(busy, ledger, done):
    """Given no node, then everything runs, and the audit trail names the new run."""
    again = done.rerun()
    assert again.get(timeout=30) == 13
    assert bodies(ledger) == [0, 1, 2]
    assert busy.orchestrator.audit(run=done.id, verb="rerun")[0].made == again.id


def test_refusals(busy, ledger, done):
    """Given what cannot be started from, then the reason is told, written down, and no run comes to be."""
    brittle = busy.run(chain(busy.tasks("brittle", 1), busy.tasks("identity"), busy.tasks("identity")))
    assert isinstance(brittle.get(timeout=30, propagate=False), ValueError)
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
        assert run.get(timeout=30) == 1
    again = run.rerun("0.0.1")
    assert again.view.signature == kept.id
    assert [view.id for view in kept.runs()] == [again.id, run.id]
    with pytest.raises(SignatureInUse, match=again.id):
        kept.purge(confirm=True)


def test_many_at_once(busy, ledger, done):
    """Given a list of runs, then each is run again, and the answers have the new runs."""
    [answer] = busy.orchestrator.runs(tag="again").rerun()[-1:]
    assert answer.done
    assert answer.result.get(timeout=30) == 13

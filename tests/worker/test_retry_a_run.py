"""Runs that go on after a failure: `Run.retry`, and what Celery knows of it, on a real worker."""

import pytest
from celery import chain, group
from celery.exceptions import ChordError
from celery.exceptions import TimeoutError as CeleryTimeoutError

from orchestrator_celery import (
    DeadlineExceeded,
    InvalidTransition,
    NodeNotFound,
    NodeState,
    OrchestratorError,
    RunClosed,
    RunNotFound,
    RunStatus,
)
from orchestrator_celery.lifecycle.side_effects.pending import SideEffects
from orchestrator_celery.model.events import NodeStarted
from orchestrator_celery.store import Refused
from tests.kit.waiting import wait_for
from tests.worker.support import error_of, events, wait_for_event


def failed(stand, workflow, **options):
    """A run that has failed, and of which Celery was told."""
    run = stand.run(workflow, **options)
    assert isinstance(error_of(run), (ValueError, ChordError))
    wait_for_event(run, RunClosed)
    return run


def repair(ledger, key="repaired"):
    ledger.redis.set(key, 1)


def bodies(ledger):
    return [value for _, value in ledger.entries("start")]


@pytest.fixture
def half(busy, ledger):
    """A group of which one member failed, behind it a step."""
    brittle = busy.tasks("brittle", 2)
    return failed(busy, chain(group(busy.tasks("nap", 1, 0), brittle), busy.tasks("xsum")))


def test_a_late_message_of_the_old_end_ends_no_wait(busy, ledger, half):
    """Given a retry that runs, when Celery's message about the end before it arrives, then `get` waits for the new end."""
    old = half.result
    brittle = busy.run(busy.tasks("gated", 5, "late", fails=True))
    ledger.redis.set("late", 1)
    assert isinstance(error_of(brittle), ValueError)
    wait_for_event(brittle, RunClosed)
    ledger.redis.delete("late")
    ledger.redis.set("late:repaired", 1)
    brittle.retry()
    with pytest.raises(CeleryTimeoutError):  # it listens to the messages
        brittle.get(timeout=0.3)
    busy.app.backend.store_result(brittle.id, old, "FAILURE")
    with pytest.raises(CeleryTimeoutError):
        brittle.get(timeout=1)
    ledger.redis.set("late", 1)
    assert brittle.get(timeout=60) == 5


def test_what_ended_well_is_kept(busy, ledger, half):
    """Given a failed run, when what was wrong is repaired, and it is retried, then what failed runs again, and nothing else."""
    repair(ledger)
    half.retry()
    assert half.get(timeout=120) == 3
    assert sorted(bodies(ledger)) == [1, 2, 2]
    assert half.view.failed == 0
    assert [node.attempts for node in half.tree().children[0].children[0].children] == [1, 2]


def test_celery_waits_once_more(busy, ledger):
    """Given a retried run, then a fresh handle waits, from any process; and a second failure is told like the first."""
    run = failed(busy, busy.tasks("brittle", 1))
    assert busy.orchestrator.run(run.id).state == "FAILURE"
    busy.app.control.cancel_consumer("celery", reply=True)
    try:
        run.retry()
        assert busy.orchestrator.run(run.id).state == "PENDING"
        assert not run.ready()
    finally:
        busy.app.control.add_consumer("celery", reply=True)
    assert isinstance(error_of(busy.orchestrator.run(run.id)), ValueError)
    wait_for_event(run, RunClosed)
    repair(ledger)
    run.retry()
    assert busy.orchestrator.run(run.id).get(timeout=120) == 1
    assert [event.attempt for event in events(run, NodeStarted) if event.node == "0.0"] == [1, 2, 3]


def test_right_after_the_error(busy, ledger):
    """Given who waits for a run and retries it as soon as it has failed, then it goes on, every time."""
    run = busy.run(busy.tasks("brittle", 1))
    for _ in range(5):
        assert isinstance(error_of(busy.orchestrator.run(run.id)), ValueError)
        run.retry()
    repair(ledger)
    wait_for(lambda: run.status.ended, what="an end")
    if run.status is RunStatus.FAILED:
        run.retry()
    assert busy.orchestrator.run(run.id).get(timeout=120) == 1


def test_those_who_watch_see_one_end(busy, ledger, half):
    """Given a run that was closed and retried, when somebody watches it from the beginning, then to its last end."""
    repair(ledger)
    half.retry()
    seen = list(half.watch())
    assert isinstance(seen[-1], RunClosed)
    assert [type(event) for event in seen].count(RunClosed) == 1
    assert half.status is RunStatus.SUCCEEDED


@pytest.mark.parametrize("ended", [False, True], ids=["begun", "ended"])
@pytest.mark.parametrize("read", ["tree", "timeline", "items", "node"])
def test_whoever_reads_it_meanwhile_gets_an_answer(busy, ledger, half, monkeypatch, read, ended):
    """Given a reader that has seen the records of the failure, when a retry takes them back, then it still answers.

    Also if the run has succeeded since, so that the place of the error holds a result.
    """
    repair(ledger)
    reader = busy.orchestrator.container.reader
    pools, retried = type(reader).pools, []

    def pools_after_a_retry(self, run, nodes):  # after the records of ended nodes, before their errors
        if not retried:
            retried.append(half.retry())
            wait_for(lambda: half.status.ended or not ended, what="the end of the retried run")
        return pools(self, run, nodes)

    monkeypatch.setattr(type(reader), "pools", pools_after_a_retry)
    reads = {
        "tree": half.tree,
        "timeline": lambda: list(half.timeline()),
        "items": lambda: list(half.items(node="0.0.0")),
        "node": lambda: half.node("0.0.0"),
    }
    assert reads[read]()
    assert retried
    assert half.get(timeout=60) == 3


@pytest.mark.parametrize("ended", [False, True], ids=["begun", "ended"])
@pytest.mark.parametrize("read", ["status_message", "state", "result", "outcome", "own", "repr"])
def test_whoever_reads_its_end_meanwhile_gets_an_answer(busy, ledger, half, monkeypatch, read, ended):
    """Given a reader that has seen the failure, when a retry takes it back before its error is read, then the reader is
    told how the run stands now: that it goes on, or its new result."""
    repair(ledger)
    reader = type(busy.orchestrator.container.reader)
    terminal, retried = reader.terminal, []

    def terminal_after_a_retry(self, run, nodes):
        if not retried:
            retried.append(half.retry())
            wait_for(lambda: half.status.ended or not ended, what="the end of the retried run")
        return terminal(self, run, nodes)

    run = busy.orchestrator.run(half.id)
    monkeypatch.setattr(reader, "terminal", terminal_after_a_retry)
    if read == "outcome":
        try:
            assert run.outcome() == 3
        except OrchestratorError as error:
            assert "Wait with `run.get()`" in str(error)
    elif read == "own":
        assert isinstance(run.get(timeout=60, propagate=False), (int, ValueError, ChordError))
    else:
        expected = {
            "status_message": ("RUNNING", "SUCCEEDED"), "state": ("PENDING", "SUCCESS"), "result": ("None", "3"),
            "repr": ("<div>",),
        }[read]  # fmt: skip
        found = run._repr_html_() if read == "repr" else getattr(run, read)
        assert str(found).startswith(expected)
    assert retried
    assert half.get(timeout=60) == 3


def test_a_native_chain_around_it_does_not_go_on(busy, ledger):
    """Given a run in the middle of a native chain, when it failed, then the chain did; retried, the run ends well for
    itself, its own callbacks are called, and the chain stays as it is."""
    inner = busy.complex(busy.tasks("brittle", 5).set(immutable=True))
    inner.link(busy.tasks("nap", "linked", 0).set(immutable=True))
    last = chain(busy.tasks("nap", 1, 0), inner, busy.tasks("nap", "after", 0).set(immutable=True), app=busy.app)()
    assert isinstance(last.get(timeout=120, propagate=False), ValueError)
    run = busy.orchestrator.run(last.parent.id)
    wait_for_event(run, RunClosed)
    repair(ledger)
    run.retry()
    assert busy.orchestrator.run(run.id).get(timeout=120) == 5
    wait_for(lambda: "linked" in bodies(ledger), what="its callback")
    assert "after" not in bodies(ledger)
    assert busy.app.AsyncResult(last.id).state == "FAILURE"


def test_a_task_that_replaced_itself_starts_anew(busy, ledger):
    """Given a task whose stand-in run failed, when its run is retried, then the task starts as itself."""
    run = failed(busy, busy.tasks("replaced_by_brittle", 3))
    repair(ledger)
    run.retry()
    assert busy.orchestrator.run(run.id).get(timeout=120) == 3
    assert bodies(ledger) == ["outer", "inner", 3] * 2
    stand_in = busy.orchestrator.run(f"{run.id}:0.0:1")
    stand_in.retry()  # which nobody waits for
    assert busy.orchestrator.run(stand_in.id).get(timeout=120) == 3
    assert run.view.done == 1


def test_one_node(busy, ledger):
    """Given two failed members, when one is retried, then it alone runs, and the group still fails with the other."""
    run = failed(busy, group(busy.tasks("brittle", 1), busy.tasks("brittle", 2), busy.tasks("nap", 3, 0)))
    repair(ledger)
    run.retry("0.0.1")
    assert "1 is broken" in str(error_of(busy.orchestrator.run(run.id)))
    assert sorted(bodies(ledger)) == [1, 2, 2, 3]
    wait_for_event(run, RunClosed)
    run.retry(node="0.0.0")
    assert busy.orchestrator.run(run.id).get(timeout=120) == [1, 2, 3]


def test_refusals_say_what_is_the_matter(busy, ledger):
    """Given nodes and runs that cannot be retried, then the state is named, and the attempt is in the audit trail."""
    run = failed(busy, chain(busy.tasks("nap", 1, 0), busy.tasks("brittle", 2).set(immutable=True)))
    with pytest.raises(InvalidTransition, match=r"The node 0\.0\.0 of the run .* is SUCCEEDED and cannot be retried"):
        run.retry("0.0.0")
    with pytest.raises(NodeNotFound, match=r"no node '0\.9'"):
        run.retry("0.9")
    repair(ledger)
    run.retry()
    assert busy.orchestrator.run(run.id).get(timeout=120) == 2
    with pytest.raises(InvalidTransition, match="is SUCCEEDED and cannot be retried"):
        run.retry()
    with pytest.raises(RunNotFound):
        busy.orchestrator.result("never").retry()
    entries = busy.orchestrator.audit(run=run.id, verb="retry")
    assert [(entry.refused, entry.node) for entry in entries] == [
        (True, ""),
        (False, ""),
        (True, "0.9"),
        (True, "0.0.0"),
    ]
    assert (entries[1].before, entries[1].after) == (RunStatus.FAILED, RunStatus.RUNNING)


def test_a_deadline_begins_anew(make_stand, ledger):
    """Given a run that failed by its deadline, when it is retried, then it has its time once more."""
    stand = make_stand(orchestrator_heartbeat=0.2)
    with stand.worker():
        run = stand.run(chain(stand.tasks("gated", 1, "gate"), stand.tasks("nap", 0)), deadline=2)
        assert isinstance(error_of(run), DeadlineExceeded)
        wait_for_event(run, RunClosed)
        ledger.redis.set("gate", 1)
        run.retry()
        assert stand.orchestrator.run(run.id).get(timeout=120) == 1
        assert [child.state for child in run.tree().children[0].children] == [NodeState.SUCCEEDED] * 2


def test_a_caller_that_dies_right_after_is_no_matter(make_stand, ledger):
    """Given a retry whose caller died before it could do what follows, then a worker does: Celery waits once more, what
    failed is sent, and the run ends."""
    stand = make_stand(orchestrator_heartbeat=0.2, orchestrator_lease=2, orchestrator_republish_after=1)
    with stand.worker():
        ledger.redis.set("gate", 1)
        run = failed(stand, stand.tasks("gated", 1, "gate", True))
        ledger.redis.delete("gate")
        repair(ledger, "gate:repaired")
        assert stand.orchestrator.container.store.retry(run.id).refused is None
        wait_for(lambda: stand.orchestrator.run(run.id).state == "PENDING", what="the reset")
        ledger.redis.set("gate", 1)
        assert stand.orchestrator.run(run.id).get(timeout=120) == 1
        assert "owed" not in stand.orchestrator.container.reader.head(run.id)


def test_many_at_once(busy, ledger):
    """Given several failed runs and one that did not, then the list retries those that failed, and says what each did."""
    runs = [failed(busy, busy.tasks("brittle", number), tags=["many"]) for number in (1, 2)]
    well = busy.run(busy.tasks("nap", 3, 0), tags=["many"])
    well.get(timeout=120)
    repair(ledger)
    answers = busy.orchestrator.runs(tag="many").retry()
    assert {answer.run: answer.done for answer in answers} == {well.id: False, **{run.id: True for run in runs}}
    assert sorted(busy.orchestrator.run(run.id).get(timeout=120) for run in runs) == [1, 2]


def test_a_late_reset_does_not_hide_the_next_end(busy, ledger):
    """Given a caller that is slow to tell Celery to wait, when the run has ended again meanwhile, then that end stays told,
    well or not."""
    for ends_well in (False, True):
        run = failed(busy, busy.tasks("brittle", 1))
        if ends_well:
            repair(ledger)
        busy.orchestrator.container.publisher.act(busy.orchestrator.container.store.retry(run.id).todo)
        wait_for(lambda run=run: "closed" in busy.orchestrator.container.reader.head(run.id), what="the second end")
        root = busy.orchestrator.container.store.keys.root(run.id)
        busy.orchestrator.container.store.client.hset(root, mapping={"reset": 1, "owed": 1})
        SideEffects(busy.orchestrator.container).apply(run.id)
        assert busy.orchestrator.run(run.id).state == ("SUCCESS" if ends_well else "FAILURE")
        answer = busy.orchestrator.container.store.retry(run.id)
        assert answer.refused is (Refused.STATE if ends_well else None)
        busy.orchestrator.container.publisher.act(answer.todo)  # else a sweep does it, in the middle of another test
        wait_for(lambda run=run: "closed" in busy.orchestrator.container.reader.head(run.id), what="the last end")

"""A run with a delay, before, at and after its time: what is lost, who is away, and what else is asked of it."""

from datetime import datetime, timedelta, timezone

import pytest
from celery.exceptions import TaskRevokedError

from orchestrator_celery import InvalidWorkflow, RunNotFound, RunStatus, SignatureInUse, SwarmClosed
from tests.kit.waiting import wait_for
from tests.worker.support import client_of, error_of
from tests.worker.test_starting import PRIMITIVES, RESULTS, Start

NAIVE = datetime(2030, 1, 31)


@pytest.mark.parametrize(
    "times",
    [
        {"eta": "tomorrow"}, {"eta": NAIVE}, {"eta": NAIVE.isoformat()}, {"eta": 5}, {"eta": "2030-13-01T00:00:00Z"},
        {"countdown": "soon"}, {"countdown": float("nan")}, {"countdown": float("inf")}, {"countdown": True},
        {"countdown": timedelta(seconds=1)}, {"expires": "tomorrow"}, {"expires": NAIVE}, {"expires": True},
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("eager", [False, True], ids=["real", "eager"])
@pytest.mark.parametrize("kind", PRIMITIVES)
def test_what_is_no_time_is_refused(make_stand, kind, eager, times):
    """Given an option that says no time, at the call or in the signature, then it is refused by name, and nothing
    starts."""
    stand = make_stand(task_always_eager=eager)
    [name] = times
    for start in (
        lambda: Start(stand, kind).primitive("v").apply_async(**times),
        lambda: Start(stand, kind).primitive("v").set(**times).delay(),
    ):
        with pytest.raises(InvalidWorkflow, match=f"^{name}="):
            start()
    assert stand.keys() == []


@pytest.mark.parametrize("times", [{"eta": "tomorrow"}, {"eta": NAIVE}, {"countdown": "soon"}], ids=repr)
def test_a_task_inside_with_no_time_is_refused(stand, times):
    """Given such an option of a task inside, then the run is refused."""
    with pytest.raises(InvalidWorkflow, match=f"^{next(iter(times))}="):
        stand.run(stand.tasks("identity", 1).set(**times))
    assert stand.keys() == []


@pytest.mark.parametrize("kind", PRIMITIVES)
def test_an_emptied_broker_loses_no_delayed_run(make_stand, ledger, kind):
    """Given a run with a delay, when the broker is emptied and everything is started anew, then the run starts."""
    stand = make_stand()
    with stand.worker():
        run = Start(stand, kind).primitive("v").apply_async(countdown=3)
    with client_of(stand.broker) as broker:
        broker.flushdb()
    with stand.worker():
        assert run.get(timeout=120) == RESULTS[kind]("v")
    assert len(ledger.entries("ran", run.id)) == 1


@pytest.mark.parametrize("kind", PRIMITIVES)
def test_a_run_whose_time_comes_while_no_worker_is_up_starts_later(stand, ledger, kind):
    """Given no worker at its time, then the run starts once one is up."""
    run = Start(stand, kind).primitive("v").apply_async(countdown=0.2)
    wait_for(lambda: datetime.now(timezone.utc) > run.view.eta, 10, "its time")
    assert run.status is RunStatus.PENDING
    with stand.worker():
        assert run.get(timeout=120) == RESULTS[kind]("v")


def test_a_deleted_due_index_loses_no_delayed_run(make_stand, ledger):
    """Given a delayed run, when the indexes are deleted, then it starts all the same."""
    stand = make_stand()
    run = stand.swarm([stand.tasks("identity", 1)]).apply_async(countdown=2)
    store = stand.orchestrator.container.store
    store.client.delete(store.keys.due, store.keys.runs, store.keys.starts)
    with stand.worker():
        assert run.get(timeout=120) == [1]


@pytest.mark.parametrize("kind", PRIMITIVES)
def test_a_run_suspended_over_its_time_starts_with_its_resumption(busy, ledger, kind):
    """Given a run suspended before its start, when its time passes, then it waits, and starts when it is resumed."""
    run = Start(busy, kind).primitive("v").apply_async(countdown=0.5)
    run.suspend()
    past = datetime.now(timezone.utc) + timedelta(seconds=3)
    wait_for(lambda: datetime.now(timezone.utc) > past, 10, "more than one look of the leader")
    assert run.status is RunStatus.SUSPENDED
    assert ledger.entries("ran", run.id) == []
    run.resume()
    assert run.get(timeout=120) == RESULTS[kind]("v")


@pytest.mark.parametrize("kind", PRIMITIVES)
def test_a_run_that_expires_before_its_start_ends_as_a_revoked_task(busy, ledger, kind):
    """Given an expiry before the start, then no task runs, and who waits is told as of a native task."""
    run = Start(busy, kind).primitive("v").apply_async(countdown=1, expires=0.5)
    native = busy.tasks("identity", 1).apply_async(countdown=1, expires=0.5)
    errors = [error_of(run, 30), native.get(timeout=120, propagate=False)]
    assert [(type(error), str(error)) for error in errors] == [(TaskRevokedError, "expired")] * 2
    assert run.status is RunStatus.FAILED
    assert ledger.entries("ran", run.id) == []


def test_an_expired_run_calls_its_error_handlers(busy, ledger):
    """Given error handlers of the run, when it expires before its start, then they are called, once."""
    workflow = busy.tasks("identity", 1)
    run = busy.complex(workflow, on_error=busy.tasks("on_handler")).apply_async(countdown=0.5, expires=0.2)
    assert isinstance(error_of(run, 30), TaskRevokedError)
    wait_for(lambda: ledger.entries("handler"), 20, "the handler")
    assert len(ledger.entries("handler")) == 1


@pytest.mark.parametrize("kind", PRIMITIVES)
def test_an_expired_run_is_retried(busy, ledger, kind):
    """Given a run that expired before its start, when it is retried, then it starts at once."""
    run = Start(busy, kind).primitive("v").apply_async(countdown=0.5, expires=0.2)
    assert isinstance(error_of(run, 30), TaskRevokedError)
    run.retry()
    wait_for(lambda: run.status.ended, 30, "its end")


def test_an_open_swarm_takes_items_before_it_starts(busy):
    """Given an open swarm with a delay, then items are added and it is closed before it starts, from any handle."""
    run = busy.swarm([], open=True).apply_async(countdown=2)
    run.swarm.add_task(busy.tasks("identity", 1))
    assert run.swarm.add_tasks_bulk([busy.tasks("identity", n) for n in (2, 3)]).added == 2
    run.swarm.close()
    with pytest.raises(SwarmClosed):
        run.swarm.add_task(busy.tasks("identity", 4))
    assert run.status is RunStatus.PENDING
    assert run.get(timeout=120) == [1, 2, 3]


def test_an_item_skipped_before_the_start_stays_out(busy):
    """Given a swarm with a delay, when an item is skipped, then it starts without it."""
    run = busy.swarm([busy.tasks("identity", n) for n in range(3)]).apply_async(countdown=2)
    run.skip("0.1")
    assert run.get(timeout=120) == [0, None, 2]


def test_a_step_skipped_before_the_start_stays_out(busy):
    """Given a chain with a delay, when a step is skipped, then the others run."""
    run = Start(busy, "complex").primitive("v").apply_async(countdown=2)
    run.skip("0.0.1")
    assert run.get(timeout=120) == "v"


@pytest.mark.parametrize("kind", PRIMITIVES)
def test_its_signature_is_marked_and_purged_as_of_any_live_run(busy, kind):
    """Given a run that waits for its start, then its signature can be marked, not purged; the run starts all the same,
    unless it is cancelled."""
    run = Start(busy, kind).primitive("v").apply_async(countdown=3)
    with pytest.raises(SignatureInUse):
        run.signature.purge(confirm=True)
    run.signature.delete(after=60)
    assert run.get(timeout=120) == RESULTS[kind]("v")
    other = Start(busy, kind).primitive("v").apply_async(countdown=600)
    other.signature.delete(after=0)
    assert other.status is RunStatus.PENDING
    other.cancel(confirm=True)
    with pytest.raises(RunNotFound):
        busy.orchestrator.run(other.id)


@pytest.mark.parametrize("kind", PRIMITIVES)
def test_a_rerun_of_a_delayed_run_starts_at_once(busy, ledger, kind):
    """Given a run that waits for its start, when it is run again, then the new one has no delay."""
    run = Start(busy, kind).primitive("v").apply_async(countdown=600)
    again = run.rerun()
    assert again.get(timeout=120) == RESULTS[kind]("v")
    assert again.view.eta is None
    [[_, _, eta, _]] = ledger.entries("ran", again.id)
    assert eta is None
    run.cancel(confirm=True)


def test_a_tree_and_progress_of_what_has_not_started(busy):
    """Given a run that waits for its start, then every view of it works."""
    for kind in PRIMITIVES:
        run = Start(busy, kind).primitive("v").apply_async(countdown=600)
        assert run.progress().running == 0
        assert run.tree().id == "0"
        assert run.status_message
        assert run.cancel_plan().running == 0
        assert run.events()
        run.cancel(confirm=True)

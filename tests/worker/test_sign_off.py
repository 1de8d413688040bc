"""How a worker ends decides what others look at: one that ends in good order leaves nothing to look for."""

import signal

import pytest

from orchestrator_celery import RunStatus
from tests.kit.waiting import wait_for

FAR = 10**15


@pytest.fixture
def stand(make_stand):
    """A long lease: on a busy machine no worker that lives may look dead. One that was killed is known by its process."""
    return make_stand(orchestrator_heartbeat=0.3, orchestrator_lease=30)


@pytest.fixture
def resting(stand):
    """Runs that wait for a worker, and that nobody has to look at for a long time."""
    runs = [stand.run(stand.tasks("identity", number)) for number in range(20)]
    for run in runs:
        run.suspend()
    return runs


def store(stand):
    return stand.orchestrator.container.store


def put_off(stand, runs):
    store(stand).client.zadd(store(stand).keys.due, {run.id: FAR for run in runs})


def looked_at(stand, runs):
    """Those that somebody has looked at since they were put off."""
    due = store(stand).keys.due
    return [run.id for run in runs if store(stand).client.zscore(due, run.id) != FAR]


def members(stand):
    return stand.orchestrator.container.registry.members()


def swept(stand):
    """A run is looked at that is due: whoever leads has swept."""
    marker = stand.run(
        stand.tasks("identity", "marker"), queue="nobody"
    )  # no worker may be quicker than the suspension
    marker.suspend()
    store(stand).client.zadd(store(stand).keys.due, {marker.id: 1})
    wait_for(lambda: store(stand).client.zscore(store(stand).keys.due, marker.id) != 1, what="a sweep")


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])
def test_a_worker_that_ends_in_good_order_signs_off(stand, resting, pool):
    """Given a worker that is stopped, then it is in no list, and its successor looks only at what is due."""
    with stand.worker(pool=pool) as worker:
        run = stand.run(stand.tasks("identity", 1))
        assert run.get(timeout=120) == 1
        swept(stand)
        worker.stop()
    assert members(stand) == []
    put_off(stand, resting)
    with stand.worker():
        swept(stand)
        assert looked_at(stand, resting) == []
        assert {run.status for run in resting} == {RunStatus.SUSPENDED}


def test_a_follower_takes_over_at_once(stand, resting):
    """Given two workers, when the leader is stopped, then the other leads, and looks only at what is due."""
    with stand.worker() as first:
        swept(stand)
        with stand.worker():
            wait_for(lambda: len(members(stand)) == 2, what="both")
            put_off(stand, resting)
            first.stop()
            swept(stand)
            assert looked_at(stand, resting) == []


def test_a_worker_that_is_killed_has_everything_looked_at(stand, resting):
    """Given a worker that is killed, then its successor looks at every run: any of them may have lost a task."""
    with stand.worker() as worker:
        swept(stand)
        worker.kill()
    assert len(members(stand)) == 1
    put_off(stand, resting)
    with stand.worker():
        wait_for(lambda: len(looked_at(stand, resting)) == len(resting), what="a look at every run")
        wait_for(lambda: len(members(stand)) == 1, what="the burial")


def test_a_worker_that_is_cut_off_in_mid_task_does_not_sign_off(stand, ledger):
    """Given a task that runs when its worker is told to quit at once, then the task is looked for, and runs again."""
    with stand.worker(concurrency=1) as worker:
        run = stand.run(stand.tasks("nap", "once", seconds=3))
        wait_for(lambda: ledger.entries("start"), what="the task")
        worker.stop(signal.SIGQUIT)
    with stand.worker():
        assert run.get(timeout=120) == "once"
    assert len(ledger.entries("start")) == 2

"""Items that share a message, on real workers: the same outcome as a message each."""

import os

import pytest
from celery import chain

from orchestrator_celery import InterruptOutcome, InvalidWorkflow, NodeState, RunStatus
from orchestrator_celery.model.events import NodeLost, NodeStarted, NodeSucceeded
from tests.kit.waiting import wait_for
from tests.worker.support import error_of, events
from tests.worker.test_concurrency import most_live


@pytest.mark.parametrize("batch", [7, 100, "auto"])
def test_results_are_those_of_single_messages(busy, batch):
    run = busy.swarm([busy.tasks("add", i, 1) for i in range(300)], batch=batch).apply_async()
    assert run.get(timeout=240) == list(range(1, 301))
    for kind in (NodeStarted, NodeSucceeded):
        assert len([event for event in events(run, kind) if event.node.startswith("0.")]) == 300


@pytest.mark.parametrize("wrong", [0, -1, 2.5, True, "all"])
def test_other_values_are_refused(stand, wrong):
    with pytest.raises(InvalidWorkflow, match="batch="):
        stand.swarm([], batch=wrong)


def test_bounded(busy):
    run = busy.swarm([busy.tasks("add", i, 1) for i in range(100)], batch=50, max_concurrency=16).apply_async()
    assert run.get(timeout=240) == list(range(1, 101))
    assert most_live(run) <= 16


def test_long_items_are_spread(busy, ledger):
    run = busy.swarm([busy.tasks("nap", i, 0.15) for i in range(16)], batch="auto").apply_async()
    assert run.get(timeout=240) == list(range(16))
    pids = {event.worker for event in events(run, NodeStarted)}
    assert len(pids) > 1


def test_a_child_killed_in_a_batch(busy, ledger):
    items = [busy.tasks("suicide_once", i) if i == 5 else busy.tasks("nap", i, 0.02) for i in range(40)]
    run = busy.swarm(items, batch=40).apply_async()
    assert run.get(timeout=240) == list(range(40))
    lost = events(run, NodeLost)
    assert any(event.node == "0.5" for event in lost)
    succeeded = [event.node for event in events(run, NodeSucceeded) if event.node.startswith("0.")]
    assert len(succeeded) == len(set(succeeded)) == 40


def test_suspended_between_items(busy, ledger):
    run = busy.swarm([busy.tasks("nap", i, 0.05) for i in range(60)], batch=60).apply_async()
    wait_for(lambda: ledger.entries("end"), 20, "an item to end")
    run.suspend()
    wait_for(lambda: not any(i.state is NodeState.RUNNING for i in run.items()), 10, "nothing to run")
    assert len(ledger.entries("end")) < 60
    run.resume()
    assert run.get(timeout=240) == list(range(60))
    assert len(ledger.entries("start")) == 60, "each body once"
    assert run.status is RunStatus.SUCCEEDED


def test_cancelled_inside(busy, ledger):
    run = busy.swarm([busy.tasks("nap", i, 30) for i in range(8)], batch=8).apply_async()
    wait_for(lambda: ledger.entries("start"), 20, "a body")
    pids = {int(event.worker.rsplit("/", 2)[1]) for event in events(run, NodeStarted)}
    run.cancel(confirm=True)
    wait_for(lambda: not any(_there(pid) for pid in pids), 10, "the bodies to be stopped")


def test_failures_and_callbacks(busy, ledger):
    items = [busy.tasks("fail") if i % 10 == 0 else busy.tasks("add", i, 1) for i in range(30)]
    run = busy.swarm(
        items, batch=30, max_failures=3, on_task_cleanup=busy.tasks("on_link", mark="cleanup")
    ).apply_async()
    assert run.get(timeout=240) == [None if i % 10 == 0 else i + 1 for i in range(30)]
    wait_for(lambda: len(ledger.entries("cleanup")) == 30, 20, "the callbacks")


def test_stops_at_a_failure(busy):
    run = busy.swarm([busy.tasks("fail")] * 5, batch=5, stop_after_n_failures=1).apply_async()
    assert "failed" in str(error_of(run))


def _there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_worker_killed(stand, ledger):
    run = None
    with stand.worker() as first:
        run = stand.swarm([stand.tasks("nap", i, 0.05) for i in range(60)], batch=60).apply_async()
        wait_for(lambda: len(ledger.entries("end")) > 3, 30, "some to end")
        first.kill()
    with stand.worker():
        assert run.get(timeout=240) == list(range(60))
    assert len(ledger.entries("start")) <= 62, "only what ran in the two processes runs again"


def test_retries_and_replacements_go_on_by_themselves(busy, ledger):
    t = busy.tasks
    items = [
        t("flaky", 2, i) if i % 3 == 0 else t("replaced", "task") if i % 3 == 1 else t("add", i) for i in range(12)
    ]
    single = busy.swarm(items).apply_async().get(timeout=240)
    assert busy.swarm(items, batch=12).apply_async().get(timeout=240) == single


@pytest.mark.parametrize("pool", ["threads", "solo", "gevent"])
def test_other_pools(make_stand, pool):
    stand = make_stand()
    with stand.worker(pool=pool):
        run = stand.swarm([stand.tasks("add", i, 1) for i in range(50)], batch=20).apply_async()
        assert run.get(timeout=240) == list(range(1, 51))


def test_interrupted_inside(busy, ledger):
    """Given a batch, when its run is interrupted, then the body is stopped, its neighbours are held, and all go on."""
    run = busy.swarm(
        [busy.tasks("nap", i, 0.4 if i else 20) for i in range(4)], batch=4, max_concurrency=1
    ).apply_async()
    wait_for(lambda: ledger.entries("start"), 20, "a body")
    report = run.interrupt(grace=3)
    assert [(task.node, task.outcome) for task in report.tasks] == [("0.0", InterruptOutcome.TERMINATED)]
    assert run.status is RunStatus.INTERRUPTED
    assert [item.state for item in run.items()] == [NodeState.INTERRUPTED, *[NodeState.WAITING] * 3]
    run.resume()
    wait_for(lambda: len(ledger.entries("start")) == 2, 20, "the body again")
    run.cancel(confirm=True)


def test_a_long_item_does_not_keep_others_waiting(busy, ledger):
    """Given short items and then a long one with others behind it, then these are given to somebody else meanwhile."""
    items = [busy.tasks("nap", i, 6 if i == 20 else 0.005) for i in range(40)]
    run = busy.swarm(items, batch=40).apply_async()
    wait_for(lambda: len(ledger.entries("end")) == 39, 5, "all the others")
    assert run.get(timeout=120) == list(range(40))


def test_what_cannot_share_goes_by_itself(make_stand, ledger):
    """Given limits, options of their own, and tasks that may not run again, then such items have their own messages."""
    stand = make_stand()
    t = stand.tasks
    items = [t("nap", 0), t("nap", 1).set(queue="celery"), t("too_long"), t("never_resumed", 3), t("nap", 4).set(expires=99),
             chain(t("nap", 5), t("nap"))]  # fmt: skip
    run = stand.swarm(items, batch=9, max_failures=2).apply_async()
    assert stand.queued() == 1, "the runner draws them in turn"
    with stand.worker() as worker:
        assert run.get(timeout=240)[:2] == [0, 1]
        received = worker.log
    for index in (1, 2, 3, 4):
        assert f"{run.id}:0.{index}:1] received" in received
    assert f"{run.id}:0.5.0:1] received" in received
    assert f"{run.id}:0.0:1] received" not in received


def test_a_project_with_a_time_limit_has_messages_each(make_stand):
    stand = make_stand(task_time_limit=60)
    stand.swarm([stand.tasks("add", i, 1) for i in range(5)], batch=5).apply_async()
    assert stand.queued() == 5

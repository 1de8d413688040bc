"""Store or broker away at submission: a clear error and nothing left. Away in mid-run: workers wait, nothing is lost."""

from contextlib import contextmanager

import pytest
from celery import chain, chord, group
from kombu.exceptions import OperationalError

from orchestrator_celery import RunStatus, StoreNotConfigured, StoreUnavailable, Swarm
from orchestrator_celery.model.events import NodeSucceeded
from tests.kit.servers import free_port
from tests.kit.waiting import wait_for
from tests.worker.support import client_of, events, wait_for_event

#: Fast connection errors, so that a test does not wait for a publication to be given up.
HASTY = {"broker_connection_timeout": 0.5, "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0}}


@contextmanager
def down(server):
    """A server that was killed, and comes back with what it had on disk."""
    server.kill()
    try:
        yield
    finally:
        server.restart()


def workflows(t):
    return [
        chain(t("nap", 1), t("nap")),
        chord([t("nap", 1), t("nap", 2)], t("xsum")),
        group(t("nap", i) for i in range(5)),
        Swarm([t("nap", i) for i in range(1500)]),
    ]


@pytest.fixture
def apart(make_stand, new_redis):
    """A stand whose store is a Redis of its own that writes everything to disk."""
    store = new_redis(aof="always")
    stand = make_stand(orchestrator_store_url=store.url(), orchestrator_heartbeat=0.5, orchestrator_lease=3, **HASTY)
    stand.store_server = store
    return stand


def test_store_down_at_submission(apart):
    with down(apart.store_server):
        for workflow in workflows(apart.tasks):
            with pytest.raises(StoreUnavailable, match="not started"):
                apart.run(workflow)
    assert apart.keys() == []
    assert apart.queued() == 0
    # The same client goes on, without being told that the store is back.
    with apart.worker():
        assert apart.run(apart.tasks("add", 1, 1)).get(timeout=120) == 2


@pytest.mark.parametrize("verb", ["add_task", "add_tasks_bulk", "add_tasks_bulk in batches", "close"])
def test_store_down_when_a_swarm_is_changed(apart, verb):
    swarm = apart.swarm([], open=True)
    run = swarm.apply_async()
    change = {
        "add_task": lambda: swarm.add_task(apart.tasks("nap", 1)),
        "add_tasks_bulk": lambda: swarm.add_tasks_bulk([apart.tasks("nap", i) for i in range(5)]),
        "add_tasks_bulk in batches": lambda: swarm.add_tasks_bulk([apart.tasks("nap", i) for i in range(1500)]),
        "close": swarm.close,
    }[verb]
    with down(apart.store_server), pytest.raises(StoreUnavailable):
        change()
    assert run.progress().total == 0
    assert run.status is RunStatus.PENDING, "nor is it closed"


@pytest.mark.parametrize("what", ["status", "progress", "tree", "items", "watch", "run", "runs"])
def test_store_down_when_something_is_asked(apart, what):
    run = apart.swarm([apart.tasks("add", 1, 1)]).apply_async()
    ask = {
        "status": lambda: run.status,
        "progress": run.progress,
        "tree": run.tree,
        "items": lambda: list(run.items()),
        "watch": lambda: next(run.watch()),
        "run": lambda: apart.orchestrator.run(run.id),
        "runs": apart.orchestrator.runs,
    }[what]
    with down(apart.store_server), pytest.raises(StoreUnavailable):
        ask()
    assert run.status is RunStatus.PENDING


@pytest.fixture
def unsendable(make_stand):
    """A stand with a store, and a broker that is not there."""
    return make_stand(broker=f"redis://127.0.0.1:{free_port()}/0", **HASTY)


def test_broker_down_at_submission(unsendable):
    for workflow in workflows(unsendable.tasks):
        with pytest.raises(OperationalError):
            unsendable.run(workflow)
    assert unsendable.keys() == []
    assert unsendable.orchestrator.runs() == []


def test_broker_down_at_a_delayed_submission(unsendable):
    """Given no broker, when a run is started with a delay, then it is accepted: the store holds the delay."""
    run = unsendable.run(unsendable.tasks("nap", 1), countdown=600)
    assert unsendable.orchestrator.run(run.id).status == "PENDING"


def test_refused_id_can_be_used_again(unsendable, make_stand):
    with pytest.raises(OperationalError):
        unsendable.run(unsendable.tasks("add", 1, 1), task_id="mine")
    again = make_stand(backend=unsendable.backend, broker=make_stand().broker)
    with again.worker():
        assert again.run(again.tasks("add", 2, 2), task_id="mine").get(timeout=120) == 4


def test_store_killed_in_mid_run(apart, ledger):
    with apart.worker() as worker:
        t = apart.tasks
        swarm = apart.swarm([t("nap", i, seconds=0.05) for i in range(60)], max_concurrency=4).apply_async()
        steps = apart.run(chain([t("nap_add", 0, 1, 0.05), *(t("nap_add", 1, 0.05) for _ in range(19))]))
        wait_for_event(swarm, NodeSucceeded, 5)
        wait_for_event(steps, NodeSucceeded, 2)
        with down(apart.store_server):
            # Down for as long as it takes the worker to miss a few signs of life.
            wait_for(
                lambda: worker.log.count("The heartbeat could not be sent") >= 3, 20, "the worker to miss its store"
            )
        assert swarm.get(timeout=120) == list(range(60))
        assert steps.get(timeout=120) == 20
    assert swarm.status is steps.status is RunStatus.SUCCEEDED
    assert len(events(swarm, NodeSucceeded)) == 61, "each item once, and the swarm"
    # What ran while the store went down may have run again, in each of the two processes.
    assert {entry[1] for entry in ledger.entries("end")} == set(range(60))
    assert len(ledger.entries("start")) <= 60 + 20 + 4


def test_store_killed_while_the_last_task_runs(apart, ledger):
    with apart.worker() as worker:
        run = apart.run(apart.tasks("nap", "only", seconds=1))
        wait_for(lambda: ledger.entries("start", "only"), 20, "the task to start")
        with down(apart.store_server):
            wait_for(lambda: ledger.entries("end", "only"), 20, "the task to end")
            wait_for(lambda: "The heartbeat could not be sent" in worker.log, 20, "the worker to miss its store")
        assert run.get(timeout=120) == "only"
    assert len(ledger.entries("start", "only")) == 1, "what it finished was reported once the store was back"


# -- an app with no Redis anywhere


def test_no_redis_anywhere(make_stand, tmp_path):
    broker = make_stand().broker
    results = tmp_path / "results"
    results.mkdir()
    stand = make_stand(broker=broker, backend=f"file://{results}")
    for use in (
        lambda: stand.run(stand.tasks("add", 1, 1)),
        lambda: stand.swarm([]).apply_async(),
        lambda: stand.orchestrator.run("some"),
        lambda: stand.orchestrator.runs(),
    ):
        with pytest.raises(StoreNotConfigured) as caught:
            use()
        assert "result_backend" in str(caught.value)
        assert "orchestrator_store_url" in str(caught.value), "it says what to set"
    # One child: of two, the slower may store its RETRY after the other's SUCCESS, which Celery's backends allow.
    with stand.worker(concurrency=1) as worker:
        t = stand.tasks
        assert t("add", 1, 1).apply_async().get(timeout=120) == 2
        assert chain(t("add", 1, 1), t("add", 3), app=stand.app).apply_async().get(timeout=120) == 5
        with pytest.raises(ValueError, match="no good"):
            t("fail").apply_async().get(timeout=120)
        assert t("flaky", 2).apply_async().get(timeout=120) == 2
        assert "orchestrator" not in worker.log.partition(" ready.")[2], "the extension has nothing to say"
    with client_of(broker) as client:
        assert list(client.scan_iter("orc:*")) == []


@pytest.mark.parametrize("url", ["mongodb://localhost/", "rpc://", "sqs://"])
def test_store_url_that_is_no_redis(make_stand, url):
    stand = make_stand(orchestrator_store_url=url)
    with pytest.raises(StoreNotConfigured, match="orchestrator_store_url"):
        stand.run(stand.tasks("add", 1, 1))

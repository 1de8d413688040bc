"""Broker or store is away for a while, at the moments at which Celery itself would fail a task for it."""

import pytest
from celery import chain

from orchestrator_celery import RunStatus
from orchestrator_celery.model.events import NodeLost, NodeStarted
from orchestrator_celery.model.states import RunStatus as Status
from orchestrator_celery.store.due_index import RunCheck
from orchestrator_celery.worker.recovery.reconciler import _next
from tests.kit.waiting import wait_for
from tests.worker.support import events

HASTY = {"orchestrator_heartbeat": 0.3, "orchestrator_lease": 2, "orchestrator_republish_after": 1}


@pytest.fixture(params=["one server", "broker apart"])
def outage(request, new_redis, make_stand):
    """A stand whose broker can be taken away: alone, or with the store."""
    store = new_redis(aof="always")
    broker = store if request.param == "one server" else new_redis(aof="always")
    stand = make_stand(broker.url(0), store.url(1), **HASTY)
    with stand.worker():
        stand.server = broker
        yield stand


def away(stand, ledger, told, seconds=3):
    """Take the broker away once a task says so, and let that task go on meanwhile."""
    wait_for(lambda: ledger.entries(told), what=f"the word {told}")
    stand.server.kill()
    ledger.redis.set("go", 1)
    wait_for(lambda: ledger.entries("went"), what="the task to go on")
    ledger.redis.blpop("nothing", timeout=seconds)
    stand.server.restart()


def test_a_retry_is_not_lost(outage, ledger):
    """Given that `self.retry` cannot publish, then the retry waits in the outbox, with its new arguments."""
    run = outage.run(outage.tasks("retries_when_told", 1))
    away(outage, ledger, "waiting")
    assert run.get(timeout=240) == 2
    assert len(ledger.entries("waiting")) == 1
    assert len(ledger.entries("retried")) == 1


def test_a_replacement_by_a_task_is_not_lost(outage, ledger):
    run = outage.run(outage.tasks("waits_and_is_replaced", outage.tasks("identity", 5)))
    away(outage, ledger, "waiting")
    assert run.get(timeout=240) == 5


def test_a_replacement_by_a_canvas_is_not_lost(outage, ledger):
    t = outage.tasks
    run = outage.run(t("waits_and_is_replaced", chain(t("nap", 5, seconds=0.01), t("add", 1))))
    away(outage, ledger, "waiting")
    assert run.get(timeout=240) == 6
    assert len(ledger.entries("start")) == 1
    assert len(ledger.entries("waiting")) == 1


def test_what_follows_a_run_natively_is_not_lost(new_redis, make_stand, ledger):
    """Given a broker that is away when the run closes, then Celery is told success and its callback is called."""
    store, broker = new_redis(), new_redis(aof="always")
    stand = make_stand(broker.url(0), store.url(1), **HASTY)
    with stand.worker():
        stand.server = broker
        workflow = stand.complex(stand.tasks("goes_when_told", 3)).on_error(stand.tasks("on_old_error"))
        workflow.link(stand.tasks("on_link"))
        run = workflow.apply_async()
        away(stand, ledger, "waiting", seconds=4)
        assert run.get(timeout=240) == 3
        wait_for(lambda: ledger.entries("link"), 60, "the callback")
        assert run.status is RunStatus.SUCCEEDED
        assert run.state == "SUCCESS"
        assert ledger.entries("old-errback") == []


def test_a_run_that_failed_with_a_passing_error_ends_once(busy):
    """Given a task that raised what an outage raises, then closing its run is not tried again and again."""
    run = busy.run(busy.tasks("raises_connection_error"))
    with pytest.raises(ConnectionError, match="by itself"):
        run.get(timeout=120)
    assert run.status is RunStatus.FAILED
    assert events(run, NodeLost) == []


def test_a_canvas_does_not_run_twice_when_its_task_died(make_stand, ledger, tmp_path):
    """Given a child that dies after it has started the canvas that replaces its task, then that canvas goes on, and
    no other is started."""
    stand = make_stand(**HASTY)
    env = {"ORCHESTRATOR_CRASH": "store.requeue.before", "ORCHESTRATOR_CRASH_ONCE": str(tmp_path / "mark")}
    t = stand.tasks
    with stand.worker(env=env):
        inner = chain(t("nap", 1, seconds=1.5), t("nap", seconds=0.01))
        run = stand.run(chain(t("replaced_by_canvas", inner), t("add", 1)))
        assert run.get(timeout=240) == 2
    assert (tmp_path / "mark").exists()
    assert len(ledger.entries("start")) == 2
    assert {event.node for event in events(run, NodeLost)} == set()
    assert max(event.attempt for event in events(run, NodeStarted)) == 1


# -- the sweep ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "deadline", "expected"),
    [(None, None, 1000), (500, None, 500), (None, 300, 300), (500, 300, 300), (5000, 5000, 1000), (-5, None, 0)],
)
def test_the_next_look(due, deadline, expected):
    """Given what a run waits for, then it is looked at then, and not later than the routine has it."""
    check = RunCheck("r", "ok", (), due, {}, 0.0, Status.RUNNING, deadline)
    assert _next(check, 0, 1000) == expected


def test_runs_that_only_run_do_not_hold_up_others(make_stand, ledger):
    """Given more runs than a batch whose tasks just run, when a message of another run is lost, then it is sent again
    soon, and no sweep has failed."""
    stand = make_stand(**HASTY)
    with stand.worker(pool="threads", concurrency=130) as worker:
        t = stand.tasks
        long = [stand.run(t("nap", i, seconds=15)) for i in range(120)]
        wait_for(lambda: len(ledger.entries("start")) == 120, 60, "the bodies")
        worker.stop()
    with stand.worker(pool="threads", concurrency=130) as worker:
        wait_for(lambda: len(ledger.entries("start")) >= 120, 60, "the bodies")
        victim = stand.run(t("identity", 1))
        assert victim.get(timeout=120) == 1
        assert "sweep failed" not in worker.log
        assert "The check of a run failed" not in worker.log
        for run in long:
            run.cancel(confirm=True)


def test_one_bad_run_does_not_hold_up_others(make_stand):
    """Given a run whose record somebody has damaged, then others are looked at all the same."""
    stand = make_stand(**HASTY)
    bad, good = (stand.swarm([stand.tasks("identity", i)]).apply_async() for i in range(2))
    stand.orchestrator.container.store.client.hset(
        stand.orchestrator.container.store.keys.definitions(bad.id), "0.0", "L\nnonsense"
    )
    with stand.orchestrator.app.connection_for_write() as connection:
        connection.default_channel.queue_purge("celery")
    with stand.worker() as worker:
        assert good.get(timeout=120) == [1]
        wait_for(
            lambda: bad.status is RunStatus.FAILED or "The check of a run failed" in worker.log, what="a word of it"
        )

"""The core set on every pool: claim, veto, finish, fail, retry, replace, join.

Threads and gevent run many bodies in one process, two messages of one node among them: a copy that was delivered
again, or a retry or replacement that starts before the body that sent it has ended.
"""

import pytest
from celery import chain, chord, group
from celery.exceptions import TaskRevokedError

from orchestrator_celery import LeafIgnored, RunStatus
from orchestrator_celery.model.events import NodeLost, NodeStarted, NodeVetoed, RunClosed
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.waiting import wait_for
from tests.worker.support import Stand, error_of, events, leaf, send_again, wait_for_event, wait_until_running


@pytest.fixture(scope="module", params=["prefork", "threads", "solo", "gevent"])
def _pool(request, ledger_server):
    if request.param == "gevent":
        pytest.importorskip("gevent")
    with EmbeddedRedis() as server, Stand(server.url(0), server.url(1), orchestrator_heartbeat=0.3) as stand:
        stand.pool = request.param
        with stand.worker(pool=request.param, concurrency=1 if request.param == "solo" else 4):
            yield stand


@pytest.fixture
def pool(_pool, ledger):
    """A stand with one worker of the pool in question."""
    return _pool


def test_finish(pool):
    t = pool.tasks
    assert pool.run(t("add", 2, 3)).get(timeout=120) == 5
    assert pool.run(chain(t("add", 1, 1), group(t("add", 1), t("add", 2)), t("xsum"))).get(timeout=120) == 7
    assert pool.run(chord([t("add", i, i) for i in range(10)], t("xsum"))).get(timeout=120) == 90
    assert pool.swarm([t("identity", i) for i in range(50)], max_concurrency=5).apply_async().get(timeout=120) == list(
        range(50)
    )


def test_fail(pool, ledger):
    t = pool.tasks
    run = pool.run(chain(t("fail").set(link_error=t("on_new_error")), t("nap")))
    with pytest.raises(ValueError, match="no good"):
        run.get(timeout=120)
    assert run.status is RunStatus.FAILED
    wait_for(lambda: ledger.entries("new-errback"), 10, "the error callback")
    assert len(ledger.entries("new-errback")) == 1
    assert ledger.entries("start") == []


def test_task_outlives_many_signs_of_life(pool, ledger):
    """What the worker says it runs has to be what it runs, whatever the pool calls its processes."""
    run = pool.run(chain(pool.tasks("nap", "a", seconds=2), pool.tasks("nap")))
    assert run.get(timeout=120) == "a"
    assert len(ledger.entries("start")) == 2
    assert events(run, NodeLost) == []


def test_retry(pool):
    t = pool.tasks
    assert pool.swarm([t("flaky", 5, i) for i in range(10)]).apply_async().get(timeout=120) == list(range(10))
    assert pool.run(t("autoretried", 3)).get(timeout=120) == 3
    with pytest.raises(OSError, match="still down"):
        pool.run(t("hopeless")).get(timeout=120)


def test_veto_while_it_runs(pool, ledger):
    run = pool.run(chain(pool.tasks("nap", "a", seconds=1), pool.tasks("nap")))
    wait_until_running(run, "0.0.0")
    for _ in range(3):
        send_again(run, "nap", "a", node="0.0.0")
    assert run.get(timeout=120) == "a"
    wait_for_event(run, NodeVetoed, 3)
    assert len(ledger.entries("start")) == 2


def test_veto_after_its_end(pool, ledger):
    run = pool.run(pool.tasks("foreign", 1))
    assert run.get(timeout=120) == 2
    wait_for_event(run, RunClosed)
    send_again(run, "foreign", 1)
    send_again(run, "foreign", 1, attempt=2)
    assert {event.reason for event in wait_for_event(run, NodeVetoed, 2)} == {"stale"}
    assert len(ledger.entries("foreign")) == 1, "the veto comes before the class's own before_start"
    wait_for(lambda: not pool.queued() and not pool.unacked(), 10, "the messages to be acknowledged")


def test_replace(pool):
    t = pool.tasks
    for kind, expected in {"task": 3, "chain": 13, "chord": 6, "swarm": [2, 4], "again": 13}.items():
        assert pool.run(chain(t("replaced", kind), t("identity"))).get(timeout=120) == expected
    with pytest.raises(ValueError, match="no good"):
        pool.run(t("replaced", "chain-fail")).get(timeout=120)


@pytest.mark.parametrize("last", [0, 1], ids="ended still-running".split())
def test_retry_that_starts_before_the_body_that_sent_it_has_ended(pool, ledger, last):
    run = pool.run(chain(pool.tasks("patient", 0, linger=0.4, last=last), pool.tasks("nap")))
    assert run.get(timeout=120) == "done"
    assert len(ledger.entries("published")) == len(ledger.entries("retry")) == len(ledger.entries("start")) == 1
    assert {event.attempt for event in events(run, NodeStarted)} == {1}


@pytest.mark.parametrize("last", [0, 1], ids="ended still-running".split())
def test_replacement_that_starts_before_the_body_that_sent_it_has_ended(pool, ledger, last):
    run = pool.run(chain(pool.tasks("replaced_and_lingering", 0.4, last), pool.tasks("add", "!")))
    assert run.get(timeout=120) == "done!"
    assert len(ledger.entries("start", "done")) == 1
    assert {event.attempt for event in events(run, NodeStarted)} == {1}


def test_ignore_reject_and_unknown(pool):
    t = pool.tasks
    runs = [pool.run(t("ignoring")), pool.run(t("rejecting"))]
    for run in runs:
        with pytest.raises(LeafIgnored):
            run.get(timeout=120)
    assert pool.run(t("requeueing", 2)).get(timeout=120) == "done"
    assert type(error_of(pool.run(pool.app.signature("no.such.task")), 20)).__name__ == "NotRegistered"


def test_bodies_run_side_by_side_and_keep_their_nodes_apart(pool):
    """Claims are held by the process: in one process with many bodies none may take another's."""
    t = pool.tasks
    runs = [pool.run(chain(t("nap", i, seconds=0.5), t("node_facts").set(immutable=True))) for i in range(8)]
    for run in runs:
        assert run.get(timeout=120) == [True, 1, None, True]
    if pool.pool != "solo":
        first = [next(e for e in events(run, NodeStarted) if e.node == "0.0.0").time for run in runs]
        ends = [run.view.finished for run in runs]
        assert max(first[:4]) < min(ends), "they did run at the same time"


def test_revoked_before_its_turn(pool, ledger):
    run = pool.run(chain(pool.tasks("nap", 1, seconds=1), pool.tasks("nap")))
    wait_until_running(run, "0.0.0")
    pool.app.control.revoke(leaf(run, "0.0.1"))
    error = error_of(run, timeout=120)
    if pool.pool == "solo" and error == 1:
        # It hears of a revocation only between its tasks, and this time after it took the next message.
        assert run.status is RunStatus.SUCCEEDED
    else:
        assert isinstance(error, TaskRevokedError)
        assert len(ledger.entries("start")) == 1


def test_worker_killed_and_started_again(make_stand, ledger, _pool):
    stand = make_stand(orchestrator_heartbeat=0.5, orchestrator_lease=2, orchestrator_republish_after=1)
    options = {"pool": _pool.pool, "concurrency": 1 if _pool.pool == "solo" else 4}
    with stand.worker(**options) as worker:
        run = stand.swarm([stand.tasks("nap", i, seconds=0.1) for i in range(20)]).apply_async()
        wait_for(lambda: len(ledger.entries("end")) >= 5, 20, "a few tasks")
        worker.kill()
    with stand.worker(**options):
        assert run.get(timeout=120) == list(range(20))
    assert len(ledger.entries("start")) <= 20 + options["concurrency"]

"""A worker that is stopped in good order in mid-run, and started again: nothing lost, nothing twice."""

import signal
import subprocess

import pytest
from celery import chain, chord

from orchestrator_celery.model.events import NodeLost, NodeSucceeded
from tests.kit.waiting import wait_for
from tests.worker.support import events, wait_for_event

#: These tests are about messages.
pytestmark = pytest.mark.message_each


@pytest.fixture
def quick(make_stand):
    """Dead workers are found soon, and lost messages are sent again soon."""
    return make_stand(orchestrator_heartbeat=0.5, orchestrator_lease=3, orchestrator_republish_after=2)


def stop(worker):
    """End it as a supervisor does: SIGTERM, and SIGKILL for one that does not go.

    Celery 5.7 itself hangs now and then when all tasks are done and only its pool is to end, on a busy machine and
    with or without the extension: what has been done by then is what counts here.
    """
    worker.process.send_signal(signal.SIGTERM)
    try:
        worker.process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        worker.kill()


def test_warm_shutdown_in_mid_chain(quick, ledger):
    t = quick.tasks
    run = quick.run(chain([t("nap_add", 0, 1, 0.05), *(t("nap_add", 1, 0.05) for _ in range(19))]))
    for after in (3, 9):
        with quick.worker() as worker:
            wait_for_event(run, NodeSucceeded, after)
            stop(worker)
        assert not run.ready()
    with quick.worker():
        assert run.get(timeout=120) == 20
    assert [entry[1] for entry in ledger.entries("start")] == list(range(1, 21)), "each step once, in order"
    assert events(run, NodeLost) == []


def test_warm_shutdown_in_mid_swarm(quick, ledger):
    t = quick.tasks
    run = quick.run(chord([t("nap", i, seconds=0.1) for i in range(40)], t("xsum")))
    with quick.worker() as worker:
        wait_for_event(run, NodeSucceeded, 10)
        stop(worker)
    assert not run.ready()
    with quick.worker():
        assert run.get(timeout=120) == sum(range(40))
    assert sorted(entry[1] for entry in ledger.entries("start")) == list(range(40)), "each item once"
    assert len(ledger.entries("end")) == 40


def test_shutdown_finishes_what_runs(quick, ledger):
    t = quick.tasks
    run = quick.run(chain(t("nap", "long", seconds=1.5), t("nap")))
    with quick.worker() as worker:
        wait_for(lambda: ledger.entries("start"), 20, "the task to start")
        stop(worker)
        assert len(ledger.entries("end")) == 1
    assert [event.node for event in events(run, NodeSucceeded)] == ["0.0.0"]
    with quick.worker():
        assert run.get(timeout=120) == "long"
    assert len(ledger.entries("start")) == 2


def test_two_workers_of_which_one_is_stopped(quick, ledger):
    t = quick.tasks
    with quick.worker(concurrency=1) as first, quick.worker(concurrency=1):
        run = quick.swarm([t("nap", i, seconds=0.05) for i in range(60)], max_concurrency=6).apply_async()
        wait_for_event(run, NodeSucceeded, 10)
        stop(first)
        assert run.get(timeout=120) == list(range(60))
    assert sorted(entry[1] for entry in ledger.entries("start")) == list(range(60))

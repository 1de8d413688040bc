"""Workers that hear no command: those that drain, and those without remote control. The heartbeat brings the order."""

import signal

import pytest

from orchestrator_celery import RunStatus, Swarm
from orchestrator_celery.model.events import NodeStarted
from orchestrator_celery.store.worker_registry import StopTasks
from orchestrator_celery.worker.recovery.heartbeat import is_running
from tests.kit.waiting import wait_for
from tests.worker.support import wait_for_event, wait_until_running

HASTY = {"orchestrator_heartbeat": 0.3, "orchestrator_lease": 2.0}
DEAF = {
    "draining": {},
    "no remote control": {"worker_enable_remote_control": False},
}


@pytest.fixture(params=[*DEAF])
def deaf(request, make_stand, ledger):
    """A run whose body of a minute is under way in a worker that hears no command, and the body's process."""
    stand = make_stand(**HASTY)
    with stand.worker(concurrency=1, **DEAF[request.param]) as worker:
        run = stand.run(stand.tasks("nap", 1, seconds=60))
        pid = wait_until_running(run)
        if request.param == "draining":
            worker.process.send_signal(signal.SIGTERM)
            wait_for(lambda: "Warm shutdown" in worker.log, what="the warm shutdown")
        yield stand, run, pid


def test_an_interruption_reaches_it(deaf, ledger):
    """Given a body in a worker that hears nothing, when the run is interrupted, then the body ends, and is told to be
    terminated; resumed, it starts again elsewhere."""
    stand, run, pid = deaf
    [task] = run.interrupt(grace=20).tasks
    assert task.outcome.value == "terminated"
    assert run.status is RunStatus.INTERRUPTED
    wait_for(lambda: not is_running(pid), what="the end of the process")
    assert ledger.entries("end") == []
    with stand.worker(concurrency=1):
        run.resume()
        wait_for(lambda: len(ledger.entries("start", 1)) == 2, what="the second attempt")


def test_a_cancellation_reaches_it(deaf, ledger):
    """Given a body in a worker that hears nothing, when the run is cancelled, then the body ends soon."""
    _, run, pid = deaf
    run.cancel(confirm=True)
    wait_for(lambda: not is_running(pid), 10, "the end of the process")
    assert ledger.entries("end") == []


def test_a_worker_that_hears_is_sent_one_signal(make_stand, ledger):
    """Given a worker that hears the command, then an order with its heartbeat stops nothing a second time."""
    stand = make_stand(**HASTY)
    with stand.worker(concurrency=1):
        run = Swarm([stand.tasks("nap", 1, seconds=60)], app=stand.app).apply_async()
        wait_until_running(run)
        [task] = run.interrupt(grace=20).tasks
        assert task.outcome.value == "terminated"
        registry = stand.orchestrator.container.registry
        registry.order_stop(StopTasks("", (f"{run.id}:0.0:1",), "SIGTERM", 5))
        run.resume()
        wait_for_event(run, NodeStarted, 2)
        pid = wait_until_running(run)
        seen = {life.seen for life in registry.lives().values()}
        wait_for(lambda: not seen & {life.seen for life in registry.lives().values()}, what="a heartbeat")
        assert is_running(pid), "the second attempt is another task"

"""A process goes on with the next task of a run, without a message: the same outcome as a message each."""

import os
import signal
from pathlib import Path

import pytest
from celery import chain

from orchestrator_celery import END, START, ConditionalGraph, InterruptOutcome, NodeState, RunStatus
from orchestrator_celery.model.events import NodeLost, NodeStarted, NodeSucceeded
from tests.kit.waiting import wait_for
from tests.worker.support import error_of, events, send_again, wait_for_event, wait_until_running

SHAPES = ["chain", "graph", "swarm"]
ON = {"orchestrator_continue": True, "orchestrator_heartbeat": 0.5}


def node(shape, index):
    """The node of a task in a line."""
    return {"chain": f"0.0.{index}", "graph": f"0.{index}.0", "swarm": f"0.{index}"}[shape]


def line(stand, shape, signatures):
    """Start tasks that run one after the other, each without the result of the one before."""
    for signature in signatures:
        signature.set(immutable=True)
    if shape == "swarm":
        return stand.swarm(signatures, max_concurrency=1).apply_async()
    if shape == "chain":
        return stand.run(chain(signatures))
    graph = ConditionalGraph("line", app=stand.app)
    for index, signature in enumerate(signatures):
        graph.add_node(f"n{index}", signature)
        graph.add_edge(f"n{index - 1}" if index else START, f"n{index}")
    return graph.add_edge(f"n{len(signatures) - 1}", END).apply_async()


def naps(stand, *seconds):
    return [stand.tasks("nap", index, pause) for index, pause in enumerate(seconds)]


def received(worker, run):
    """How many messages of tasks of a run the worker got."""
    return sum(line.endswith(" received") and f"[{run.id}:" in line for line in worker.log.splitlines())


def done(worker, run):
    """How many tasks of a run the worker says are done."""
    return sum("succeeded in" in line and f"[{run.id}:" in line for line in worker.log.splitlines())


def warm(stand, *names):
    """Let the only process run a task of each kind, because a process goes on with tasks that it knows."""
    for name in names or ("nap",):
        stand.run(stand.tasks(name, 0)).get(timeout=60)


@pytest.fixture
def warmed(make_stand, ledger):
    """A stand with one process that goes on, and its worker."""
    stand = make_stand(**ON)
    with stand.worker(concurrency=1) as worker:
        warm(stand)
        ledger.redis.delete("ledger")
        yield stand, worker


@pytest.fixture(params=SHAPES)
def shape(request):
    return request.param


def test_one_message_for_a_line(warmed, ledger, shape):
    """Given a line of six tasks, then one message runs all, and each has its own events, log line and record."""
    stand, worker = warmed
    run = line(stand, shape, naps(stand, *[0.001] * 6))
    assert run.get(timeout=60) in (5, [0, 1, 2, 3, 4, 5])
    assert [value for _, value in ledger.entries("start")] == [0, 1, 2, 3, 4, 5]
    places = [node(shape, index) for index in range(6)]
    for kind in (NodeStarted, NodeSucceeded):
        assert [event.node for event in events(run, kind) if event.node in places] == places
    wait_for(lambda: done(worker, run) == 6, what="six log lines")
    assert received(worker, run) == 1


def test_a_task_sees_its_own_request(make_stand, ledger):
    """Given tasks in one turn, then each sees its own id, its run and the queue of the message."""
    stand = make_stand(**ON)
    with stand.worker(concurrency=1):
        warm(stand, "request_facts")
        run = stand.run(chain(stand.tasks("request_facts"), stand.tasks("collect"), stand.tasks("request_facts")))
        facts = run.get(timeout=60)
        assert facts == {"id": f"{run.id}:0.0.2:1", "root": run.id, "parent": run.id, "queue": "celery"}


def test_a_killed_process_costs_the_running_body(warmed, ledger, shape):
    """Given a process that is killed in a body without a message, then this body runs again soon, and no other one does."""
    stand, _ = warmed
    run = line(stand, shape, naps(stand, 0.001, 1, 0.001))
    child = wait_until_running(run, node(shape, 1))
    wait_for(lambda: len(ledger.entries("start")) == 2, what="the second body")
    os.kill(child, signal.SIGKILL)
    [lost] = wait_for_event(run, NodeLost, timeout=5)  # the lease takes 10 seconds
    assert lost.node == node(shape, 1)
    assert run.get(timeout=60) in (2, [0, 1, 2])
    assert [value for _, value in ledger.entries("start")] == [0, 1, 1, 2]


def test_a_killed_worker_costs_the_running_body(make_stand, ledger, shape):
    """Given a worker that is killed in a body without a message, then another worker runs this body and the next ones."""
    stand = make_stand(**ON, orchestrator_lease=2)
    with stand.worker(concurrency=1) as worker:
        warm(stand)
        ledger.redis.delete("ledger")
        run = line(stand, shape, naps(stand, 0.001, 1, 0.001))
        wait_for(lambda: len(ledger.entries("start")) == 2, what="the second body")
        worker.kill()
    with stand.worker(concurrency=1):
        assert run.get(timeout=60) in (2, [0, 1, 2])
    assert [value for _, value in ledger.entries("start")] == [0, 1, 1, 2]


@pytest.mark.parametrize("late", [False, True], ids=["early", "late"])
def test_the_first_message_is_delivered_twice(make_stand, ledger, shape, late):
    """Given a turn, when its message is delivered again, then no body runs twice."""
    stand = make_stand(**ON, task_acks_late=late)
    with stand.worker(concurrency=2):
        warm(stand)
        warm(stand)
        ledger.redis.delete("ledger")
        run = line(stand, shape, naps(stand, 0.001, 1, 0.001))
        wait_until_running(run, node(shape, 1))
        send_again(run, "nap", 0, 0.001, node=node(shape, 0))
        assert run.get(timeout=60) in (2, [0, 1, 2])
        wait_for(lambda: stand.queued() == 0 and stand.unacked() == 0, what="the second delivery")
    assert [value for _, value in ledger.entries("start")] == [0, 1, 2]


def test_suspended_in_a_turn(warmed, ledger, shape):
    """Given a run that is suspended in a turn, then its body ends, nothing begins, and the run can be resumed."""
    stand, _ = warmed
    run = line(stand, shape, naps(stand, 0.001, 1, 0.001))
    wait_for(lambda: len(ledger.entries("start")) == 2, what="the second body")
    run.suspend()
    wait_for(lambda: len(ledger.entries("end")) == 2, what="its end")
    wait_for(lambda: run.progress().running == 0, what="nothing to run")
    assert len(ledger.entries("start")) == 2
    run.resume()
    assert run.get(timeout=60) in (2, [0, 1, 2])
    assert [value for _, value in ledger.entries("start")] == [0, 1, 2]


def test_interrupted_in_a_turn(warmed, ledger, shape):
    """Given a run that is interrupted in a turn, then the running body is stopped at once, and starts again later."""
    stand, _ = warmed
    run = line(stand, shape, naps(stand, 0.001, 30, 0.001))
    wait_for(lambda: len(ledger.entries("start")) == 2, what="the second body")
    report = run.interrupt(grace=5)
    [task] = report.tasks
    assert (task.node, task.outcome) == (node(shape, 1), InterruptOutcome.TERMINATED)
    assert run.status is RunStatus.INTERRUPTED
    assert [event.node for event in events(run, NodeLost)] == []
    ledger.redis.delete("ledger")
    run.resume()
    wait_for(lambda: ledger.entries("start"), what="the body to begin again")
    assert [value for _, value in ledger.entries("start")] == [1]
    run.cancel(confirm=True)


def test_cancelled_in_a_turn(warmed, ledger, shape):
    """Given a run that is cancelled in a turn, then the process of its body is stopped, and nothing of it runs again."""
    stand, _ = warmed
    run = line(stand, shape, naps(stand, 0.001, 30, 0.001))
    child = wait_until_running(run, node(shape, 1))
    wait_for(lambda: len(ledger.entries("start")) == 2, what="the second body")
    run.cancel(confirm=True)
    wait_for(lambda: not Path(f"/proc/{child}").exists(), what="the process to be stopped")
    warm(stand)
    assert len(ledger.entries("end")) == 2, "the first body, and the one of another run"


def test_a_warm_shutdown_ends_a_turn(make_stand, ledger, shape):
    """Given a worker that is told to stop in a turn, then it begins no further body, and another worker goes on."""
    stand = make_stand(**ON)
    with stand.worker(concurrency=1) as worker:
        warm(stand)
        ledger.redis.delete("ledger")
        run = line(stand, shape, naps(stand, 0.001, 0.5, *[0.05] * 5))
        wait_for(lambda: len(ledger.entries("start")) == 2, what="the second body")
        worker.process.send_signal(signal.SIGTERM)
        worker.process.wait(timeout=60)
    assert len(ledger.entries("end")) == 2
    with stand.worker(concurrency=1):
        assert run.get(timeout=60) in (6, list(range(7)))
    assert [value for _, value in ledger.entries("start")] == list(range(7))


@pytest.mark.parametrize("pool", ["threads", "solo", "gevent"])
def test_other_pools(make_stand, ledger, shape, pool):
    """Given another pool, then a line needs fewer messages than tasks there too."""
    stand = make_stand(**ON)
    with stand.worker(pool=pool) as worker:
        warm(stand)
        run = line(stand, shape, naps(stand, *[0.001] * 5))
        assert run.get(timeout=60) in (4, [0, 1, 2, 3, 4])
        wait_for(lambda: done(worker, run) == 5, what="five log lines")
        assert received(worker, run) == 1


def test_retries_failures_and_replacements_in_a_turn(make_stand, ledger):
    """Given tasks that retry, fail, or replace themselves in a turn, then each goes on by messages of its own."""
    stand = make_stand(**ON)
    with stand.worker(concurrency=1):
        t = stand.tasks
        warm(stand, "identity")
        for name, args in (("flaky", (0, 1)), ("replaced", ("task",)), ("identity", (1,))):
            stand.run(t(name, *args)).get(timeout=60)
        assert stand.run(chain(t("identity", 1), t("flaky", 2, 7).set(immutable=True))).get(timeout=60) == 7
        expected = stand.run(t("replaced", "chain")).get(timeout=60)
        assert (
            stand.run(chain(t("identity", 1), t("replaced", "chain").set(immutable=True))).get(timeout=60) == expected
        )
        error = error_of(stand.run(chain(t("identity", 1), t("fail").set(immutable=True), t("identity"))))
        assert isinstance(error, ValueError)


def test_short_tasks_go_on_by_themselves(make_stand, ledger):
    """Given "auto", then short tasks share a message, and long ones have one each."""
    stand = make_stand(orchestrator_continue="auto")
    with stand.worker(concurrency=1) as worker:
        t = stand.tasks
        for name in ("add", "identity"):
            warm(stand, name)
        for seconds in (0.2, 0.2):
            stand.run(t("nap", 0, seconds)).get(timeout=60)

        def share_a_message():
            short = stand.run(chain(t("add", 1, 1), t("add", 1), t("identity")))
            assert short.get(timeout=60) == 3
            wait_for(lambda: done(worker, short) == 3, what="log lines")
            return received(worker, short) == 1

        wait_for(share_a_message, what="a turn: on a busy machine short tasks take long, and then they have messages")
        long = line(stand, "chain", naps(stand, 0.2, 0.2, 0.2))
        assert long.get(timeout=60) == 2
        wait_for(lambda: done(worker, long) == 3, what="log lines")
        assert received(worker, long) == 3


@pytest.mark.parametrize(
    "settings",
    [
        {"orchestrator_continue": False},
        {"worker_max_tasks_per_child": 100},
        {"task_time_limit": 60},
        {"task_default_rate_limit": "1000/s"},
        {"task_routes": {"*.add": {"queue": "celery", "priority": 3}}},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_a_message_each(make_stand, ledger, settings):
    """Given a worker or tasks that need messages, then each task of a chain has one."""
    stand = make_stand(**{"orchestrator_continue": True, **settings})
    with stand.worker(concurrency=1) as worker:
        warm(stand, "add")
        run = stand.run(chain(stand.tasks("add", 1, 1), stand.tasks("add", 1), stand.tasks("add", 1)))
        assert run.get(timeout=60) == 4
        wait_for(lambda: done(worker, run) == 3, what="log lines")
        assert received(worker, run) == 3


def test_another_queue_needs_a_message(make_stand, ledger):
    """Given a step whose route is another queue, then it goes there."""
    stand = make_stand(**ON, task_routes={"*.request_facts": {"queue": "other"}})
    with stand.worker(concurrency=1, queues="celery,other") as worker:
        warm(stand, "add")
        warm(stand, "request_facts")
        run = stand.run(chain(stand.tasks("add", 1, 1), stand.tasks("add", 1), stand.tasks("request_facts")))
        assert run.get(timeout=60)["queue"] == "other"
        assert received(worker, run) == 2
    assert run.tree().state is NodeState.SUCCEEDED

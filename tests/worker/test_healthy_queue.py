"""A queue with a backlog: messages that wait in it are not sent again, and messages that are lost from it are."""

import os
import signal
from contextlib import ExitStack, suppress

import pytest

from orchestrator_celery import RunStatus
from orchestrator_celery.model.events import NodeRepublished, NodeVetoed
from tests.kit.waiting import wait_for
from tests.worker.support import client_of, events, wait_until_running

#: These tests are about messages.
pytestmark = pytest.mark.message_each

#: A backlog lasts several times as long as the time after which a message is overdue.
BRISK = {"orchestrator_heartbeat": 0.5, "orchestrator_lease": 5, "orchestrator_republish_after": 2}
#: Copies that a busy machine may cause, which delays a publication or a heartbeat.
FEW = 3


def waits(stand, values, seconds=0.1, **options):
    """Runs of one task each."""
    return {value: stand.run(stand.tasks("nap", value, seconds).set(**options)) for value in values}


def count(runs, kind):
    return sum(len(events(run, kind)) for run in runs.values())


def finish(runs):
    for value, run in runs.items():
        assert run.get(timeout=240) == value


def keep_full(stand, runs, is_over, what, **options):
    """Start runs so that messages always wait in the queue, until a condition holds."""

    def step():
        if stand.queued() < 40:  # more than the workers receive at once
            runs.update(waits(stand, range(len(runs), len(runs) + 40), **options))
        assert stand.queued() > 0
        return is_over()

    wait_for(step, 60, what)


@pytest.mark.parametrize("workers", [1, 2])
def test_what_waits_in_a_live_queue_is_not_sent_again(make_stand, ledger, workers):
    """Given more tasks than the workers can do in many times the pause, then no message is sent again."""
    stand = make_stand(**BRISK)
    with ExitStack() as stack:
        for _ in range(workers):
            stack.enter_context(stand.worker(concurrency=2))
        runs = waits(stand, range(100 * workers))
        finish(runs)
    assert count(runs, NodeRepublished) <= FEW
    assert count(runs, NodeVetoed) <= FEW
    assert len(ledger.entries("start")) == len(runs)


def test_what_was_never_sent_is_overtaken(make_stand, ledger):
    """Given a message that was never published, when later ones are received, then it is sent, and they are not."""
    stand = make_stand(**BRISK)
    lost = stand.run(stand.tasks("nap", "lost", 0))
    with client_of(stand.broker) as broker:
        assert broker.delete("celery") == 1
    runs = {}
    with stand.worker(concurrency=2):
        keep_full(stand, runs, lambda: lost.status is RunStatus.SUCCEEDED, "the lost message")
        finish(runs)
    assert 1 <= len(events(lost, NodeRepublished)) <= FEW
    assert count(runs, NodeRepublished) <= FEW


def test_what_a_frozen_worker_holds_is_overtaken(make_stand, ledger):
    """Given a frozen worker with received messages, then another worker runs them while the queue is never empty."""
    stand = make_stand(**BRISK)
    with stand.worker(concurrency=1) as frozen:
        held = waits(stand, ["a", "b", "c"], 3)
        wait_until_running(held["a"])
        wait_for(lambda: stand.queued() == 0, what="the worker to receive its messages")
        processes = [frozen.process.pid, *frozen.children()]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        runs = {}
        with stand.worker(concurrency=2):
            keep_full(
                stand,
                runs,
                lambda: all(run.status is RunStatus.SUCCEEDED for run in held.values()),
                "the held messages",
            )
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)
            finish(runs)
    assert count(runs, NodeRepublished) <= FEW


def test_a_low_priority_waits_behind_a_high_one(make_stand, ledger):
    """Given urgent messages that fill the workers for long, then the others wait and are not sent again."""
    stand = make_stand(**BRISK)
    urgent = {}
    with stand.worker(concurrency=2):
        urgent.update(waits(stand, range(40), priority=0))
        low = waits(stand, ["a", "b", "c", "d", "e", "f", "g", "h"], priority=9)
        keep_full(stand, urgent, lambda: len(ledger.entries("end")) >= 160, "many urgent tasks", priority=0)
        finish(urgent)
        finish(low)
    assert count(low, NodeRepublished) <= FEW
    assert count(urgent, NodeRepublished) <= FEW


def test_rabbitmq_tells_how_many_messages_wait(make_stand, new_redis, rabbitmq, ledger):
    """Given RabbitMQ, then a backlog is not sent again, and messages of an emptied queue are."""
    stand = make_stand(rabbitmq.url, new_redis().url(1), task_default_queue="healthy", **BRISK)
    lanes = stand.orchestrator.container.lanes
    assert lanes.depth("healthy") == 0, "no such queue yet"
    with stand.worker(concurrency=2):
        runs = waits(stand, range(80))
        finish(runs)
        assert count(runs, NodeRepublished) <= FEW
    lost = waits(stand, range(5))
    assert wait_for(lambda: lanes.depth("healthy"), what="the messages") == 5
    with stand.app.connection_for_write() as connection, connection.channel() as channel:
        channel.queue_purge("healthy")
    with stand.worker(concurrency=2):
        finish(lost)
    assert count(lost, NodeRepublished) == 5

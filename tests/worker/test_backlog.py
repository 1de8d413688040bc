"""Messages that wait behind others are not lost: they are neither published again nor refused."""

import pytest

from orchestrator_celery.model.events import NodeRepublished
from tests.kit.waiting import wait_for
from tests.worker.support import Stand, client_of, events

#: Looks come often and messages are overdue soon, so that a backlog of a few seconds has many looks.
HASTY = {"orchestrator_heartbeat": 0.3, "orchestrator_lease": 5, "orchestrator_republish_after": 0.5}


def empty(stand):
    with client_of(stand.broker) as broker:
        broker.flushdb()


def republished(runs):
    return [event for run in runs for event in events(run, NodeRepublished)]


def test_a_healthy_backlog_gets_no_more_messages(make_stand, ledger):
    """Given a queue that is worked off slowly, then what waits in it is not sent again, and each task runs once."""
    stand = make_stand(**HASTY, worker_prefetch_multiplier=1)
    runs = [stand.run(stand.tasks("nap", i, 0.05)) for i in range(80)]
    with stand.worker(concurrency=1):
        for index, run in enumerate(runs):
            assert run.get(timeout=240) == index
    # Two messages are with the worker, so no queue tells of them.
    assert len({event.run for event in republished(runs)}) <= 2
    assert len(ledger.entries("start")) == 80


@pytest.mark.parametrize("refilled", [0, 20])
def test_an_emptied_broker_is_filled_in_one_look(make_stand, ledger, refilled):
    """Given an emptied queue, also with a few new messages in it, then all lost messages are sent again together."""
    stand = make_stand(**HASTY)
    runs = [stand.run(stand.tasks("nap", i, 0)) for i in range(200)]
    empty(stand)
    runs += [stand.run(stand.tasks("nap", 200 + i, 0)) for i in range(refilled)]
    with stand.worker():
        for index, run in enumerate(runs):
            assert run.get(timeout=240) == index
    moments = [event.time.timestamp() for event in republished(runs[:200])]
    assert len(moments) >= 200
    assert max(sorted(moments)[:200]) - min(moments) < 5
    assert len(ledger.entries("start")) == len(runs)


def test_a_message_of_the_longest_pause_is_sent(make_stand, ledger):
    """Given a lost message and a queue that never gets short, then the message is sent after the longest pause."""
    stand = make_stand(**HASTY, orchestrator_republish_longest=2)
    lost = stand.run(stand.tasks("nap", 1, 0))
    empty(stand)
    others = [stand.run(stand.tasks("nap", 2, 60)) for _ in range(20)]
    with stand.worker(concurrency=1):
        wait_for(lambda: republished([lost]), 60, "the lost message")
    assert len(others) == 20


@pytest.mark.parametrize("transport", ["redis", "rabbitmq"])
def test_the_depth_of_a_queue(transport, request, make_stand):
    """Given each broker, then overdue messages in the queue wait, and those of an empty or unknown queue are lost."""
    if transport == "redis":
        stand = make_stand(task_default_queue="shallow")
    else:
        redis = make_stand()
        stand = Stand(request.getfixturevalue("rabbitmq").url, redis.backend, task_default_queue="shallow")
    with stand:
        t, container = stand.tasks, stand.orchestrator.container
        run = stand.swarm([t("nap", 1).set(queue="deep"), t("nap", 2).set(queue="deep"), t("nap", 3)]).apply_async()
        with stand.app.connection_for_write() as connection:
            connection.default_channel.queue_purge("shallow")
        found = divided(container, run)
        assert (sorted(found.waiting), found.lost) == (["0.0", "0.1"], ["0.2"])
        with stand.app.connection_for_write() as connection:
            connection.default_channel.queue_purge("deep")
            connection.default_channel.queue_delete("deep")
        assert sorted(divided(container, run).lost) == ["0.0", "0.1", "0.2"]


def divided(container, run):
    backlog = container.backlog()
    backlog.add(run.id, container.reader.live(run.id))
    return backlog.split(run.id)

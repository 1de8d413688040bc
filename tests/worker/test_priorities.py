"""Priorities of items on real workers and brokers: strict between levels, changed while items are claimed (invariant 5)."""

import os
import random
import signal
from contextlib import suppress

import pytest
from celery import chain

from orchestrator_celery import (
    InvalidTransition,
    InvalidWorkflow,
    NodeStarted,
    NodeState,
    Priority,
    PriorityChanged,
    RunNotFound,
    SwarmClosed,
)
from tests.kit.waiting import wait_for
from tests.worker.support import events, wait_until_running
from tests.worker.test_concurrency import most_live

HIGH, MEDIUM, LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW


def started(ledger):
    """What the naps noted, in the order in which they began."""
    return [value for _, value in ledger.entries("start")]


def lanes(stand, levels, seconds=0.01, **bounds):
    """A swarm of naps with these priorities."""
    swarm = stand.swarm([], **bounds)
    for index, level in enumerate(levels):
        swarm.add_task(stand.tasks("nap", index, seconds), priority=level)
    return swarm


def test_they_run_by_level_and_then_by_place(busy, ledger):
    levels = [LOW, None, HIGH, MEDIUM, LOW, HIGH]
    run = lanes(busy, levels, max_concurrency=1).apply_async()
    assert run.get(timeout=120) == list(range(6)), "the result is in the order of the items"
    assert started(ledger) == [2, 5, 1, 3, 0, 4]
    assert [item.priority for item in run.items()] == [level or MEDIUM for level in levels]


def test_a_name_or_a_number_will_do_and_nothing_else(stand):
    swarm = stand.swarm([])
    swarm.add_task(stand.tasks("add", 1), priority="high")
    swarm.add_task(stand.tasks("add", 1), priority=1)
    assert swarm._item_levels == [HIGH, LOW]
    for wrong in ("urgent", 0, 4, 2.5):
        with pytest.raises(InvalidWorkflow, match=r"priority=.*Priority\.HIGH"):
            swarm.add_task(stand.tasks("add", 1), priority=wrong)
    assert len(swarm.tasks) == 2


def test_changed_while_others_run(busy, ledger):
    """Given a busy swarm, when one item, several, and all of a task's name change, then what waits goes by that."""
    t = busy.tasks
    items = [t("nap", 0, 4.0), *(t("nap", i, 0.01) for i in range(1, 6)), t("nap_add", 6, 0, 0.01)]
    run = busy.swarm(items, max_concurrency=1).apply_async()
    wait_until_running(run, "0.0")
    assert run.set_priority(5, HIGH) == 1
    assert run.set_priority([0, 1, 2], LOW) == 2, "the one that runs keeps its own"
    assert run.set_priority("tests.kit.project.nap_add", "HIGH") == 1
    assert run.set_priority("no.such.task", HIGH) == 0
    assert [item.priority for item in run.items(state="WAITING")] == [LOW, LOW, MEDIUM, MEDIUM, HIGH, HIGH]
    run.get(timeout=120)
    assert started(ledger) == [0, 5, 6, 3, 4, 1, 2]
    changes = events(run, PriorityChanged)
    assert [(event.count, event.priority) for event in changes] == [(1, HIGH), (2, LOW), (1, HIGH)]
    assert [entry.verb for entry in busy.orchestrator.audit(run=run.id)] == ["set_priority"] * 4


def test_refused_changes(busy):
    run = busy.swarm([busy.tasks("add", 1)]).apply_async()
    for wrong in (1, -1, [0, 7], True):
        with pytest.raises(InvalidWorkflow, match="No item has the index"):
            run.set_priority(wrong, HIGH)
    with pytest.raises(InvalidWorkflow, match=r"Priority\.LOW"):
        run.set_priority(0, "later")
    run.get(timeout=120)
    with pytest.raises((SwarmClosed, InvalidTransition)):
        run.set_priority(0, HIGH)
    with pytest.raises(RunNotFound):
        busy.orchestrator.result("unknown").set_priority(0, HIGH)


def test_a_bulk_and_a_policy_have_priorities(busy, ledger):
    """Given an open swarm, when a bulk is added with a priority, and a task whose policy has one, then they overtake."""
    t = busy.tasks
    swarm = busy.swarm([t("nap", 0, 1.0), t("nap", 1, 0.01)], max_concurrency=1, open=True)
    run = swarm.apply_async()
    wait_until_running(run, "0.0")
    assert swarm.add_tasks_bulk([t("nap", i, 0.01) for i in (2, 3)], priority=LOW).added == 2
    assert swarm.add_tasks_bulk((t("nap", i, 0.01) for i in (4, 5)), priority=HIGH, batch_size=1).added == 2
    swarm.close()
    run.get(timeout=120)
    assert started(ledger) == [0, 4, 5, 1, 2, 3]


def test_callbacks_are_told_the_priority(busy, ledger):
    swarm = busy.swarm([], on_task_success=busy.tasks("after_success"))
    swarm.add_task(busy.tasks("add", 1), priority=HIGH)
    swarm.add_task(busy.tasks("add", 1))
    swarm.apply_async().get(timeout=120)
    found = wait_for(lambda: (found := ledger.entries("success")) and len(found) == 2 and found, 30, "both")
    assert {entry[1]: entry[3]["priority"] for entry in found} == {0: HIGH, 1: MEDIUM}


def test_places_kept_for_high(busy, ledger):
    """Given a place kept for HIGH, when long items of LOW hold the others, then HIGH starts at once."""
    swarm = lanes(busy, [LOW] * 3, 2.0, max_concurrency=2, slots={HIGH: 1}, open=True)
    run = swarm.apply_async()
    wait_until_running(run, "0.0")
    swarm.add_task(busy.tasks("nap", 9, 0.01), priority=HIGH)
    swarm.close()
    wait_for(lambda: list(run.items(state=NodeState.SUCCEEDED)), 30, "the item at HIGH")
    assert [item.index for item in run.items(state=NodeState.SUCCEEDED)] == [3]
    run.cancel(confirm=True)


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"slots": {HIGH: 2}}, "max_concurrency"),
        ({"slots": {HIGH: 3}, "max_concurrency": 2}, "reserves 3 of max_concurrency=2"),
        ({"slots": {HIGH: 2}, "max_concurrency": 2}, "nothing is left for MEDIUM and LOW"),
        ({"slots": {"urgent": 1}, "max_concurrency": 2}, "Priority.HIGH"),
        ({"slots": {HIGH: -1}, "max_concurrency": 2}, "give places by priority"),
        ({"slots": [HIGH], "max_concurrency": 2}, "give a mapping"),
    ],
)
def test_slots_that_make_no_sense(stand, bounds, message):
    with pytest.raises(InvalidWorkflow, match=message):
        stand.swarm([], **bounds)


def test_added_to_a_suspended_swarm(busy, ledger):
    swarm = lanes(busy, [None], 0.01, max_concurrency=1, open=True)
    run = swarm.apply_async()
    run.suspend()
    swarm.add_task(busy.tasks("nap", 1, 0.01), priority=LOW)
    swarm.add_task(busy.tasks("nap", 2, 0.01), priority=HIGH)
    swarm.close()
    run.resume()
    assert run.get(timeout=120) == [0, 1, 2]
    assert started(ledger)[-2:] == [2, 1]


def test_messages_in_the_order_of_redis(stand):
    """Given a Redis broker, when items with priorities are sent, then each is in the list of its step: 0 is highest."""
    lanes(stand, [LOW, HIGH, MEDIUM]).apply_async()
    assert [stand.queued(), stand.queued("celery\x06\x163"), stand.queued("celery\x06\x166")] == [1, 1, 1]


def test_an_option_of_a_signature_is_left_alone(stand):
    """Given a signature with Celery's own priority, when it is an item at HIGH, then its message has what was asked for."""
    swarm = stand.swarm([])
    swarm.add_task(stand.tasks("add", 1).set(priority=9), priority=HIGH)
    swarm.apply_async()
    assert stand.queued("celery\x06\x169") == 1


def test_without_priorities_messages_have_none(stand):
    stand.swarm([stand.tasks("add", 1)]).apply_async()
    assert stand.queued() == 1


def test_messages_in_the_order_of_rabbitmq(rabbitmq, new_redis, make_stand, ledger):
    """Given RabbitMQ and a queue with priorities, when items are sent, then the higher number is the higher level."""
    queue = f"lanes-{os.getpid()}"
    stand = make_stand(
        rabbitmq.url, new_redis().url(1), task_default_queue=queue, task_queue_max_priority=10, worker_prefetch_multiplier=1
    )  # fmt: skip
    run = lanes(stand, [LOW, MEDIUM, HIGH, LOW, HIGH], 0.01).apply_async()
    found = []
    with stand.app.connection_for_read() as connection, connection.SimpleQueue(stand.app.amqp.queues[queue]) as waiting:
        while len(found) < 5:
            message = waiting.get(timeout=120)
            found.append((message.headers["id"].split(":")[1], message.properties["priority"]))
            message.requeue() if len(found) == 5 else None
        assert found == [("0.2", 10), ("0.4", 10), ("0.1", 5), ("0.0", 0), ("0.3", 0)]
    with stand.worker(concurrency=1):
        assert run.get(timeout=240) == list(range(5))


def test_the_bound_and_the_order_hold_under_random_kills(make_stand, ledger):
    """Invariant 5: given four workers whose processes are killed at random, then there are never more live claims than
    places, and no item starts before one of a higher level that waits."""
    levels = [random.Random(5).choice(list(Priority)) for _ in range(60)]
    # Chance may hit the same item again and again, which is not what this test is about.
    stand, chance = make_stand(orchestrator_max_resumes=20), random.Random(7)
    run = lanes(stand, levels, 0.05, max_concurrency=3).apply_async()
    with stand.worker(), stand.worker(), stand.worker():
        for _ in range(5):
            with stand.worker() as doomed:
                for _ in range(2):
                    done = run.progress().done
                    wait_for(lambda done=done: run.ready() or run.progress().done >= done + 3, 60, "some progress")
                    _kill_one_that_runs(run, chance)
                if chance.random() < 0.5:
                    doomed.kill()
        assert run.get(timeout=120) == list(range(60))
    assert most_live(run) <= 3
    order = sorted(range(60), key=lambda index: (-levels[index], index))
    first = list(
        dict.fromkeys(int(event.node.split(".")[1]) for event in events(run, NodeStarted) if event.node != "$")
    )
    for place, index in enumerate(first):
        assert index in order[: place + 3], "only as many are under way as there are places"


def _kill_one_that_runs(run, chance):
    live = [raw for raw in run.app.orchestrator.container.reader.live(run.id).values() if raw.startswith(b"R")]
    if live:
        pid = int(chance.choice(live).decode().rpartition("|")[2].rsplit("/", 2)[1])
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_a_canvas_as_an_item(busy, ledger):
    t = busy.tasks
    swarm = busy.swarm([], max_concurrency=1)
    swarm.add_task(chain(t("nap", 0, 0.01), t("nap", seconds=0.01)), priority=LOW)
    swarm.add_task(chain(t("nap", 1, 0.01), t("nap", seconds=0.01)), priority=HIGH)
    assert swarm.apply_async().get(timeout=120) == [0, 1]
    assert started(ledger) == [1, 1, 0, 0]

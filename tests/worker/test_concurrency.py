"""Invariant 5 under load: live claims never exceed `max_concurrency`."""

from contextlib import ExitStack

import pytest
from celery import chain

from orchestrator_celery.model.events import NodeLost, NodeStarted, NodeSucceeded, NodeVetoed
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.worker.support import Stand, events, send_again, wait_for_event


def most_live(run):
    """The most nodes that were claimed and not ended at any moment, by the run's own stream."""
    live, most = set(), 0
    for event in events(run, NodeStarted, NodeSucceeded, NodeLost):
        if event.node not in ("0", "$"):
            (live.add if isinstance(event, NodeStarted) else live.discard)(event.node)
            most = max(most, len(live))
    return most


@pytest.fixture(scope="module")
def _four(ledger_server):
    with EmbeddedRedis() as server, Stand(server.url(0), server.url(1)) as stand, ExitStack() as stack:
        workers = [stack.enter_context(stand.worker(concurrency=1, ready=False)) for _ in range(4)]
        for worker in workers:
            worker.wait_ready()
        yield stand


@pytest.fixture
def four(_four, ledger):
    """A stand with four workers of one process each."""
    return _four


def test_never_more_bodies_than_slots(four, ledger):
    swarm = four.swarm([four.tasks("counted", i) for i in range(60)], max_concurrency=3)
    run = swarm.apply_async()
    while not run.ready():
        assert len([raw for raw in four.orchestrator.container.reader.live(run.id) if raw != "$"]) <= 3
    assert run.get(timeout=240) == list(range(60))
    # Counted by the bodies themselves, in a Redis of its own.
    assert ledger.redis.zscore("peak", "peak") == 3, "never more, and the slots were used"
    assert int(ledger.redis.get("running")) == 0
    assert most_live(run) == 3
    assert len({event.worker.rpartition("/")[2] for event in events(run, NodeStarted)}) == 4, "all four took part"


def test_bounded_swarms_beside_each_other(four, ledger):
    runs = [four.swarm([four.tasks("nap", i) for i in range(20)], max_concurrency=1).apply_async() for _ in range(3)]
    for run in runs:
        assert run.get(timeout=240) == list(range(20))
        assert most_live(run) == 1


def test_items_that_are_canvas_hold_one_slot_each(four):
    t = four.tasks
    run = four.swarm([chain(t("nap", i), t("nap")) for i in range(12)], max_concurrency=2).apply_async()
    assert run.get(timeout=240) == list(range(12))
    assert most_live(run) <= 2


def test_retrying_items_keep_their_slot(four):
    run = four.swarm([four.tasks("flaky", 4, i) for i in range(12)], max_concurrency=2).apply_async()
    assert run.get(timeout=240) == list(range(12))
    assert most_live(run) <= 2


def test_killed_items_give_their_slot_back(busy, ledger):
    run = busy.swarm([busy.tasks("suicide_once", i) for i in range(6)], max_concurrency=1).apply_async()
    assert run.get(timeout=240) == list(range(6))
    assert most_live(run) == 1
    assert len(ledger.entries("once")) == 12


def test_items_added_while_it_runs_respect_the_bound(four, ledger):
    swarm = four.swarm([], max_concurrency=2, open=True)
    run = swarm.apply_async()
    for start in range(0, 30, 10):
        swarm.add_tasks_bulk([four.tasks("counted", i) for i in range(start, start + 10)])
    swarm.close()
    assert run.get(timeout=240) == list(range(30))
    assert ledger.redis.zscore("peak", "peak") == 2


def test_slot_of_a_running_item_is_not_given_away_when_its_message_comes_again(four, ledger):
    run = four.swarm([four.tasks("counted", i, seconds=0.5) for i in range(2)], max_concurrency=1).apply_async()
    wait_for_event(run, NodeStarted)
    for _ in range(8):
        send_again(run, "counted", 0, node="0.0")
    wait_for_event(run, NodeVetoed, 8)
    assert run.get(timeout=120) == [0, 1]
    assert ledger.redis.zscore("peak", "peak") == 1

"""A suspension, and thousands of messages that were queued before it."""

import pytest
from celery import group

from orchestrator_celery import RunStatus
from orchestrator_celery.model.events import NodeStarted
from tests.kit.cases import amount
from tests.kit.waiting import wait_for
from tests.worker.support import events

#: These tests are about messages.
pytestmark = pytest.mark.message_each

#: Ten thousand messages in `make test-full`.
RUNS, EACH = amount(24, 160), 63
TOTAL = RUNS * EACH


def last_start(runs):
    """When the last body of each run began, in seconds of the store's clock; 0 where none has."""
    return [max((event.time.timestamp() for event in events(run, NodeStarted)), default=0.0) for run in runs]


def test_nothing_starts_later_than_a_second_after_a_suspension(make_stand, ledger):
    """Given thousands of queued messages of many runs, when these are suspended, then nothing starts any more while
    workers come, are killed and come again; and each task starts once when they are resumed.

    The first tasks wait for a gate, so no run ends before it is suspended, and no task runs when the worker is killed.
    """
    stand = make_stand(orchestrator_heartbeat=0.5, orchestrator_lease=2)
    runs = [stand.run(group([stand.tasks("gated", 0, "gate")] * EACH), tags=["load"]) for _ in range(RUNS)]
    assert stand.queued() == TOTAL
    suspended = []
    with stand.worker() as first:
        wait_for(lambda: events(runs[0], NodeStarted), what="the first task")
        for run in reversed(runs):
            run.suspend()
            suspended.append(stand.orchestrator.container.store.now())
        suspended.reverse()
        begun = [event for run in runs for event in events(run, NodeStarted)]
        ledger.redis.set("gate", 1)
        wait_for(lambda: sum(run.progress().done for run in runs) == len(begun), 60, "the tasks that ran")
        wait_for(lambda: stand.queued() < 0.7 * TOTAL, 60, "the first messages")
        first.kill()
    with stand.worker():
        wait_for(lambda: not stand.queued(), 120, "the last messages")
        assert all(begun <= then + 1 for begun, then in zip(last_start(runs), suspended, strict=True))
        assert {run.status for run in runs[-RUNS // 2 :]} == {RunStatus.SUSPENDED}
        assert all(answer.done for answer in stand.orchestrator.runs(tag="load", limit=10).resume())
        resumed = [run for run in runs if run.status is not RunStatus.SUSPENDED]
        assert len(resumed) >= 10
        for run in resumed:
            assert run.get(timeout=240) == [0] * EACH
            started = [event.node for event in events(run, NodeStarted)]
            assert len(started) == len(set(started)), "no task ran when the worker was killed"

"""An emptied broker: all lost messages are sent again together."""

import pytest

from orchestrator_celery.model.events import NodeRepublished
from orchestrator_celery.store.worker_registry import Beat
from orchestrator_celery.worker.bodies.reporter import Reporter
from orchestrator_celery.worker.recovery.auto_resume import AutoResume
from orchestrator_celery.worker.recovery.reconciler import Reconciler
from tests.kit.waiting import wait_for
from tests.worker.support import client_of, events

#: These tests are about messages.
pytestmark = pytest.mark.message_each

#: Looks come often and messages are overdue soon.
HASTY = {"orchestrator_heartbeat": 0.3, "orchestrator_lease": 5, "orchestrator_republish_after": 0.5}


@pytest.mark.parametrize("refilled", [0, 20])
def test_an_emptied_broker_is_filled_in_one_look(make_stand, ledger, refilled):
    """Given an emptied queue, also with a few new messages in it, then all lost messages are sent again together."""
    stand = make_stand(**HASTY)
    runs = [stand.run(stand.tasks("nap", i, 0)) for i in range(200)]
    with client_of(stand.broker) as broker:
        broker.flushdb()
    runs += [stand.run(stand.tasks("nap", 200 + i, 0)) for i in range(refilled)]
    with stand.worker():
        for index, run in enumerate(runs):
            assert run.get(timeout=240) == index
    first = [events(run, NodeRepublished)[0].time.timestamp() for run in runs[:200]]
    assert max(first) - min(first) < 5
    assert len(ledger.entries("start")) == len(runs)


def test_one_sweep_finds_every_lost_message(make_stand):
    """Given more runs than a page of the index has, then one sweep sends all messages again, with two scripts a run."""
    stand = make_stand(orchestrator_republish_after=0.05)
    container, count = stand.orchestrator.container, 1050
    for i in range(count):
        stand.run(stand.tasks("nap", i, 0))
    index = container.store.due_index
    wait_for(lambda: len(index.due_runs(index.now_ms(), count)) == count, what="all messages to be overdue")
    with client_of(stand.broker) as broker:
        broker.flushdb()
        before = scripts_run(container)
        reconciler = Reconciler(container, AutoResume(container, Reporter(container)))
        reconciler.sweep(Beat(index.now_ms(), leads=True, dead=(), handed=True))
        assert broker.llen("celery") == count
    assert scripts_run(container) - before <= 2 * count + count // 25, "beside a few for pages of the indexes"


def scripts_run(container):
    return container.store.client.info("commandstats")["cmdstat_evalsha"]["calls"]

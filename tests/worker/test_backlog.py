"""An emptied broker: all lost messages are sent again together."""

import pytest

from orchestrator_celery.model.events import NodeRepublished
from tests.worker.support import client_of, events

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

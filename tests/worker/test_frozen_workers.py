"""A worker that stands still for longer than its lease, and then goes on as if nothing had happened."""

import pytest
from celery import chain
from celery.states import PENDING

from tests.kit.waiting import wait_for, wait_for_beats
from tests.worker.support import frozen, leaf

HASTY = {"orchestrator_heartbeat": 0.3, "orchestrator_lease": 2.0}

#: How the body ends that was frozen, and with what value the other attempt ends the node.
ENDS = {
    "return": 1,
    "fail": 1,
    "retry": 1,
    "task": 1,
    "chain": 1,
    "chord": [1, 2],
    "group": [1, 2],
    "swarm": [1, 2],
    "graph": 1,
}

#: Ends by which a nested run replaces the body.
CANVASES = {"chain", "chord", "group", "swarm", "graph"}


@pytest.mark.parametrize("end", ENDS)
def test_a_body_that_was_superseded_does_nothing_more(make_stand, ledger, tmp_path, end):
    """Given a frozen worker whose task has ended elsewhere, when it goes on, then nothing that its body does counts:
    whatever it replaces itself by has run once, and the run keeps its result."""
    stand, gate = make_stand(**HASTY), tmp_path / "gate"
    with stand.worker(concurrency=1, queues="celery,own") as old:
        run = stand.run(chain(stand.tasks("ends_late", str(gate), end), stand.tasks("identity")))
        wait_for(lambda: ledger.entries("ends_late", 1), what="the body")
        with stand.worker(concurrency=1):
            with frozen(old):
                assert run.get(timeout=120) == ENDS[end]
                ran = sorted(ledger.entries("start"))
                gate.touch()
            # Its only process takes a task of its own queue after it has ended the body that was frozen.
            assert stand.run(stand.tasks("add", 1, 1).set(queue="own")).get(timeout=60) == 2
            assert ledger.entries("ends", 1)
            wait_for_beats(stand.orchestrator, 3)
            assert stand.queued() == 0
    assert sorted(ledger.entries("start")) == ran
    assert run.get() == ENDS[end]
    if end in CANVASES:  # a nested run that is started and withdrawn leaves its end there
        assert stand.app.AsyncResult(leaf(run, "0.0.0")).state == PENDING

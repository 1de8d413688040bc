"""A store or broker that refuses for a while is no failure of a task: everything waits, and ends as it would have."""

import time

import pytest
from celery import chain

from orchestrator_celery import RunStatus
from orchestrator_celery.model.events import NodeSucceeded
from tests.kit.refusing import refusing
from tests.kit.waiting import wait_for
from tests.worker.support import wait_for_event

FAST = {"orchestrator_heartbeat": 0.5, "orchestrator_lease": 5}


@pytest.fixture(params=["store and results", "store"])
def place(request, make_stand, new_redis):
    """A stand and the server that refuses. A broker that refuses ends a Celery worker, with and without runs."""
    server = new_redis()
    if request.param == "store":
        return make_stand(orchestrator_store_url=server.url(), **FAST), server
    return make_stand(new_redis().url(), server.url(), **FAST), server


@pytest.mark.parametrize("code", ["OOM", "READONLY"])
@pytest.mark.parametrize("seconds", [1, 8])
def test_nothing_fails_while_a_server_refuses(place, ledger, code, seconds):
    """Given a swarm and a chain under way, when a server refuses for a while, then every item succeeds, each body has run,
    and the callback that follows the run is called."""
    stand, server = place
    t = stand.tasks
    swarm = stand.swarm([t("nap", i, 0.1) for i in range(20)])
    swarm.link(t("nap", "after").set(immutable=True))
    with stand.worker(concurrency=2):
        run, steps = swarm.apply_async(), stand.run(chain(*(t("nap", i, 0.1).set(immutable=True) for i in range(5))))
        wait_for_event(run, NodeSucceeded, 2)
        with refusing(server, code):
            time.sleep(seconds)  # how long the server refuses is the case
        wait_for(lambda: run.status.ended and steps.status.ended, 90, "both runs to end")
        ended = [(one.status, one.status_message) for one in (run, steps)]
        assert [status for status, _ in ended] == [RunStatus.SUCCEEDED] * 2, ended
        wait_for(lambda: ledger.entries("end", "after"), 60, "the callback of the swarm")
        assert {entry[1] for entry in ledger.entries("end")} == {*range(20), "after"}

"""A Redis under Sentinel as store and result backend: a failover in mid-run costs the runs nothing.

The broker is a Redis of its own: a worker of kombu 5.7 was seen to take no more messages after its broker under Sentinel
had failed over (`AttributeError` in `kombu.transport.redis`).
"""

import pytest
from celery import chain, chord

from orchestrator_celery import RunStatus
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.sentinels import MASTER, watched_by_sentinel
from tests.kit.waiting import wait_for
from tests.worker.support import Stand

ITEMS = 20


@pytest.fixture
def watched():
    with watched_by_sentinel() as servers:
        yield servers


@pytest.fixture
def stand(watched, ledger):
    settings = {
        "result_backend_transport_options": {"master_name": MASTER},
        "orchestrator_heartbeat": 0.5, "orchestrator_lease": 2, "orchestrator_republish_after": 1,
    }  # fmt: skip
    with EmbeddedRedis() as broker, Stand(broker.url(), f"{watched.url}/1", **settings) as stand:
        yield stand


@pytest.mark.slow
def test_a_failover_in_mid_run(stand, watched, ledger):
    """Given runs under way, when the master is killed and the replica takes over, then each run ends with its result,
    and new runs start there."""
    t = stand.tasks
    with stand.worker(concurrency=2):
        swarm = stand.swarm([t("nap", i, seconds=0.1) for i in range(ITEMS)], max_concurrency=2).apply_async()
        canvas = stand.run(chain(chord([t("nap", i, seconds=0.3) for i in range(4)], t("xsum")), t("add", 1)))
        wait_for(lambda: len(ledger.entries("end")) >= 5, 60, "a few tasks")
        watched.fail_over()
        assert swarm.get(timeout=120) == list(range(ITEMS))
        assert canvas.get(timeout=120) == 7
        assert {swarm.status, canvas.status} == {RunStatus.SUCCEEDED}
        assert {entry[1] for entry in ledger.entries("end")} == set(range(ITEMS))
        assert stand.run(t("add", 2, 3)).get(timeout=120) == 5

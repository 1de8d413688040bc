"""R5: Redis is killed and comes back, with everything or with all but the last second."""

import time
from contextlib import suppress

import pytest
from celery import chain

from orchestrator_celery import ComplexSignature, Swarm
from tests.kit import project as p
from tests.kit.cases import seeded
from tests.kit.waiting import limit, wait_for


@pytest.mark.parametrize(
    ("durable_site", "seed"), seeded(["always", "everysec"], [10, 60, 120]), indirect=["durable_site"]
)
def test_r5_redis_is_killed_and_restarted(durable_site, ledger, seed):
    worker = durable_site.worker()
    swarm = Swarm([p.nap.s(i) for i in range(200)]).apply_async()
    steps = ComplexSignature(chain([p.nap_add.s(0, 1)] + [p.nap_add.s(1)] * 39)).apply_async()
    wait_for(lambda: swarm.progress().done >= seed, what="the point")
    durable_site.server.kill()
    time.sleep(2)
    durable_site.server.restart()
    if worker.process.poll() is not None:  # a supervisor's work
        durable_site.worker()
    deadline = time.monotonic() + limit(60)

    def ended():
        if worker.process.poll() is not None and len(durable_site.workers) == 1:
            durable_site.worker()
        with suppress(Exception):
            return swarm.status.ended and steps.status.ended
        return False

    wait_for(ended, 60, "both runs")
    assert swarm.outcome() == list(range(200))
    assert steps.outcome() == 40
    assert time.monotonic() < deadline
    assert swarm.get(timeout=120) == list(range(200))
    assert steps.get(timeout=120) == 40

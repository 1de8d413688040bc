"""R4, R7: messages are lost, or delivered again and again."""

import time

import pytest
from celery import chain

from orchestrator_celery import ComplexSignature, Swarm
from tests.faults.conftest import PROFILES
from tests.kit import project as p
from tests.kit.cases import seeded
from tests.kit.waiting import limit, wait_for

#: These tests are about messages.
pytestmark = pytest.mark.message_each


@pytest.mark.parametrize(("profile", "seed"), seeded([*PROFILES], [20, 80, 150], first=1), indirect=["profile"])
def test_r4_the_broker_is_emptied(site, ledger, seed):
    site.worker()
    swarm = Swarm([p.nap.s(i) for i in range(200)]).apply_async()
    steps = ComplexSignature(chain([p.nap_add.s(0, 1)] + [p.nap_add.s(1)] * 39)).apply_async()
    wait_for(lambda: swarm.progress().done >= seed, what="the point")
    site.server.client(0).flushdb()
    flushed = time.monotonic()
    assert swarm.get(timeout=240) == list(range(200))
    assert steps.get(timeout=240) == 40
    assert time.monotonic() - flushed < limit(45)
    assert len(ledger.entries("start")) <= 242


def test_r7_a_task_longer_than_the_visibility_timeout_runs_once(pointed, ledger, default_site):
    settings = {
        "task_acks_late": True,
        "broker_transport_options": {
            "visibility_timeout": 3,
            "unacked_restore_interval": 1,
            "unacked_restore_throttle": 1,
        },
    }
    for _ in range(2):
        default_site.worker(**settings)
    with pointed(default_site.server.url(0), default_site.server.url(1), **settings):
        runs = [
            Swarm([p.nap.s(1, 12), p.nap.s(2, 0.01)]).apply_async(),
            Swarm([p.nap.s(3).set(countdown=12), p.nap.s(4, 0.01)]).apply_async(),
        ]
        assert [run.get(timeout=240) for run in runs] == [[1, 2], [3, 4]]
    assert sorted(entry[1] for entry in ledger.entries("start")) == [1, 2, 3, 4]


def test_a_message_waits_for_a_worker_without_being_multiplied(default_site, ledger):
    """No worker is up: the outbox publishes nothing, for nobody sweeps; with workers it ends, once."""
    run = Swarm([p.nap.s(i) for i in range(20)]).apply_async()
    time.sleep(1)
    assert default_site.server.client(0).llen("celery") == 20
    default_site.worker()
    assert run.get(timeout=240) == list(range(20))
    assert len(ledger.entries("start")) == 20


def test_a_deleted_index_is_made_anew(default_site, ledger):
    """Broker and derived indexes are gone: the runs themselves say what there is to do."""
    runs = [Swarm([p.nap.s(i)]).apply_async() for i in range(3)]
    default_site.server.client(0).flushdb()
    keys = p.orchestrator.container.store.keys
    assert default_site.server.client(1).delete(keys.due, keys.runs) == 2
    assert p.orchestrator.runs() == []
    default_site.worker(orchestrator_republish_after=1)
    assert [run.get(timeout=240) for run in runs] == [[0], [1], [2]]
    assert {run.id for run in p.orchestrator.runs()} == {run.id for run in runs}
    assert len(ledger.entries("start")) == 3

"""Swarms whose limit is higher than what one call starts, with tasks that run for long."""

import pytest

from orchestrator_celery import END, START, Approval, ConditionalGraph
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.waiting import wait_for
from tests.worker.support import Stand


@pytest.fixture(scope="module")
def quick(ledger_server):
    """A stand with a worker that looks at runs often."""
    with (
        EmbeddedRedis() as server,
        Stand(server.url(0), server.url(1), orchestrator_heartbeat=0.3) as stand,
        stand.worker(pool="threads", concurrency=100),
    ):
        yield stand


@pytest.mark.parametrize("limit", [90, None])
def test_long_tasks_use_all_places(quick, ledger, limit):
    """Given more places than one burst fills, when no task ends, then as many tasks run as may."""
    run = quick.swarm([quick.tasks("gated", i, "door") for i in range(120)], max_concurrency=limit).apply_async()
    wait_for(lambda: len(ledger.entries("start")) == (limit or 100), 60, "a task in each place")
    assert run.progress().running == (limit or 100)
    ledger.redis.set("door", 1)
    assert run.get(timeout=120) == list(range(120))


def test_all_approvals_are_asked_for(quick):
    """Given a swarm of graphs that wait for a person, then all of them are asked for, though no task is claimed."""
    graph = ConditionalGraph("asks", app=quick.app).add_node("ok", Approval())
    run = quick.swarm([graph.add_edge(START, "ok").add_edge("ok", END)] * 150).apply_async()
    wait_for(lambda: sum(found.run == run.id for found in quick.orchestrator.approvals()) == 150, 60, "all approvals")
    run.cancel(confirm=True)

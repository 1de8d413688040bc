"""A store in a Redis Cluster of three masters, with real workers: what users call does the same there.

Each workflow runs several times, so that its runs lie on all nodes.
"""

import os
import signal

import pytest
from celery import chain, chord, group

from orchestrator_celery import END, START, Approval, ConditionalGraph, RunNotFound, RunStatus, otherwise, result, when
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.clusters import redis_cluster
from tests.kit.waiting import wait_for
from tests.worker.support import Stand

RUNS = 6


@pytest.fixture(scope="module")
def clustered(ledger_server):
    """A project whose broker and results are on one Redis, and its runs in the cluster."""
    with (
        redis_cluster() as url,
        EmbeddedRedis() as server,
        Stand(
            server.url(0), server.url(1), orchestrator_store_url=url, orchestrator_heartbeat=0.3, orchestrator_lease=2
        ) as stand,
    ):
        yield stand
        stand.orchestrator.container.store.client.close()


@pytest.fixture(scope="module")
def served(clustered):
    """The project, with a worker."""
    with clustered.worker(concurrency=2):
        yield clustered


def spread(stand, workflow, **options):
    """Start a workflow several times."""
    return [stand.run(workflow, **options) for _ in range(RUNS)]


def test_workflows_end_as_elsewhere(served):
    """Given native canvas, a swarm and a graph, when they run, then each gives its result, and the counts are right."""
    add, xsum = served.tasks("add", 1), served.tasks("xsum")
    canvas = spread(served, chain(chord([served.tasks("add", i, 1) for i in range(3)], xsum), served.tasks("add", 4)))
    swarms = [
        served.swarm([served.tasks("add", i, 1) for i in range(20)], max_concurrency=3, batch=batch).apply_async()
        for batch in (None, 4) * (RUNS // 2)
    ]
    graph = (
        ConditionalGraph("routes", app=served.app)
        .add_node("a", add)
        .add_node("big", served.tasks("add", 10))
        .add_node("small", served.tasks("add", 20))
        .add_edge(START, "a")
        .add_conditional_edges("a", [when(result > 5, "big"), otherwise("small")])
        .add_edge("big", END)
        .add_edge("small", END)
    )
    graphs = [graph.clone((value,)).apply_async() for value in (0, 9) * (RUNS // 2)]
    assert [run.get(timeout=60) for run in canvas] == [10] * RUNS
    assert [run.get(timeout=60) for run in swarms] == [list(range(1, 21))] * RUNS
    assert [run.get(timeout=60) for run in graphs] == [21, 20] * (RUNS // 2)
    assert {run.progress().done for run in swarms} == {20}
    assert {run.status for run in [*canvas, *swarms, *graphs]} == {RunStatus.SUCCEEDED}
    assert all(len(list(run.items())) == 20 for run in swarms)


def test_runs_are_steered(served, ledger):
    """Given runs on all nodes, when they are suspended, interrupted, retried and cancelled, then they obey."""
    gated = [served.run(chain(served.tasks("gated", i, "door"), served.tasks("add", 1))) for i in range(RUNS)]
    wait_for(lambda: len(ledger.entries("start")) == 2, what="the first bodies")
    for run in gated:
        run.suspend()
    assert {run.status for run in gated} == {RunStatus.SUSPENDED}
    ledger.redis.set("door", 1)
    for run in gated:
        run.resume()
    assert [run.get(timeout=60) for run in gated] == [i + 1 for i in range(RUNS)]

    broken = spread(served, served.tasks("brittle", 7, "mended"))
    for run in broken:
        with pytest.raises(ValueError, match="7 is broken"):
            run.get(timeout=60)
    ledger.redis.set("mended", 1)
    for run in broken:
        run.retry()
    assert [run.get(timeout=60) for run in broken] == [7] * RUNS

    shut = spread(served, served.tasks("gated", 1, "shut"))
    wait_for(lambda: any(run.progress().running for run in shut), what="a body")
    report = shut[0].interrupt(grace=5)
    assert len(report.tasks) == shut[0].progress().total
    for run in shut:
        run.cancel(confirm=True)
        with pytest.raises(RunNotFound):
            run.tree()


def test_runs_are_found_and_read(served):
    """Given runs on all nodes, then lists, trees, events, logs, approvals and stored signatures show them."""
    runs = [
        served.complex(served.tasks("logs", i, lines=2), name="logging", tags=("cluster",)).apply_async()
        for i in range(RUNS)
    ]
    assert [run.get(timeout=60) for run in runs] == list(range(RUNS))
    found = list(served.orchestrator.runs("tag:cluster status:SUCCEEDED"))
    assert {view.id for view in found} == {run.id for run in runs}
    for run in runs:
        assert len([line for line in run.logs() if line.logger == "shop.lines"]) == 2
        assert run.tree().state == "SUCCEEDED"
        assert list(run.events())
        assert [entry.node for entry in run.timeline()] == ["0", "0.0"]
    wait_for(lambda: served.orchestrator.stats(task="*.logs").succeeded == RUNS, what="the statistics")
    saved = served.orchestrator.save(served.complex(group(served.tasks("add", i, 1) for i in range(3))), name="stored")
    again = [saved.run() for _ in range(3)]
    assert [run.get(timeout=60) for run in again] == [[1, 2, 3]] * 3
    asked = (
        ConditionalGraph("asks", app=served.app).add_node("ok", Approval()).add_edge(START, "ok").add_edge("ok", END)
    )
    waiting = [asked.apply_async() for _ in range(3)]
    ids = {run.id for run in waiting}
    wait_for(lambda: ids <= {approval.run for approval in served.orchestrator.approvals()}, what="the approvals")
    for run in waiting:
        run.approve("ok", by="test")
        assert run.get(timeout=60)["decision"] == "approved"
    assert list(served.orchestrator.audit())


def test_a_dead_workers_tasks_go_on(clustered, ledger):
    """Given runs on all nodes, when their worker is killed, then another one ends all of them."""
    with clustered.worker(concurrency=2, queues="doomed") as doomed:
        runs = spread(clustered, clustered.tasks("gated", 3, "later").set(queue="doomed"))
        wait_for(lambda: len(ledger.entries("start")) == 2, what="the first bodies")
        os.killpg(doomed.process.pid, signal.SIGKILL)
    ledger.redis.set("later", 1)
    with clustered.worker(concurrency=2, queues="doomed"):
        assert [run.get(timeout=90) for run in runs] == [3] * RUNS

"""Redis Cluster: every run in one slot, runs spread over the nodes (invariant 7)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from celery import Celery
from redis.crc import key_slot

from orchestrator_celery import (
    END,
    START,
    Approval,
    ConditionalGraph,
    Orchestrator,
    OrchestratorSettings,
    StoreUnavailable,
    Swarm,
)
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.store import Refused, Store
from orchestrator_celery.store.connection import connect
from orchestrator_celery.store.reader import Reader
from orchestrator_celery.store.worker_registry import WorkerRegistry
from tests.kit.clusters import NODES, SLOTS, redis_cluster

from .play import Play, names
from .trees import chain, graph, leaf, swarm, unit


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The URL of a cluster of three masters, each with a third of the slots."""
    with redis_cluster() as url:
        yield url


@pytest.fixture
def app(cluster: str) -> Celery:
    """A project whose results are elsewhere, and its runs in the cluster."""
    found = Celery("clustered", set_as_current=False, broker="memory://", backend="cache+memory://")
    found.conf.orchestrator_store_url = cluster
    Orchestrator(found)
    return found


@pytest.fixture
def clustered(app: Celery) -> Iterator[Store]:
    """The store in the cluster."""
    store: Store = app.orchestrator.container.store
    yield store
    store.client.close()


def test_twenty_runs_go_their_way(clustered):
    """Given twenty runs, when each is created, claimed, added to, finished and told, then all succeed."""
    plays = [Play(clustered, f"run-{i}") for i in range(20)]
    for play in plays:
        assert names(play.start(swarm(chain(leaf(), leaf()), open=True))) == ["0.0.0"]
    slots = {key_slot(clustered.keys.root(play.run).encode()) * NODES // SLOTS for play in plays}
    assert slots == set(range(NODES))
    for play in plays:
        assert play.succeed("0.0.0") == ["0.0.1"]
        assert names(play.add(*[leaf()] * 1001))[:1] == ["0.1"]
        assert play.claim("0.0.1").refused is None
        play.store.checkpoint(play.leaf("0.0.1"), Fence(), b"x")
        assert names(play.lost("0.0.1")) == ["0.0.1:2"]
        play.store.swarms.close_swarm(play.run, "0")
        assert play.claim("0.0.1").refused is Refused.STALE
        play.break_("0.0.1", 2)
        assert play.counts() == (1003, 1, 1)


def test_a_run_comes_to_its_end(clustered):
    """Given runs on every node, when they end, then Celery is told, and all their keys expire."""
    for number in range(6):
        play = Play(clustered, f"end-{number}")
        play.start(unit(chain(leaf(), leaf())))
        play.succeed("0.0.0")
        assert play.succeed("0.0.1") == ["close"]
        assert play.tell().refused is None
        keys = [clustered.keys.root(play.run) + end for end in ("", ":d", ":t", ":e")]
        assert all(clustered.client.ttl(key) > 0 for key in keys)


def test_runs_are_read_and_listed(clustered, app):
    """Given runs on every node, then each can be read, and all are listed, newest first."""
    reader = Reader(clustered.client, clustered.keys)
    for number in range(6):
        Play(clustered, f"read-{number}").start(unit(leaf()))
    ids = [f"read-{number}" for number in range(6)]
    assert [head["status"] for head in reader.heads(ids)] == [b"PENDING"] * 6
    assert sorted(run for run in reader.listed(0, 100, None, None) if run.startswith("read-")) == ids
    assert len(reader.events("read-0", "0", None)) == 1
    assert reader.events("read-0", "$", 10) == []
    found = {view.id: view for view in app.orchestrator.runs(text="read-")}
    assert sorted(found) == ids


def test_graphs_go_their_way(clustered):
    """Given graphs on every node, when they are decided, answered and looked at, then all succeed, or leave nothing."""
    plays = [Play(clustered, f"graph-{i}") for i in range(6)]
    for play in plays:
        play.start(graph("START>a a?a,ask ask>END", {"ask": Approval()}))
        play.succeed("0.0.0", targets="0")
        assert play.succeed("0.0.1") == ["decide 0.0.1"]
        assert names(play.decide("0.0.1", "go", "1")) == ["await"]
        clustered.graphs.awaits(play.run)
        assert play.decide("0.0.1", "go", "1").refused is Refused.STALE
    assert clustered.graphs.awaiting() == [play.run for play in plays]
    assert [check.waiting for check in clustered.due_index.check(clustered.graphs.awaiting())] == [1] * 6
    for play in plays[1:]:
        assert names(play.answer("0.1.0")) == ["close"]
        play.tell()
    assert clustered.cancel("graph-0", "{}").refused is None
    clustered.erase("graph-0")
    assert clustered.graphs.awaiting() == []
    assert not clustered.client.exists(clustered.keys.root("graph-0"))


def test_graphs_are_saved(clustered, app):
    """Given a store that is a cluster, then graphs are saved, found, and deleted with their signatures."""

    @app.task(name="clustered.one", shared=False)
    def one():
        """Never runs."""

    graphs = app.orchestrator.graphs
    graph = ConditionalGraph("orders", app=app).add_node("a", one.s())
    graph.add_edge(START, "a").add_edge("a", END)
    versions = [graphs.save(graph, base=base) for base in range(4)]
    assert [saved.version for saved in graphs.versions("orders")] == [4, 3, 2, 1]
    assert graphs.get("orders", 2).document == graph.to_dict()
    for version in versions:
        app.orchestrator.signature(version.signature).purge(confirm=True)
    assert graphs.names() == []


def test_the_clock_is_asked(clustered):
    """Given several servers, then the store has one clock."""
    assert clustered.now() > 1_700_000_000


def test_runs_are_looked_at_together(clustered):
    """Given runs on every node, when a sweep looks at them, then each gets its answer, in order."""
    ids = [f"look-{number}" for number in range(6)]
    for run in ids[:-1]:
        Play(clustered, run).start(unit(leaf()))
    looks = clustered.due_index.check(ids)
    assert [(check.run, check.state) for check in looks] == [*((run, "ok") for run in ids[:-1]), (ids[-1], "gone")]
    assert set(ids) - {ids[-1]} <= set(clustered.due_index.due_runs(None, 1000))


def test_workers_give_signs_of_life(clustered):
    """Given workers of a project whose store is a cluster, then their leases, their leader and their dead are known."""
    registry = WorkerRegistry(clustered.client, clustered.keys)
    assert registry.beat("w1/a", 30, ["x"]).leads
    beat = registry.beat("w2/b", 30, [], dead=["w1/a"])
    assert (beat.leads, beat.dead) == (True, ("w1/a",))
    registry.bury(beat.dead)
    assert registry.members() == ["w2/b"]


def test_a_cluster_that_is_away_says_so():
    """Given no cluster at the URL, when a swarm is applied, then the error is ours, and says that nothing started."""
    app = Celery("away", set_as_current=False, broker="memory://", backend="cache+memory://")
    app.conf.orchestrator_store_url = "redis+cluster://127.0.0.1:1"

    @app.task(shared=False)
    def task():
        """Never runs."""

    Orchestrator(app)
    with pytest.raises(StoreUnavailable):
        Swarm([task.s()]).apply_async()


def test_a_store_of_its_own_is_made_from_the_url(cluster):
    """Given the URL alone, then the client is a cluster's, and its answers are bytes."""
    store = Store(connect(Celery("x", set_as_current=False), cluster), OrchestratorSettings())
    play = Play(store, "own")
    play.start(unit(leaf()))
    assert play.reader.head_field("own", "status") == b"PENDING"
    store.client.close()

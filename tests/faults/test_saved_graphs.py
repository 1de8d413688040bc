"""Versions of graphs: whoever saves or deletes one may die at any point; nothing is half there, and who is late is told."""

import pytest

from orchestrator_celery import END, START, ConditionalGraph, GraphChanged, GraphNotFound
from orchestrator_celery.lifecycle.delete import Deletion
from orchestrator_celery.store.embedded import EmbeddedRedis
from orchestrator_celery.store.index_rebuild import Indexes
from tests.faults.races import race
from tests.faults.test_stored_crashes import left
from tests.kit import project as p
from tests.kit.cases import amount
from tests.kit.clients import crash_client
from tests.worker.support import Stand

STORY = """
from orchestrator_celery import END, START, ConditionalGraph
from tests.kit.project import *
graph = ConditionalGraph("orders", app=app).add_node("a", identity.s()).add_edge(START, "a").add_edge("a", END)
kept = orchestrator.graphs.save(graph, layout={"nodes": {"a": {"x": 1, "y": 2}}}, base=0)
orchestrator.signature(kept.signature).purge(confirm=True)
"""
#: Where the caller ends, and whether the version is there: not yet, whole, or about to be deleted.
POINTS = {
    "store.save.before": "no",
    "store.save.after": "no",
    "store.save_version.before": "no",
    "store.save_version.after": "whole",
    "store.append_audit.before": "whole",
    "store.doom.before": "whole",
    "store.doom.after": "going",
    "store.drop_version.before": "going",
    "store.drop_version.after": "going",
    "store.purge.before": "going",
    "store.purge.after": "going",
}


@pytest.mark.parametrize("point", POINTS)
def test_a_client_of_saved_graphs_crashes_at(default_site, tmp_path, point):
    crash_client(default_site, point, tmp_path / "crashed", STORY)
    o, client = p.orchestrator, p.orchestrator.container.store.client
    if POINTS[point] == "no":
        assert (o.graphs.names(), list(o.graphs)) == ([], [])
        assert o.signatures(saved=True) == [], "a signature without its version is not listed"
        assert o.graphs.save(graph_of(p.app), base=0).version == 1, "the name is free"
    Deletion(o.container).sweep(now=o.container.store.due_index.now_ms() + 2 * 3600_000)
    if POINTS[point] == "going":
        assert (o.graphs.names(), o.signatures(saved=True), stays(client)) == ([], [], [])
        assert list(client.scan_iter("orc:graphs:*")) == []
        return
    [kept] = o.graphs.versions("orders")
    assert [one.id for one in o.signatures(saved=True)] == [kept.signature]
    assert o.graphs.get("orders").document["name"] == "orders"
    assert {key.split(b"}")[0] for key in stays(client)} == {f"orc:{{{kept.signature}".encode()}, "nothing else stays"
    o.signature(kept.signature).purge(confirm=True)
    assert (o.graphs.names(), stays(client)) == ([], [])


def test_indexes_that_are_lost_are_built_again(default_site):
    """Given the indexes deleted, then versions are listed again, and what was saved halfway still is not."""
    o, store = p.orchestrator, p.orchestrator.container.store
    kept = o.graphs.save(graph_of(p.app))
    store.signatures.save_version("s:halfway", [("0", b"x")], {"name": "n", "saved_as": "orders"}, {"document": b"{}"})
    store.client.delete(store.keys.signatures, store.keys.deletions)
    Indexes(store.client, store.keys).rebuild()
    later = store.due_index.now_ms() + 2 * 3600_000
    assert Deletion(o.container).sweep() == 0, "its caller may still go on"
    assert store.client.exists(store.keys.root("s:halfway"))
    assert Deletion(o.container).sweep(now=later) == 1
    assert [one.id for one in o.signatures(saved=True)] == [kept.signature]
    assert o.graphs.versions("orders")[0].signature == kept.signature


def stays(client):
    """Keys of signatures that do not expire; a document whose signature was never saved expires."""
    return [key for key in left(client) if client.ttl(key) < 0]


def graph_of(app, tasks=None):
    body = p.identity.s() if tasks is None else tasks("identity")
    return ConditionalGraph("orders", app=app).add_node("a", body).add_edge(START, "a").add_edge("a", END)


def saves(stand, base):
    try:
        return stand.orchestrator.graphs.save(graph_of(stand.app, stand.tasks), base=base).version
    except GraphChanged as exc:
        assert exc.newest.version == base + 1
        return None


def test_of_savers_at_the_same_moment_one_is_first():
    with EmbeddedRedis() as server, Stand(server.url(0), server.url(1)) as stand:
        rounds = amount(25, 200)
        for base, *versions in race(stand, list(range(rounds)), saves, saves, saves):
            assert [version for version in versions if version] == [base + 1]
        assert [one.version for one in stand.orchestrator.graphs.versions("orders")] == list(range(rounds, 0, -1))
        kept = {one.signature for one in stand.orchestrator.graphs.versions("orders")}
        found = {key.decode().split("{")[1].split("}")[0] for key in left(stand.orchestrator.container.store.client)}
        assert found == kept, "nothing is left of who came second"
        with pytest.raises(GraphNotFound):
            stand.orchestrator.graphs.get("orders", rounds + 1)

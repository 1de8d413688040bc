"""save_version, drop_version: names of graphs, their numbers, and who comes second."""

from __future__ import annotations

import pytest

from orchestrator_celery import FormatTooNew
from orchestrator_celery.records.catalogs.graph_versions import Facts
from orchestrator_celery.records.head.fields import AppId
from orchestrator_celery.store.catalogs.saved_graphs import SavedGraphs
from orchestrator_celery.store.keys import Keys
from tests.kit.resending import resending_client


@pytest.fixture
def graphs(store):
    return SavedGraphs(store.client, store.keys)


def facts(signature, note=""):
    return Facts(f"s:{signature}", "ann", note, 2, 3)


def numbers(graphs, name="orders"):
    return [version.number for version in graphs.versions(name)]


def test_every_save_has_the_next_number(graphs):
    added = [graphs.add("orders", None, facts(place, "n")) for place in range(3)]
    assert [version.number for version in added] == [1, 2, 3]
    assert graphs.versions("orders") == added[::-1]
    assert graphs.version("orders") == added[2]
    assert graphs.version("orders", 1) == added[0]
    assert graphs.version("orders", 4) is None
    assert (graphs.number_of("orders", "s:1"), graphs.number_of("orders", "s:9")) == (2, None)


def test_a_version_is_compared_with_the_one_that_was_changed(graphs):
    assert graphs.add("orders", 1, facts("a")) == 0, "there is none"
    assert graphs.add("orders", 0, facts("a")).number == 1
    assert graphs.add("orders", 0, facts("b")) == 1
    assert graphs.add("orders", 1, facts("b")).number == 2
    assert graphs.add("orders", 1, facts("c")) == 2
    assert numbers(graphs) == [2, 1], "nothing of what was refused was saved"


def test_the_last_saved_graph_comes_first(graphs, client):
    for name in ("one", "two", "a:b {c}", "newest"):
        graphs.add(name, 0, facts(name))
        client.zadd(f"{graphs._key}", {name: len(graphs.names())})  # a clock of its own
    assert graphs.names() == ["newest", "a:b {c}", "two", "one"]
    assert [(name, version.facts.signature) for name, version in graphs.newest(["one", "nix", "a:b {c}"])] == [
        ("one", "s:one"), ("a:b {c}", "s:a:b {c}"),
    ]  # fmt: skip


def test_a_dropped_version_leaves_the_others_and_at_last_the_name(graphs, client):
    for place in range(4):
        graphs.add("orders", None, facts(place))
    for signature, left in (("s:1", [4, 3, 1]), ("s:3", [3, 1]), ("s:3", [3, 1]), ("s:2", [1])):
        graphs.drop("orders", signature)
        assert numbers(graphs) == left
        assert graphs.version("orders").number == left[0]
    assert graphs.add("orders", 1, facts("new")).number == 5, "numbers are not used again"
    for signature in ("s:0", "s:new"):
        graphs.drop("orders", signature)
    assert graphs.names() == []
    assert list(client.scan_iter("orc:graphs:*")) == []
    assert graphs.add("orders", 0, facts("again")).number == 1, "the name is free"


def test_a_call_that_is_sent_again_adds_nothing(graphs, store, client):
    """Given a client that loses every first answer, then each save is one version, also after one of somebody else."""
    losing = SavedGraphs(resending_client(client), store.keys)
    first = losing.add("orders", 0, facts("a"))
    assert losing.add("orders", 1, facts("b")).number == 2
    assert graphs.add("orders", 0, facts("a")) == first, "not compared again"
    losing.drop("orders", "s:b")
    assert numbers(graphs) == [1]


def test_a_graph_of_a_later_release_is_left_alone(graphs, client):
    graphs.add("orders", 0, facts("a"))
    graphs.add("other", 0, facts("b"))
    client.hset(f"{graphs._key}:orders", "format", 99)
    before = client.hgetall(f"{graphs._key}:orders")
    for call in (
        lambda: graphs.add("orders", None, facts("c")),
        lambda: graphs.drop("orders", "s:a"),
        lambda: graphs.versions("orders"),
        lambda: graphs.version("orders"),
    ):
        with pytest.raises(FormatTooNew, match="later release"):
            call()
    assert client.hgetall(f"{graphs._key}:orders") == before
    assert [name for name, _ in graphs.newest(graphs.names())] == ["other"]


def test_apps_do_not_see_the_graphs_of_each_other(graphs, client):
    mine, yours = (SavedGraphs(client, Keys("orc", AppId(id, id))) for id in ("a" * 12, "b" * 12))
    assert mine.add("orders", 0, facts("a")).number == 1
    assert yours.add("orders", 0, facts("b")).number == 1
    assert [version.facts.signature for version in yours.versions("orders")] == ["s:b"]
    assert graphs.names() == []

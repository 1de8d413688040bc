"""The indexes are derived: whoever deletes them loses nothing (invariant 7)."""

from __future__ import annotations

import pytest

from orchestrator_celery.store.index_rebuild import Indexes

from .play import Play
from .trees import leaf, unit


@pytest.fixture
def indexes(store):
    return Indexes(store.client, store.keys)


def start(store, *runs):
    plays = [Play(store, run) for run in runs]
    for play in plays:
        play.start(unit(leaf()))
    return plays


def test_a_fresh_store_is_not_whole_until_it_was_scanned(indexes):
    assert not indexes.whole()
    assert indexes.rebuild() == 0
    assert indexes.whole()


@pytest.mark.parametrize("index", ["orc:due", "orc:runs"])
def test_a_deleted_index_is_noticed(store, indexes, index):
    start(store, "a")
    indexes.rebuild()
    store.client.delete(index)
    assert not indexes.whole()
    start(store, "b")
    assert not indexes.whole(), "a new run alone does not make it whole"


def test_every_run_is_put_back(store, indexes):
    """Given runs of any kind of id, when both indexes are gone, then they are listed and looked at again."""
    runs = ["a", "{b}", "c:0.1:1", "Ünicode *", *(f"n{i}" for i in range(1200))]
    start(store, *runs)
    before = store.client.zrange("orc:runs", 0, -1, withscores=True)
    store.client.delete("orc:due", "orc:runs")
    assert indexes.rebuild() == len(runs)
    assert sorted(store.due_index.due_runs(None, 10_000)) == sorted(runs)
    assert sorted(Play(store).reader.listed(0, 10_000, None, None)) == sorted(runs)
    after = [pair for pair in store.client.zrange("orc:runs", 0, -1, withscores=True) if pair[0]]
    assert sorted(after) == sorted(before)


def test_the_mark_is_no_run(store, indexes):
    """Given whole indexes, then no list, count or sweep meets the mark."""
    start(store, "a")
    indexes.rebuild()
    assert store.due_index.due_runs(None, 10) == ["a"]
    assert store.due_index.due_runs(1e18, 10) == ["a"]
    assert store.due_index.active_runs() == 1
    assert Play(store).reader.listed(0, 10, None, None) == ["a"]
    assert Play(store).reader.listed(0, 10, 0.0, 1e18) == ["a"]


def test_what_is_there_is_not_changed(store, indexes):
    """Given an entry that is due later, when the other index was lost, then it stays as it is."""
    start(store, "a")
    store.due_index.due({"a": 5e12})
    store.client.delete("orc:runs")
    indexes.rebuild()
    assert store.client.zscore("orc:due", "a") == 5e12


def test_an_ended_run_is_listed_and_looked_at_once(store, indexes):
    [play] = start(store, "a")
    play.succeed("0.0")
    play.tell()
    store.client.delete("orc:due", "orc:runs")
    indexes.rebuild()
    assert store.due_index.check(["a"])[0].state == "over"
    assert play.reader.listed(0, 10, None, None) == ["a"]


def test_other_keys_are_left_alone(store, indexes, client):
    """Given keys of others, even ones that look alike, then they are no runs."""
    client.hset("orc:{x}:l", "a", 1)
    client.hset("other:{x}", "created", 1)
    client.set("orc:{s}", 1)
    client.hset("orc:{h}", "field", 1)
    assert indexes.rebuild() == 0
    assert store.due_index.due_runs(None, 10) == []


def test_expired_runs_are_taken_out_of_the_list(store, indexes):
    """Given a long list in which most runs have expired, when it was trimmed a few times, then the others are left."""
    start(store, "a", "b")
    store.client.zadd("orc:runs", {f"gone{i}": i for i in range(3000)})
    indexes.rebuild()
    cursor = indexes.trim(0)
    assert 3002 - 2000 < store.client.zcard("orc:runs") - 1 < 3002, "a part at a time"
    for _ in range(20):
        cursor = indexes.trim(cursor)
    assert sorted(Play(store).reader.listed(0, 10_000, None, None)) == ["a", "b"]
    assert indexes.whole()


def test_trimming_a_short_list(store, indexes):
    start(store, "a")
    indexes.rebuild()
    store.client.zadd("orc:runs", {"gone": 1})
    assert indexes.trim(0) == 0
    assert Play(store).reader.listed(0, 10, None, None) == ["a"]


def test_a_run_that_is_deleted_meanwhile_does_not_come_back(store):
    """Given a look at a run, when the run is deleted before what the look found is written, then no index names it."""
    [play] = start(store, "a")
    [check] = store.due_index.check(["a"])
    store.cancel("a", "{}")
    store.erase("a")
    store.due_index.due({"a": check.created + 1000})
    store.due_index.index({"a": check.created})
    assert play.snapshot() == {}

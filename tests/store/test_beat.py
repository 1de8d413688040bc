"""beat: signs of life, who leads, and who is dead."""

from __future__ import annotations

import json

import pytest
from redis import Redis

from orchestrator_celery.store.keys import Keys
from orchestrator_celery.store.worker_registry import Skills, StopTasks, WorkerRegistry
from tests.kit.waiting import wait_for


@pytest.fixture
def registry(client: Redis) -> WorkerRegistry:
    """The workers of an empty store."""
    return WorkerRegistry(client, Keys("orc"))


def test_a_worker_that_gave_a_sign_lives(registry, store):
    """Given a sign of life, then its lease holds for that long, and what it runs is known."""
    beat = registry.beat("w1/a", 30, ["r:0.1:1"])
    assert abs(beat.now / 1000 - store.now()) < 5
    assert registry.members() == registry.alive(beat.now) == ["w1/a"]
    assert registry.has_lease("w1/a", beat.now)
    assert not registry.has_lease("w1/a", beat.now + 30_000)
    assert registry.lives()["w1/a"] == (beat.now, {"r:0.1:1"})


def test_one_leads(registry):
    """Given two workers, then the first leads, also at its next sign, and the other does not."""
    assert registry.beat("w1/a", 30, []).leads
    assert not registry.beat("w2/b", 30, []).leads
    assert registry.beat("w1/a", 30, []).leads


def test_a_silent_leader_is_followed(registry):
    """Given a leader whose lease ran out, then another leads, and learns who is dead; nobody else does."""
    registry.beat("w1/a", 0.05, [])
    beat = wait_for(lambda: (found := registry.beat("w2/b", 30, [])).leads and found, what="a new leader")
    assert beat.dead == ("w1/a",)
    assert registry.beat("w3/c", 30, []).dead == ()
    assert not registry.beat("w1/a", 30, []).leads


def test_a_leader_known_to_be_dead_is_followed_at_once(registry):
    """Given a worker that knows the leader's process to be dead, then nobody has to wait for the lease."""
    registry.beat("w1/a", 3600, ["x"])
    beat = registry.beat("w2/b", 30, [], dead=["w1/a"])
    assert (beat.leads, beat.dead) == (True, ("w1/a",))


def test_the_dead_are_told_until_they_are_buried(registry):
    """Given a dead worker, then the leader is told at every sign, until it has buried it."""
    registry.beat("w1/a", 3600, ["x"])
    assert registry.beat("w2/b", 30, [], dead=["w1/a"]).dead == ("w1/a",)
    assert registry.beat("w2/b", 30, []).dead == ("w1/a",)
    registry.bury(["w1/a"])
    assert registry.beat("w2/b", 30, []).dead == ()
    assert list(registry.lives()) == registry.members() == ["w2/b"]


def test_a_worker_that_leaves_is_not_dead(registry):
    """Given a worker that ends in good order, then nobody looks for it, and nothing is left of it."""
    registry.beat("w1/a", 30, [])
    registry.beat("w2/b", 3600, ["r:0.1:1"])
    registry.leave("w2/b", finished=True)
    assert registry.beat("w1/a", 30, []).dead == ()
    assert registry.members() == list(registry.lives()) == ["w1/a"]


@pytest.mark.parametrize("finished", [True, False])
def test_a_leader_that_leaves_is_followed_at_once(registry, finished):
    """Given a leader that ends, then the next one leads at once, and is told once whether anything was left."""
    registry.beat("w1/a", 3600, [])
    registry.leave("w1/a", finished=finished)
    beat = registry.beat("w2/b", 30, [])
    assert (beat.leads, beat.handed, beat.dead) == (True, finished, ())
    assert not registry.beat("w2/b", 30, []).handed


def test_one_that_did_not_lead_hands_nothing_over(registry):
    """Given a worker that followed, when it leaves, then the leader goes on, and no later one is told anything."""
    registry.beat("w1/a", 0.05, [])
    registry.beat("w2/b", 30, [])
    registry.leave("w2/b", finished=True)
    beat = wait_for(lambda: (found := registry.beat("w3/c", 30, [])).leads and found, what="a new leader")
    assert (beat.handed, beat.dead) == (False, ("w1/a",))


def test_nothing_is_handed_over_past_a_crash(registry):
    """Given a leader that left, and one after it that died, then the third knows nothing of the second's work."""
    registry.beat("w1/a", 30, [])
    registry.leave("w1/a", finished=True)
    assert registry.beat("w2/b", 0.05, []).handed
    beat = wait_for(lambda: (found := registry.beat("w3/c", 30, [])).leads and found, what="a new leader")
    assert (beat.handed, beat.dead) == (False, ("w2/b",))


def test_nobody_unknown_is_declared_dead(registry):
    """Given a name that never gave a sign, then it does not come to be by being dead."""
    assert registry.beat("w2/b", 30, [], dead=["w9/z"]).dead == ()
    assert registry.members() == ["w2/b"]


def test_a_revived_worker_lives(registry):
    """Given a worker declared dead by mistake, when it gives a sign, then it lives."""
    registry.beat("w1/a", 30, [])
    registry.beat("w2/b", 30, [], dead=["w1/a"])
    beat = registry.beat("w1/a", 30, [])
    assert set(registry.alive(beat.now)) == {"w1/a", "w2/b"}


# -- what workers can run


def skills(*tasks: str) -> Skills:
    """Tasks of a worker of the default queue."""
    return Skills(frozenset(tasks), frozenset({"celery"}))


def test_what_a_worker_can_run_is_known_while_it_lives(registry):
    """Given workers that say what they can run, then it is known of those whose lease holds, and of no others."""
    now = registry.beat("w1/a", 30, [], skills=skills("add", "nap")).now
    registry.beat("w2/b", 0.001, [], skills=skills("add"))
    registry.beat("w3/c", 30, [])  # of an earlier release
    assert registry.skills(now + 1000) == {"w1/a": skills("add", "nap")}
    registry.beat("w1/a", 30, [], skills=skills("add"))
    assert registry.skills(now + 1000) == {"w1/a": skills("add")}


def test_equal_workers_share_what_they_can_run(registry, client):
    """Given a thousand workers of two releases, then two sets are stored, and none when all have gone."""
    names = [f"proj.tasks.task_{i}" for i in range(100)]
    for i in range(1000):
        registry.beat(f"w{i}/a", 30, [], skills=skills(*names[: 100 - i % 2]))
    assert client.hlen("orc:workers:{orc}:known") == 2
    assert client.memory_usage("orc:workers:{orc}:skills", samples=0) < 120_000
    for i in range(1, 1000, 2):
        registry.leave(f"w{i}/a", finished=True)
    assert client.hlen("orc:workers:{orc}:known") == 1
    registry.bury([f"w{i}/a" for i in range(0, 1000, 2)])
    assert not client.exists("orc:workers:{orc}:known", "orc:workers:{orc}:skills")


def test_a_set_that_was_deleted_is_written_again(registry, client):
    """Given a set that somebody deleted, when a worker that has it gives a sign of life, then it is there again."""
    now = registry.beat("w1/a", 30, [], skills=skills("add")).now
    client.delete("orc:workers:{orc}:known")
    assert registry.skills(now) == {}
    registry.beat("w1/a", 30, [], skills=skills("add"))
    assert registry.skills(now) == {"w1/a": skills("add")}


def test_orders_reach_each_worker_once(registry):
    """Given an order to stop tasks, then each worker reads it with its next heartbeat, and a new worker does not."""
    first = registry.beat("w1/a", 30, [])
    assert first.orders == ()
    ids = tuple(f"r:0.{index}:1" for index in range(1500))
    registry.order_stop(StopTasks("", ids, "SIGINT", 2.5))
    registry.order_stop(StopTasks("", ("r:0.0:2",)))
    orders = registry.beat("w1/a", 30, [], place=first.first_place).orders
    assert [(order.signal, order.grace) for order in orders] == [("SIGINT", 2.5), ("SIGINT", 2.5), ("SIGTERM", None)]
    assert (*orders[0].ids, *orders[1].ids) == ids
    assert registry.beat("w1/a", 30, [], place=orders[-1].place).orders == ()
    assert registry.beat("w2/b", 30, []).orders == ()


def test_an_order_in_the_millisecond_of_the_first_heartbeat_is_read(registry, client):
    """Given an order in the same millisecond as the first heartbeat of a worker, then the next heartbeat brings it."""
    first = registry.beat("w1/a", 30, [])
    for place in (f"{first.now - 1:.0f}-0", f"{first.now:.0f}-0"):
        client.xadd("orc:workers:{orc}:stops", {"order": json.dumps([[place], "SIGTERM", None])}, id=place)
    orders = registry.beat("w1/a", 30, [], place=first.first_place).orders
    assert [order.ids for order in orders] == [(f"{first.now:.0f}-0",)]

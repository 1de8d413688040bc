"""Runs with any number of live nodes. Their records are written directly, because starting each item would take minutes."""

from __future__ import annotations

from typing import Any

from orchestrator_celery.records.pool import parse_pool, write_pool

from .play import Play
from .test_take import batched
from .trees import leaf, swarm

__all__ = ("RUNNERS", "crowd", "crowd_beside", "crowd_of_runners")

#: Runners of a pool without a bound, and items that each takes at most.
RUNNERS, TAKEN = 32, 256


def crowd(play: Play, size: int, states: str = "Q", worker: str = "host/1/a", **bounds: Any) -> None:
    """Start a swarm whose items are all live, in these states by turns."""
    play.start(swarm(*[leaf()] * size, max_concurrency=size, **bounds))
    now, keys, live = int(play.store.now() * 1000), play.store.keys, play.store.keys.live(play.run)
    pool = parse_pool(play.redis.hget(keys.pools(play.run), "0"))
    pipe = play.redis.pipeline(transaction=False)
    pipe.hset(keys.pools(play.run), "0", write_pool(pool._replace(next=size)))
    pipe.hdel(keys.root(play.run), "more", "owed")
    pipe.delete(live)
    for index in range(size):
        state = states[index % len(states)]
        owner = worker if state in "RI" else ""
        pipe.hset(live, f"0.{index}", f"{state}|1|0|0|{now}|{now}|0|,||{owner}")
    if set(states) & {"R", "I"}:
        pipe.hset(keys.root(play.run), "status", "RUNNING")
    pipe.execute()


def crowd_beside(play: Play, pool: str, size: int, first: int = 0) -> None:
    """Make items of a pool live, each with a message of its own, beside what is live already.

    Args:
        play: the run, which has begun.
        pool: the pool, of which nothing after `first` has begun.
        size: number of items.
        first: index of the first of them.
    """
    now, keys, live = int(play.store.now() * 1000), play.store.keys, play.store.keys.live(play.run)
    record = parse_pool(play.redis.hget(keys.pools(play.run), pool))
    pipe = play.redis.pipeline(transaction=False)
    pipe.hset(keys.pools(play.run), pool, write_pool(record._replace(next=first + size)))
    pipe.hdel(keys.root(play.run), "more", "owed")
    for index in range(first, first + size):
        pipe.hset(live, f"{pool}.{index}", f"Q|1|0|0|{now}|{now}|0|,||")
    pipe.execute()


def crowd_of_runners(play: Play, state: str, taken: int = TAKEN) -> None:
    """Start a batched swarm of which as many items are live as all its runners take; its first runner has started.

    Args:
        play: the run.
        state: `Q` for items that were returned to the runners, `H` for items that were interrupted.
        taken: items of each runner.
    """
    size = RUNNERS * taken
    play.start(batched(*[leaf()] * size, b=taken), window=size)
    assert play.claim("0.b0").refused is None
    now, keys = int(play.store.now() * 1000), play.store.keys
    record = parse_pool(play.redis.hget(keys.pools(play.run), "0"))
    owner = {"Q": "b ", "H": "0.b0:1 host/1/a"}[state]
    pipe = play.redis.pipeline(transaction=False)
    pipe.hset(keys.pools(play.run), "0", write_pool(record._replace(next=size)))
    if state == "Q":
        pipe.hset(keys.pools(play.run), "0:returned", "".join(f"{index} " for index in range(size)))
    for index in range(size):
        pipe.hset(keys.live(play.run), f"0.{index}", f"{state}|1|0|0|{now}|{now}|0|,||{owner}")
    pipe.execute()

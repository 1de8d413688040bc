"""Works off a batched swarm as workers would, and counts the messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from typing import NamedTuple

from orchestrator_celery.model.ids import CLOSE, Fence, LeafId, is_runner
from orchestrator_celery.store import Refused
from orchestrator_celery.store.transitions.swarms import Ended, Taken, taken_items

from .play import Play

__all__ = ("Worked", "begin", "work")


class Worked(NamedTuple):
    """What was done.

    Args:
        bodies: how often each node ran.
        runners: number of messages that ran several items.
        singles: nodes that had a message of their own.
    """

    bodies: Counter[str]
    runners: int
    singles: list[str]


def begin(play: Play, runner: str, want: int, ended: list[Ended] | None = None) -> list[Taken]:
    """Claim a runner, if it is not claimed, and take items."""
    live = play.live()[runner]
    play.claim(runner, live.attempt, live.fence)
    answer = play.store.swarms.take(play.leaf(runner, live.attempt), live.fence, "w/1/a", want, ended=ended or ())
    assert answer.refused in (None, Refused.HELD), "a pool that has failed gives nothing"
    return [] if answer.refused else taken_items(answer)


def work(play: Play, most: int = 10**9, breaks: Container[str] = (), batch: int = 10**9) -> Worked:
    """Run what is queued and what follows, until nothing is left or `most` bodies have run.

    Args:
        play: the run.
        most: number of bodies after which to stop.
        breaks: nodes whose bodies raise.
        batch: most items of a runner.
    """
    bodies, singles, runners = Counter[str](), list[str](), 0

    def end(node: str, attempt: int, fence: Fence) -> Ended:
        bodies[node] += 1
        return Ended(LeafId(play.run, node, attempt), fence, node not in breaks, b"{}")

    while bodies.total() < most and (waiting := _messages(play)):
        node = waiting[0]
        live = play.live()[node]
        if not is_runner(node):
            singles.append(node)
            assert play.claim(node, live.attempt, live.fence).refused is None
            ended = end(node, live.attempt, live.fence)
            (play.finish if ended.well else play.fail)(node, live.attempt, live.fence)
            play.withdraw()
            continue
        runners, left, told = runners + 1, batch, list[Ended]()
        while taken := begin(play, node, min(left, 3, most - bodies.total()), told):
            left -= len(taken)
            told = [end(item.node, item.attempt, Fence()) for item in taken]
            if not left or bodies.total() >= most:
                play.store.swarms.take(play.leaf(node, live.attempt), live.fence, "w/1/a", 0, ended=told)
                break
        assert play.finish(node, live.attempt, live.fence).refused in (None, Refused.STALE)
        play.withdraw()
    return Worked(bodies, runners, singles)


def _messages(play: Play) -> list[str]:
    """Nodes in the outbox that have a message, runners first."""
    returned = {
        f"{field.decode().removesuffix(':returned')}.{index}"
        for field, raw in play.redis.hgetall(play.store.keys.pools(play.run)).items()
        if field.endswith(b":returned")
        for index in raw.decode().split()
    }
    return sorted({*play.queued()} - {CLOSE} - returned, key=lambda node: (not is_runner(node), node))

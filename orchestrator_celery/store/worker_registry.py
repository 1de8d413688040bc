"""Workers: their leases, what they run, and which of them leads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from orchestrator_celery.store import scripts
from orchestrator_celery.store.availability import answers
from orchestrator_celery.store.keys import Keys

__all__ = ("Beat", "Registry", "WorkerLife")


class Beat(NamedTuple):
    """What a sign of life tells the worker that gave it.

    Args:
        now: the store's clock, ms.
        leads: whether this worker sweeps until its next sign of life.
        dead: members whose lease is over; only the leader is told.
        handed: this worker leads from now on, and the leader before has finished its work.
    """

    now: float
    leads: bool
    dead: tuple[str, ...]
    handed: bool = False


class WorkerLife(NamedTuple):
    """A member as of its last sign of life.

    Args:
        seen: when, ms of the store's clock.
        active: task ids it ran then.
    """

    seen: float
    active: frozenset[str]


@answers
class Registry:
    """The workers' keys, which lie in one slot.

    Args:
        client: a redis-py client.
        keys: the key names.
    """

    def __init__(self, client: Any, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def beat(self, member: str, lease: float, active: Sequence[str], dead: Sequence[str] = ()) -> Beat:
        """Give a sign of life.

        Args:
            member: this worker.
            lease: seconds it counts as alive from now.
            active: ids of the tasks it runs.
            dead: members this machine knows to be dead; their leases end at once.
        """
        args = (member, int(lease * 1000), json.dumps(list(active)), *dead)
        _, now, leads, gone, handed = scripts.load("beat").run(self._client, self._keys.workers, args)
        return Beat(float(now), bool(leads), tuple(item.decode() for item in gone), bool(handed))

    def leave(self, member: str, *, finished: bool) -> None:
        """Take out a worker that ends in good order.

        Args:
            member: the worker; it runs nothing any more.
            finished: if it leads, it has looked at everything that was due.
        """
        scripts.load("leave").run(self._client, self._keys.workers, (member, int(finished)))

    def members(self) -> list[str]:
        """All members, alive or not yet buried."""
        return [item.decode() for item in self._client.zrange(self._keys.workers, 0, -1)]

    def alive(self, now: float) -> list[str]:
        """Members whose lease holds at `now` (ms)."""
        return [item.decode() for item in self._client.zrangebyscore(self._keys.workers, f"({now}", "+inf")]

    def has_lease(self, member: str, now: float) -> bool:
        """Whether a member is known to live at `now` (ms)."""
        score = self._client.zscore(self._keys.workers, member)
        return score is not None and float(score) > now

    def lives(self) -> Mapping[str, WorkerLife]:
        """What the members ran at their last sign of life."""
        found = self._client.hgetall(f"{self._keys.workers}:active")
        return {member.decode(): _life(raw.decode()) for member, raw in found.items()}

    def bury(self, members: Sequence[str]) -> None:
        """Forget members; after that nothing tells them from ones that never lived."""
        if members:
            self._client.zrem(self._keys.workers, *members)
            self._client.hdel(f"{self._keys.workers}:active", *members)


def _life(raw: str) -> WorkerLife:
    seen, _, active = raw.partition(" ")
    return WorkerLife(float(seen), frozenset(json.loads(active)))

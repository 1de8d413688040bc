"""The registry of workers: their leases, the tasks they run, and the leader."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from orchestrator_celery.records.queue_report import QueueReport, parse_queue_report, write_queue_report
from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.keys import Keys
from orchestrator_celery.store.scripting import scripts

__all__ = ("Beat", "Skills", "StopTasks", "WorkerLife", "WorkerRegistry")

_PAGE = 1000
#: Most stop orders that are kept, and the seconds for which they are kept.
_MOST_ORDERS, _ORDERS_KEPT = 1000, 600
#: The greatest second part that an id in a stream can have.
_LAST_OF_A_MILLISECOND = 2**64 - 1


class StopTasks(NamedTuple):
    """An order to stop running tasks.

    Args:
        place: its place in the stream of orders; '' before it is sent.
        ids: ids of the tasks.
        signal: the signal for their processes.
        grace: seconds until SIGKILL; None if the run was cancelled.
    """

    place: str
    ids: tuple[str, ...]
    signal: str = "SIGTERM"
    grace: float | None = None


class Beat(NamedTuple):
    """The answer to a worker's heartbeat.

    Args:
        now: the store's clock, in ms.
        leads: whether this worker sweeps until its next heartbeat.
        dead: members whose lease is over; only the leader gets them.
        handed: this worker has just become the leader, and the previous leader had finished its work.
        orders: orders to stop tasks, of any worker, since the last heartbeat of this one.
    """

    now: float
    leads: bool
    dead: tuple[str, ...]
    handed: bool = False
    orders: tuple[StopTasks, ...] = ()

    @property
    def first_place(self) -> str:
        """The place in the stream of stop orders from which a worker that sent its first heartbeat reads on.

        An order may arrive in the millisecond of the heartbeat, so the place is the last one of the millisecond before.
        """
        return f"{self.now - 1:.0f}-{_LAST_OF_A_MILLISECOND}"


class WorkerLife(NamedTuple):
    """A member at its last heartbeat.

    Args:
        seen: the time of the heartbeat, in ms of the store's clock.
        active: the ids of the tasks that it was running.
    """

    seen: float
    active: frozenset[str]


class Skills(NamedTuple):
    """What a worker can run.

    Args:
        tasks: the names of its tasks.
        queues: the names of the queues that it consumes.
    """

    tasks: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()


@raises_store_unavailable
class WorkerRegistry:
    """The keys of the workers, which lie in one slot.

    Args:
        client: a redis-py client.
        keys: the key names.
    """

    def __init__(self, client: Any, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def beat(
        self,
        member: str,
        lease: float,
        active: Sequence[str],
        dead: Sequence[str] = (),
        skills: Skills | None = None,
        place: str = "",
        queues: QueueReport | None = None,
    ) -> Beat:
        """Record a heartbeat.

        Args:
            member: this worker.
            lease: seconds for which the worker counts as alive from now.
            active: the ids of the tasks that it runs.
            dead: members that this machine knows to be dead; their leases end at once.
            skills: what it can run; None to leave that as it is.
            place: the place of the last stop order that it has read; '' to get none.
            queues: what it sees of its queues; None if that is unknown.
        """
        seen = write_queue_report(queues) if queues is not None else ""
        written = _written(skills) if skills is not None else ""
        digest = hashlib.sha1(written.encode(), usedforsecurity=False).hexdigest() if written else ""
        args = (member, int(lease * 1000), json.dumps(list(active)), digest, place, seen, *dead)
        _, now, leads, gone, handed, is_unknown, orders = scripts.load("beat").run(
            self._client, self._keys.workers, args
        )
        if is_unknown:
            self._client.hset(self._skillsets, digest, written)
        return Beat(
            float(now),
            bool(leads),
            tuple(item.decode() for item in gone),
            bool(handed),
            tuple(_order(place.decode(), fields[1]) for place, fields in orders),
        )

    def order_stop(self, order: StopTasks) -> None:
        """Tell all workers to stop tasks; each reads it with its next heartbeat.

        A worker that ends its last tasks before it exits, or whose remote control is off, does not hear a command.
        """
        key = f"{self._keys.workers}:stops"
        with self._client.pipeline(transaction=False) as pipe:
            for start in range(0, len(order.ids), _PAGE):
                written = json.dumps([order.ids[start : start + _PAGE], order.signal, order.grace])
                pipe.xadd(key, {"order": written}, maxlen=_MOST_ORDERS)
            pipe.expire(key, _ORDERS_KEPT)
            pipe.execute()

    def leave(self, member: str, *, finished: bool) -> None:
        """Remove a worker that stops in good order.

        Args:
            member: the worker; it runs no task any more.
            finished: if the worker leads, its sweeps are complete.
        """
        scripts.load("leave").run(self._client, self._keys.workers, (member, int(finished)))
        self._drop_skillsets()

    def members(self) -> list[str]:
        """Return all members, alive or dead, that were not buried yet."""
        return [item.decode() for item in self._client.zrange(self._keys.workers, 0, -1)]

    def alive(self, now: float) -> list[str]:
        """Return the members whose lease holds at `now` (ms)."""
        return [item.decode() for item in self._client.zrangebyscore(self._keys.workers, f"({now}", "+inf")]

    def of_other_apps(self, now: float) -> set[str]:
        """Return the members of other apps on this store whose lease holds at `now` (ms). It scans the store."""
        found: set[str] = set()
        for key in self._client.scan_iter(match=self._keys.workers_of_any_app, count=_PAGE, _type="ZSET"):
            if key.decode() != self._keys.workers:
                found |= {item.decode() for item in self._client.zrangebyscore(key, f"({now}", "+inf")}
        return found

    def has_lease(self, member: str, now: float) -> bool:
        """Whether a member's lease holds at `now` (ms)."""
        score = self._client.zscore(self._keys.workers, member)
        return score is not None and float(score) > now

    def lives(self) -> Mapping[str, WorkerLife]:
        """Return the members with the tasks of their last heartbeat."""
        found = self._client.hgetall(f"{self._keys.workers}:active")
        return {member.decode(): _life(raw.decode()) for member, raw in found.items()}

    def bury(self, members: Sequence[str]) -> None:
        """Delete members; after that they look as if they had never lived."""
        if members:
            self._client.zrem(self._keys.workers, *members)
            self._client.hdel(f"{self._keys.workers}:active", *members)
            self._client.hdel(self._skills, *members)
            self._client.hdel(f"{self._keys.workers}:queues", *members)
            self._drop_skillsets()

    def queue_reports(self, now: float) -> dict[str, QueueReport | None]:
        """Return what the members see of their queues whose lease holds at `now` (ms); None of an earlier release."""
        found = self._client.hgetall(f"{self._keys.workers}:queues")
        raws = {member: found.get(member.encode()) for member in self.alive(now)}
        return {member: None if raw is None else parse_queue_report(raw) for member, raw in raws.items()}

    def skills(self, now: float) -> dict[str, Skills]:
        """Return what the members can run whose lease holds at `now` (ms), except those of an earlier release."""
        digests = self._client.hgetall(self._skills)
        sets = {digest: _read(raw) for digest, raw in self._client.hgetall(self._skillsets).items()}
        alive = {member: digests.get(member.encode()) for member in self.alive(now)}
        return {member: sets[digest] for member, digest in alive.items() if digest in sets}

    def _drop_skillsets(self) -> None:
        """Delete the sets that no member has any more. A worker that needs one writes it at its next heartbeat."""
        unused = set(self._client.hkeys(self._skillsets)) - set(self._client.hvals(self._skills))
        if unused:
            self._client.hdel(self._skillsets, *unused)

    @property
    def _skills(self) -> str:
        return f"{self._keys.workers}:skills"

    @property
    def _skillsets(self) -> str:
        return f"{self._keys.workers}:known"


def _written(skills: Skills) -> str:
    return json.dumps([sorted(skills.tasks), sorted(skills.queues)])


def _read(raw: bytes) -> Skills:
    tasks, queues = json.loads(raw)
    return Skills(frozenset(tasks), frozenset(queues))


def _life(raw: str) -> WorkerLife:
    seen, _, active = raw.partition(" ")
    return WorkerLife(float(seen), frozenset(json.loads(active)))


def _order(place: str, written: bytes) -> StopTasks:
    ids, signal, grace = json.loads(written)
    return StopTasks(place, tuple(ids), signal, grace)

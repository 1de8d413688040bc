"""The verbs on a run: one method per Lua script, one call per event (invariant 8)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from orchestrator_celery.errors import StoreUnavailable
from orchestrator_celery.model.effects import CloseRun, Dispatch
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.store import scripts
from orchestrator_celery.store.keys import Keys

if TYPE_CHECKING:
    from orchestrator_celery.settings import OrchestratorSettings

__all__ = ("UNREACHABLE", "Effects", "Refused", "Store", "in_chunks")

#: What redis-py raises when the server cannot be asked now.
UNREACHABLE = (RedisConnectionError, RedisTimeoutError)

_CHUNK = 1000
_UPLOAD_SECONDS = 3600


class Refused(str, Enum):
    """Words with which a script refuses; `RETURNS` in each script says when."""

    GONE = "gone"  #: no such run
    HELD = "held"  #: the run does not start anything now
    STALE = "stale"  #: superseded by a later message, or ended already
    DUPLICATE = "duplicate"  #: another delivery of the same message is running
    EXISTS = "exists"  #: the id is that of a known run
    EXPIRED = "expired"  #: the upload took longer than an hour
    CLOSED = "closed"  #: the swarm takes no more items
    FULL = "full"  #: more items than `max_items`
    POISONED = "poisoned"  #: too many lost processes


class Effects(NamedTuple):
    """What a transition answers: refused (and a detail), or what has to be done next."""

    refused: Refused | None
    todo: tuple[Dispatch | CloseRun, ...] = ()
    detail: Any = None


class Store:
    """Runs in Redis; every change is one script, atomic and safe to repeat."""

    def __init__(self, client: Any, settings: OrchestratorSettings) -> None:
        self.client = client
        self.keys = Keys(settings.key_prefix)
        self._settings = settings

    def create(self, run: str, definitions: Mapping[str, bytes], head: Mapping[str, Any]) -> Effects:
        """Make a run exist, whole or not at all, and learn which leaves are first.

        Args:
            run: its id; a known id is refused with `EXISTS` and changes nothing.
            definitions: spec of each node by node id.
            head: fields of the run's head.

        Raises:
            StoreUnavailable: Redis did not answer; there is no such run.
        """
        token = uuid.uuid4().hex
        fields = {"window": self._settings.window, "events": self._settings.max_events, **head}
        flat = [part for pair in fields.items() for part in pair]
        try:
            self._upload(run, token, definitions.items())
            effects = self._run("create", run, token, len(fields), *flat)
            if effects.refused is None:
                self.client.zadd(self.keys.runs, {run: float(effects.detail)})
        except UNREACHABLE as exc:
            raise StoreUnavailable(f"The run was not started, the store did not answer: {exc}") from exc
        return effects

    def claim(self, leaf: LeafId, fence: Fence, owner: str) -> Effects:
        """Ask whether this delivery may run its body; `detail` of a duplicate is who runs it."""
        return self._run("claim", leaf.run, leaf.node, leaf.attempt, fence.retries, fence.nesting, owner)

    def finish(self, leaf: LeafId, fence: Fence, result: bytes) -> Effects:
        """The leaf has ended well."""
        return self._run("finish", leaf.run, leaf.node, leaf.attempt, fence.retries, fence.nesting, result)

    def fail(self, leaf: LeafId, fence: Fence | None, error: bytes) -> Effects:
        """The leaf has ended with an error; no fence where the reporter cannot know it."""
        retries, nesting = ("", "") if fence is None else (fence.retries, fence.nesting)
        return self._run("fail", leaf.run, leaf.node, leaf.attempt, retries, nesting, error)

    def requeue(self, leaf: LeafId, fence: Fence, later: Fence, why: str) -> Effects:
        """The body handed its node to a later message."""
        return self._run("requeue", leaf.run, leaf.node, leaf.attempt, *reversed(fence), *reversed(later), why)

    def lost(self, leaf: LeafId, fence: Fence, max_resumes: int) -> Effects:
        """The process that ran the leaf is gone."""
        return self._run("lost", leaf.run, leaf.node, leaf.attempt, fence.retries, fence.nesting, max_resumes)

    def ended(self, run: str) -> Effects:
        """Celery has been told the outcome; the run is kept for the retention."""
        return self._run("ended", run, int(self._settings.retention))

    def discard(self, run: str) -> Effects:
        """Take a run back whose first messages could not be published."""
        effects = self._run("discard", run)
        self.client.zrem(self.keys.runs, run)
        return effects

    def add_items(self, run: str, pool: str, items: Sequence[bytes], leaves: int) -> Effects:
        """Add items to an open pool, all at once; `detail` is the first index, or the room left.

        Raises:
            StoreUnavailable: Redis did not answer; the message says what is known.
        """
        try:
            if len(items) <= _CHUNK:
                return self._run("add_items", run, pool, len(items), leaves, "", *items)
            token = uuid.uuid4().hex
            self._upload(run, token, ((str(index), item) for index, item in enumerate(items)))
            return self._run("add_items", run, pool, len(items), leaves, token)
        except UNREACHABLE as exc:
            raise StoreUnavailable(
                f"The store did not answer ({exc}): either all of the {len(items)} tasks were added or none. "
                "`run.progress().total` tells."
            ) from exc

    def close_swarm(self, run: str, pool: str) -> Effects:
        """An open pool takes no more items."""
        return self._run("close_swarm", run, pool)

    def forget(self, runs: Sequence[str]) -> None:
        """Take runs that are no more out of the list of runs."""
        if runs:
            self.client.zrem(self.keys.runs, *runs)

    def sign_on(self, member: str, lease: float) -> None:
        """A worker lives for `lease` seconds more; long-dead ones are forgotten."""
        now = self.now()
        with self.client.pipeline(transaction=False) as pipe:
            pipe.zadd(self.keys.workers, {member: now + lease})
            pipe.zremrangebyscore(self.keys.workers, "-inf", now - 100 * lease)
            pipe.execute()

    def sign_off(self, member: str) -> None:
        """A worker ends its life in good order."""
        self.client.zrem(self.keys.workers, member)

    def has_lease(self, member: str) -> bool:
        """Whether a worker is known to live, by the store's clock."""
        score = self.client.zscore(self.keys.workers, member)
        return score is not None and float(score) > self.now()

    def workers(self) -> list[str]:
        """Workers whose lease holds, as `hostname/incarnation`."""
        return [member.decode() for member in self.client.zrangebyscore(self.keys.workers, self.now(), "+inf")]

    def now(self) -> float:
        """Seconds since the epoch by the store's clock, which decides (invariant 10)."""
        seconds, micros = self.client.time()
        return float(seconds) + float(micros) / 1e6

    def _upload(self, run: str, token: str, fields: Iterable[tuple[str, bytes]]) -> None:
        key = self.keys.upload(run, token)
        for chunk in in_chunks(fields, _CHUNK):
            with self.client.pipeline(transaction=False) as pipe:
                pipe.hset(key, mapping=dict(chunk))
                pipe.expire(key, _UPLOAD_SECONDS)
                pipe.execute()

    def _run(self, verb: str, run: str, *args: Any) -> Effects:
        word, effects, *rest = scripts.load(verb).run(self.client, self.keys.root(run), args)
        refused = None if word == b"ok" else Refused(word.decode())
        return Effects(refused, tuple(_effect(run, item) for item in effects), rest[0] if rest else None)


def in_chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Cut any iterable into lists of at most `size`, without holding more than one."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _effect(run: str, item: list[Any]) -> Dispatch | CloseRun:
    kind, node, attempt, *rest = item
    leaf = LeafId(run, node.decode(), int(attempt))
    if kind == b"close":
        return CloseRun(leaf)
    retries, nesting, given, spec = rest
    return Dispatch(leaf, Fence(nesting=int(nesting), retries=int(retries)), given.decode(), spec)

"""The verbs on a run: one method per Lua script, one call per event (invariant 8)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from redis.cluster import RedisCluster

from orchestrator_celery.errors import StoreUnavailable
from orchestrator_celery.model.effects import CloseRun, Dispatch
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.store import scripts
from orchestrator_celery.store.answers import UNREACHABLE, answers
from orchestrator_celery.store.keys import Keys

if TYPE_CHECKING:
    from orchestrator_celery.settings import OrchestratorSettings

__all__ = ("Effects", "Look", "Refused", "Store", "in_chunks")

#: Milliseconds after its start at which a run is looked at first.
FIRST_LOOK = 5000

_CHUNK = 1000
_REPORTS = 1000
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
    STATE = "state"  #: the run's status does not allow it
    CHANGED = "changed"  #: the run is no longer what the confirmed plan says
    POISONED = "poisoned"  #: too many lost processes


class Effects(NamedTuple):
    """What a transition answers: refused (and a detail), or what has to be done next."""

    refused: Refused | None
    todo: tuple[Dispatch | CloseRun, ...] = ()
    detail: Any = None


class Look(NamedTuple):
    """What a look at a run found.

    Args:
        run: its id.
        state: `ok`, `gone` (no such run), `over` (nothing of it is live) or `cancelled` (and not finished with).
        todo: messages to publish again.
        due: when the oldest message of the outbox is overdue, in ms; None without any.
        running: claimed leaves by node, with their records.
        created: when the run was created, in ms.
        status: the run's.
        deadline: when the run fails if it has not ended, in ms; None without one.
    """

    run: str
    state: str
    todo: tuple[Dispatch | CloseRun, ...] = ()
    due: float | None = None
    running: Mapping[str, bytes] = {}
    created: float = 0.0
    status: RunStatus = RunStatus.RUNNING
    deadline: float | None = None


@answers
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
            # Due before it exists, so that a run whose maker dies right after is found.
            self._upload(run, token, definitions.items(), due=True)
            effects = self._run("create", run, token, len(fields), *flat)
            if effects.refused is Refused.EXISTS and effects.detail == 1:
                self.not_due([run])
            if effects.refused is Refused.EXPIRED:
                self.not_due([run])
                raise StoreUnavailable("The run was not started: its upload took longer than an hour and was dropped.")
            if effects.refused is None:
                with self.client.pipeline(transaction=False) as pipe:
                    pipe.zadd(self.keys.runs, {run: float(effects.detail)})
                    first = min(FIRST_LOOK, float(head.get("limit", FIRST_LOOK)))
                    pipe.zadd(self.keys.due, {run: float(effects.detail) + first})
                    pipe.execute()
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

    def requeue(
        self, leaf: LeafId, fence: Fence, later: Fence, why: str, wait: float = 0.0, definition: bytes = b""
    ) -> Effects:
        """The body handed its node to a later message.

        Args:
            leaf: the node, and the attempt.
            fence: the body's place in the attempt.
            later: the later message's.
            why: `retry`, `replace`, `requeue`, or `delegate` for a replacement that is a run of its own.
            wait: seconds until the later message is due.
            definition: what it sends, where that differs from what the node sent before.
        """
        return self._run(
            "requeue",
            leaf.run,
            leaf.node,
            leaf.attempt,
            *reversed(fence),
            *reversed(later),
            why,
            int(wait * 1000),
            definition,
        )

    def lost(self, leaf: LeafId, fence: Fence, max_resumes: int, wait: float = 0.0, hold: bool = False) -> Effects:
        """The process that ran the leaf is gone; `hold`: by a rule it is not started again.

        `detail` tells (1 or 0) whether there is a checkpoint to go on from.
        """
        return self._run(
            "lost",
            leaf.run,
            leaf.node,
            leaf.attempt,
            fence.retries,
            fence.nesting,
            max_resumes,
            int(wait * 1000),
            int(hold),
        )

    def checkpoint(self, leaf: LeafId, fence: Fence, blob: bytes) -> Effects:
        """How far a running leaf is."""
        return self._run("checkpoint", leaf.run, leaf.node, leaf.attempt, fence.retries, fence.nesting, blob)

    def suspend(self, run: str) -> Effects:
        """Nothing more of a run starts; `detail`: runs that stand in for its tasks, or the status that forbids it."""
        return self._run("suspend", run)

    def resume(self, run: str) -> Effects:
        """A suspended run goes on; `detail` as for `suspend`."""
        effects = self._run("resume", run)
        self.due_soon(run)
        return effects

    def overdue(self, run: str, error: bytes, inner: bool = False) -> Effects:
        """A run is over its deadline and fails.

        Args:
            run: its id.
            error: what it failed with.
            inner: it stands in for a task of another run, and the deadline is that one's.

        Returns:
            `detail` as for `suspend`.
        """
        return self._run("overdue", run, error, int(inner))

    def ended(self, run: str) -> Effects:
        """Celery has been told the outcome; the run is kept for the retention."""
        effects = self._run("ended", run, int(self._settings.retention))
        if effects.detail == 1:
            self.not_due([run])
        return effects

    def discard(self, run: str) -> Effects:
        """Take a run back whose first messages could not be published."""
        effects = self._run("discard", run)
        self.forget([run])
        self.not_due([run])
        return effects

    def add_items(self, run: str, pool: str, items: Sequence[bytes], leaves: int) -> Effects:
        """Add items to an open pool, all at once; `detail` is the first index, or the room left.

        Raises:
            StoreUnavailable: Redis did not answer; the message says what is known.
        """
        if len(items) <= _CHUNK:
            return self._add(run, pool, len(items), leaves, "", *items)
        token = uuid.uuid4().hex
        self.upload(run, token, items, 0)
        return self.add_uploaded(run, pool, token, len(items), leaves)

    def upload(self, run: str, token: str, items: Iterable[bytes], first: int) -> None:
        """Bring items to the store, where nobody sees them before `add_uploaded`.

        Args:
            run: the run they are for.
            token: name of the upload.
            items: definitions.
            first: number of the first of them in this upload.
        """
        self._upload(run, token, ((str(index), item) for index, item in enumerate(items, first)))

    def drop_upload(self, run: str, token: str) -> None:
        """Forget an upload that is not to be added."""
        self.client.unlink(self.keys.upload(run, token))

    def add_uploaded(self, run: str, pool: str, token: str, count: int, leaves: int) -> Effects:
        """Add what was uploaded, all at once; answers and raises as `add_items`."""
        return self._add(run, pool, count, leaves, token)

    def _add(self, run: str, pool: str, count: int, leaves: int, token: str, *items: bytes) -> Effects:
        try:
            return self._run("add_items", run, pool, count, leaves, token, *items)
        except UNREACHABLE as exc:
            raise StoreUnavailable(
                f"The store did not answer ({exc}): either all of the {count} tasks were added or none. "
                "`run.progress().total` tells."
            ) from exc

    def close_swarm(self, run: str, pool: str, drained: bool = False) -> Effects:
        """An open pool takes no more items; `drained`: from when it has none left."""
        return self._run("close_swarm", run, pool, int(drained))

    def cancel(self, run: str, token: str, audit: str) -> Effects:
        """Stop a run and delete what it holds; `erase` deletes the rest once the consequences are drawn.

        Args:
            run: its id.
            token: of the plan that was confirmed, or '' for none.
            audit: the entry for the audit trail, as JSON.
        """
        # Due before it is done, so that consequences which nobody draws are found; not at once: the caller draws them.
        later = time.time() * 1000 + FIRST_LOOK
        self.client.zadd(self.keys.due, {run: later}, nx=True)
        effects = self._run("cancel", run, token, audit)
        if effects.refused is Refused.GONE:
            self.not_due([run])
        return effects

    def erase(self, run: str) -> Effects:
        """Nothing of a cancelled run is left; tells by `refused` whether this call did it."""
        effects = self._run("erase", run)
        self.forget([run])
        self.not_due([run])
        return effects

    def forget(self, runs: Sequence[str]) -> None:
        """Take runs that are no more out of the list of runs."""
        if runs:
            self.client.zrem(self.keys.runs, *runs)

    def due_runs(self, now: float | None, count: int) -> list[str]:
        """Runs that are to be looked at, the most overdue first; all of them without `now` (ms)."""
        high = "(+inf" if now is None else now
        return [run.decode() for run in self.client.zrangebyscore(self.keys.due, "-inf", high, 0, count)]

    def active_runs(self) -> int:
        """How many runs have not ended."""
        return int(self.client.zcount(self.keys.due, "-inf", "(+inf"))

    def due_soon(self, run: str) -> None:
        """A run is to be looked at with the next sweep; one that has ended stays out."""
        self.client.zadd(self.keys.due, {run: 0}, xx=True)

    def not_due(self, runs: Sequence[str]) -> None:
        """Runs that have ended or are no more."""
        if runs:
            self.client.zrem(self.keys.due, *runs)

    def index(self, created: Mapping[str, float]) -> None:
        """Put runs into the list of runs; derived, so it may be repeated at any time."""
        if created and self.client.zadd(self.keys.runs, dict(created), nx=True):
            # One was not listed: it is new, or has been deleted since it was looked at.
            with self.client.pipeline(transaction=False) as pipe:
                for run in created:
                    pipe.exists(self.keys.root(run))
                self.forget([run for run, exists in zip(created, pipe.execute(), strict=True) if not exists])

    def due(self, runs: Mapping[str, float]) -> None:
        """When runs are to be looked at next, in milliseconds of the store's clock."""
        if runs:
            self.client.zadd(self.keys.due, dict(runs), xx=True)  # one that is no more due stays out

    def look(self, runs: Sequence[str]) -> list[Look]:
        """One look at each of several runs; in one round trip, except in a cluster."""
        script = scripts.load("sweep")
        pauses = (int(self._settings.republish_after * 1000), int(self._settings.republish_longest * 1000))
        if isinstance(self.client, RedisCluster):  # its pipelines take no scripts
            return [_look(run, script.run(self.client, self.keys.root(run), pauses)) for run in runs]
        script.ensure(self.client)
        with self.client.pipeline(transaction=False) as pipe:
            for run in runs:
                pipe.evalsha(script.sha, 1, self.keys.root(run), *pauses)
            return [_look(run, answer) for run, answer in zip(runs, pipe.execute(), strict=True)]

    def keep_report(self, report: bytes) -> None:
        """Keep what a sweep did; the newest thousand are kept."""
        with self.client.pipeline(transaction=False) as pipe:
            pipe.lpush(self.keys.reports, report)
            pipe.ltrim(self.keys.reports, 0, _REPORTS - 1)
            pipe.execute()

    def now(self) -> float:
        """Seconds since the epoch by the store's clock, which decides (invariant 10)."""
        seconds, micros = self.client.time()
        return float(seconds) + float(micros) / 1e6

    def _upload(self, run: str, token: str, fields: Iterable[tuple[str, bytes]], due: bool = False) -> None:
        key = self.keys.upload(run, token)
        for chunk in in_chunks(fields, _CHUNK):
            with self.client.pipeline(transaction=False) as pipe:
                if due:
                    # NX: a client that repeats the id of a live run must not put off the look at it.
                    pipe.zadd(self.keys.due, {run: time.time() * 1000 + FIRST_LOOK}, nx=True)
                pipe.hset(key, mapping=dict(chunk))
                pipe.expire(key, _UPLOAD_SECONDS)
                pipe.execute()

    def _run(self, verb: str, run: str, *args: Any) -> Effects:
        word, effects, *rest = scripts.load(verb).run(self.client, self.keys.root(run), args)
        refused = None if word == b"ok" else Refused(word.decode())
        return Effects(refused, tuple(_effect(run, item) for item in effects), rest[0] if rest else None)


def _look(run: str, answer: list[Any]) -> Look:
    word, effects, *rest = answer
    if not rest:
        return Look(run, word.decode())
    due, running, created, status, deadline = rest
    nodes = {running[i].decode(): running[i + 1] for i in range(0, len(running), 2)}
    todo = tuple(_effect(run, item) for item in effects)
    return Look(
        run,
        word.decode(),
        todo,
        float(due) if due else None,
        nodes,
        float(created),
        RunStatus(status.decode()),
        float(deadline) if deadline else None,
    )


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
    retries, nesting, given, spec, wait = rest
    fence = Fence(nesting=int(nesting), retries=int(retries))
    return Dispatch(leaf, fence, given.decode(), spec, int(wait) / 1000)

"""Which runs there are, and when each is to be looked at: derived indexes, and the look itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from redis.cluster import RedisCluster

from orchestrator_celery.model.effects import Effect
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.store import scripts
from orchestrator_celery.store.availability import answers
from orchestrator_celery.store.script_call import Transitions, effect, now_ms

__all__ = ("DueIndex", "Look")


#: What PTTL answers for a key without an expiry.
_NO_EXPIRY = -1


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
        late: approvals nobody has answered in time.
        waiting: how many approvals wait for an answer.
        owed: something is still to be done outside the store about a change.
        starts: when the run starts, in ms; None where it has started, or is held.
    """

    run: str
    state: str
    todo: tuple[Effect, ...] = ()
    due: float | None = None
    running: Mapping[str, bytes] = {}
    created: float = 0.0
    status: RunStatus = RunStatus.RUNNING
    deadline: float | None = None
    late: tuple[str, ...] = ()
    waiting: int = 0
    owed: bool = False
    starts: float | None = None


@answers
class DueIndex(Transitions):
    """The list of runs, and the runs that are due."""

    def forget(self, runs: Sequence[str]) -> None:
        """Take runs that are no more out of the list of runs."""
        if runs:
            self.client.zrem(self.keys.runs, *runs)

    def due_runs(self, now: float | None, count: int) -> list[str]:
        """Runs that are to be looked at, the most overdue first; all of them without `now` (ms)."""
        high = "(+inf" if now is None else now
        return [run.decode() for run in self.client.zrangebyscore(self.keys.due, "-inf", high, 0, count)]

    def first_due(self) -> float | None:
        """When the next look at a run is due (ms); None where none is."""
        first = self.client.zrange(self.keys.due, 0, 0, withscores=True)
        return float(first[0][1]) if first else None

    def active_runs(self) -> int:
        """How many runs have not ended."""
        return int(self.client.zcount(self.keys.due, "-inf", "(+inf"))

    def due_soon(self, run: str) -> None:
        """A run is to be looked at with the next sweep; one that has ended stays out."""
        self.client.zadd(self.keys.due, {run: 0}, xx=True)

    def not_due(self, runs: Sequence[str]) -> None:
        """Remove runs that have ended or do not exist. A run that was created meanwhile under such an id stays."""
        if not runs:
            return
        with self.client.pipeline(transaction=False) as pipe:
            pipe.zrem(self.keys.due, *runs)
            pipe.zrem(self.keys.approvals, *runs)
            for run in runs:
                pipe.hmget(self.keys.root(run), "status", "closed")
            _, _, *found = pipe.execute()
        new = [run for run, (status, closed) in zip(runs, found, strict=True) if _goes_on(status, closed)]
        if new:
            self.client.zadd(self.keys.due, dict.fromkeys(new, 0), nx=True)

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

    def alive(self, run: str) -> bool:
        """Whether a run is there and not over: what is over has a time to live."""
        return bool(self.client.pttl(self.keys.root(run)) == _NO_EXPIRY)

    def now_ms(self) -> float:
        """Return the store's clock in milliseconds since the epoch."""
        return now_ms(self.client)


def _goes_on(status: bytes | None, closed: bytes | None) -> bool:
    return status not in (None, b"CANCELLED") and closed is None


def _look(run: str, answer: list[Any]) -> Look:
    word, effects, *rest = answer
    if not rest:
        return Look(run, word.decode())
    due, running, created, status, deadline, late, waiting, owed, starts = rest
    nodes = {running[i].decode(): running[i + 1] for i in range(0, len(running), 2)}
    todo = tuple(effect(run, item) for item in effects)
    return Look(
        run,
        word.decode(),
        todo,
        float(due) if due else None,
        nodes,
        float(created),
        RunStatus(status.decode()),
        float(deadline) if deadline else None,
        tuple(node.decode() for node in late),
        int(waiting),
        bool(owed),
        float(starts) if starts else None,
    )

"""The index of runs and the index of due checks, both derived; and the check of runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from redis.cluster import RedisCluster
from redis.exceptions import NoScriptError, ResponseError

from orchestrator_celery.errors import ForeignRun, FormatTooNew, FormatTooOld
from orchestrator_celery.model.effects import Effect
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.head.fields import AppId, HeadField
from orchestrator_celery.store.availability import raises_store_unavailable, refused_for_now
from orchestrator_celery.store.run_index import RunIndex
from orchestrator_celery.store.scripting import scripts
from orchestrator_celery.store.scripting.script_call import Transitions, check_answer, in_chunks, now_ms

__all__ = ("DueIndex", "OverdueMessage", "RunCheck")


#: Most messages that one call publishes again.
_REPUBLISHED = 100
#: Where the slices of a run's live nodes begin; after the last slice, the place of the next one.
_BEGINNING = "0"
#: The answer of PTTL for a key without expiry.
_NO_EXPIRY = -1


class OverdueMessage(NamedTuple):
    """A message that nobody has claimed for too long.

    Args:
        record: the live record of its node.
        level: the priority of the item that it belongs to; None in a run without priorities.
        unsent: there is no such message in any queue.
    """

    record: bytes
    level: int | None = None
    unsent: bool = False


class RunCheck(NamedTuple):
    """The findings of a check of one run.

    Args:
        run: the run's id.
        state: `ok`, `gone` (no such run), `foreign` (the run belongs to another app), `over` (no part of it is live),
            `cancelled` (side effects pending), `newer` (a later release wrote it) or `unreadable` (the record is
            broken).
        overdue: the messages that nobody has claimed for too long, by node.
        due: when the next message of the outbox becomes overdue, in ms; None if the outbox is empty.
        running: the records of claimed leaves, by node.
        created: the creation time of the run, in ms.
        status: the run's status.
        deadline: the deadline of the run, in ms; None without one.
        overdue_approvals: approvals whose time to answer is over.
        waiting: the number of approvals that wait for an answer.
        pending_side_effects: whether side effects outside the store are pending.
        starts: when the run starts, in ms; None if the run has started, or is held.
        problem: why an unreadable or newer record cannot be read.
        awake: whether a live node was found that is not held back.
        place: of the next slice of live nodes; `0` after the last one.
    """

    run: str
    state: str
    overdue: Mapping[str, OverdueMessage] = {}
    due: float | None = None
    running: Mapping[str, bytes] = {}
    created: float = 0.0
    status: RunStatus = RunStatus.RUNNING
    deadline: float | None = None
    overdue_approvals: tuple[str, ...] = ()
    waiting: int = 0
    pending_side_effects: bool = False
    starts: float | None = None
    problem: str = ""
    awake: bool = False
    place: str = _BEGINNING


@raises_store_unavailable
class DueIndex(Transitions):
    """The list of runs, and the times of their next checks."""

    @cached_property
    def run_index(self) -> RunIndex:
        """The runs by word."""
        return RunIndex(self.client, self.keys)

    def forget(self, runs: Sequence[str]) -> None:
        """Remove deleted runs from the list of runs."""
        if runs:
            self.client.zrem(self.keys.runs, *runs)
            self.run_index.refresh(runs)

    def due_runs(self, now: float | None, count: int) -> list[str]:
        """Return the runs whose check is due, the most overdue first; all of them without `now` (ms)."""
        high = "(+inf" if now is None else now
        return [run.decode() for run in self.client.zrangebyscore(self.keys.due, "-inf", high, 0, count)]

    def first_start(self) -> float | None:
        """Return when the next delayed run starts, in ms; None if none waits."""
        first = self.client.zrange(self.keys.starts, 0, 0, withscores=True)
        return float(first[0][1]) if first else None

    def take_starts(self, now: float, count: int) -> list[str]:
        """Remove the delayed runs that start by `now` (ms) from the index of starts, and return them.

        They stay due: if this process dies, the next sweep starts them.
        """
        runs = [run.decode() for run in self.client.zrangebyscore(self.keys.starts, "-inf", now, 0, count)]
        if runs:
            self.client.zrem(self.keys.starts, *runs)
        return runs

    def active_runs(self) -> int:
        """Return the number of runs that have not ended."""
        return int(self.client.zcount(self.keys.due, "-inf", "(+inf"))

    def due_soon(self, run: str) -> None:
        """Make the check of a run due in the next sweep; an ended run stays out."""
        self.client.zadd(self.keys.due, {run: 0}, xx=True)

    def not_due(self, runs: Sequence[str], ended: bool = False) -> None:
        """Remove ended or deleted runs from the due checks and from the runs that wait for a person.

        A run that was created with such an id in the meantime stays due.

        Args:
            runs: the runs.
            ended: whether they have just ended. The process that tells of it may die first, so a sweep looks at their
                entries in the index of runs.
        """
        if not runs:
            return
        with self.client.pipeline(transaction=False) as pipe:
            if ended:
                self.run_index.owe(pipe, runs)
            pipe.zrem(self.keys.due, *runs)
            pipe.zrem(self.keys.approvals, *runs)
            pipe.zrem(self.keys.starts, *runs)
            for run in runs:
                pipe.hmget(self.keys.root(run), HeadField.STATUS, HeadField.CLOSED)
            found = pipe.execute()[-len(runs) :]
        new = [run for run, (status, closed) in zip(runs, found, strict=True) if _goes_on(status, closed)]
        if new:
            self.client.zadd(self.keys.due, dict.fromkeys(new, 0), nx=True)

    def disown(self, runs: Sequence[str]) -> None:
        """Remove runs of other apps from the indexes of this app."""
        if runs:
            with self.client.pipeline(transaction=False) as pipe:
                for index in (self.keys.runs, self.keys.due, self.keys.starts, self.keys.approvals):
                    pipe.zrem(index, *runs)
                pipe.execute()
            self.run_index.refresh(runs)

    def index(self, created: Mapping[str, float]) -> None:
        """Add runs to the list of runs. The list is derived, so repetitions do no harm."""
        if created and self.client.zadd(self.keys.runs, dict(created), nx=True):
            # One of them was not listed: it is new, or it was deleted after its check.
            with self.client.pipeline(transaction=False) as pipe:
                for run in created:
                    pipe.exists(self.keys.root(run))
                self.forget([run for run, exists in zip(created, pipe.execute(), strict=True) if not exists])

    def due(self, runs: Mapping[str, float]) -> None:
        """Set the times of the next checks, in milliseconds of the store's clock."""
        if runs:
            self.client.zadd(self.keys.due, dict(runs), xx=True)  # xx: a run that is no longer due stays out

    def due_earlier(self, runs: Mapping[str, float]) -> None:
        """Set the times of the next checks, as far as they come before the times that are set."""
        if runs:
            self.client.zadd(self.keys.due, dict(runs), xx=True, lt=True)

    def check(self, runs: Sequence[str]) -> list[RunCheck]:
        """Check several runs; in one round trip, except in a cluster and for runs with many live nodes."""
        script = scripts.load("sweep")
        args = self._check_args(self._pauses())
        if isinstance(self.client, RedisCluster):  # pipelines of a cluster client cannot call scripts
            answers = [self._look_alone(script, run, args) for run in runs]
        else:
            script.ensure(self.client)
            with self.client.pipeline(transaction=False) as pipe:
                for run in runs:
                    pipe.evalsha(script.sha, 1, self.keys.root(run), *args)
                answers = pipe.execute(raise_on_error=False)
        return [
            self._complete(script, _parse_check(run, answer, self.keys.app), self._pauses())
            for run, answer in zip(runs, answers, strict=True)
        ]

    def _complete(self, script: scripts.Script, check: RunCheck, pauses: tuple[int, int]) -> RunCheck:
        """Look at the other slices of a run with many live nodes. A node that changes meanwhile may be missing.

        The check only proposes what to do. Each action looks at its node again, and a node that is missing now is
        found by the next check.
        """
        while check.state == "ok" and check.place != _BEGINNING:
            answer = self._look_alone(script, check.run, self._check_args(pauses, check.place, check.awake))
            check = _join(check, _parse_check(check.run, answer, self.keys.app))
        return check

    def _check_args(
        self, pauses: tuple[int, int], place: str = _BEGINNING, awake: bool = False
    ) -> tuple[int, int, str, int, str]:
        return (*pauses, place, int(awake), self.keys.app.id)

    def republish(self, run: str, nodes: Iterable[str]) -> tuple[Effect, ...]:
        """Return the effects that publish overdue messages again; a message that was claimed meanwhile has none."""
        return self._republish(run, nodes, self._pauses())

    def unclaimed(self, run: str) -> tuple[Effect, ...]:
        """Return the effects that publish all messages of a run's outbox again; the claim admits one copy of each."""
        script, at_once = scripts.load("sweep"), (0, 0)
        answer = self._look_alone(script, run, self._check_args(at_once))
        check = self._complete(script, _parse_check(run, answer, self.keys.app), at_once)
        return self._republish(run, check.overdue, at_once)

    def _republish(self, run: str, nodes: Iterable[str], pauses: tuple[int, int]) -> tuple[Effect, ...]:
        found: list[Effect] = []
        for page in in_chunks(nodes, _REPUBLISHED):
            found += self._run("republish", run, *pauses, *page).todo
        return tuple(found)

    def _pauses(self) -> tuple[int, int]:
        return int(self._settings.republish_after * 1000), int(self._settings.republish_longest * 1000)

    def _look_alone(self, script: scripts.Script, run: str, args: tuple[int, int, str, int, str]) -> Any:
        try:
            return script.run(self.client, self.keys.root(run), args)
        except ResponseError as exc:
            return exc

    def alive(self, run: str) -> bool:
        """Whether a run exists and is not over; a run that is over has a time to live."""
        return bool(self.client.pttl(self.keys.root(run)) == _NO_EXPIRY)

    def now_ms(self) -> float:
        """Return the store's clock in milliseconds since the epoch."""
        return now_ms(self.client)


def _goes_on(status: bytes | None, closed: bytes | None) -> bool:
    return status not in (None, b"CANCELLED") and closed is None


def _parse_check(run: str, answer: Any, own: AppId) -> RunCheck:
    """Read the answer for one run. A broken record does not keep the other runs from their check."""
    if isinstance(answer, NoScriptError) or (isinstance(answer, Exception) and refused_for_now(answer)):
        raise answer  # the same for every run: the sweep is tried again
    try:
        if isinstance(answer, Exception):
            raise answer
        return _read(run, answer, own)
    except ForeignRun:
        return RunCheck(run, "foreign")
    except (FormatTooNew, FormatTooOld) as exc:
        return RunCheck(run, "newer", problem=str(exc))
    except Exception as exc:
        return RunCheck(run, "unreadable", problem=f"{type(exc).__name__}: {exc}")


def _read(run: str, answer: list[Any], own: AppId) -> RunCheck:
    word, _, *rest = answer
    check_answer(word, rest, run, own)
    if not rest:
        return RunCheck(run, word.decode())
    due, running, created, status, deadline, late, waiting, owed, starts, overdue, awake, place = rest
    return RunCheck(
        run,
        word.decode(),
        {
            overdue[i].decode(): OverdueMessage(overdue[i + 1], _level(overdue[i + 2]), bool(overdue[i + 3]))
            for i in range(0, len(overdue), 4)
        },
        float(due) if due else None,
        _by_node(running),
        float(created),
        RunStatus(status.decode()),
        float(deadline) if deadline else None,
        tuple(node.decode() for node in late),
        int(waiting),
        bool(owed),
        float(starts) if starts else None,
        awake=awake > 0,
        place=place.decode(),
    )


def _join(first: RunCheck, later: RunCheck) -> RunCheck:
    """The findings of two slices; the later one tells the state of the run."""
    if later.state != "ok":
        return later
    moments = [check.due for check in (first, later) if check.due is not None]
    return later._replace(
        overdue={**first.overdue, **later.overdue},
        due=min(moments, default=None),
        running={**first.running, **later.running},
        overdue_approvals=tuple(dict.fromkeys((*first.overdue_approvals, *later.overdue_approvals))),
        waiting=first.waiting + later.waiting,
        awake=first.awake or later.awake,
    )


def _level(raw: bytes) -> int | None:
    return int(raw) if raw else None


def _by_node(flat: list[bytes]) -> dict[str, bytes]:
    return {flat[i].decode(): flat[i + 1] for i in range(0, len(flat), 2)}

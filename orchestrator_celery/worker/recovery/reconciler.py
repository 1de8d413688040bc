"""The reconciler: makes sure that every accepted run ends, even if workers die.

It runs in every worker and acts only in the leader. One pass over the runs
that are due is a sweep. A run is due when the oldest message of its outbox is
overdue; while its tasks run, it is also due at regular intervals. If a worker
dies, or the store was away, all runs are due. Every action of a sweep may be
repeated, so two leaders at the same time do no harm.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from random import uniform
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError

from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS
from orchestrator_celery.lifecycle.delete import Deletion
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.records.streams.feed import FeedEntry, FeedKind
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.store.index_rebuild import Indexes
from orchestrator_celery.store.scripting.script_call import in_chunks
from orchestrator_celery.store.transitions.upload import FIRST_LOOK
from orchestrator_celery.worker.queues.waiting_messages import WaitingMessages

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.store.due_index import RunCheck
    from orchestrator_celery.store.worker_registry import Beat
    from orchestrator_celery.worker.recovery.auto_resume import AutoResume, ResumeSession

__all__ = ("Reconciler",)

logger = safe_logger(__name__)

_BATCH = 100
#: Most runs that one look at the index returns.
_PER_SWEEP = 1000
_ALL = 1_000_000_000
#: Routine checks of runs in a minute, at most, for any number of runs.
_ROUTINE_PER_MINUTE = 1000
#: Shortest interval between two routine checks of a run, in milliseconds.
_SHORTEST = 10_000.0
#: Milliseconds between two checks that the indexes still exist.
_CHECK = 60_000.0
#: Number of runs of a later release that are remembered.
_REMEMBERED = 10_000
#: Milliseconds after which a run whose record cannot be read is checked again.
_PUT_ASIDE = 600_000.0
#: Longest pause of the leader between two checks, in seconds. A delayed run that was created after the last check
#: starts at most this much late.
_PAUSE = 1.0


class Reconciler:
    """Checks the runs that are due, and acts on what it finds.

    Args:
        container: the parts of the orchestrator.
        auto_resume: starts lost tasks again and reports the sweep.
    """

    def __init__(self, container: Container, auto_resume: AutoResume) -> None:
        self._container = container
        self._auto_resume = auto_resume
        self._messages = WaitingMessages(container)
        self._beat: Beat | None = None
        #: The last heartbeat, if this worker leads, and its time, by the monotonic clock.
        self._last: Beat | None = None
        self._beat_time = 0.0
        self._wake = threading.Condition()
        #: Runs of a later release that the log has named.
        self._newer: set[str] = set()
        #: The worker may have missed something, so the next sweep checks all runs.
        self._alarm = False
        #: Another worker led before. This worker knows the state of its sweeps only if it handed over.
        self._follows = True
        self._idle = threading.Event()
        self._idle.set()
        self._finished = False
        self._checked = 0.0
        self._cursor = 0

    def start(self) -> None:
        """Start the thread and return at once."""
        threading.Thread(target=self._run, name="orchestrator-sweeper", daemon=True).start()

    def on_beat(self, beat: Beat) -> None:
        """Wake the thread after a heartbeat; the leader then sweeps."""
        with self._wake:
            self._beat, self._beat_time = beat, time.monotonic()
            self._wake.notify()

    def on_miss(self) -> None:
        """Check all runs when the store is back: it was away and may have lost data."""
        self._alarm = True

    def finish(self, patience: float) -> bool:
        """Start no more sweeps, and wait for the current sweep.

        Args:
            patience: seconds to wait at most.

        Returns:
            Whether the next leader need not check all runs.
        """
        with self._wake:
            self._finished = True
            self._wake.notify()
        return self._idle.wait(patience) and not self._alarm and not self._follows

    def sweep(self, beat: Beat) -> None:
        """Check the runs that are due now.

        Args:
            beat: the heartbeat that triggered the sweep.

        Raises:
            redis.exceptions.RedisError: the store went away; the next sweep checks all runs.
        """
        store = self._container.store
        everything = self._alarm or bool(beat.dead) or (self._follows and not beat.handed)
        self._alarm = False
        if beat.dead:
            reason = f"workers are gone, which may not have told all changes: {', '.join(beat.dead)}"
            self._container.feed.add(FeedEntry(FeedKind.LOST.value, value=reason))
        if everything or beat.now - self._checked > _CHECK:
            self._guard(self._check_indexes, beat.now)
        if runs := store.due_index.due_runs(None if everything else beat.now, _ALL if everything else _PER_SWEEP):
            self._guard(self._check_runs, [runs] if everything else self._pages(runs, beat), beat)
        self._guard(Deletion(self._container).sweep, beat.now)
        self._guard(store.due_index.run_index.mend_owed)
        if not self._alarm:  # otherwise the next sweep checks the tasks of the dead workers again
            self._follows = False
            self._container.registry.bury(beat.dead)

    def _pages(self, page: list[str], beat: Beat) -> Iterator[list[str]]:
        """Give the runs that are due, page after page, until none is left or the next heartbeat has come."""
        checked: set[str] = set()
        while page:
            yield page
            checked.update(page)
            if len(page) < _PER_SWEEP or self._beat is not None or self._finished:
                return
            found = self._container.store.due_index.due_runs(beat.now, _PER_SWEEP)
            page = [run for run in found if run not in checked]  # a check that failed leaves its run due

    def _guard(self, step: Callable[..., Any], *args: Any) -> None:
        """Carry out one step of a sweep. An error in one step does not keep the other steps from being done."""
        try:
            step(*args)
        except (RedisError, *UNREACHABLE):
            raise
        except Exception:
            self._alarm = True
            logger.exception("A step of the sweep failed; the next sweep repeats it.", extra={"action": "sweep"})

    def check(self) -> float:
        """Start the delayed runs whose time comes between two heartbeats. Everything else waits for the heartbeat.

        Returns:
            The seconds until the next check.

        Raises:
            redis.exceptions.RedisError: the store went away; the next sweep checks all runs.
        """
        index = self._container.store.due_index
        if time.monotonic() - self._beat_time > self._container.settings.lease:
            return _PAUSE  # another worker may lead by now
        first = index.first_start()
        if first is not None and first <= self._now() and self._last is not None:
            now = self._now()
            runs = index.take_starts(now, _PER_SWEEP)
            self._guard(self._check_runs, [runs], self._last._replace(now=now, dead=()))
            first = index.first_start()
        return _PAUSE if first is None else min(_PAUSE, max(0.0, (first - self._now()) / 1000))

    def _now(self) -> float:
        """The store's clock (ms), as far as this process can tell."""
        beat = self._last
        return 0.0 if beat is None else beat.now + (time.monotonic() - self._beat_time) * 1000

    def _check_indexes(self, now: float) -> None:
        indexes = Indexes(self._container.store.client, self._container.store.keys)
        if not indexes.whole():
            found = indexes.rebuild()
            logger.info("The indexes of runs were rebuilt. Runs found: %d.", found, extra={"action": "rebuild"})
        self._cursor = indexes.trim(self._cursor)
        self._checked = now

    def _check_runs(self, pages: Iterable[list[str]], beat: Beat) -> None:
        store = self._container.store
        routine = max(_SHORTEST, store.due_index.active_runs() / _ROUTINE_PER_MINUTE * 60_000)
        self._messages.begin(beat)
        with self._auto_resume.session(beat) as session:
            for batch in (batch for page in pages for batch in in_chunks(page, _BATCH)):
                session.looked_at += len(batch)
                checks = store.due_index.check(batch)
                store.due_index.disown([check.run for check in checks if check.state == "foreign"])
                checks = [check for check in checks if check.state != "foreign"]
                over = [check.run for check in checks if check.state in ("gone", "over")]
                store.due_index.not_due(over, ended=True)
                store.due_index.forget([check.run for check in checks if check.state == "gone"])
                # Schedule the next checks first, so that an error with one run does not stop the checks of the others.
                # The random factor spreads runs that were created together.
                lasting = [check for check in checks if check.run not in over]
                store.due_index.due(
                    {check.run: _next(check, beat.now, routine * uniform(0.8, 1.2)) for check in lasting}
                )
                waiting: dict[str, float] = {}
                for check in checks:
                    if check.state == "newer":
                        self._leave_alone(check)
                    elif check.state == "unreadable":
                        session.put_aside(check)
                    else:
                        self._handle(check, session, beat.now, waiting)
                store.due_index.due_earlier(waiting)
                listed = [check for check in checks if check.state == "ok"]
                store.due_index.index({check.run: check.created for check in listed})
                store.due_index.run_index.mend({check.run: check.status.value for check in listed})

    def _leave_alone(self, check: RunCheck) -> None:
        """Log once that a run of a later release is left to the workers of that release."""
        if check.run not in self._newer:
            self._newer = {*self._newer, check.run} if len(self._newer) < _REMEMBERED else {check.run}
            logger.warning("%s", check.problem, extra={"action": "sweep", "run": check.run})

    def _handle(self, check: RunCheck, session: ResumeSession, now: float, waiting: dict[str, float]) -> None:
        """Act on the findings of a check. `waiting` takes the time of the next look at messages that are not lost."""
        try:
            if check.state == "cancelled":
                session.finish_cancellation(check)
            elif check.starts is not None and check.starts <= now:
                session.begin(check)
            elif check.deadline is not None and check.deadline <= now:
                session.fail_overdue_run(check)
            else:
                if check.pending_side_effects:
                    session.apply_side_effects(check)
                if check.overdue:
                    verdict = self._messages.judge(check)
                    if verdict.again is not None:
                        waiting[check.run] = now + verdict.again
                    self._republish(check.run, verdict.lost, session)
                session.answer_overdue_approvals(check)
                session.resume_lost(check)
                session.resend_stop_commands(check)
        except UNREACHABLE:
            raise
        except Exception:
            logger.exception(
                "The check of a run failed; the next one tries again.", extra={"action": "sweep", "run": check.run}
            )

    def _republish(self, run: str, lost: list[str], session: ResumeSession) -> None:
        try:
            effects = self._container.store.due_index.republish(run, lost)
            session.note_started(effects)
            self._container.publisher.act(effects)
        except TRANSIENT_ERRORS as exc:
            logger.warning(
                "The outbox cannot be sent now: %r",
                exc,
                extra={"action": "sweep", "run": run},
            )

    def _run(self) -> None:
        pause: float | None = None
        while not self._finished:
            beat = self._next_beat(pause)
            if beat is not None:
                self._last = beat if beat.leads else None
                self._follows |= not beat.leads
            pause = self._try(beat) if self._last is not None else None
            self._idle.set()

    def _next_beat(self, pause: float | None) -> Beat | None:
        """Wait for a heartbeat; None after the pause, or when the worker stops."""
        with self._wake:
            if self._beat is None and not self._finished:
                self._wake.wait(pause)
            beat, self._beat = self._beat, None
            if not self._finished:
                self._idle.clear()
            return None if self._finished else beat

    def _try(self, beat: Beat | None) -> float:
        try:
            if self._finished:
                return _PAUSE
            if beat is not None:
                self.sweep(beat)
            return self.check()
        except (RedisError, *UNREACHABLE) as exc:
            self._alarm = True
            logger.warning("The sweep stopped, because the store is unavailable: %r", exc, extra={"action": "sweep"})
        except Exception:
            logger.exception("The sweep failed; the next heartbeat starts it again.", extra={"action": "sweep"})
        return _PAUSE


def _next(check: RunCheck, now: float, routine: float) -> float:
    regular = now + (_PUT_ASIDE if check.state in ("newer", "unreadable") else routine)
    starts = check.starts
    if starts is not None and starts <= now:  # this check starts the run
        starts = now + FIRST_LOOK
    moments = (check.due, check.deadline, starts)
    return min([regular, *(max(moment, now) for moment in moments if moment is not None)])

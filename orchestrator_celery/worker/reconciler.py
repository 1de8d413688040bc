"""The reconciler: what was accepted ends, whoever dies.

It runs in every worker and acts in one of them, the leader. A look at a run
is due when the oldest message of its outbox is, or, while tasks run, once in
a while; a dead worker, or a store that was away, makes every run due. All it
does may be done twice: two leaders at once do no harm.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from random import uniform
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError

from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS
from orchestrator_celery.lifecycle.delete import Deletion
from orchestrator_celery.model.safe_log import safe_logger
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.store.index_rebuild import Indexes
from orchestrator_celery.store.script_call import in_chunks

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.store.due_index import Look
    from orchestrator_celery.store.worker_registry import Beat
    from orchestrator_celery.worker.auto_resume import AutoResume, ResumeSession

__all__ = ("Reconciler",)

logger = safe_logger(__name__)

_BATCH = 100
_PER_SWEEP = 1000
_ALL = 1_000_000_000
#: Routine looks at runs that only run: at most about this many a minute, however many runs there are.
_ROUTINE_PER_MINUTE = 1000
_SHORTEST = 10_000.0
#: Milliseconds between two looks whether the indexes are still there.
_CHECK = 60_000.0
#: Milliseconds after which a run whose record cannot be read is looked at again.
_PUT_ASIDE = 600_000.0
#: Longest pause of the leader, in seconds: so late at most is a run with a delay that was made after the last look.
_PAUSE = 1.0


class Reconciler:
    """Looks at runs that are due.

    Args:
        container: the parts of the orchestrator.
        auto_resume: treats what has lost its worker.
    """

    def __init__(self, container: Container, auto_resume: AutoResume) -> None:
        self._container = container
        self._auto_resume = auto_resume
        self._beat: Beat | None = None
        #: The last sign of life, where this worker leads, and when it was told, by the monotonic clock.
        self._last: Beat | None = None
        self._told = 0.0
        self._wake = threading.Condition()
        #: Something may have been missed: the next sweep looks at every run.
        self._alarm = False
        #: Another worker has led; what it has seen is known only if it handed over.
        self._follows = True
        self._idle = threading.Event()
        self._idle.set()
        self._finished = False
        self._checked = 0.0
        self._cursor = 0

    def start(self) -> None:
        """Begin; returns at once."""
        threading.Thread(target=self._run, name="orchestrator-sweeper", daemon=True).start()

    def on_beat(self, beat: Beat) -> None:
        """A sign of life was given; the leader sweeps."""
        with self._wake:
            self._beat, self._told = beat, time.monotonic()
            self._wake.notify()

    def on_miss(self) -> None:
        """The store was away and may have forgotten something: look at everything once it is back."""
        self._alarm = True

    def finish(self, patience: float) -> bool:
        """Begin no more sweeps, and wait for the current sweep.

        Args:
            patience: seconds to wait at most.

        Returns:
            Whether nothing is left that a new leader has to look for.
        """
        with self._wake:
            self._finished = True
            self._wake.notify()
        return self._idle.wait(patience) and not self._alarm and not self._follows

    def sweep(self, beat: Beat) -> None:
        """Look at what is due now.

        Raises:
            redis.exceptions.RedisError: the store went away; the next sweep looks at everything.
        """
        store = self._container.store
        everything = self._alarm or bool(beat.dead) or (self._follows and not beat.handed)
        self._alarm = False
        if everything or beat.now - self._checked > _CHECK:
            self._guard(self._check_indexes, beat.now)
        runs = store.due_index.due_runs(None if everything else beat.now, _ALL if everything else _PER_SWEEP)
        if runs:
            self._guard(self._look_at, runs, beat)
        self._guard(Deletion(self._container).sweep, beat.now)
        if not self._alarm:  # otherwise the next sweep looks for the tasks of the dead once more
            self._follows = False
            self._container.registry.bury(beat.dead)

    def _guard(self, step: Callable[..., Any], *args: Any) -> None:
        """Carry out one step of a sweep. An error in one step does not keep the other steps from being done."""
        try:
            step(*args)
        except (RedisError, *UNREACHABLE):
            raise
        except Exception:
            self._alarm = True
            logger.exception("A step of the sweep failed; the next sweep repeats it.", extra={"action": "sweep"})

    def look(self) -> float:
        """Look, between two signs of life, at runs that have become due; returns the seconds until the next look.

        Raises:
            redis.exceptions.RedisError: the store went away; the next sweep looks at everything.
        """
        index = self._container.store.due_index
        if time.monotonic() - self._told > self._container.settings.lease:
            return _PAUSE  # another worker may lead by now
        now, first = self._now(), index.first_due()
        if first is not None and first <= now and self._last is not None:
            self._look_at(index.due_runs(now, _PER_SWEEP), self._last._replace(now=now, dead=()))
            now, first = self._now(), index.first_due()
        # What is still due could not be treated: it is not tried without a pause.
        return _PAUSE if first is None or first <= now else min(_PAUSE, (first - now) / 1000)

    def _now(self) -> float:
        """The store's clock (ms), as far as this process can tell."""
        beat = self._last
        return 0.0 if beat is None else beat.now + (time.monotonic() - self._told) * 1000

    def _check_indexes(self, now: float) -> None:
        indexes = Indexes(self._container.store.client, self._container.store.keys)
        if not indexes.whole():
            found = indexes.rebuild()
            logger.info("The indexes of runs were made anew: %d runs.", found, extra={"action": "rebuild"})
        self._cursor = indexes.trim(self._cursor)
        self._checked = now

    def _look_at(self, runs: list[str], beat: Beat) -> None:
        store = self._container.store
        routine = max(_SHORTEST, store.due_index.active_runs() / _ROUTINE_PER_MINUTE * 60_000)
        with self._auto_resume.report(beat, len(runs)) as session:
            for batch in in_chunks(runs, _BATCH):
                looks = store.due_index.look(batch)
                over = [look.run for look in looks if look.state in ("gone", "over")]
                store.due_index.not_due(over)
                store.due_index.forget([look.run for look in looks if look.state == "gone"])
                # First: whatever goes wrong with one of them, the others are looked at again. Spread a little, or
                # runs that were made together would be looked at together for ever.
                lasting = [look for look in looks if look.run not in over]
                store.due_index.due({look.run: _next(look, beat.now, routine * uniform(0.8, 1.2)) for look in lasting})
                for look in looks:
                    if look.state == "unreadable":
                        session.put_aside(look)
                    else:
                        self._deal_with(look, session, beat.now)
                store.due_index.index({look.run: look.created for look in looks if look.state == "ok"})

    def _deal_with(self, look: Look, session: ResumeSession, now: float) -> None:
        try:
            if look.state == "cancelled":
                session.conclude(look)
            elif look.starts is not None and look.starts <= now:
                session.begin(look)
            elif look.deadline is not None and look.deadline <= now:
                session.end(look)
            else:
                if look.owed:
                    session.settle(look)
                self._publish(look)
                session.answer(look)
                session.treat(look)
                session.stop(look)
        except UNREACHABLE:
            raise
        except Exception:
            logger.exception("A run could not be looked at.", extra={"action": "sweep", "run": look.run})

    def _publish(self, look: Look) -> None:
        try:
            self._container.publisher.act(look.todo)
        except TRANSIENT_ERRORS as exc:
            logger.warning("Messages could not be sent again now: %r", exc, extra={"action": "sweep", "run": look.run})

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
            return self.look()
        except (RedisError, *UNREACHABLE) as exc:
            self._alarm = True
            logger.warning("The sweep was broken off: %r", exc, extra={"action": "sweep"})
        except Exception:
            logger.exception("The sweep failed and will be tried again.", extra={"action": "sweep"})
        return _PAUSE


def _next(look: Look, now: float, routine: float) -> float:
    regular = now + (_PUT_ASIDE if look.state == "unreadable" else routine)
    moments = (look.due, look.deadline, look.starts)
    return min([regular, *(max(moment, now) for moment in moments if moment is not None)])

"""Steering a run: suspend, resume, and the end of one that is over its deadline."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from orchestrator_celery.dispatch.publisher import Publisher
from orchestrator_celery.errors import InvalidTransition, RunNotFound
from orchestrator_celery.model.ids import LeafId
from orchestrator_celery.model.lifecycle import VERBS, refusal
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.head import HeadField, parse_stop
from orchestrator_celery.records.live import LiveState, live_state, parse_live
from orchestrator_celery.store import Effects, Refused, Store
from orchestrator_celery.store.reader import Reader

__all__ = ("INSIDE", "Control", "check")

#: Field of a head: runs that stand in for tasks of this one do not have its status yet.
INSIDE = HeadField.INSIDE


class Control:
    """Changes the status of runs; what replaces a task of a run is steered with it.

    Args:
        store: keeps the status.
        publisher: sends what a resumption sets free.
    """

    def __init__(self, store: Store, publisher: Publisher) -> None:
        self._store = store
        self._reader = Reader(store.client, store.keys)
        self._publisher = publisher

    def suspend(self, run: str) -> None:
        """Nothing more of the run starts; what runs may finish.

        Raises:
            RunNotFound: there is no such run.
            InvalidTransition: it is neither pending nor running.
        """
        effects = self._store.suspend(run)
        check(effects, run, "suspend")
        self._inside(run, effects, self._store.suspend)

    def resume(self, run: str) -> None:
        """A suspended run goes on, and so do tasks that a rule of auto-resume holds back.

        Raises:
            RunNotFound: there is no such run.
            InvalidTransition: it is not suspended, and no task of it is held back.
        """
        effects = self._store.resume(run)
        check(effects, run, "resume")
        self._inside(run, effects, self._store.resume)
        self._publisher.act(effects.todo)

    def overdue(self, run: str, error: bytes) -> bool:
        """A run that has not ended by its deadline fails; tells whether this was the call that failed it."""
        effects = self._store.overdue(run, error)
        if effects.refused is not None:
            return False
        self._inside(run, effects, partial(self._store.overdue, error=error, inner=True))
        self._publisher.act(effects.todo)
        return True

    def align(self, run: str) -> None:
        """Runs that stand in for tasks of this one follow its status: whoever changed that has not made them."""
        live = {
            node: parse_live(raw)
            for node, raw in self._reader.live(run).items()
            if live_state(raw) is LiveState.DELEGATED
        }
        verb = self._verb_of(run)
        for inner in (str(LeafId(run, node, leaf.attempt)) for node, leaf in live.items()):
            effects = verb(inner)
            if effects.refused is None:
                self._publisher.act(effects.todo)
                self.align(inner)
        self._store.settled(run, INSIDE)

    def _verb_of(self, run: str) -> Callable[[str], Effects]:
        """What brings another run into the status of this one."""
        status, stop = self._reader.head_fields(run, HeadField.STATUS, HeadField.STOP)
        if status == b"INTERRUPTED" and stop is not None:
            order = parse_stop(stop)
            return partial(self._store.interrupt, signal=order.signal, grace=order.grace)
        return self._store.suspend if status == b"SUSPENDED" else self._store.resume

    def _inside(self, run: str, effects: Effects, verb: Callable[[str], Effects]) -> None:
        """The same for runs that stand in for tasks of this one, as far as they are in a state for it."""
        for other in effects.detail:
            inner = verb(other.decode())
            if inner.refused is None:
                self._inside(other.decode(), inner, verb)
                self._publisher.act(inner.todo)
        if effects.detail:
            self._store.settled(run, INSIDE)


def check(effects: Effects, run: str, verb: str) -> None:
    """Raise what the store's refusal of a verb means.

    Args:
        effects: what the store answered.
        run: the run.
        verb: what was asked for.

    Raises:
        RunNotFound: there is no such run.
        InvalidTransition: its status does not allow it; says what is possible.
    """
    if effects.refused is Refused.GONE:
        raise RunNotFound(f"No run has the id {run!r}: it cannot be {VERBS[verb].done}.")
    if effects.refused is Refused.STATE:
        raise InvalidTransition(refusal(run, verb, RunStatus(effects.detail.decode())))

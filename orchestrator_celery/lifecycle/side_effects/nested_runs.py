"""Nested runs: a run that replaced a task of another run gets the status of that run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from orchestrator_celery.model.ids import LeafId
from orchestrator_celery.records.head.fields import HeadField, parse_stop
from orchestrator_celery.records.live import LiveState, live_state, parse_live
from orchestrator_celery.store import Effects

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("INSIDE", "NestedRuns")

#: Field of a head: the nested runs of this run do not have its status yet.
INSIDE = HeadField.INSIDE.value


class NestedRuns:
    """Gives nested runs the status of the run that they belong to.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._store = container.store
        self._reader = container.reader
        self._publisher = container.publisher

    def apply_verb(self, run: str, effects: Effects, verb: Callable[[str], Effects]) -> None:
        """Apply a verb to all nested runs whose status allows it.

        Args:
            run: the run that the verb was applied to.
            effects: the answer of the store, whose detail lists the nested runs.
            verb: applies the verb to one run.
        """
        for other in effects.detail:
            inner = verb(other.decode())
            if inner.refused is None:
                self.apply_verb(other.decode(), inner, verb)
                self._publisher.act(inner.todo)
        if effects.detail:
            self._store.settled(run, INSIDE)

    def match_status(self, run: str) -> None:
        """Give all nested runs the status of the run, because the process that changed the run did not."""
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
                self.match_status(inner)
        self._store.settled(run, INSIDE)

    def _verb_of(self, run: str) -> Callable[[str], Effects]:
        """Return the verb that gives another run the status of this one."""
        status, stop = self._reader.head_fields(run, HeadField.STATUS, HeadField.STOP)
        if status == b"INTERRUPTED" and stop is not None:
            order = parse_stop(stop)
            return partial(self._store.interrupt, signal=order.signal, grace=order.grace)
        return self._store.suspend if status == b"SUSPENDED" else self._store.resume

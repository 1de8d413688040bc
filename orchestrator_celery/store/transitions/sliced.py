"""Transitions that look at any number of nodes. They take several calls in a large run, so that no script is long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestrator_celery.model.effects import Effect, FailRest
from orchestrator_celery.model.ids import CLOSE, LeafId
from orchestrator_celery.records.head.cancelled import CancelledPart, part_of_slice
from orchestrator_celery.records.live import RUNNING, LiveState, live_state, parse_live
from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.due_index import DueIndex
from orchestrator_celery.store.node_records import live_pages
from orchestrator_celery.store.schedule import schedule
from orchestrator_celery.store.scripting.script_call import Effects, Refused, Transitions
from orchestrator_celery.store.transitions.continuation import NOTHING_NEXT, Offer
from orchestrator_celery.store.transitions.upload import FIRST_LOOK

__all__ = ("SlicedTransitions",)

#: Milliseconds after which a sweep checks a change whose caller may have died.
_SOON = 2000


@raises_store_unavailable
class SlicedTransitions(Transitions):
    """Changes of many nodes of a run.

    Args:
        client: a redis-py client.
        settings: limits, and the prefix of the keys.
        app: the app that the runs belong to.
        tell: takes the entries for the feed of all runs.
        subscribed: what subscriptions ask for.
    """

    def _make_parts(self) -> None:
        #: The list of runs, and the time of the next check of each.
        self.due_index = self._beside(DueIndex)

    def retry(self, run: str, node: str = "") -> Effects:
        """Retry the failed nodes of a run; `detail`: the status, or the state of the node, that forbids it.

        Args:
            run: the run's id.
            node: the failed node to retry; '' for all.
        """
        todo = list[Effect]()
        while (effects := self._restart("retry", run, node)).refused is Refused.UNFINISHED:
            todo += self._finish_overdue(run)
        todo += effects.todo
        if effects.refused is None and effects.detail:
            # If this process dies, the reconciler finishes the retry: it is a pending side effect.
            todo += self.finish_retry(run).todo
        return effects._replace(todo=tuple(todo), detail=None if effects.refused is None else effects.detail)

    def skip(self, run: str, node: str, to: str = "") -> Effects:
        """Take out a node that has not started; `detail`: the status, or the state of the node, that forbids it.

        Args:
            run: the run's id.
            node: the node's id.
            to: the id of the run as which the node continues; '' for none.
        """
        leaves, moment = "", ""
        while True:
            effects = self._after_retry("skip", run, node, to, leaves, moment)
            if effects.refused is not Refused.LARGE:
                return effects
            leaves, moment = self._count_waiting(run, node)

    def _count_waiting(self, run: str, node: str) -> tuple[str, str]:
        """Return the number of leaves in a node, and the moment of the count; '' and '' if there is no true count."""
        found, place, first = 0, "", None
        while True:
            effects = self._run("count_waiting", run, node, place)
            if effects.refused is not None:
                return "", ""  # `skip` says why
            raw, moment = effects.more
            first = first or moment
            if moment != first:
                return "", ""
            found, place = found + effects.detail, raw.decode()
            if not place:
                return str(found), moment.decode()

    def resume(self, run: str) -> Effects:
        """Resume a suspended or interrupted run; `detail` as for `suspend`.

        In a large run, the last effect asks for the rest. If this process dies, the reconciler does it: it is a pending
        side effect.
        """
        place: Any = "0"
        while True:
            effects = self._restart("resume", run, place)
            if effects.refused is not Refused.LARGE:
                return effects._replace(detail=self._stand_ins(run, effects.detail))
            place = effects.detail

    def go_on_release(self, run: str) -> Effects:
        """Do one slice of the release of a resumed run; `refused` if there is nothing to do.

        Any process may do this, several at once too: each slice is done once.
        """
        return self._run("go_on_release", run)

    def overdue(self, run: str, error: bytes, inner: bool = False) -> Effects:
        """Fail a run that is over its deadline. In a large run, the last effect asks for its nodes to fail.

        Args:
            run: the run's id.
            error: the encoded error.
            inner: whether the run replaces a task of another run whose deadline this is.

        Returns:
            Effects with `detail` as for `suspend`.
        """
        return self._after_retry("overdue", run, error, int(inner))

    def go_on_overdue(self, run: str) -> tuple[Effect, ...]:
        """Fail one slice of the nodes of an overdue run, and the runs that stand in for its tasks; return the effects.

        Any process may do this, several at once too: each slice is done once.
        """
        effects = self._run("go_on_overdue", run)
        if effects.refused is not None:
            return ()
        todo, inner, error = list(effects.todo), list(effects.detail), effects.more[0]
        while inner:
            nested = self.overdue(inner.pop().decode(), error, inner=True)
            if nested.refused is None:
                todo += nested.todo
                inner += nested.detail
        return tuple(todo)

    def _finish_overdue(self, run: str) -> Iterator[Effect]:
        """Fail the rest of the nodes of an overdue run; yield the effects."""
        rest = FailRest(run)
        while rest in (found := self.go_on_overdue(run)):
            yield from (effect for effect in found if effect != rest)
        yield from found

    def followed(self, leaf: LeafId, offer: Offer = NOTHING_NEXT) -> Effects:
        """Return the messages of the outbox that the end of a leaf put there, and the next leaf, as `finish` does.

        A report that was refused with `STALE` may be the second one of a caller that lost the answer to the first.
        """
        todo, following, place = list[Effect](), tuple[Any, ...](), b"0"
        while True:
            effects = self._run("followed", leaf.run, leaf.node, leaf.attempt, offer.taken_as, place)
            if effects.refused is not None:
                return effects
            todo += effects.todo
            following = following or effects.more
            place = effects.detail
            if place == b"0":
                return Effects(None, tuple(todo), following[0] if following else None, following[1:])

    def interrupt(self, run: str, signal: str = "SIGTERM", grace: float = 10.0) -> Effects:
        """Suspend a run and order its running tasks to stop, by this signal and, `grace` seconds later, by SIGKILL.

        `detail`: the inner runs that replace its tasks, the running leaves as alternating node and record, and the time
        of the call in milliseconds; or the status that forbids it.
        """
        place: Any = "0"
        while (effects := self._run("interrupt", run, signal, int(grace * 1000), place)).refused is Refused.LARGE:
            place = effects.detail
        if effects.refused is not None:
            return effects
        inner, running, moment, place = effects.detail
        inner = self._stand_ins(run, inner)
        if place != b"0":
            running = [*running, *self._other_running(run, int(place), int(moment))]
        self._check_soon(run, bool(inner))
        return effects._replace(detail=[inner, running, moment])

    def parts_of_cancelled(self, run: str) -> Iterator[CancelledPart]:
        """Yield what the cancellation of a large run has to do about its nodes, slice by slice; a node may come twice.

        Ends early if another process has finished the cancellation.
        """
        place: Any = ""
        while place != b"end":
            effects = self._run("go_on_cancel", run, place)
            if effects.refused is not None:
                return
            place = effects.detail
            yield part_of_slice(*effects.more)

    def forget_cancelled(self, run: str) -> Effects:
        """Delete the nodes of a cancelled run, once everything about them is done."""
        return self._run("go_on_cancel", run, "end")

    def _other_running(self, run: str, place: int, moment: int) -> Iterator[bytes]:
        """Yield node and record of the leaves that ran at this time (ms), from a place on; none that began later."""
        for page in live_pages(self.client, self.keys.live(run), place):
            for node, raw in page.items():
                live = parse_live(raw) if live_state(raw) in RUNNING and node != CLOSE.encode() else None
                if live is not None and round(live.since.timestamp() * 1000) <= moment:
                    yield from (node, raw)

    def _stand_ins(self, run: str, found: Any) -> Any:
        """Return the runs that stand in for tasks of a run; a script does not look for them among many live nodes."""
        if found != b"many":
            return found
        return [
            str(LeafId(run, node.decode(), parse_live(raw).attempt)).encode()
            for page in live_pages(self.client, self.keys.live(run))
            for node, raw in page.items()
            if live_state(raw) is LiveState.DELEGATED
        ]

    def _check_soon(self, run: str, has_inner: bool) -> None:
        """If inner runs must follow, make the run due soon, so that a sweep does it if the caller dies first."""
        if has_inner:
            schedule(self.client, self.keys.due, run, after=_SOON, only="XX", earlier=True)

    def _restart(self, verb: str, run: str, *args: Any) -> Effects:
        # Made due before the change: an ended run is not due, and its tasks may start again.
        added = schedule(self.client, self.keys.due, run, after=FIRST_LOOK, only="NX")
        effects = self._run(verb, run, *args)
        if effects.refused is None:
            self.client.zadd(self.keys.due, {run: 0})
        elif added:
            self.due_index.not_due([run])
        return effects

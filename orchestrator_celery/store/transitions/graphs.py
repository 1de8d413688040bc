"""Transitions of graphs: decisions and answers of approvals; also the index of runs that wait for a person."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_celery.model.effects import Decision
from orchestrator_celery.records.ended import written_state
from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.schedule import schedule
from orchestrator_celery.store.scripting.script_call import Effects, Transitions

__all__ = ("GraphTransitions",)


@raises_store_unavailable
class GraphTransitions(Transitions):
    """Changes of running graphs."""

    def decide(self, run: str, visit: str, decision: Decision) -> Effects:
        """Record the decision about a visit and move its token; a repetition is refused with `STALE`."""
        return self._run("decide", run, visit, *decision)

    def answer(self, run: str, node: str, result: bytes, *, well: bool = True, late: bool = False) -> Effects:
        """Answer an approval; refused with `STALE` if the approval does not wait.

        Args:
            run: the run.
            node: the waiting visit.
            result: the node's encoded result or error.
            well: whether `result` is a result.
            late: whether this is the timeout's decision; refused while there is time left.
        """
        return self._run("answer", run, node, written_state(well), result, int(late))

    def awaits(self, run: str, until: float | None = None) -> None:
        """Add a run to the index of runs that wait for a person. The index is derived; checks of runs restore it.

        Args:
            run: the run.
            until: the end of the time to answer, in ms; a check is due then.
        """
        schedule(self.client, self.keys.approvals, run, only="NX")
        if until is not None:
            self.client.zadd(self.keys.due, {run: until}, xx=True, lt=True)

    def awaiting(self) -> list[str]:
        """Return the runs that waited for a person at their last check, the longest waiting first."""
        return [run.decode() for run in self.client.zrange(self.keys.approvals, 0, -1)]

    def awaits_no_more(self, runs: Sequence[str]) -> None:
        """Remove runs that wait for nobody from the index."""
        if runs:
            self.client.zrem(self.keys.approvals, *runs)

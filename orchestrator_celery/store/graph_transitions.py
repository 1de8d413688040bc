"""The verbs on graphs: a decision is recorded, an approval answered; which runs wait for a person."""

from __future__ import annotations

import time
from collections.abc import Sequence

from orchestrator_celery.model.effects import Verdict
from orchestrator_celery.records.ended import written_state
from orchestrator_celery.store.availability import answers
from orchestrator_celery.store.script_call import Effects, Verbs

__all__ = ("GraphVerbs",)


@answers
class GraphVerbs(Verbs):
    """What is done to graphs."""

    def decide(self, run: str, visit: str, verdict: Verdict) -> Effects:
        """Record what was decided about a visit, and move its token on; the same again is `STALE`."""
        return self._run("decide", run, visit, *verdict)

    def answer(self, run: str, node: str, result: bytes, *, well: bool = True, late: bool = False) -> Effects:
        """Answer an approval; refused with `STALE` where it does not wait.

        Args:
            run: the run.
            node: the visit that waits.
            result: what the node's result is, or its error.
            well: it is a result.
            late: nobody has answered in time; refused as long as there is time.
        """
        return self._run("answer", run, node, written_state(well), result, int(late))

    def awaits(self, run: str, until: float | None = None) -> None:
        """A run waits for a person; derived, and put back by whoever looks at the run.

        Args:
            run: the run.
            until: when it is to be looked at, for nobody needs to answer any more, in ms.
        """
        with self.client.pipeline(transaction=False) as pipe:
            pipe.zadd(self.keys.approvals, {run: time.time() * 1000}, nx=True)
            if until is not None:
                pipe.zadd(self.keys.due, {run: until}, xx=True, lt=True)
            pipe.execute()

    def awaiting(self) -> list[str]:
        """Runs that waited for a person when they were looked at last, the longest first."""
        return [run.decode() for run in self.client.zrange(self.keys.approvals, 0, -1)]

    def awaits_no_more(self, runs: Sequence[str]) -> None:
        """Runs that wait for nobody."""
        if runs:
            self.client.zrem(self.keys.approvals, *runs)

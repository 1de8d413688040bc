"""Transitions that look at any number of nodes. They take several calls in a large run, so that no script is long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator_celery.records.head.fields import NO_APP, AppId
from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.due_index import DueIndex
from orchestrator_celery.store.schedule import schedule
from orchestrator_celery.store.scripting.script_call import Effects, Refused, Tell, Transitions
from orchestrator_celery.store.transitions.upload import FIRST_LOOK

if TYPE_CHECKING:
    from orchestrator_celery.settings import OrchestratorSettings

__all__ = ("SlicedTransitions",)


@raises_store_unavailable
class SlicedTransitions(Transitions):
    """Changes of many nodes of a run.

    Args:
        client: a redis-py client.
        settings: limits, and the prefix of the keys.
        app: the app that the runs belong to.
        tell: takes the entries for the feed of all runs.
    """

    def __init__(
        self, client: Any, settings: OrchestratorSettings, app: AppId = NO_APP, tell: Tell = lambda entry: None
    ) -> None:
        super().__init__(client, settings, app, tell)
        #: The list of runs, and the time of the next check of each.
        self.due_index = DueIndex(client, settings, app, tell)

    def retry(self, run: str, node: str = "") -> Effects:
        """Retry the failed nodes of a run; `detail`: the status, or the state of the node, that forbids it.

        Args:
            run: the run's id.
            node: the failed node to retry; '' for all.
        """
        effects = self._restart("retry", run, node)
        if effects.refused is None and effects.detail:
            # If this process dies, the reconciler finishes the retry: it is a pending side effect.
            rest = self.finish_retry(run)
            return Effects(None, (*effects.todo, *rest.todo))
        return effects._replace(detail=None) if effects.refused is None else effects

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

    def _restart(self, verb: str, run: str, *args: Any) -> Effects:
        # Made due before the change: an ended run is not due, and its tasks may start again.
        added = schedule(self.client, self.keys.due, run, after=FIRST_LOOK, only="NX")
        effects = self._run(verb, run, *args)
        if effects.refused is None:
            self.client.zadd(self.keys.due, {run: 0})
        elif added:
            self.due_index.not_due([run])
        return effects

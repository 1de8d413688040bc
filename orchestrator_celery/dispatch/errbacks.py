"""What a task that follows a failure is called with: Celery's two forms of an error callback, and ours.

Celery stores an error before it calls the callbacks, so that an error callback of the old form, which gets nothing but
an id, finds the error under it. The leaves of a run have no result in Celery's backend: before a callback is sent, a
copy of the error is stored there, under the id the callback is told.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from celery.canvas import Signature
from celery.exceptions import NotRegistered
from celery.states import FAILURE
from celery.utils.functional import arity_greater

from orchestrator_celery.engine.leaf_arguments import with_result
from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.model.ids import LeafId
from orchestrator_celery.records.leaf import Leaf, Role

if TYPE_CHECKING:
    from celery import Celery

__all__ = ("ERRBACK_TASK", "Errbacks")

ERRBACK_TASK = "orchestrator.errback"


class Errbacks:
    """Gives tasks that follow a failure their arguments.

    Args:
        app: the Celery app that sends them.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app

    def called_with(self, leaf: Leaf, callback: LeafId, ref: str, outcome: Outcome) -> Leaf:
        """The leaf with the arguments it gets.

        Args:
            leaf: the callback's task.
            callback: its node.
            ref: the error, as `Outcome` reads it.
            outcome: of the run.
        """
        if leaf.role is Role.HANDLER:
            return with_result(leaf, outcome.error_words(ref))
        if leaf.immutable:
            return leaf
        failed = _told_id(callback, ref, outcome)
        self._keep_copy(failed, ref, outcome)
        if leaf.role is Role.PLAIN or not self._takes_error(leaf):
            return with_result(leaf, failed)
        errback = Signature(leaf.task, leaf.args, leaf.kwargs, leaf.options, immutable=False)
        return leaf._replace(task=ERRBACK_TASK, args=[dict(errback), callback.run, failed, ref], kwargs={})

    def _keep_copy(self, failed: str, ref: str, outcome: Outcome) -> None:
        traceback = outcome.error_words(ref)["traceback"]
        # Without a backend nothing is kept; that of `rpc` sends answers to who has asked, and nobody has.
        with suppress(NotImplementedError, RuntimeError):
            self._app.backend.store_result(failed, outcome.error(ref), FAILURE, traceback=traceback)

    def _takes_error(self, leaf: Leaf) -> bool:
        """Whether Celery would call this errback with (request, exc, traceback) rather than the task's id."""
        errback = Signature(leaf.task, leaf.args, leaf.kwargs, app=self._app)
        with suppress(NotRegistered):
            header = getattr(errback.type, "__header__", None)
            if header is None or isinstance(header, partial):
                return False
            # Since 5.7 Celery does not count the arguments that the errback's signature has itself.
            greater = getattr(self._app.backend, "_errback_arity_greater", None)
            return bool(greater(errback, 1) if greater is not None else arity_greater(header, 1))
        return False


def _told_id(callback: LeafId, ref: str, outcome: Outcome) -> str:
    """The id of the task that failed; where none did, of the node whose callback it is: a chord's body, a swarm."""
    if ":" in outcome.followed(ref):
        return str(LeafId(callback.run, callback.node.rpartition(".e")[0], 1))
    return str(outcome.leaf_of(ref))

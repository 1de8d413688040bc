"""Calls error callbacks in Celery's two forms, and error handlers in our own.

Celery stores an error before it calls the callbacks. So an error callback of the old form, which gets only an id, can
read the error. The leaves of a run have no result in Celery's backend. Therefore a copy of the error is stored there
before a callback is sent, under the id that the callback gets.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from celery.app.task import Context
from celery.canvas import Signature
from celery.exceptions import NotRegistered
from celery.states import FAILURE
from celery.utils.functional import arity_greater

from orchestrator_celery.dispatch.broker_errors import is_transient
from orchestrator_celery.dispatch.result_backend import answers_by_message
from orchestrator_celery.engine.leaf_arguments import with_result
from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.model.ids import LeafId
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.records.leaf import Leaf, Role

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.dispatch.run_results import RunResults

__all__ = ("ERRBACK_TASK", "Errbacks", "call_errback")

ERRBACK_TASK = "orchestrator.errback"

logger = safe_logger(__name__)


def call_errback(app: Celery, results: RunResults, errback: dict[str, Any], run: str, failed: str, ref: str) -> Any:
    """Call an errback that takes (request, exc, traceback), as Celery does in the process that fails.

    Args:
        app: the app of the errback.
        results: reads the error.
        errback: its signature.
        run: the run.
        failed: the id of the failed task, for the request.
        ref: the reference to the error.
    """
    exc, words = results.error(run, ref)
    request = Context({"id": failed, "root_id": run, "parent_id": run})
    return app.signature(errback)(request, exc, words["traceback"])


class Errbacks:
    """Adds the arguments of tasks that follow a failure.

    Args:
        app: the Celery app that sends the tasks.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app

    def called_with(self, leaf: Leaf, callback: LeafId, ref: str, outcome: Outcome) -> Leaf:
        """Return the leaf with the arguments about the error.

        Args:
            leaf: the callback's task.
            callback: the node of the callback.
            ref: the reference to the error.
            outcome: reads the results of the run.
        """
        if leaf.role is Role.HANDLER:
            return with_result(leaf, outcome.error_dict(ref))
        if leaf.immutable:
            return leaf
        failed = _id_for_callback(callback, ref, outcome)
        self._keep_copy(failed, ref, outcome)
        if leaf.role is Role.PLAIN or not self._takes_error(leaf):
            return with_result(leaf, failed)
        errback = Signature(leaf.task, tuple(leaf.args), leaf.kwargs, leaf.options, immutable=False)
        return leaf._replace(task=ERRBACK_TASK, args=[dict(errback), callback.run, failed, ref], kwargs={})

    def _keep_copy(self, failed: str, ref: str, outcome: Outcome) -> None:
        backend, traceback = self._app.backend, outcome.error_dict(ref)["traceback"]
        if answers_by_message(backend):
            return  # no client waits for this id
        try:
            backend.store_result(failed, outcome.error(ref), FAILURE, traceback=traceback)
        except Exception as exc:  # each backend has its own errors
            if is_transient(exc):
                raise
            logger.warning("An error callback finds no result of %s: %r", failed, exc, extra={"action": "errback"})

    def _takes_error(self, leaf: Leaf) -> bool:
        """Whether Celery would call this errback with (request, exc, traceback) instead of the task's id."""
        errback = Signature(leaf.task, tuple(leaf.args), leaf.kwargs, app=self._app)
        with suppress(NotRegistered):
            header = getattr(errback.type, "__header__", None)
            if header is None or isinstance(header, partial):
                return False
            # Since 5.7 Celery does not count the arguments that the errback's signature has itself.
            greater = getattr(self._app.backend, "_errback_arity_greater", None)
            return bool(greater(errback, 1) if greater is not None else arity_greater(header, 1))
        return False


def _id_for_callback(callback: LeafId, ref: str, outcome: Outcome) -> str:
    """Return the id of the failed task; if no task failed, of the callback's own node: a chord's body or a swarm."""
    if ":" in outcome.followed(ref):
        return str(LeafId(callback.run, callback.node.rpartition(".e")[0], 1))
    return str(outcome.leaf_of(ref))

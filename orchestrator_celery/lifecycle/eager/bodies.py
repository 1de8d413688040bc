"""Runs the task of one node in this process, as Celery's `Task.apply` does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from celery import states

from orchestrator_celery.dispatch.errbacks import ERRBACK_TASK, Errbacks, call_errback
from orchestrator_celery.dispatch.inputs import InputResolver
from orchestrator_celery.dispatch.leaf_input import LeafInput
from orchestrator_celery.dispatch.traces.joins import Joins
from orchestrator_celery.engine.ignored_tasks import error_of_ignored
from orchestrator_celery.lifecycle.eager.current import EagerTask, running_task
from orchestrator_celery.lifecycle.eager.endings import BodyEnd
from orchestrator_celery.lifecycle.eager.spans import traced_body
from orchestrator_celery.model.ids import LeafId

if TYPE_CHECKING:
    from orchestrator_celery.engine.outcome import Outcome
    from orchestrator_celery.lifecycle.eager.parts import EagerParts
    from orchestrator_celery.records.leaf import Leaf

__all__ = ("Bodies",)


class _EagerErrbacks(Errbacks):
    """Error callbacks without a copy of the error in the result backend, which an eager run does not use."""

    def _keep_copy(self, failed: str, ref: str, outcome: Outcome) -> None:
        """Keep none."""


class Bodies:
    """Runs the tasks of one eager run.

    Args:
        parts: the parts of the run.
    """

    def __init__(self, parts: EagerParts) -> None:
        self._parts = parts
        self._app = parts.app
        self._joins = Joins(parts.reader, parts.codec)
        self._codec = parts.codec
        self._results = parts.results
        self.resolver = InputResolver(parts.reader, parts.codec)
        self._inputs = LeafInput(parts.reader, parts.codec, self.resolver, _EagerErrbacks(parts.app))

    def run(self, id: LeafId, definition: bytes, given: str) -> BodyEnd:
        """Run the task of a node and return its end.

        Args:
            id: the run, the node and the attempt.
            definition: the definition of the node.
            given: the reference to its input.
        """
        try:
            leaf = self._inputs.added_to(id, definition, given, own=True)
            if leaf.task == ERRBACK_TASK:
                return BodyEnd(True, self._codec.dump_result(call_errback(self._app, self._results, *leaf.args)))
            joins = partial(self._joins.of, id.run, given)
            with running_task(EagerTask(self._parts, id)):
                return traced_body(self._parts, leaf.task, id, joins, lambda: self._apply(leaf, str(id)))
        except Exception as exc:  # as on a worker, also an error of a task that cannot be called fails the node
            return BodyEnd(False, self._codec.dump_error(exc))

    def _apply(self, leaf: Leaf, task_id: str) -> BodyEnd:
        task = self._app.tasks[leaf.task]
        done = task.apply(tuple(leaf.args), leaf.kwargs, task_id=task_id, throw=False, **leaf.options)
        if done.state == states.SUCCESS:
            return BodyEnd(True, self._codec.dump_result(done.result))
        if isinstance(done.result, BaseException) and done.state == states.FAILURE:
            return BodyEnd(False, self._codec.dump_error(done.result, str(done.traceback or "")))
        return BodyEnd(False, self._codec.dump_error(error_of_ignored(done.result)))

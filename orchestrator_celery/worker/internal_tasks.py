"""The internal Celery tasks: close a run, call an errback, start a primitive by name, run the nodes of templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery.exceptions import Ignore
from celery.states import REVOKED

from orchestrator_celery.canvas.template_tasks import AB_SPLIT_TASK, PASS_ON_TASK, REJECTION_TASK, rejection, variant
from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS
from orchestrator_celery.dispatch.errbacks import ERRBACK_TASK, call_errback
from orchestrator_celery.dispatch.inputs import as_one
from orchestrator_celery.dispatch.publisher import CANCELLED_TASK, CLOSE_TASK
from orchestrator_celery.engine.batching import BATCH_TASK
from orchestrator_celery.errors import ForeignRun, RunCancelled
from orchestrator_celery.lifecycle.delete import Deletion
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.worker.batch_runner import Runner
from orchestrator_celery.worker.bodies.claimed_message import claimed_by
from orchestrator_celery.worker.notify.tasks import register_notify
from orchestrator_celery.worker.recovery.patience import patiently
from orchestrator_celery.worker.starter_tasks import register_starters

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.container import Container

__all__ = ("register",)

logger = safe_logger(__name__)

PURGE_TASK = "orchestrator.purge"

_DAY = 24 * 3600


def register(container: Container) -> None:
    """Register the internal tasks with the app."""
    app = container.app
    options: dict[str, Any] = {"bind": True, "shared": False, "typing": False}
    # If the process dies, Celery must not take this for the end of the run, so the message goes back to the broker.
    # The project's time limits are meant for its own tasks, so they do not apply.
    safe = {"acks_late": True, "reject_on_worker_lost": True, "time_limit": _DAY, "soft_time_limit": _DAY}

    _register_close(container, {**safe, **options})

    @app.task(name=ERRBACK_TASK, **options)
    def errback(self: Any, signature: dict[str, Any], run: str, failed: str, ref: str) -> None:
        """Call an errback that takes (request, exc, traceback), as Celery does in the process that fails."""
        call_errback(app, container.results, signature, run, failed, ref)

    _register_purge(container, options)

    @app.task(name=BATCH_TASK, **options)
    def batch(self: Any, count: int | None) -> int:
        """Run several items of a batched swarm and return their number."""
        runner = Runner(container, self.request, count)
        done = runner.work()
        if runner.is_postponed:
            raise Ignore("the runner is in the outbox again")
        return done

    _register_cancelled(container, {**safe, **options})
    _register_templates(app, options)
    register_starters(app, options)
    register_notify(container)


def _register_close(container: Container, options: dict[str, Any]) -> None:
    app = container.app

    @app.task(name=CLOSE_TASK, throws=(Exception,), **options)
    def close(self: Any, attempt: int) -> Any:
        """Return the run's result or raise its error.

        The message carries the options with which the run was applied. Celery therefore stores the result, continues
        the chain, counts the chord part and calls the callbacks.
        """
        message = claimed_by(self.request)
        result, error = patiently(container, container.results.result_or_error, self.request.id)
        if message is not None:
            message.outcome = error
        if self.request.chain or self.request.callbacks or self.request.chord:
            patiently(container, _reach_broker, app, transient=TRANSIENT_ERRORS)
        if error is not None:
            raise error
        return result


def _register_purge(container: Container, options: dict[str, Any]) -> None:
    @container.app.task(name=PURGE_TASK, **options)
    def purge(self: Any) -> int:
        """Delete the stored signatures that are marked, past their time and not in use; return their number.

        The reconciler does the same. The task is for projects that schedule the purge with beat.
        """
        done = 0
        while found := Deletion(container).sweep():
            done += found
        return done


def _register_cancelled(container: Container, options: dict[str, Any]) -> None:
    @container.app.task(name=CANCELLED_TASK, **options)
    def cancelled(self: Any) -> None:
        """Tell Celery that a run was cancelled.

        The message carries the options with which the run was applied. Celery therefore fails the rest of the chain,
        counts the chord part and calls the errbacks.
        """
        run = self.request.id
        try:
            status = container.reader.head_field(run, HeadField.STATUS)
        except ForeignRun as exc:
            logger.warning("A cancellation of another app is not told here; its app sends it again: %s", exc)
            raise Ignore from exc
        if status == b"CANCELLED":
            stored = not self.request.ignore_result
            self.backend.mark_as_failure(
                run, RunCancelled.of(run), request=self.request, store_result=stored, state=REVOKED
            )
            container.store.erase(run)
        raise Ignore


def _reach_broker(app: Any) -> None:
    """Check that the broker can be reached: after the body, Celery publishes the next messages or fails the task."""
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=5)


def _register_templates(app: Celery, options: dict[str, Any]) -> None:
    """Register the tasks that nodes of templates run. They ignore arguments that they do not use."""

    @app.task(name=AB_SPLIT_TASK, **options)
    def ab_split(self: Any, *args: Any, ab_split: dict[str, Any], **kwargs: Any) -> str:
        """Return the variant for the arguments. Without a key it depends on the visit, so a retry draws the same."""
        message = claimed_by(self.request)
        draw = self.request.id if message is None else f"{message.claims[-1][0].run}:{message.claims[-1][0].node}"
        return variant(ab_split, as_one(list(args), kwargs), draw)

    @app.task(name=PASS_ON_TASK, **options)
    def pass_on(self: Any, *args: Any, given: Any, **kwargs: Any) -> Any:
        """Return the input of the template."""
        return given

    @app.task(name=REJECTION_TASK, **options)
    def reject(self: Any, *args: Any, given: Any, stage: str, **kwargs: Any) -> dict[str, Any]:
        """Return what was rejected, at which stage and why."""
        return rejection(as_one(list(args), kwargs), given=given, stage=stage)

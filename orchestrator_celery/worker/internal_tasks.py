"""The internal Celery tasks: close a run natively, call an errback, start a primitive by name, what templates do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery.app.task import Context
from celery.exceptions import Ignore
from celery.states import REVOKED

from orchestrator_celery.canvas.template_tasks import AB_SPLIT_TASK, PASS_ON_TASK, REJECTION_TASK, rejection, variant
from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS
from orchestrator_celery.dispatch.errbacks import ERRBACK_TASK
from orchestrator_celery.dispatch.inputs import as_one
from orchestrator_celery.dispatch.publisher import CANCELLED_TASK, CLOSE_TASK
from orchestrator_celery.engine.batching import BATCH_TASK
from orchestrator_celery.errors import RunCancelled
from orchestrator_celery.lifecycle.delete import Deletion
from orchestrator_celery.worker.batch_runner import Runner
from orchestrator_celery.worker.claimed_message import claimed_by
from orchestrator_celery.worker.patience import patiently
from orchestrator_celery.worker.starter_tasks import register_starters

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.container import Container

__all__ = ("register",)

PURGE_TASK = "orchestrator.purge"

_DAY = 24 * 3600


def register(container: Container) -> None:
    """Register the internal tasks with the app."""
    app = container.app
    options: dict[str, Any] = {"bind": True, "shared": False, "typing": False}
    # Celery must not take the end of a process for the end of the run: the message goes back to the broker, and the
    # project's time limits, which are meant for its own tasks, do not apply.
    safe = {"acks_late": True, "reject_on_worker_lost": True, "time_limit": _DAY, "soft_time_limit": _DAY}

    @app.task(name=CLOSE_TASK, throws=(Exception,), **safe, **options)
    def close(self: Any, attempt: int) -> Any:
        """Ends as the run ended; sent with the options the run was applied with, so that Celery itself
        stores the result, goes on with the chain, counts the chord part and fires the callbacks."""
        held = claimed_by(self.request)
        result, error = patiently(container, container.results.result_or_error, self.request.id)
        if held is not None:
            held.outcome = error
        if self.request.chain or self.request.callbacks or self.request.chord:
            patiently(container, _reach_broker, app, passing=TRANSIENT_ERRORS)
        if error is not None:
            raise error
        return result

    @app.task(name=ERRBACK_TASK, **options)
    def errback(self: Any, signature: dict[str, Any], run: str, failed: str, ref: str) -> None:
        """Calls an errback that takes (request, exc, traceback), as Celery does in the failing process."""
        exc, words = container.results.error(run, ref)
        request = Context({"id": failed, "root_id": run, "parent_id": run})
        app.signature(signature)(request, exc, words["traceback"])

    _register_purge(container, options)

    @app.task(name=BATCH_TASK, **options)
    def batch(self: Any, count: int | None) -> int:
        """Works off several items of a batched swarm; returns how many."""
        return Runner(container, self.request, count).work()

    _register_cancelled(container, {**safe, **options})
    _register_templates(app, options)
    register_starters(app, options)


def _register_purge(container: Container, options: dict[str, Any]) -> None:
    @container.app.task(name=PURGE_TASK, **options)
    def purge(self: Any) -> int:
        """What the workers' reconciler does by itself, for those who want it on beat: deletes stored signatures that
        are marked, over their time and not in use; returns how many."""
        done = 0
        while found := Deletion(container).sweep():
            done += found
        return done


def _register_cancelled(container: Container, options: dict[str, Any]) -> None:
    @container.app.task(name=CANCELLED_TASK, **options)
    def cancelled(self: Any) -> None:
        """Ends as a cancelled run does; sent with the options the run was applied with, so that Celery fails the rest
        of the chain, counts the chord part and calls the errbacks."""
        run = self.request.id
        if container.reader.head_field(run, "status") == b"CANCELLED":
            stored = not self.request.ignore_result
            self.backend.mark_as_failure(
                run, RunCancelled.of(run), request=self.request, store_result=stored, state=REVOKED
            )
            container.store.erase(run)
        raise Ignore


def _reach_broker(app: Any) -> None:
    """Celery sends what follows a task after its body, and fails the task where it cannot."""
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=5)


def _register_templates(app: Celery, options: dict[str, Any]) -> None:
    """What nodes of templates run beside the project's tasks; what the node is given, and is not used, is let go."""

    @app.task(name=AB_SPLIT_TASK, **options)
    def ab_split(self: Any, *args: Any, ab_split: dict[str, Any], **kwargs: Any) -> str:
        """Tells the variant of what it is given; without a key a visit draws one, and the same if it runs again."""
        message = claimed_by(self.request)
        draw = self.request.id if message is None else f"{message.claims[-1][0].run}:{message.claims[-1][0].node}"
        return variant(ab_split, as_one(list(args), kwargs), draw)

    @app.task(name=PASS_ON_TASK, **options)
    def pass_on(self: Any, *args: Any, given: Any, **kwargs: Any) -> Any:
        """Gives what its template was given."""
        return given

    @app.task(name=REJECTION_TASK, **options)
    def reject(self: Any, *args: Any, given: Any, stage: str, **kwargs: Any) -> dict[str, Any]:
        """Tells what was rejected, where and why."""
        return rejection(as_one(list(args), kwargs), given=given, stage=stage)

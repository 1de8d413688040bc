"""The internal Celery tasks: close a run natively, call an errback, start a primitive by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery.app.task import Context

from orchestrator_celery.canvas import ComplexSignature, Swarm
from orchestrator_celery.publish import CLOSE_TASK, ERRBACK_TASK

if TYPE_CHECKING:
    from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("register",)

_DAY = 24 * 3600


def register(orchestrator: Orchestrator) -> None:
    """Register the internal tasks with the app."""
    app = orchestrator.app
    options: dict[str, Any] = {"bind": True, "shared": False, "typing": False}
    # Celery must not take the end of a process for the end of the run: the message goes back to the broker, and the
    # project's time limits, which are meant for its own tasks, do not apply.
    safe = {"acks_late": True, "reject_on_worker_lost": True, "time_limit": _DAY, "soft_time_limit": _DAY}

    @app.task(name=CLOSE_TASK, throws=(Exception,), **safe, **options)
    def close(self: Any, attempt: int) -> Any:
        """Ends as the run ended; sent with the options the run was applied with, so that Celery itself
        stores the result, goes on with the chain, counts the chord part and fires the callbacks."""
        return orchestrator.outcome(self.request.id)

    @app.task(name=ERRBACK_TASK, **options)
    def errback(self: Any, signature: dict[str, Any], run: str, failed: str, ref: str) -> None:
        """Calls an errback that takes (request, exc, traceback), as Celery does in the failing process."""
        exc, words = orchestrator.error(run, ref)
        request = Context({"id": failed, "root_id": run, "parent_id": run})
        app.signature(signature)(request, exc, words["traceback"])

    for primitive in (Swarm, ComplexSignature):
        _register_starter(orchestrator, primitive, options)


def _register_starter(orchestrator: Orchestrator, primitive: Any, options: dict[str, Any]) -> None:
    app = orchestrator.app

    @app.task(name=primitive.task_name, **options)
    def start(self: Any, *args: Any, **kwargs: Any) -> Any:
        """Starts the primitive when somebody sends it by name, as beat does."""
        return self.replace(primitive.from_dict({"args": args, "kwargs": kwargs}, app=app))

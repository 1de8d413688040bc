"""What runs inside a Celery worker: claim, veto, report, heartbeat, and the internal tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery import signals

from orchestrator_celery.worker.guard import guard_tasks
from orchestrator_celery.worker.hooks import Hooks
from orchestrator_celery.worker.lease import Heartbeat
from orchestrator_celery.worker.tasks import register

if TYPE_CHECKING:
    from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("install",)


def install(orchestrator: Orchestrator) -> None:
    """Connect the hooks of one app; nothing here opens a connection."""
    app = orchestrator.app
    register(orchestrator)
    hooks = Hooks(orchestrator)
    heartbeat = Heartbeat(orchestrator)

    def guard(**_: Any) -> None:
        guard_tasks(app, hooks)

    app.on_after_finalize.connect(guard, weak=False)
    if app.finalized:
        guard_tasks(app, hooks)
    # One process has one worker, but signals are global: every handler asks whose message it is.
    for signal, handler in (
        (signals.worker_init, guard),  # again, for tasks registered after the app was finalized
        (signals.worker_ready, heartbeat.start),
        (signals.worker_shutdown, heartbeat.stop),
        (signals.task_success, hooks.on_success),
        (signals.task_failure, hooks.on_failure),
        (signals.task_retry, hooks.on_retry),
        (signals.task_postrun, hooks.on_postrun),
        (signals.task_revoked, hooks.on_revoked),
        (signals.task_unknown, hooks.on_unknown),
        (signals.task_rejected, hooks.on_invalid),
    ):
        signal.connect(handler, weak=False, dispatch_uid=f"orchestrator:{id(orchestrator)}:{handler.__name__}")

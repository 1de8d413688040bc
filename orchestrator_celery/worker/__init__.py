"""What runs inside a Celery worker: claim, veto, report, heartbeat, sweep, and the internal tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery import signals
from celery.concurrency import get_implementation

from orchestrator_celery.worker.auto_resume import Resumer
from orchestrator_celery.worker.claim_guard import guard_tasks
from orchestrator_celery.worker.heartbeat import Heartbeat, member_name
from orchestrator_celery.worker.internal_tasks import register
from orchestrator_celery.worker.reconciler import Sweeper
from orchestrator_celery.worker.task_signals import Hooks

if TYPE_CHECKING:
    from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("Hooks", "install")


def install(orchestrator: Orchestrator) -> Hooks:
    """Connect the hooks of one app; nothing here opens a connection."""
    app = orchestrator.app
    register(orchestrator)
    hooks = Hooks(orchestrator)

    def guard(**_: Any) -> None:
        guard_tasks(app, hooks)

    def answer(**_: Any) -> None:
        from orchestrator_celery.worker import stop_command as stop

        stop.register()

    app.on_after_finalize.connect(guard, weak=False)
    if app.finalized:
        guard_tasks(app, hooks)
    start, stop = _life(orchestrator, hooks)
    # One process has one worker, but signals are global: every handler asks whose message it is.
    for signal, handler in (
        (signals.worker_init, guard),  # again, for tasks registered after the app was finalized
        (signals.worker_init, answer),
        (signals.worker_ready, start),
        (signals.worker_shutdown, stop),
        (signals.task_success, hooks.on_success),
        (signals.task_failure, hooks.on_failure),
        (signals.task_retry, hooks.on_retry),
        (signals.task_postrun, hooks.on_postrun),
        (signals.task_revoked, hooks.on_revoked),
        (signals.task_unknown, hooks.on_unknown),
        (signals.task_rejected, hooks.on_invalid),
    ):
        signal.connect(handler, weak=False, dispatch_uid=f"orchestrator:{id(orchestrator)}:{handler.__name__}")
    return hooks


def _life(orchestrator: Orchestrator, hooks: Hooks) -> tuple[Any, Any]:
    """Handlers that begin and end a worker's signs of life; both only touch threads, and return at once."""
    resumer = Resumer(orchestrator, hooks.reports)
    sweeper = Sweeper(orchestrator, resumer)
    heartbeat = Heartbeat(orchestrator, sweeper.on_beat, sweeper.on_miss, hooks.on_gone)

    def start(sender: Any, **_: Any) -> None:
        if sender.app is orchestrator.app and orchestrator.has_store:
            resumer.member = member_name(sender.hostname, orchestrator.incarnation)
            heartbeat.start(resumer.member, forks=isinstance(sender.pool, get_implementation("prefork")))
            sweeper.start()

    def stop(**_: Any) -> None:
        heartbeat.stop()

    return start, stop

"""Everything that runs inside a Celery worker: claims, reports, heartbeat, reconciler."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from celery import signals
from celery.concurrency import get_implementation

from orchestrator_celery.errors import InvalidSettings
from orchestrator_celery.lifecycle.side_effects.notices import Notices
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.store.permissions import denied, lacks
from orchestrator_celery.worker.bodies.body_spans import BodySpans
from orchestrator_celery.worker.bodies.chord_additions import ChordAdditions
from orchestrator_celery.worker.bodies.claim_guard import guard_tasks
from orchestrator_celery.worker.bodies.claims import Claims
from orchestrator_celery.worker.bodies.log_capture import LogCapture
from orchestrator_celery.worker.bodies.reporter import Reporter
from orchestrator_celery.worker.bodies.retry_replace import RetryReplace
from orchestrator_celery.worker.bodies.task_counts import TaskCounts
from orchestrator_celery.worker.internal_tasks import register
from orchestrator_celery.worker.queues.queue_reporter import QueueReporter
from orchestrator_celery.worker.recovery.auto_resume import AutoResume, rules_of
from orchestrator_celery.worker.recovery.heartbeat import Heartbeat, member_name
from orchestrator_celery.worker.recovery.lost_process import LostProcesses
from orchestrator_celery.worker.recovery.reconciler import Reconciler
from orchestrator_celery.worker.recovery.unknown_tasks import UnknownTasks
from orchestrator_celery.worker.task_signals import TaskSignals
from orchestrator_celery.worker.turn_gate import TurnGate
from orchestrator_celery.worker.turns import Turns

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("install",)

#: Seconds that a worker which ends waits for its current sweep.
_PATIENCE = 2.0


def install(container: Container) -> None:
    """Connect the orchestrator to the signals of an app's workers. This opens no connection."""
    app = container.app
    register(container)
    container.send_notices = lambda run, changes: Notices(container).send(run, changes)
    reporter = Reporter(container)
    lost, retry_replace = LostProcesses(container, reporter), RetryReplace(container, reporter)
    unknown, turns = UnknownTasks(container, reporter), Turns(container, reporter)
    counts = TaskCounts(container)
    claims = Claims(container, lost, unknown, LogCapture(container), counts)
    additions = ChordAdditions(container, reporter)

    def guard(**_: Any) -> None:
        guard_tasks(app, claims, retry_replace, additions, turns)

    def check(sender: Any = None, **_: Any) -> None:
        if getattr(sender, "app", None) is app:
            _check_start(container)

    app.on_after_finalize.connect(guard, weak=False)
    if app.finalized:  # type: ignore[attr-defined, unused-ignore]
        guard()
    # A task may be registered after the app is finalized, so `worker_init` wraps the tasks again.
    for handler in (check, guard, _register_commands, turns.gate.on_worker_init):
        _connect(container, (signals.worker_init, handler))
    _connect(container, *_thread_handlers(container, reporter, lost, turns.gate))
    handlers = TaskSignals(container, reporter, lost, retry_replace, unknown)
    _connect(container, (signals.worker_process_shutdown, counts.flush), (signals.worker_shutdown, counts.flush))
    _connect(
        container,
        (signals.task_success, handlers.on_success),
        (signals.task_failure, handlers.on_failure),
        (signals.task_retry, handlers.on_retry),
        (signals.task_postrun, handlers.on_postrun),
        (signals.task_revoked, handlers.on_revoked),
        (signals.task_unknown, handlers.on_unknown),
        (signals.task_rejected, handlers.on_invalid),
        (signals.worker_shutting_down, turns.gate.on_worker_shutting_down),
        (signals.worker_process_shutdown, _flusher(container)),
    )


def _capacity(pool: Any) -> int:
    """Return how many tasks a pool can run at once. It changes if the pool scales."""
    return int(getattr(pool, "num_processes", None) or 1)


def _connect(container: Container, *handlers: tuple[Any, Any]) -> None:
    """Connect handlers to signals. Signals are global, so each handler checks that the message belongs to its app."""
    for signal, handler in handlers:
        signal.connect(handler, weak=False, dispatch_uid=f"orchestrator:{id(container)}:{handler.__name__}")


def _check_start(container: Container) -> None:
    """Check the project's settings and the store's user before the worker takes its first task.

    Raises:
        SystemExit: a setting is wrong, or the user may not run a command: the worker does not start.
            Celery's signals pass on no other error.
    """
    try:
        rules_of(container)
        container.redact  # noqa: B018
        container.require_traces()
    except InvalidSettings as exc:
        raise SystemExit(f"The worker does not start: a setting of orchestrator_celery is wrong.\n{exc}") from exc
    _check_permissions(container)


def _check_permissions(container: Container) -> None:
    """Check the store's user before the worker takes its first task. A store that does not answer is waited for later.

    Raises:
        SystemExit: the user may not run a command that the store needs.
    """
    with suppress(*UNREACHABLE):
        if container.has_store:
            store = container.store
            missing = denied(store.client, store.keys.root("start"), store.keys.runs)
            if missing:
                raise SystemExit(f"The worker does not start: the Redis user of the store {lacks(missing)}.")


def _flusher(container: Container) -> Any:
    """Return the handler that tells the last changes of a pool's child, which ends without Python's exit handlers."""

    def flush_changes(**_: Any) -> None:
        if container.has_store:
            container.feed.flush()
            container.notices.flush()
        BodySpans(container).flush()

    return flush_changes


def _register_commands(**_: Any) -> None:
    from orchestrator_celery.worker import stop_command, tasks_command  # a client does not import the worker

    stop_command.register()
    tasks_command.register()


def _thread_handlers(
    container: Container, reporter: Reporter, lost: LostProcesses, gate: TurnGate
) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Return the handlers that start and stop a worker's threads. A stop takes a few seconds at most."""
    auto_resume = AutoResume(container, reporter)
    reconciler = Reconciler(container, auto_resume)
    heartbeat = Heartbeat(container, reconciler.on_beat, reconciler.on_miss, lost.on_child_exit)

    def start(sender: Any, **_: Any) -> None:
        if sender.app is container.app and container.has_store:
            auto_resume.member = member_name(sender.hostname, container.incarnation)
            from orchestrator_celery.worker import stop_command  # a client does not import the worker

            forks = isinstance(sender.pool, get_implementation("prefork"))
            heartbeat.start(
                auto_resume.member,
                forks=forks,
                obey=partial(stop_command.obey, sender.pool),
                look=partial(gate.look, sender),
                queues=QueueReporter(container, partial(_capacity, sender.pool)),
            )
            reconciler.start()

    def stop(**_: Any) -> None:
        heartbeat.stop(finished=reconciler.finish(_PATIENCE))

    return (signals.worker_ready, start), (signals.worker_shutdown, stop)

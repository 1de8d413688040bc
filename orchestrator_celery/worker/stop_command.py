"""The remote control command that stops running bodies.

Celery's `revoke(terminate=True)` and its revoke by stamped header do not fit.
Every worker that does not run the task stores a result for it and keeps its id
or its stamp in memory. The worker that runs the task reports at once that it
was revoked, although the body may still succeed. The claim already vetoes
messages that a run no longer needs, so only running bodies have to be stopped.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from celery.concurrency import get_implementation
from celery.concurrency.base import BasePool
from celery.platforms import signals
from celery.utils.collections import LimitedSet
from celery.worker import state as workers
from celery.worker.control import Panel, control_command

from orchestrator_celery.dispatch.publisher import CLOSE_TASK
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.settings import TaskPolicy
from orchestrator_celery.store.worker_registry import StopTasks
from orchestrator_celery.worker.bodies.claimed_message import claims_of
from orchestrator_celery.worker.bodies.reporter import Reporter
from orchestrator_celery.worker.recovery.heartbeat import is_running

__all__ = ("COMMAND", "obey", "register", "was_signalled")

#: Name of the command for `celery control`.
COMMAND = "orchestrator_stop"

_REMEMBER = 600.0  # seconds for which a sent signal is remembered
_KILL_WAIT = 5.0  # seconds a process may take to exit after SIGKILL
_POLL = 0.05

_lock = threading.Lock()
_signalled: Any = LimitedSet(maxlen=10_000, expires=_REMEMBER)

logger = safe_logger(__name__)


def register() -> None:
    """Register the command in this process. Registering it twice is safe."""
    if COMMAND not in Panel.data:
        control_command(name=COMMAND, args=[("ids", list), ("signal", str), ("grace", float)])(_stop)


def was_signalled(task_id: str, pid: str = "") -> bool:
    """Whether this worker sent a signal to this task or process within the last ten minutes."""
    return task_id in _signalled or (pid.isdigit() and int(pid) in _signalled)


def _stop(
    state: Any, ids: list[str], signal: str = "SIGTERM", grace: float | None = None, again: bool = False
) -> dict[str, dict[str, str] | str]:
    """Stop the bodies with the given task ids that this worker runs.

    Args:
        state: the state of the worker.
        ids: task ids.
        signal: the signal for their processes.
        grace: seconds until SIGKILL; the stopped tasks are then reported as interrupted. None for a cancellation,
            which reports nothing.
        again: the command is repeated: tasks that already got their signal get no other one.

    Returns:
        The action for each task that runs here: `terminated`, with `grace` `signalled`, or `unsupported` if the pool
        cannot kill.
    """
    pool, done = state.consumer.pool, {}
    if grace is not None:
        return {"ok": _interrupt(pool, ids, signal, grace, again)}
    for request in _active(ids):
        if kills := _kills(pool):
            _signalled.add(request.id)
            _signalled.add(request.worker_pid)
            request.terminate(pool, signal=signal)
        done[request.id] = "terminated" if kills else "unsupported"
    return {"ok": done}


def obey(pool: Any, order: StopTasks) -> None:
    """Carry out an order that came with a heartbeat. Tasks that the command has stopped already are left alone.

    Args:
        pool: the worker's pool.
        order: the order; tasks of other workers in it are ignored.
    """
    if order.grace is not None:
        _interrupt(pool, order.ids, order.signal, order.grace, again=True)
        return
    for request in _active(order.ids):
        if _kills(pool) and request.id not in _signalled:
            _signalled.add(request.id)
            if isinstance(pool, get_implementation("prefork")):
                # `request.terminate` acknowledges the message, which only the thread of the consumer may do.
                _signalled.add(request.worker_pid)
                with suppress(ProcessLookupError):
                    pool.terminate_job(request.worker_pid, signals.signum(order.signal))
            else:
                request.terminate(pool, signal=order.signal)


def _interrupt(pool: Any, ids: Iterable[str], signal: str, grace: float, again: bool) -> dict[str, str]:
    wanted = set(ids)
    # The message that closes a nested run has the same id and must not be stopped.
    requests = [r for r in tuple(workers.reserved_requests) if r.id in wanted and r.type != CLOSE_TASK]
    with _lock:
        unsent = [r for r in requests if not (again and r.id in _signalled)]
        if kills := _kills(pool):
            for request in unsent:
                _signalled.add(request.id)
    if kills and unsent:
        stopper = _Stopper(pool, unsent, signal, grace)
        threading.Thread(target=stopper.run, name="orchestrator-stopper", daemon=True).start()
    return dict.fromkeys((r.id for r in requests), "signalled" if kills else "unsupported")


def _active(ids: Iterable[str]) -> list[Any]:
    wanted = set(ids)
    return [r for r in tuple(workers.reserved_requests) if r.id in wanted and r in workers.active_requests]


def _kills(pool: Any) -> bool:
    """Whether the pool can end a task."""
    return getattr(pool.terminate_job, "__func__", None) is not BasePool.terminate_job


class _Stopper:
    """Sends a signal to the processes of tasks, SIGKILL after a grace period, and reports the tasks that ended.

    Args:
        pool: the worker's pool.
        requests: the requests to stop.
        signal: the signal for the processes of tasks without a policy of their own.
        grace: seconds until SIGKILL.
    """

    def __init__(self, pool: Any, requests: list[Any], signal: str, grace: float) -> None:
        self._pool = pool
        self._requests = requests
        self._signal = signal
        self._grace = grace
        self._forks = isinstance(pool, get_implementation("prefork"))
        #: Ids of the signalled tasks; True if the signal was SIGKILL.
        self._sent: dict[str, bool] = {}

    def run(self) -> None:
        """Send signals until all tasks have ended or the time for SIGKILL is over."""
        begun = time.monotonic()
        while self._requests and time.monotonic() < begun + self._grace + _KILL_WAIT:
            late = time.monotonic() >= begun + self._grace
            self._requests = list(self._still_running(late))
            time.sleep(_POLL)

    def _still_running(self, late: bool) -> Iterator[Any]:
        for request in self._requests:
            if self._is_over(request):
                self._report(request)
                continue
            yield request
            # Celery knows the process of a task only after the task has started.
            if request.time_start and request.id not in self._sent:
                self._send(request, _signal_of(request) or self._signal)
            elif late and request.id in self._sent and not self._sent[request.id]:
                self._send(request, "SIGKILL")

    def _is_over(self, request: Any) -> bool:
        if request not in workers.reserved_requests:
            return True
        return self._forks and bool(request.time_start) and not is_running(request.worker_pid)

    def _send(self, request: Any, signal: str) -> None:
        logger.info(
            "The run of task %s[%s] was interrupted; its process is sent %s.",
            request.name,
            request.id,
            signal,
            extra={"action": "interrupt", "task": request.id},
        )
        _signalled.add(request.id)
        self._sent[request.id] = signal == "SIGKILL"
        with suppress(ProcessLookupError):
            if self._forks:
                # `request.terminate` would report the task as revoked at once, although it may still succeed.
                _signalled.add(request.worker_pid)
                self._pool.terminate_job(request.worker_pid, signals.signum(signal))
            else:
                request.terminate(self._pool, signal=signal)

    def _report(self, request: Any) -> None:
        reporter = Reporter(request.app.orchestrator.container)
        for leaf, fence in claims_of(request.task, request._context, request.args):
            reporter.stopped(leaf, fence, "terminated")
            for other, its_fence in request.app.orchestrator.container.reader.carried(leaf):
                reporter.stopped(other, its_fence, "terminated")


def _signal_of(request: Any) -> str | None:
    policy = getattr(request.task, "orchestrator", None)
    return policy.interrupt_signal if isinstance(policy, TaskPolicy) else None

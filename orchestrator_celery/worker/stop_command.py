"""A remote control command that stops bodies.

Celery's own `revoke(terminate=True)` is not it, nor its revoke by stamped
header: every worker that does not run the task stores a result for it and
keeps its id (or the stamp) in memory, and the worker that runs it tells at
once that it was revoked, though the body may still end well. What a run does
not want any more is vetoed by its record; only what runs is to be ended.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from celery.concurrency import get_implementation
from celery.concurrency.base import BasePool
from celery.platforms import signals
from celery.utils.collections import LimitedSet
from celery.worker import state as workers
from celery.worker.control import Panel, control_command

from orchestrator_celery.dispatch.publisher import CLOSE_TASK
from orchestrator_celery.model.safe_log import safe_logger
from orchestrator_celery.settings import TaskPolicy
from orchestrator_celery.worker.claimed_message import claims_of
from orchestrator_celery.worker.heartbeat import is_running
from orchestrator_celery.worker.reporter import Reporter

__all__ = ("COMMAND", "register", "was_struck")

#: Its name, as `celery control` takes it.
COMMAND = "orchestrator_stop"

_KEPT = 600.0  # seconds for which what was struck is remembered
_AFTER = 5.0  # seconds a process may take to end after SIGKILL
_LOOK = 0.05

_struck: Any = LimitedSet(maxlen=10_000, expires=_KEPT)

logger = safe_logger(__name__)


def register() -> None:
    """Let this process answer the command; doing so twice changes nothing."""
    if COMMAND not in Panel.data:
        control_command(name=COMMAND, args=[("ids", list), ("signal", str), ("grace", float)])(_stop)


def was_struck(task_id: str, pid: str = "") -> bool:
    """Whether this worker has sent a signal to this task, or to this process, of late."""
    return task_id in _struck or (pid.isdigit() and int(pid) in _struck)


def _stop(
    state: Any, ids: list[str], signal: str = "SIGTERM", grace: float | None = None, again: bool = False
) -> dict[str, dict[str, str] | str]:
    """End the bodies this worker runs of the given task ids.

    Args:
        state: the worker's.
        ids: task ids.
        signal: what their processes get.
        grace: seconds until SIGKILL, and their end is reported as an interruption; None ends them for good.
        again: a repetition, which leaves those alone that got their signal.

    Returns:
        What was done about each that runs here: `terminated` (with `grace`: signalled), or `unsupported` by the pool.
    """
    wanted, pool, done = set(ids), state.consumer.pool, {}
    kills = getattr(pool.terminate_job, "__func__", None) is not BasePool.terminate_job
    requests = [r for r in tuple(workers.reserved_requests) if r.id in wanted]
    if grace is not None:
        # The end of a run inside, which is being told under the same id, is not to be stopped.
        requests = [r for r in requests if r.name != CLOSE_TASK]
        unsent = [r for r in requests if not (again and r.id in _struck)]
        if kills and unsent:
            stopper = _Stopper(pool, unsent, signal, grace)
            threading.Thread(target=stopper.run, name="orchestrator-stopper", daemon=True).start()
        return {"ok": dict.fromkeys((r.id for r in requests), "signalled" if kills else "unsupported")}
    for request in requests:
        if request in workers.active_requests:
            if kills:
                _struck.add(request.worker_pid)
                request.terminate(pool, signal=signal)
            done[request.id] = "terminated" if kills else "unsupported"
    return {"ok": done}


class _Stopper:
    """Sends a signal to the processes of some tasks, after a while SIGKILL, and reports those that have ended.

    Args:
        pool: the worker's.
        requests: what is to be stopped.
        signal: what the processes get, where a task's policy does not say otherwise.
        grace: seconds until SIGKILL.
    """

    def __init__(self, pool: Any, requests: list[Any], signal: str, grace: float) -> None:
        self._pool = pool
        self._requests = requests
        self._signal = signal
        self._grace = grace
        self._forks = isinstance(pool, get_implementation("prefork"))
        #: Ids by whether they got SIGKILL already.
        self._sent: dict[str, bool] = {}

    def run(self) -> None:
        """Until all have ended, or nothing more can be done."""
        begun = time.monotonic()
        while self._requests and time.monotonic() < begun + self._grace + _AFTER:
            late = time.monotonic() >= begun + self._grace
            self._requests = list(self._still_running(late))
            time.sleep(_LOOK)

    def _still_running(self, late: bool) -> Iterator[Any]:
        for request in self._requests:
            if self._is_over(request):
                self._report(request)
                continue
            yield request
            # Nothing can be sent before Celery knows which process it is.
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
            "Task %s[%s] is sent %s: its run was interrupted.",
            request.name,
            request.id,
            signal,
            extra={"action": "interrupt", "task": request.id},
        )
        _struck.add(request.id)
        self._sent[request.id] = signal == "SIGKILL"
        with suppress(ProcessLookupError):
            if self._forks:
                # Not `request.terminate`, which tells at once that it was revoked: it may still end well.
                _struck.add(request.worker_pid)
                self._pool.terminate_job(request.worker_pid, signals.signum(signal))
            else:
                request.terminate(self._pool, signal=signal)

    def _report(self, request: Any) -> None:
        reporter = Reporter(request.app.orchestrator.container)
        for leaf, fence in claims_of(request.task, request._context, request.args):
            reporter.stopped(leaf, fence, "terminated")


def _signal_of(request: Any) -> str | None:
    policy = getattr(request.task, "orchestrator", None)
    return policy.interrupt_signal if isinstance(policy, TaskPolicy) else None

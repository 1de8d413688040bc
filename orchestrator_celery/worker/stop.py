"""A remote control command that stops bodies.

Celery's own `revoke(terminate=True)` is not it: every worker that does not
run the task stores a result for it and keeps its id in memory. What a run
does not want any more is vetoed by its record; only what runs is to be ended.
"""

from __future__ import annotations

from typing import Any

from celery.worker import state as workers
from celery.worker.control import Panel, control_command

__all__ = ("register",)

#: Its name, as `celery control` takes it.
COMMAND = "orchestrator_stop"


def register() -> None:
    """Let this process answer the command; doing so twice changes nothing."""
    if COMMAND not in Panel.data:
        control_command(name=COMMAND, args=[("ids", list), ("signal", str)])(_stop)


def _stop(state: Any, ids: list[str], signal: str = "SIGTERM") -> dict[str, dict[str, str]]:
    """End the bodies this worker runs of the given task ids.

    Args:
        state: the worker's.
        ids: task ids.
        signal: what their processes get.

    Returns:
        What was done about each that runs here: `terminated`, or `unsupported` by the pool.
    """
    wanted, done = set(ids), {}
    for request in tuple(workers.active_requests):
        if request.id in wanted:
            try:
                request.terminate(state.consumer.pool, signal=signal)
                done[request.id] = "terminated"
            except NotImplementedError:
                done[request.id] = "unsupported"
    return {"ok": done}

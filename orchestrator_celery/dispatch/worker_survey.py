"""Warns a client whose queues are consumed by workers without the extension.

Such a worker runs the body of a task and reports nothing, so the message is sent again, to any worker. The store knows
only the workers with the extension. Celery's remote control knows all workers, but its answers take a second. So a
thread asks, after the first start of a run and then every ten minutes at most. `apply_async` does not wait for it.
The thread uses a connection of its own, because a project may allow only one in its pool.

Workers never ask: each of the thousand processes of a large project would ask all workers when it first starts a run.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from orchestrator_celery.dispatch.publisher import CLOSE_TASK
from orchestrator_celery.engine.queues import queue_of
from orchestrator_celery.engine.task_names import task_signatures
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.model.warnings import WorkerWithoutExtension

if TYPE_CHECKING:
    from celery import Celery

__all__ = ("WorkerSurvey",)

logger = safe_logger(__name__)

#: Seconds to wait for the workers' answers.
_ASK = 1.0
#: Seconds after which the workers are asked again.
_FRESH = 600.0
#: Options of a message that choose its queue.
_ROUTING = ("queue", "exchange", "routing_key")

_exits = threading.Event()
atexit.register(_exits.set)


class WorkerSurvey:
    """Finds workers without the extension, and warns once about each queue that such a worker consumes.

    Args:
        app: the Celery app.
        known: returns the node names of the live workers with the extension.
    """

    def __init__(self, app: Celery, known: Callable[[], Iterable[str]]) -> None:
        self._app = app
        self._known = known
        self._asking = threading.Lock()
        self._pid = os.getpid()
        self._asked: float | None = None
        #: By queue, the workers that consume it and lack the extension.
        self._lacking: dict[str, list[str]] = {}
        self._warned: set[str] = set()

    def look(self, signature: Any, options: Mapping[str, Any]) -> None:
        """Warn about the queues of a run that was started, if it is known that a worker there lacks the extension.

        This returns at once and never raises an error. It does nothing inside a worker, or if the project has switched
        remote control off.

        Args:
            signature: the workflow.
            options: the options with which it was applied.
        """
        try:
            self._look(signature, options)
        except Exception as exc:
            logger.debug("Whether all workers have the extension is unknown: %r", exc, extra={"action": "survey"})

    def _look(self, signature: Any, options: Mapping[str, Any]) -> None:
        if self._app.current_worker_task is not None or not self._app.conf.worker_enable_remote_control:
            return
        if os.getpid() != self._pid:  # a fork: the thread is not here, and the lock may be held for ever
            self._pid, self._asking, self._asked = os.getpid(), threading.Lock(), None
        fresh = self._asked is not None and time.monotonic() - self._asked < _FRESH
        if fresh:
            self._warn(signature, options)
        elif self._asking.acquire(blocking=False):
            args = (signature, dict(options))
            threading.Thread(target=self._run, args=args, name="orchestrator-survey", daemon=True).start()

    def _run(self, signature: Any, options: Mapping[str, Any]) -> None:
        try:
            self._lacking = self.lacking()
            self._warn(signature, options)
        except Exception as exc:  # no broker, a broker without fanout, a signature that the caller changes meanwhile
            logger.debug("Whether all workers have the extension is unknown: %r", exc, extra={"action": "survey"})
        finally:
            self._asked = time.monotonic()
            self._asking.release()

    def lacking(self) -> dict[str, list[str]]:
        """Ask the workers, and return those without the extension by the queues that they consume. This takes 1 to 2 s.

        Raises:
            kombu.exceptions.OperationalError, redis.exceptions.RedisError: the broker or the store is away.
        """
        control = self._app.control
        with self._app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1)
            queues = control.inspect(timeout=_ASK, connection=connection).active_queues() or {}
            unknown = sorted(set(queues) - set(self._known())) if queues else []
            if not unknown:
                return {}
            # A worker with the extension may have started a moment ago, or belong to another app.
            tasks = control.inspect(unknown, timeout=_ASK, connection=connection).registered() or {}
        found: dict[str, list[str]] = {}
        for worker in sorted(tasks):
            if CLOSE_TASK not in {entry.partition(" ")[0] for entry in tasks[worker]}:
                for queue in queues[worker]:
                    found.setdefault(queue["name"], []).append(worker)
        return found

    def _warn(self, signature: Any, options: Mapping[str, Any]) -> None:
        if not self._lacking.keys() - self._warned or _exits.is_set():
            return
        for queue in sorted(self._queues(signature, options) & self._lacking.keys() - self._warned):
            self._warned.add(queue)
            workers = self._lacking[queue]
            others = f" (and {len(workers) - 1} more)" if len(workers) > 1 else ""
            words = printable(
                f"The worker {workers[0]}{others} consumes the queue {queue!r} and lacks orchestrator_celery. It runs "
                "tasks of runs without reporting them, so they run again, and it cannot close a run. Add "
                "`Orchestrator(app)` to its project and restart it; start workers with the extension before clients."
            )
            logger.warning("%s", words, extra={"action": "survey"})
            with suppress(WorkerWithoutExtension):  # a filter may turn it into an error, which nobody could handle
                warnings.warn(words, WorkerWithoutExtension, stacklevel=2)

    def _queues(self, signature: Any, options: Mapping[str, Any]) -> set[str]:
        """Return the names of the queues to which the tasks of a workflow are sent."""
        routes: dict[tuple[str, str], dict[str, Any]] = {}
        for task in task_signatures([signature]):
            name, own = str(task.get("task")), task.get("options") or {}
            chosen = {
                option: value for given in (own, options) for option, value in given.items() if option in _ROUTING
            }
            routes.setdefault((name, repr(sorted(chosen.items()))), chosen)
        found = {queue_of(self._app, name, chosen) for (name, _), chosen in routes.items()}
        return {queue for queue in found if queue is not None}

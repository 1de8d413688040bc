"""Celery's events of tasks without messages, for Flower and `celery events`.

Celery's main process sends the events of tasks with messages. The process of a turn sends those of the tasks with
which it goes on, with the same fields, in groups.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from celery.states import FAILURE, REJECTED, RETRY
from kombu.utils.encoding import safe_repr, safe_str

from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS
from orchestrator_celery.model.printing.safe_log import safe_logger

if TYPE_CHECKING:
    from celery import Celery

__all__ = ("TurnEvents",)

logger = safe_logger(__name__)

#: Most events that wait, and the most seconds for which they do; Celery's worker groups events in the same way.
_MOST, _LONGEST = 24, 0.5


class TurnEvents:
    """The events of one turn.

    Args:
        app: the Celery app.
        hostname: the name of the worker.
    """

    def __init__(self, app: Celery, hostname: str) -> None:
        self._app = app
        self._hostname = hostname
        self._waiting: list[tuple[str, dict[str, Any]]] = []

    def begun(self, task: Any, request: Mapping[str, Any]) -> None:
        """Tell that a task begins. A task with a message would have been received before."""
        if not task.send_events:
            return
        self._add(
            "task-received",
            request["id"],
            name=task.name,
            args=request["argsrepr"],
            kwargs=request["kwargsrepr"],
            root_id=request["root_id"],
            parent_id=request["parent_id"],
            retries=0,
            eta=None,
            expires=None,
        )
        self._add("task-started", request["id"])
        self._send_if_due()

    def ended(self, task: Any, task_id: str, outcome: Any) -> None:
        """Tell how a task ended.

        Args:
            task: the task.
            task_id: its id.
            outcome: what Celery's tracer returned.
        """
        if task.send_events:
            for kind, fields in _ends(outcome):
                self._add(kind, task_id, **fields)
            self._send_if_due()

    def send(self) -> None:
        """Send the events that wait. If the broker is away, they are lost, as those of Celery's worker may be."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            with self._app.events.default_dispatcher(hostname=self._hostname) as dispatcher:
                for kind, fields in waiting:
                    dispatcher.send(kind, **fields)
        except TRANSIENT_ERRORS as exc:
            logger.debug("Events of tasks were not sent: %r", exc, extra={"action": "continue"})

    def _add(self, kind: str, task_id: str, **fields: Any) -> None:
        self._waiting.append((kind, {"uuid": task_id, "timestamp": time.time(), **fields}))

    def _send_if_due(self) -> None:
        if len(self._waiting) >= _MOST or (
            self._waiting and time.time() - self._waiting[0][1]["timestamp"] >= _LONGEST
        ):
            self.send()


def _ends(outcome: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the events of an end as `celery.worker.request.Request` sends them."""
    if outcome.info is None:
        yield "task-succeeded", {"result": outcome.retstr, "runtime": outcome.runtime}
        return
    state, error = outcome.info.state, outcome.retval
    if state == REJECTED:
        yield "task-rejected", {"requeue": bool(outcome.info.retval.requeue)}
    elif state == RETRY:
        cause = getattr(outcome.info.retval, "exc", None)
        yield "task-retried", {"exception": safe_repr(cause), "traceback": safe_str(error.traceback)}
    elif state == FAILURE:
        yield "task-failed", {"exception": safe_repr(outcome.info.retval), "traceback": safe_str(error.traceback)}

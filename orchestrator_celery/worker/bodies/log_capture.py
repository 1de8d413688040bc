"""Keeps what tasks of runs log. It never blocks a task and never raises an error in it.

A handler on the root logger and on Celery's task logger puts each line into the buffer of the process
(`store/buffers/log_buffer.py`). What a task prints reaches the root logger, because Celery redirects it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from celery._state import get_current_worker_task

from orchestrator_celery.model.ids import CLOSE
from orchestrator_celery.model.printing.safe_text import safe_repr, safe_str
from orchestrator_celery.records.streams.logs import write_line
from orchestrator_celery.settings import TaskPolicy
from orchestrator_celery.worker.bodies.claimed_message import claimed_by

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("LogCapture",)

#: Loggers whose lines are not kept: they would speak of the writing itself.
_OWN = "orchestrator_celery"
#: Celery's lines about each task: those below a warning repeat what the events say.
_TRACE = "celery.app.trace"
#: Loggers that do not pass their records on to the root logger.
_LOGGERS = (None, "celery.task")


class LogCapture(logging.Handler):
    """Puts the lines of an app's tasks into the buffer.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        super().__init__()
        self._container = container
        self._redact: Callable[[str], str] | None = None

    def begin(self) -> None:
        """Make sure that lines are captured, before a body runs. A project may have set up its loggers meanwhile."""
        settings = self._container.settings
        if self._redact is None:
            self._redact = self._container.redact
            self.setLevel(settings.log_level)
        for name in _LOGGERS:
            logger = logging.getLogger(name)
            if self not in logger.handlers:
                logger.addHandler(self)

    def flush(self) -> None:
        """Do nothing: the end of a body writes its lines."""

    def close(self) -> None:
        """Do nothing: Python closes handlers when the process ends, and the lines were written with their nodes."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, if a task of a run logs it."""
        with suppress(Exception):  # logging must not fail a task
            self._take(record)

    def _take(self, record: logging.LogRecord) -> None:
        task: Any = get_current_worker_task()
        if task is None or task.app is not self._container.app or record.name.startswith(_OWN):
            return
        if record.name == _TRACE and record.levelno < logging.WARNING:
            return
        message = claimed_by(task.request)
        if message is None or message.claims[-1][0].node == CLOSE or not self._wanted(task):
            return
        leaf = message.claims[-1][0]
        exception = ""
        if record.exc_info and record.exc_info[0] is not None:
            exception = logging.Formatter().formatException(record.exc_info)
        line = write_line(
            record.created,
            record.levelname,
            record.name[:200],
            self._cut(_text(record)),
            self._cut(exception),
            leaf.node,
            leaf.attempt,
            task.name,
            str(task.request.hostname or ""),
        )
        self._container.log_buffer.add(leaf.run, line)

    def _wanted(self, task: Any) -> bool:
        policy = getattr(task, "orchestrator", None)
        own = policy.capture_logs if isinstance(policy, TaskPolicy) else None
        return self._container.settings.capture_logs if own is None else own

    def _cut(self, text: str) -> str:
        most = self._container.settings.log_line_length
        # Redacting a text of megabytes would hold up the task. A secret that is cut in two is hidden as well.
        shown = self._redact(text[: 2 * most]) if self._redact is not None and text else text
        if len(text) <= most and len(shown) <= 2 * most:
            return shown
        return f"{shown[:most]}… (cut, {len(text):,} characters)"


def _text(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as exc:  # wrong arguments of a format, or an object that cannot be shown
        return f"{safe_str(record.msg)} {safe_repr(record.args)} ({type(exc).__name__})"

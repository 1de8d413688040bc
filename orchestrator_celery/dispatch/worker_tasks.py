"""Finds out which tasks the running workers have registered."""

from __future__ import annotations

import time
from typing import Any

from kombu.exceptions import OperationalError

__all__ = ("WorkerTasks",)

#: Seconds to wait for the workers' answers.
_ASK = 1.0
#: Seconds after which workers are asked again about a name that none of them had.
_FRESH = 30.0


class WorkerTasks:
    """The tasks that running workers have registered. Workers are asked only about names that this process lacks.

    Args:
        app: the Celery app.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._known: set[str] = set()
        self._asked: float | None = None

    def lack(self, name: str) -> bool:
        """Whether it is certain that no running worker has the task."""
        if name in self._app.tasks:
            return False
        if name not in self._known and self._is_stale():
            self._known, self._asked = self._ask(), time.monotonic()
        return bool(self._known) and name not in self._known

    def _is_stale(self) -> bool:
        """Whether a worker may have started since the last question: a client can live longer than its workers."""
        return self._asked is None or time.monotonic() - self._asked >= _FRESH

    def _ask(self) -> set[str]:
        try:
            answers = self._app.control.inspect(timeout=_ASK).registered() or {}
        except (OperationalError, OSError):
            return set()
        return {entry.partition(" ")[0] for names in answers.values() for entry in names}

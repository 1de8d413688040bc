"""Finds out which tasks the running workers have registered."""

from __future__ import annotations

from typing import Any

from kombu.exceptions import OperationalError

__all__ = ("WorkerTasks",)

#: Seconds to wait for the workers' answers.
_ASK = 1.0


class WorkerTasks:
    """The tasks that running workers have registered. Workers are asked only about names that this process lacks.

    Args:
        app: the Celery app.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._known: set[str] | None = None

    def lack(self, name: str) -> bool:
        """Whether it is certain that no running worker has the task."""
        if name in self._app.tasks:
            return False
        if self._known is None:
            self._known = self._ask()
        return bool(self._known) and name not in self._known

    def _ask(self) -> set[str]:
        try:
            answers = self._app.control.inspect(timeout=_ASK).registered() or {}
        except (OperationalError, OSError):
            return set()
        return {entry.partition(" ")[0] for names in answers.values() for entry in names}

"""Celery's result of an id that is used again: of an earlier run, or of a task, of the same id.

Celery would answer with it for the new run, and never replaces a success.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from celery.backends.base import DisabledBackend
from celery.states import FAILURE, READY_STATES, SUCCESS

from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.head import HeadField

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("STALE", "OldResults")

STALE = HeadField.STALE.value
#: Messages about results that a process may not have read yet: at most two for each id it waits for.
_UNREAD = 16


class OldResults:
    """Takes results back.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._backend = container.app.backend
        self._reader = container.reader

    def may_have(self, run: str) -> bool:
        """Whether Celery has a result of this id, or cannot be asked now."""
        if not self.are_kept:
            return False
        try:
            return self._backend.get_task_meta(run)["status"] in READY_STATES
        except OrchestratorError:
            raise
        except Exception:  # each backend has its own errors
            return True

    @property
    def are_kept(self) -> bool:
        """Whether there is a backend whose results can be read more than once."""
        return not isinstance(self._backend, DisabledBackend) and bool(self._backend.persistent)

    def take_back(self, run: str) -> None:
        """Let Celery forget what it knew before the run; may be repeated, and come late.

        Raises:
            Exception: whatever the backend raises where it cannot be asked; the next sweep tries again.
        """
        stale, status, closed = self._reader.head_fields(run, STALE, HeadField.STATUS, HeadField.CLOSED)
        if stale is None or (_ended(status) and not closed):
            return  # its own end is being told
        with suppress(NotImplementedError):
            self._backend.forget(run)
        self._drop_messages(run)
        status, closed = self._reader.head_fields(run, HeadField.STATUS, HeadField.CLOSED)
        if _ended(status) and not closed:
            return  # what was forgotten may be its own; the next sweep sees
        if closed:
            self._tell(run)
        self._container.store.settled(run, STALE)

    def _drop_messages(self, run: str) -> None:
        """Celery keeps messages about results that nobody here waited for, for the next call that waits."""
        consumer = getattr(self._backend, "result_consumer", None)
        messages: Any = getattr(self._backend, "_pending_messages", None)
        if consumer is None or messages is None:
            return
        for _ in range(_UNREAD):
            consumer.drain_events(timeout=0)
        with suppress(KeyError):
            messages.total -= len(messages.pop(run))

    def _tell(self, run: str) -> None:
        close = self._reader.head_field(run, "close")
        options: dict[str, Any] = self._container.codec.load(close) if close else {}
        if options.get("ignore_result"):
            return
        result, error = self._container.results.result_or_error(run)
        if error is None:
            self._backend.store_result(run, result, SUCCESS)
        else:
            self._backend.store_result(run, error, FAILURE)


def _ended(status: bytes | None) -> bool:
    return status is not None and RunStatus(status.decode()).ended

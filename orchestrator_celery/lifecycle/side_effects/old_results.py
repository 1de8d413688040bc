"""Deletes Celery's old result of an id that is used again, from an earlier run or task with the same id.

Otherwise Celery would return the old result for the new run, because it never overwrites a success.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from celery.backends.base import DisabledBackend
from celery.states import FAILURE, READY_STATES, SUCCESS

from orchestrator_celery.dispatch.celery_copy import forget_copy, store_copy
from orchestrator_celery.dispatch.run_results import RunGoesOn
from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.head.fields import HeadField

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("STALE", "OldResults")

#: Field of a head: Celery has a result of this id from before the run.
STALE = HeadField.STALE.value
#: Unread messages about results in a process: at most two for each id that it waits for.
_UNREAD = 16


class OldResults:
    """Deletes old results.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._backend = container.app.backend
        self._reader = container.reader

    def may_have(self, run: str) -> bool:
        """Whether Celery has a result of this id. True if the backend cannot be reached now."""
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
        """Whether the app has a result backend whose results can be read more than once."""
        return not isinstance(self._backend, DisabledBackend) and bool(self._backend.persistent)

    def take_back(self, run: str) -> None:
        """Delete Celery's result from before the run. Doing it twice, or late, is safe.

        Raises:
            Exception: the error of a backend that cannot be reached; the next sweep tries again.
        """
        stale, status, closed = self._reader.head_fields(run, STALE, HeadField.STATUS, HeadField.CLOSED)
        if stale is None or (_ended(status) and not closed):
            return  # the result of this run is being stored
        forget_copy(self._backend, run)
        self._drop_messages(run)
        status, closed = self._reader.head_fields(run, HeadField.STATUS, HeadField.CLOSED)
        if _ended(status) and not closed:
            return  # the deleted result may be the run's own; the next sweep checks
        if closed:
            self._tell(run)
        self._container.store.settled(run, STALE)

    def _drop_messages(self, run: str) -> None:
        """Drop Celery's messages about results for which no call has waited; the next call would read them."""
        consumer = getattr(self._backend, "result_consumer", None)
        messages: Any = getattr(self._backend, "_pending_messages", None)
        if consumer is None or messages is None:
            return
        for _ in range(_UNREAD):
            consumer.drain_events(timeout=0)
        with suppress(KeyError):
            messages.total -= len(messages.pop(run))

    def _tell(self, run: str) -> None:
        close = self._reader.head_field(run, HeadField.CLOSE)
        options: dict[str, Any] = self._container.codec.load(close) if close else {}
        if options.get("ignore_result"):
            return
        try:
            result, error = self._container.results.result_or_error(run)
        except RunGoesOn:
            return
        if error is None:
            store_copy(self._backend, run, result, SUCCESS)
        else:
            store_copy(self._backend, run, error, FAILURE)


def _ended(status: bytes | None) -> bool:
    return status is not None and RunStatus(status.decode()).ended

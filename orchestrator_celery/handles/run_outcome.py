"""The outcome of a run: its result or its error."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from celery.exceptions import ChordError
from celery.result import AsyncResult

from orchestrator_celery.errors import OrchestratorError, RunNotFound
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.store.availability import UNREACHABLE

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("RunOutcome",)


class RunOutcome(AsyncResult):
    """Reads the outcome of a run; part of `Run`."""

    if TYPE_CHECKING:

        @property
        def _container(self) -> Container: ...

        _head: Callable[[], dict[str, bytes]]

    def get(self, timeout: float | None = None, propagate: bool = True, **options: Any) -> Any:
        """Wait for the result, as `AsyncResult.get`. A failed chord raises the error of the task that failed.

        The handle of a native chord does the same, while Celery's stored result is a `ChordError` around that error.

        Args:
            timeout: seconds to wait at most.
            propagate: raise the error of a failed run; False: return the stored error.
            **options: the other arguments of `AsyncResult.get`.
        """
        try:
            return super().get(timeout, propagate, **options)
        except ChordError:
            cause = self._own_error()
            if cause is None:
                raise
            raise cause from cause.__cause__

    def _own_error(self) -> BaseException | None:
        """Return the error of the failed task; None if the run has no record or the store does not answer."""
        with suppress(RunNotFound, KeyError, *UNREACHABLE):
            return self._container.results.result_or_error(self.id, own=True)[1]
        return None

    def outcome(self) -> Any:
        """Return the result from the run's record instead of Celery's result; raise the error of a failed run.

        Raises:
            OrchestratorError: the run has not ended.
            RunNotFound: the run has no record.
        """
        status = RunStatus(self._head()["status"].decode())
        if not status.ended:
            raise OrchestratorError(f"The run {self.id} is {status}, so it has no outcome yet. Wait with `run.get()`.")
        return self._container.results.outcome(self.id)

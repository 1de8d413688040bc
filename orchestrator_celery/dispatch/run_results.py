"""The result, or the error, of an ended run."""

from __future__ import annotations

from typing import Any

from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.errors import RunNotFound
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.store.reader import Reader

__all__ = ("RunResults",)


class RunResults:
    """Reads the outcomes of ended runs.

    Args:
        reader: reads records.
        codec: decodes records.
    """

    def __init__(self, reader: Reader, codec: Codec) -> None:
        self._reader = reader
        self._codec = codec

    def outcome(self, run: str) -> Any:
        """Return the result of an ended run, or raise its error: for a chord that of the task that failed.

        Raises:
            RunNotFound: no run has this id.
        """
        result, error = self.result_or_error(run, own=True)
        if error is not None:
            raise error
        return result

    def result_or_error(self, run: str, own: bool = False) -> tuple[Any, BaseException | None]:
        """Return the result of an ended run and None, or None and its error.

        Args:
            run: its id.
            own: the error of the task that failed; by default the error that Celery stores, a `ChordError` for a chord.

        Raises:
            RunNotFound: no run has this id.
        """
        head = self._reader.status_head(run)
        if not head:
            raise RunNotFound(
                f"No run has the id {run!r}: it was never started here, was cancelled, or its retention is over."
            )
        ref = head.ref
        if head.status is RunStatus.SUCCEEDED:
            return self.of(run).result(ref), None
        return None, self.of(run).cause(ref) if own else self.of(run).error(ref)

    def error(self, run: str, ref: str) -> tuple[BaseException, dict[str, str]]:
        """Return the error of a reference as an exception, and as a dict with type, message and traceback.

        Args:
            run: the run.
            ref: the reference to the record of the error.
        """
        outcome = self.of(run)
        return outcome.error(ref), outcome.error_dict(ref)

    def of(self, run: str) -> Outcome:
        """Return the reader of results of one run's nodes."""
        return Outcome(run, lambda nodes: self._reader.terminal(run, nodes), self._codec)

"""The result, or the error, of an ended run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.errors import RunNotFound
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.head.run_head import Head
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.store.reader import Reader

__all__ = ("RunGoesOn", "RunResults")


class RunGoesOn(LookupError):
    """A run that had failed has been retried, so that it has no outcome now."""


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
            RunGoesOn: a retry took the error back while it was read.
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
            RunGoesOn: a retry took the error back while it was read.
        """
        head = self._reader.status_head(run)
        while True:
            if not head:
                raise RunNotFound.by_id(run)
            try:
                return self._read(run, head, own)
            except LookupError:
                before, head = head, self._reader.status_head(run)
                if head and not head.status.ended:
                    raise RunGoesOn(f"The run {run} has been retried meanwhile, and is {head.status}.") from None
                if head and head.get(HeadField.FINISHED) == before.get(HeadField.FINISHED):
                    raise  # nobody has changed the run: a record is missing

    def _read(self, run: str, head: Head, own: bool) -> tuple[Any, BaseException | None]:
        lacking: list[str] = []
        outcome = Outcome(run, partial(self._records, run, lacking), self._codec)
        try:
            if head.status is RunStatus.SUCCEEDED:
                return outcome.result(head.ref), None
            return None, outcome.cause(head.ref) if own else outcome.error(head.ref)
        finally:
            # The record may be deleted between two reads. Then a value that is missing is no result.
            if lacking and self._reader.head_field(run, HeadField.CREATED) != head.get(HeadField.CREATED):
                raise RunNotFound.by_id(run)

    def _records(self, run: str, lacking: list[str], nodes: Sequence[str]) -> list[bytes | None]:
        """Return the records of ended nodes, and add the nodes without a record to a list."""
        found = self._reader.terminal(run, nodes)
        lacking += [node for node, record in zip(nodes, found, strict=True) if record is None]
        return found

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

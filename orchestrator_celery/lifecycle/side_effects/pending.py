"""Pending side effects of a state change, retried by the reconciler.

The transition that changes a run writes its side effects outside the store into the run's head. The caller applies
them; if the caller dies, the reconciler does. Applying a side effect twice, or late, is safe.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from celery.states import FAILURE, PENDING, REVOKED

from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS
from orchestrator_celery.dispatch.celery_copy import store_copy
from orchestrator_celery.dispatch.run_results import RunGoesOn
from orchestrator_celery.errors import RunCancelled
from orchestrator_celery.lifecycle.detach import DetachedRun
from orchestrator_celery.lifecycle.side_effects.nested_runs import INSIDE, NestedRuns
from orchestrator_celery.lifecycle.side_effects.notices import NOTICES, Notices
from orchestrator_celery.lifecycle.side_effects.old_results import STALE, OldResults
from orchestrator_celery.model.effects import FailRest, Release, Withdraw
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.records.head.fields import HeadField, HeadPrefix, parse_detach, prefixed

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.records.head.run_head import Head

__all__ = ("SideEffects",)

logger = safe_logger(__name__)

#: Field of a head: Celery still has the outcome from before a retry.
_RESET = HeadField.RESET.value
#: Fields of a head: a change of many nodes goes on; and the effect that does the rest.
_IN_SLICES: dict[HeadField, type[FailRest | Release | Withdraw]] = {
    HeadField.OVERDUE: FailRest,
    HeadField.WITHDRAW: Withdraw,
    HeadField.RELEASE: Release,
}


class SideEffects:
    """Applies the pending side effects of runs.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._reader = container.reader

    def apply(self, run: str) -> None:
        """Apply the pending side effects of a run. The reconciler applies those that cannot be applied now."""
        try:
            head = self._reader.head(run)
            if _RESET in head:
                self._reset(run)
            if HeadField.RETRY.value in head:
                self._container.publisher.act(self._container.store.finish_retry(run).todo)
            if HeadField.MORE.value in head:
                self._start_more(run)
            if STALE in head:
                OldResults(self._container).take_back(run)
            self._container.publisher.act([rest(run) for field, rest in _IN_SLICES.items() if field.value in head])
            if INSIDE in head:
                NestedRuns(self._container).match_status(run)
            self._detach(run, head)
            if NOTICES in head:
                Notices(self._container).send_left(run)
        except TRANSIENT_ERRORS as exc:
            logger.warning(
                "Side effects of a state change cannot be applied now: %r", exc, extra={"action": "settle", "run": run}
            )

    def _detach(self, run: str, head: Head) -> None:
        for node in prefixed(head, HeadPrefix.DETACH):
            field = f"{HeadPrefix.DETACH.value}{node}"
            DetachedRun(self._container, run, node).start(*parse_detach(head[field]))
            self._container.store.settled(run, field)

    def _start_more(self, run: str) -> None:
        """Start items burst by burst, until the pools of the run have no free places."""
        has_more = True
        while has_more:
            effects = self._container.store.start_more(run)
            self._container.publisher.act(effects.todo)
            has_more = effects.refused is None and effects.detail == 1

    def _reset(self, run: str) -> None:
        """Reset Celery's result, so that callers wait for the new outcome.

        If this comes late, the run may have ended again. Celery never replaces a success by PENDING. A failure or a
        cancellation is stored again.
        """
        backend = self._container.app.backend
        stored = not self._options(run).get("ignore_result")
        if stored:
            store_copy(backend, run, None, PENDING)
        self._container.store.settled(run, _RESET)
        status, closed = self._reader.head_fields(run, HeadField.STATUS, HeadField.CLOSED)
        if stored and closed and status == b"FAILED":
            with suppress(RunGoesOn):  # the next retry has side effects of its own
                _, error = self._container.results.result_or_error(run)
                store_copy(backend, run, error, FAILURE)
        elif stored and status in (None, b"CANCELLED"):
            store_copy(backend, run, RunCancelled.of(run), REVOKED)

    def _options(self, run: str) -> dict[str, object]:
        blob = self._reader.head_field(run, HeadField.CLOSE)
        options: dict[str, object] = self._container.codec.load(blob) if blob else {}
        return options

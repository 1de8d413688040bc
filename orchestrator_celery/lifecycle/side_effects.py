"""What is still to be done outside the store about a change.

Whoever asked for the change does it; where that process dies, a sweep. The
change notes it in the run's head, in the same transition. Each part may be done twice, and late.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from celery.states import FAILURE, PENDING, REVOKED

from orchestrator_celery.dispatch.publisher import PASSING
from orchestrator_celery.errors import RunCancelled
from orchestrator_celery.lifecycle.detach import Detachment
from orchestrator_celery.lifecycle.suspend import INSIDE, Control
from orchestrator_celery.records.head import HeadField, HeadPrefix, parse_detach, prefixed

if TYPE_CHECKING:
    from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("Debts",)

logger = logging.getLogger(__name__)

_RESET = HeadField.RESET.value


class Debts:
    """Settles what runs owe.

    Args:
        orchestrator: whose runs.
    """

    def __init__(self, orchestrator: Orchestrator) -> None:
        self._orchestrator = orchestrator
        self._reader = orchestrator.reader

    def settle(self, run: str) -> None:
        """Do what is left to be done for a run; what cannot be done now is left to the next sweep."""
        try:
            head = self._reader.head(run)
            if _RESET in head:
                self._reset(run)
            if INSIDE in head:
                Control(self._orchestrator.store, self._orchestrator.publisher).align(run)
            for node in prefixed(head, HeadPrefix.DETACH):
                field = f"{HeadPrefix.DETACH.value}{node}"
                Detachment(self._orchestrator, run, node).start(*parse_detach(head[field]))
                self._orchestrator.store.settled(run, field)
        except PASSING as exc:
            logger.warning("What a change of a run entails waits: %r", exc, extra={"action": "settle", "run": run})

    def _reset(self, run: str) -> None:
        """Celery is to wait for the outcome once more.

        Whoever comes here late may meet the run's next end. Celery itself never replaces a success by this; anything
        else is told again.
        """
        backend = self._orchestrator.app.backend
        stored = not self._options(run).get("ignore_result")
        if stored:
            backend.store_result(run, None, PENDING)
        self._orchestrator.store.settled(run, _RESET)
        status, closed = self._reader.head_fields(run, HeadField.STATUS, HeadField.CLOSED)
        if stored and closed and status == b"FAILED":
            _, error = self._orchestrator.verdict(run)
            backend.store_result(run, error, FAILURE)
        elif stored and status in (None, b"CANCELLED"):
            backend.store_result(run, RunCancelled.of(run), REVOKED)

    def _options(self, run: str) -> dict[str, object]:
        blob = self._reader.head_field(run, HeadField.CLOSE)
        options: dict[str, object] = self._orchestrator.codec.load(blob) if blob else {}
        return options

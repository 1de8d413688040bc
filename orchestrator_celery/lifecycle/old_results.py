"""Celery's result of an id that is used again: of an earlier run, or of a task, of the same id.

Celery would answer with it for the new run, and never replaces a success.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from celery.backends.base import DisabledBackend
from celery.states import FAILURE, READY_STATES, SUCCESS

from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.store.reader import Reader

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.records.payload import Codec
    from orchestrator_celery.store import Store

__all__ = ("STALE", "OldResults")

#: Field of a head: Celery has a result from before the run.
STALE = "stale"


class OldResults:
    """Takes results back.

    Args:
        app: whose result backend.
        store: keeps the runs.
        codec: decodes what they ended with.
    """

    def __init__(self, app: Celery, store: Store, codec: Codec) -> None:
        self._backend = app.backend
        self._store = store
        self._reader = Reader(store.client, store.keys)
        self._codec = codec

    def may_have(self, run: str) -> bool:
        """Whether Celery has a result of this id, or cannot be asked now."""
        if isinstance(self._backend, DisabledBackend) or not self._backend.persistent:
            return False  # it keeps none that could be read twice
        try:
            return self._backend.get_task_meta(run)["status"] in READY_STATES
        except OrchestratorError:
            raise
        except Exception:  # each backend has its own errors
            return True

    def take_back(self, run: str) -> None:
        """Let Celery forget what it knew before the run; may be repeated, and come late.

        Raises:
            Exception: whatever the backend raises where it cannot be asked; the next sweep tries again.
        """
        stale, status, closed = self._reader.head_fields(run, STALE, "status", "closed")
        if stale is None or (_ended(status) and not closed):
            return  # its own end is being told
        with suppress(NotImplementedError):
            self._backend.forget(run)
        self._drop_messages(run)
        status, closed = self._reader.head_fields(run, "status", "closed")
        if _ended(status) and not closed:
            return  # what was forgotten may be its own; the next sweep sees
        if closed:
            self._tell(run)
        self._store.settled(run, STALE)

    def _drop_messages(self, run: str) -> None:
        """Celery keeps what it was told of a revoked task, and nobody waited for, for the next who waits here."""
        messages: Any = getattr(self._backend, "_pending_messages", {})
        with suppress(KeyError):
            messages.total -= len(messages.pop(run))

    def _tell(self, run: str) -> None:
        status, ref, close = self._reader.head_fields(run, "status", "ref", "close")
        options: dict[str, Any] = self._codec.load(close) if close else {}
        if ref is None or options.get("ignore_result"):
            return
        outcome = Outcome(run, lambda nodes: self._reader.terminal(run, nodes), self._codec)
        if status == b"SUCCEEDED":
            self._backend.store_result(run, outcome.result(ref.decode()), SUCCESS)
        else:
            self._backend.store_result(run, outcome.error(ref.decode()), FAILURE)


def _ended(status: bytes | None) -> bool:
    return status is not None and RunStatus(status.decode()).ended

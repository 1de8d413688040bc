"""StoredSignature: the handle of what can be run again, and deleted with a chance to change one's mind."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from orchestrator_celery.canvas.async_twin import Twin
from orchestrator_celery.errors import (
    ConfirmationRequired,
    OrchestratorError,
    RunNotFound,
    SignatureGone,
    StoreUnavailable,
)
from orchestrator_celery.lifecycle.audit import audited, record
from orchestrator_celery.lifecycle.delete import Deletion
from orchestrator_celery.lifecycle.rerun.source import Rerun
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.safe_text import safe_repr
from orchestrator_celery.model.states import SignatureStatus
from orchestrator_celery.model.text import printable

if TYPE_CHECKING:
    from orchestrator_celery.handles.async_twins import StoredSignatureAio
    from orchestrator_celery.handles.links import Handles
    from orchestrator_celery.handles.run import Run
    from orchestrator_celery.handles.run_list import RunList

__all__ = ("StoredSignature", "is_signature")

_PAGE = 100


class StoredSignature:
    """A workflow that is kept: saved by `orchestrator.save`, or, by itself, with each run.

    A run that was applied without one is the signature of itself: nothing is copied, and it is kept as long as
    the run is. A saved one is kept until it is deleted.

    Args:
        id: of the signature.
        orchestrator: that keeps it.
    """

    def __init__(self, id: str, orchestrator: Handles) -> None:
        #: The id of a saved signature begins with `s:`. Otherwise it is the id of the run.
        self.id = id
        self._orchestrator = orchestrator
        self._container = orchestrator.container

    # -- what it is ---------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name it was given, '' without one."""
        return self._head().get("name", b"").decode()

    @property
    def category(self) -> str | None:
        """What its runs are filed under."""
        head = self._head()
        return head["category"].decode() if "category" in head else None

    @property
    def tags(self) -> tuple[str, ...]:
        """Words its runs are found by."""
        return tuple(json.loads(self._head().get("tags", b"[]")))

    @property
    def saved(self) -> bool:
        """Whether it was saved by `orchestrator.save`, and is no run."""
        return "saved" in self._head()

    @property
    def created(self) -> datetime:
        """When it was saved, or its run created."""
        head = self._head()
        return from_ms(head["saved"] if "saved" in head else head["created"])

    @property
    def status(self) -> SignatureStatus:
        """Whether it is marked for deletion; its runs have a status of their own."""
        return SignatureStatus.MARKED_FOR_DELETION if "delete_at" in self._head() else SignatureStatus.ACTIVE

    @property
    def delete_at(self) -> datetime | None:
        """When it is deleted, if none of its runs is live then; UTC, None while it is not marked."""
        marked = self._head().get("delete_at")
        return None if marked is None else from_ms(marked)

    @property
    def aio(self) -> StoredSignatureAio:
        """The same methods for asyncio: `await signature.aio.rerun()`; none blocks the event loop."""
        return cast("StoredSignatureAio", Twin(self))

    # -- running ------------------------------------------------------------------------------------

    def run(self, *args: Any, **kwargs: Any) -> Run:
        """Start a run; also while it is marked for deletion, which then waits for the run's end.

        Args:
            *args: positional arguments for the first tasks, before those the signature has itself.
            **kwargs: keyword arguments for them.

        Raises:
            SignatureGone: it was deleted, or its purge has begun.
        """
        again, codec, head = Rerun(self._container), self._container.codec, self._head()
        own_args, own_kwargs = codec.load(head["own"]) if "own" in head else ([], {})
        if "immutable" not in head:
            own_args, own_kwargs = [*args, *own_args], {**own_kwargs, **kwargs}
        given = codec.dump([own_args, own_kwargs]) if own_args or own_kwargs else None
        return self._handle(again.start(self._source(again), self.id, input=given))

    def rerun(self, run: Run | str | None = None) -> Run:
        """Start a run of the same with the input of an earlier one; the new run says so in `rerun_of`.

        Args:
            run: whose input to take; by default the newest run's.

        Raises:
            SignatureGone: it was deleted, or its purge has begun.
            RunNotFound: there is no such run of it.
        """
        before = None if run is None else str(getattr(run, "id", run))
        with self._audited("rerun", run=before or "") as facts:
            source_run = self._newest() if before is None else before
            head = self._container.reader.head(source_run)
            if not head or (source_run != self.id and head.get("signature") != self.id.encode()):
                self._head()  # a purge may have taken both
                raise RunNotFound(f"{safe_repr(source_run)} is no run of the signature {self.id}, or is no more.")
            again = Rerun(self._container)
            new = again.start(self._source(again), self.id, rerun_of=source_run, input=head.get("input"))
            facts["made"] = new
            return self._handle(new)

    def runs(self, *, offset: int | None = None, limit: int | None = None) -> RunList:
        """Its runs that are kept, newest first; the list takes the control verbs, as `orchestrator.runs()`.

        Args:
            offset: how many to leave out.
            limit: how many to list at most; 100 by default.

        Raises:
            SignatureGone: it was deleted.
        """
        self._head()
        return self._orchestrator.runs_of(self.id, offset, limit)

    # -- deleting -----------------------------------------------------------------------------------

    def delete(self, after: timedelta | float | None = None, at: datetime | None = None) -> datetime:
        """Mark it for deletion; what runs goes on, and it can be run and restored until then.

        It is deleted, with its runs and their results, once the time has come and none of its runs is live.

        Args:
            after: how long from now, in seconds or as a timedelta; neither this nor `at`: as soon as may be.
            at: when, an aware datetime.

        Returns:
            When, UTC.

        Raises:
            SignatureGone: it was deleted, or its purge has begun.
            SignatureInUse: a live run contains it; nothing was marked.
            OrchestratorError: a datetime without time zone, a time that makes no sense.
        """
        with self._audited("delete", SignatureStatus.MARKED_FOR_DELETION):
            return Deletion(self._container).mark(self.id, after, at)

    def restore(self) -> None:
        """Take the mark back.

        Raises:
            SignatureGone: it was deleted, or its purge has begun.
            InvalidTransition: it is not marked.
        """
        with self._audited("restore", SignatureStatus.ACTIVE):
            Deletion(self._container).restore(self.id)

    def purge(self, confirm: bool | None = None) -> None:
        """Delete it now, with its runs and their results, whether it is marked or not; leaves one audit entry.

        Args:
            confirm: must be True.

        Raises:
            ConfirmationRequired: not confirmed.
            SignatureGone: it was deleted, or its purge has begun.
            SignatureInUse: one of its runs is live, or a live run contains it; nothing was deleted.
        """
        try:
            if confirm is not True:
                raise ConfirmationRequired(
                    f"Purging the signature {self.id} deletes it with its runs and their results: pass `confirm=True`."
                )
            Deletion(self._container).purge(self.id, forced=True)
        except StoreUnavailable:
            raise  # nobody can be told
        except OrchestratorError as exc:
            entry = record(
                "purge", "", signature=self.id, before=self._status(), after=self._status(), outcome=str(exc)
            )
            self._container.audit_stream.append(entry.model_dump_json())
            raise

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StoredSignature) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<StoredSignature: {printable(self.id)}>"

    def _head(self) -> dict[str, bytes]:
        head = self._container.reader.head(self.id)
        if not is_signature(head):
            raise SignatureGone(
                f"No signature has the id {self.id!r}: it was never saved here, was deleted, or its purge has begun."
            )
        return head

    def _status(self) -> SignatureStatus | None:
        try:
            return self.status
        except SignatureGone:
            return None

    def _source(self, again: Rerun) -> Any:
        try:
            return again.source(self.id)
        except RunNotFound as exc:
            raise SignatureGone(str(exc)) from None

    def _newest(self) -> str:
        newest = self._orchestrator.runs_of(self.id, 0, 1)
        if not newest:
            self._head()
            raise RunNotFound(f"The signature {self.id} has no run that is kept: start one with `run()`.")
        return newest[0].id

    def _handle(self, run: str) -> Run:
        return self._orchestrator.result(run)

    def _audited(
        self, verb: str, after: SignatureStatus | None = None, run: str = ""
    ) -> AbstractContextManager[dict[str, Any]]:
        return audited(self._container.audit_stream, verb, run, self._status, after, self.id)


def is_signature(head: dict[str, bytes]) -> bool:
    """Whether a head is that of a signature, saved or a run's, that is not gone."""
    return bool(head) and head.get("status") != b"CANCELLED" and "claim" not in head

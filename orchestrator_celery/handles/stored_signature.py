"""StoredSignature: the handle of a workflow that can be run again, and whose deletion can be undone for a time."""

from __future__ import annotations

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
from orchestrator_celery.model.ids import HasId, id_of
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.model.states import SignatureStatus
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.head.run_head import Head

if TYPE_CHECKING:
    from orchestrator_celery.handles.async_twins import StoredSignatureAio
    from orchestrator_celery.handles.links import Handles
    from orchestrator_celery.handles.run import Run
    from orchestrator_celery.handles.run_list import RunList

__all__ = ("StoredSignature",)

_PAGE = 100


class StoredSignature:
    """A stored workflow: saved by `orchestrator.save`, or the definition of a run.

    A run that was applied without a saved signature is its own signature. Nothing is copied, and the signature is kept
    as long as the run. A saved signature is kept until it is deleted.

    Args:
        id: id of the signature.
        orchestrator: the orchestrator that stores it.
    """

    def __init__(self, id: str, orchestrator: Handles) -> None:
        #: The id of a saved signature begins with `s:`. Otherwise it is the id of the run.
        self.id = id
        self._orchestrator = orchestrator
        self._container = orchestrator.container

    # -- properties ---------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name of the signature; '' without one."""
        return self._head().name

    @property
    def category(self) -> str | None:
        """The category of its runs."""
        return self._head().category

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of its runs."""
        return self._head().tags

    @property
    def saved(self) -> bool:
        """Whether it was saved by `orchestrator.save`; False for the signature of a run."""
        return self._head().is_saved

    @property
    def created(self) -> datetime:
        """When the signature was saved, or its run created."""
        return self._head().created

    @property
    def status(self) -> SignatureStatus:
        """ACTIVE or MARKED_FOR_DELETION. Its runs have their own status."""
        return SignatureStatus.MARKED_FOR_DELETION if self._head().is_marked else SignatureStatus.ACTIVE

    @property
    def delete_at(self) -> datetime | None:
        """When the signature is deleted if none of its runs is live then, in UTC; None if it is not marked."""
        return self._head().delete_at

    @property
    def aio(self) -> StoredSignatureAio:
        """The same methods for asyncio: `await signature.aio.rerun()`. None of them blocks the event loop."""
        return cast("StoredSignatureAio", Twin(self))

    # -- running ------------------------------------------------------------------------------------

    def run(self, *args: Any, **kwargs: Any) -> Run:
        """Start a run. This is possible while the signature is marked; the deletion then waits for the run's end.

        Args:
            *args: positional arguments for the first tasks, before the signature's own arguments.
            **kwargs: keyword arguments for the first tasks.

        Raises:
            SignatureGone: the signature was deleted, or its purge has begun.
        """
        again, codec, head = Rerun(self._container), self._container.codec, self._head()
        own = self._container.reader.head_field(self.id, HeadField.OWN)
        own_args, own_kwargs = codec.load(own) if own is not None else ([], {})
        if not head.is_immutable:
            own_args, own_kwargs = [*args, *own_args], {**own_kwargs, **kwargs}
        given = codec.dump([own_args, own_kwargs]) if own_args or own_kwargs else None
        return self._handle(again.start(self._source(again), self.id, input=given))

    def rerun(self, run: HasId | str | None = None) -> Run:
        """Start a run with the input of an earlier run. The new run's `rerun_of` is the earlier run.

        Args:
            run: the run with the input, or its id; by default the newest run.

        Raises:
            SignatureGone: the signature was deleted, or its purge has begun.
            RunNotFound: the signature has no such run.
        """
        before = None if run is None else id_of(run)
        with self._audited("rerun", run=before or "") as facts:
            source_run = self._newest() if before is None else before
            head = self._container.reader.status_head(source_run)
            if not head or self.id not in (source_run, head.signature):
                self._head()  # raises SignatureGone if a purge deleted both
                raise RunNotFound(f"{safe_repr(source_run)} is not a run of the signature {self.id}, or was deleted.")
            again, given = Rerun(self._container), self._container.reader.head_field(source_run, HeadField.INPUT)
            new = again.start(self._source(again), self.id, rerun_of=source_run, input=given)
            facts["made"] = new
            return self._handle(new)

    def runs(self, *, offset: int | None = None, limit: int | None = None) -> RunList:
        """List the kept runs of the signature, newest first. The list has the control verbs, as `orchestrator.runs()`.

        Args:
            offset: number of runs to leave out.
            limit: most runs to list; all by default.

        Raises:
            SignatureGone: the signature was deleted.
        """
        self._head()
        return self._orchestrator._runs_of(self.id, offset, limit)

    # -- deleting -----------------------------------------------------------------------------------

    def delete(self, after: timedelta | float | None = None, at: datetime | None = None) -> datetime:
        """Mark the signature for deletion. Live runs continue. You can run and restore it until then.

        The signature, its runs and their results are deleted when the time has come and none of its runs is live.

        Args:
            after: time from now, in seconds or as a timedelta. Without `after` and `at`: as soon as possible.
            at: time of the deletion, an aware datetime.

        Returns:
            The time of the deletion, UTC.

        Raises:
            SignatureGone: the signature was deleted, or its purge has begun.
            SignatureInUse: a live run contains the signature; nothing was marked.
            OrchestratorError: the datetime has no time zone, or the time is not allowed.
        """
        with self._audited("delete", SignatureStatus.MARKED_FOR_DELETION):
            return Deletion(self._container).mark(self.id, after, at)

    def restore(self) -> None:
        """Remove the mark for deletion.

        Raises:
            SignatureGone: the signature was deleted, or its purge has begun.
            InvalidTransition: the signature is not marked.
        """
        with self._audited("restore", SignatureStatus.ACTIVE):
            Deletion(self._container).restore(self.id)

    def purge(self, confirm: bool | None = None) -> None:
        """Delete the signature, its runs and their results now, marked or not. One audit entry is left.

        Args:
            confirm: must be True.

        Raises:
            ConfirmationRequired: the call is not confirmed.
            SignatureGone: the signature was deleted, or its purge has begun.
            SignatureInUse: one of its runs is live, or a live run contains the signature; nothing was deleted.
        """
        try:
            if confirm is not True:
                raise ConfirmationRequired(
                    f"Purging the signature {self.id} deletes it, its runs and their results: pass `confirm=True`."
                )
            Deletion(self._container).purge(self.id, forced=True)
        except StoreUnavailable:
            raise  # the audit trail is in the same store
        except OrchestratorError as exc:
            entry = record(
                "purge",
                "",
                signature=self.id,
                name=self._title(),
                before=self._status(),
                after=self._status(),
                outcome=str(exc),
            )
            self._container.audit_stream.append(entry.model_dump_json())
            raise

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StoredSignature) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<StoredSignature: {printable(self.id)}>"

    def _head(self) -> Head:
        head = self._container.reader.status_head(self.id)
        if not head.is_signature:
            raise SignatureGone(
                f"No signature has the id {self.id!r}: it was never saved here, was deleted, or its purge has begun."
            )
        return head

    def _title(self) -> str:
        """Return the name for the audit trail; '' of a signature that is gone."""
        return (self._container.reader.head_field(self.id, HeadField.NAME) or b"").decode()

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
        newest = self._orchestrator._runs_of(self.id, 0, 1)
        if not newest:
            self._head()
            raise RunNotFound(f"The signature {self.id} has no kept run: start one with `run()`.")
        return newest[0].id

    def _handle(self, run: str) -> Run:
        return self._orchestrator.result(run)

    def _audited(
        self, verb: str, after: SignatureStatus | None = None, run: str = ""
    ) -> AbstractContextManager[dict[str, Any]]:
        return audited(self._container.audit_stream, verb, run, self._status, after, self.id, name=self._title())

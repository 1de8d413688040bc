"""Deletes a stored signature: marks, restores and purges it.

A purge first claims the signature, which is then no longer listed or found. The process with the claim deletes the
runs of the signature and then the signature. If that process dies, the next sweep continues. Each step may be repeated.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any

from orchestrator_celery.dispatch.celery_copy import forget_copy
from orchestrator_celery.errors import FormatTooNew, InvalidTransition, OrchestratorError, SignatureGone, SignatureInUse
from orchestrator_celery.lifecycle.audit import acting, owed_event, record
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.ids import RESULT_ONLY, parse_leaf_id
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.states import SignatureStatus
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.store import Effects, Refused
from orchestrator_celery.store.availability import UNREACHABLE

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("Deletion",)

logger = safe_logger(__name__)

#: Seconds between two tries to purge a marked signature that is past its time but in use.
_PAUSE = 5.0
#: Why the sweep deletes the signature of a version whose saving ended halfway.
_UNSAVED = "the caller ended before the version of the graph was saved"


class Deletion:
    """Marks signatures for deletion, restores and purges them.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._store = container.store
        self._reader = container.reader

    def mark(self, signature: str, after: Any = None, at: datetime | None = None) -> datetime:
        """Mark a signature for deletion; return the time of the deletion, UTC.

        Args:
            signature: its id.
            after: seconds from now, or a timedelta. Without `after` and `at`: as soon as possible.
            at: an aware datetime.

        Raises:
            SignatureGone: the signature was deleted, or its purge has begun.
            SignatureInUse: a live run contains the signature; nothing was marked.
            OrchestratorError: the time is not allowed.
        """
        seconds, moment = _when(after, at)
        self.check_use(signature, contained=True)
        effects = self._store.signatures.mark(signature, seconds, moment)
        _refuse_gone(signature, effects)
        return from_ms(effects.detail)

    def restore(self, signature: str) -> None:
        """Remove the mark of a signature.

        Raises:
            SignatureGone: the signature was deleted, or its purge has begun.
            InvalidTransition: the signature is not marked.
        """
        effects = self._store.signatures.restore(signature)
        _refuse_gone(signature, effects)
        if effects.refused is Refused.STATE:
            raise InvalidTransition(f"The signature {signature} is ACTIVE, so it has no mark to remove.")

    def purge(self, signature: str, *, forced: bool, reason: str = "") -> bool:
        """Delete a signature and its runs; return False if a run that was retried meanwhile is left.

        Args:
            signature: id of the signature.
            forced: delete it now; otherwise only after the time of its mark.
            reason: the reason for the audit trail.

        Raises:
            SignatureGone: there is no such signature, or another purge claimed it; the rest of it is deleted.
            SignatureInUse: one of its runs is live, or a live run contains it; nothing was done.
            OrchestratorError: it is not marked, or its time has not come; nothing was done.
        """
        while True:
            head = self._reader.head(signature)
            if not head.is_signature:
                if self.finish(signature):
                    self._store.signatures.not_deleted(signature)
                raise SignatureGone(f"No signature has the id {signature!r}: it was deleted, or its purge has begun.")
            self.check_use(signature)
            entry = record(
                "purge",
                "",
                signature=signature,
                name=head.name,
                before=SignatureStatus.MARKED_FOR_DELETION if head.is_marked else SignatureStatus.ACTIVE,
                counts={"runs": len(self._store.signatures.members(signature)) + head.is_run},
                reason=reason,
            )
            turns = str(head.turns)
            # Schedule a check before the claim, so that a sweep finds the claim if this process dies.
            self._store.signatures.look_at(signature)
            effects = self._store.signatures.doom(signature, turns, forced, entry.model_dump_json())
            if effects.refused is Refused.STATE:
                self._store.signatures.not_deleted(signature)
                raise _not_now(signature, effects.detail.decode())
            if effects.refused is None:
                return self.finish(signature)

    def check_use(self, signature: str, contained: bool = False) -> None:
        """Refuse if a run of a signature is live.

        Args:
            signature: id of the signature.
            contained: check only whether a live run contains the signature.

        Raises:
            SignatureInUse: the run in the error is live.
        """
        stands_for = self._reader.head_field(signature, HeadField.OUTER)
        outer = parse_leaf_id(stands_for.decode()) if stands_for else None
        if outer is not None and self._store.due_index.alive(outer.run):
            raise SignatureInUse(
                f"The signature {signature} is part of the live run {outer.run} and is deleted with that run.",
                outer.run,
            )
        if contained:
            return
        live = [member.run for member in self._store.signatures.members(signature) if member.live]
        if live or (self._store.due_index.alive(signature) and self._reader.head_field(signature, HeadField.STATUS)):
            run = live[0] if live else signature
            raise SignatureInUse(
                f"The run {run} of the signature {signature} is live: wait for its end, cancel it, or mark the "
                "signature with `delete()`, which deletes it when none of its runs is live.",
                run,
            )

    def sweep(self, now: float | None = None, limit: int = 100) -> int:
        """Purge the marked signatures that are past their time.

        Args:
            now: the store's clock in milliseconds; None to read it.
            limit: most signatures to check.

        Returns:
            The number of purged signatures.
        """
        done = 0
        for signature in self._store.signatures.due_deletions(
            self._store.due_index.now_ms() if now is None else now, limit
        ):
            try:
                with acting("orchestrator", "sweeper"):
                    unsaved = self._is_unsaved(signature)
                    if unsaved is False:
                        self._store.signatures.list_version(signature)
                    else:
                        done += self.purge(signature, forced=unsaved is True, reason=_UNSAVED if unsaved else "")
            except SignatureInUse:
                self._store.signatures.look_again(signature, _PAUSE)
            except FormatTooNew:  # a worker of that release purges it
                self._store.signatures.look_again(signature, _PAUSE)
            except SignatureGone:
                if not self._reader.head_field(signature, HeadField.CLAIM):
                    self._store.signatures.not_deleted(signature)
            except UNREACHABLE:
                raise
            except OrchestratorError as exc:
                logger.debug("%s", exc, extra={"action": "purge"})
                self._store.signatures.not_deleted(signature)
            except Exception:
                # An error with one signature must not stop the purge of the others.
                logger.exception("A signature could not be purged.", extra={"action": "purge", "signature": signature})
                self._store.signatures.look_again(signature, _PAUSE)
        return done

    def _is_unsaved(self, signature: str) -> bool | None:
        """Whether a signature is that of a version of a graph that was never added; None if it is to be deleted."""
        name, delete_at, claim = self._reader.head_fields(
            signature, HeadField.SAVED_AS, HeadField.DELETE_AT, HeadField.CLAIM
        )
        if name is None or delete_at is not None or claim is not None:
            return None
        return self._container.saved_graphs.number_of(name.decode(), signature) is None

    def finish(self, signature: str) -> bool:
        """Delete the data of a claimed signature; return whether nothing is left. Deleting twice is safe."""
        head = self._reader.head(signature)
        if not head.is_claimed:
            return not head
        for member in self._store.signatures.members(signature):
            if not self._delete_run(member.run):
                self._store.signatures.look_again(signature, _PAUSE)
                return False
        if not self._forget(signature):
            return False
        if HeadField.SAVED_AS in head:
            self._container.saved_graphs.drop(head[HeadField.SAVED_AS].decode(), signature)
        if HeadField.AUDIT in head:
            self._container.audit_stream.append(head[HeadField.AUDIT], event=owed_event(signature, head))
            self._store.audit_written(signature)
        if self._store.signatures.purge(signature, signature=True).refused is Refused.STATE:
            self._store.signatures.look_again(signature, _PAUSE)
            return False
        return True

    def _delete_run(self, run: str) -> bool:
        """Delete an ended run; return False if it is live again."""
        return self._forget(run) and self._store.signatures.purge(run).refused is not Refused.STATE

    def _forget(self, run: str) -> bool:
        """Delete Celery's result and the nested runs of a run first, because only the run's record lists them."""
        if self._store.due_index.alive(run) and self._reader.head_field(run, HeadField.STATUS):
            return False
        for inner in self._reader.inner(run):
            if inner.startswith(RESULT_ONLY):
                self._forget_result(inner.removeprefix(RESULT_ONLY))
            elif not self._delete_run(inner):
                return False
        self._forget_result(run)
        return True

    def _forget_result(self, id: str) -> None:
        forget_copy(self._container.app.backend, id)


def _not_now(signature: str, why: str) -> OrchestratorError:
    words = {
        "unmarked": "is not marked for deletion: call `delete()`, or `purge(confirm=True)` to delete it now",
        "early": "is marked for a later time, which has not come: wait, or call `purge(confirm=True)` to delete it now",
    }
    if why in words:
        return OrchestratorError(f"The signature {signature} {words[why]}.")
    return SignatureInUse(f"The run {signature} is {why} again, so its signature cannot be deleted now.", signature)


def _refuse_gone(signature: str, effects: Effects) -> None:
    if effects.refused is Refused.GONE:
        raise SignatureGone(f"The signature {signature} was deleted, or its purge has begun.")


def _when(after: Any, at: datetime | None) -> tuple[float | None, float | None]:
    """Return the time of the deletion as seconds from now, or as seconds since the epoch."""
    if at is not None:
        if after is not None:
            raise OrchestratorError("Give `after` or `at`, not both.")
        if not isinstance(at, datetime) or at.tzinfo is None:
            raise OrchestratorError(f"{safe_repr(at)} has no time zone: pass an aware datetime, e.g. in UTC.")
        return None, max(0.0, at.timestamp())
    seconds = after.total_seconds() if isinstance(after, timedelta) else after
    if seconds is None:
        return 0.0, None
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < inf:
        raise OrchestratorError(f"after={safe_repr(after)} is not allowed: give seconds, 0 or more, or a timedelta.")
    return float(seconds), None

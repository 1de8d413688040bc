"""Writes and lists the audit trail: the actor, the channel, the verb and its outcome."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from celery._state import get_current_worker_task

from orchestrator_celery.errors import OrchestratorError, StoreUnavailable
from orchestrator_celery.model.audit import AuditEntry, AuditRecord
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.printing.unreadable import unless_unreadable
from orchestrator_celery.model.states import RunStatus, SignatureStatus
from orchestrator_celery.records.head.fields import HeadField

if TYPE_CHECKING:
    from orchestrator_celery.records.head.run_head import Head
    from orchestrator_celery.store.audit_stream import AuditTrail

__all__ = ("acting", "audited", "current_actor", "list_audit", "owed_event", "record", "system_user")

Status = RunStatus | SignatureStatus

#: The verb of an entry whose record cannot be read.
UNREADABLE_ENTRY = "unreadable"

_ACTOR: ContextVar[tuple[str, str] | None] = ContextVar("orchestrator_actor", default=None)


@contextmanager
def acting(actor: str, channel: str = "api") -> Iterator[None]:
    """Set the actor of the calls in this block, for example the user of a web application.

    Args:
        actor: the name for the audit trail.
        channel: where the calls come from.
    """
    token = _ACTOR.set((actor, channel))
    try:
        yield
    finally:
        _ACTOR.reset(token)


def current_actor() -> str:
    """Return the actor of the calls in this block; by default the user and the host of the process."""
    current = _ACTOR.get()
    return current[0] if current else system_user()


def record(verb: str, run: str, **facts: Any) -> AuditRecord:
    """Return an audit record with the current actor and channel."""
    current = _ACTOR.get()
    actor, channel = current or (system_user(), "api" if get_current_worker_task() is None else "worker")
    return AuditRecord(verb=verb, run=run, actor=actor, channel=channel, **facts)


@contextmanager
def audited(
    trail: AuditTrail,
    verb: str,
    run: str,
    status: Callable[[], Status | None],
    after: Status | None = None,
    signature: str = "",
    **facts: Any,
) -> Iterator[dict[str, Any]]:
    """Write an audit entry for the block, whether it succeeds or is refused. The block may add to the yielded facts.

    Args:
        trail: the audit trail.
        verb: the verb that the block runs.
        run: id of the run.
        status: reads the run's status.
        after: the status after the verb; None to read it after the block.
        signature: id of the signature, if the verb is about one; the status is then the signature's.
        **facts: more fields of the entry.
    """
    before = status()
    try:
        yield facts
    except StoreUnavailable:
        raise  # the audit trail is in the same store
    except OrchestratorError as exc:
        entry = record(verb, run, signature=signature, before=before, after=before, outcome=f"{exc}", **facts)
        trail.append(entry.model_dump_json())
        raise
    entry = record(verb, run, signature=signature, before=before, after=after or status(), **facts)
    trail.append(entry.model_dump_json())


def owed_event(root: str, head: Head) -> str:
    """Return what the entry tells of that a head keeps for the end of its deletion.

    The caller and the sweeps of workers may finish a deletion at the same time, and each of them appends the entry.

    Args:
        root: id of the run or of the signature.
        head: its head, which has the entry.
    """
    created = head.get(HeadField.CREATED, b"")  # distinguishes it from a later one of the same id
    return " ".join([root, created.decode(), head[HeadField.AUDIT].decode()])


def list_audit(
    trail: AuditTrail,
    asked: Mapping[str, str | None],
    *,
    since: datetime | None,
    until: datetime | None,
    offset: int,
) -> Iterator[AuditEntry]:
    """Yield the entries that match, newest first.

    Args:
        trail: the audit trail.
        asked: required values by field of an entry; None matches every value.
        since: the earliest time.
        until: the latest time.
        offset: matching entries to leave out.
    """
    low = None if since is None else since.timestamp() * 1000
    high = None if until is None else until.timestamp() * 1000
    matches = (
        entry
        for place, raw in trail.entries(low, high)
        if (entry := _entry(place, raw))
        and all(wanted is None or getattr(entry, field) == wanted for field, wanted in asked.items())
    )
    return islice(matches, offset, None)


def _entry(place: str, raw: bytes) -> AuditEntry:
    said = unless_unreadable(AuditRecord.model_validate_json, "an entry of the audit trail", raw)
    if said is None:  # a gap that nobody sees would make the trail worthless
        reason = f"The record of this entry is damaged ({len(raw):,} bytes) and cannot be read."
        said = AuditRecord(verb=UNREADABLE_ENTRY, actor="", channel="", run="", reason=reason)
    return AuditEntry(id=place, time=from_ms(place.partition("-")[0]), **said.model_dump())


@cache
def system_user() -> str:
    """Return the default actor: the user and the host of the process."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may have no user with this number
        user = "unknown"
    return f"{user}@{socket.gethostname()}"

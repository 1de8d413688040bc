"""Writing the audit trail: who asks, from where, and what came of it."""

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
from orchestrator_celery.model.states import RunStatus, SignatureStatus

if TYPE_CHECKING:
    from orchestrator_celery.store.audit_stream import AuditTrail

__all__ = ("acting", "audited", "list_audit", "record", "system_user")

Status = RunStatus | SignatureStatus

_WHO: ContextVar[tuple[str, str] | None] = ContextVar("orchestrator_actor", default=None)


@contextmanager
def acting(actor: str, channel: str = "api") -> Iterator[None]:
    """Say on whose behalf runs are steered, in a web application for example.

    Args:
        actor: goes into the audit trail.
        channel: from where.
    """
    token = _WHO.set((actor, channel))
    try:
        yield
    finally:
        _WHO.reset(token)


def record(verb: str, run: str, **facts: Any) -> AuditRecord:
    """An entry with the actor and channel of this call."""
    said = _WHO.get()
    actor, channel = said or (system_user(), "api" if get_current_worker_task() is None else "worker")
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
    """Write down what the block does to a run, and what it refuses to do; it may add to the facts it is given.

    Args:
        trail: where.
        verb: what is done.
        run: to which run.
        status: reads the run's status.
        after: the status the verb leads to; None to read it afterwards.
        signature: the signature it is about, where it is about one; the status is then the signature's.
        **facts: more fields of the entry.
    """
    before = status()
    try:
        yield facts
    except StoreUnavailable:
        raise  # nobody can be told
    except OrchestratorError as exc:
        entry = record(verb, run, signature=signature, before=before, after=before, outcome=f"{exc}", **facts)
        trail.append(entry.model_dump_json())
        raise
    entry = record(verb, run, signature=signature, before=before, after=after or status(), **facts)
    trail.append(entry.model_dump_json())


def list_audit(
    trail: AuditTrail,
    asked: Mapping[str, str | None],
    *,
    since: datetime | None,
    until: datetime | None,
    offset: int,
    limit: int,
) -> list[AuditEntry]:
    """Entries that match, newest first; `asked` names fields of an entry."""
    low = None if since is None else since.timestamp() * 1000
    high = None if until is None else until.timestamp() * 1000
    matches = (
        entry
        for place, raw in trail.entries(low, high)
        if (entry := _entry(place, raw))
        and all(wanted is None or getattr(entry, field) == wanted for field, wanted in asked.items())
    )
    return list(islice(matches, offset, offset + limit))


def _entry(place: str, raw: bytes) -> AuditEntry:
    facts = AuditRecord.model_validate_json(raw).model_dump()
    return AuditEntry(id=place, time=from_ms(place.partition("-")[0]), **facts)


@cache
def system_user() -> str:
    """Who steers where nobody says so: the process's user and host."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container without a user of that number
        user = "unknown"
    return f"{user}@{socket.gethostname()}"

"""The audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from orchestrator_celery import AuditEntry
from orchestrator_celery.dashboard.server.context import Found, Limit
from orchestrator_celery.dashboard.server.cursors import offset_of, write_cursor

__all__ = ("router",)

router = APIRouter(tags=["audit"])

Word = Annotated[str | None, Query(max_length=500)]


class AuditPage(BaseModel):
    """A page of the audit trail, newest first.

    Args:
        entries: the entries.
        next: the cursor of the next page; None on the last page.
    """

    entries: list[AuditEntry]
    next: str | None


@router.get("/audit")
def list_audit(
    found: Found,
    run: Word = None,
    signature: Word = None,
    verb: Word = None,
    actor: Word = None,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    limit: Limit = 100,
) -> AuditPage:
    """List who called which verb on which run, newest first, refused calls too."""
    offset, asked = offset_of(cursor), {"run": run, "signature": signature, "verb": verb, "actor": actor}
    entries = found.audit(**asked, since=since, until=until, offset=offset, limit=limit + 1)
    more = write_cursor(offset + limit) if len(entries) > limit else None
    return AuditPage(entries=entries[:limit], next=more)

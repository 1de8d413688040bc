"""Stored signatures: run, delete, restore, purge; and the signatures that are marked for deletion."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from orchestrator_celery import RunView, SignatureStatus, StoredSignature
from orchestrator_celery.dashboard.server.access.roles import needs
from orchestrator_celery.dashboard.server.api.definitions.starting import given_arguments
from orchestrator_celery.dashboard.server.context import Found, Id, Limit
from orchestrator_celery.dashboard.server.cursors import offset_of, write_cursor

__all__ = ("router",)

router = APIRouter(tags=["signatures"])

Word = Annotated[str | None, Query(max_length=200)]


class SignatureView(BaseModel):
    """A stored signature.

    Args:
        id: its id.
        name: its name; '' without one.
        status: ACTIVE or MARKED_FOR_DELETION.
        saved: whether it was saved; False for the signature of a run.
        category: the category of its runs.
        tags: the tags of its runs.
        created: when it was saved, or its run created.
        delete_at: when it is deleted; None if it is not marked.
    """

    id: str
    name: str
    status: SignatureStatus
    saved: bool
    category: str | None
    tags: list[str]
    created: datetime
    delete_at: datetime | None


class SignaturePage(BaseModel):
    """A page of stored signatures, newest first.

    Args:
        signatures: the signatures.
        next: the cursor of the next page; None on the last page.
    """

    signatures: list[SignatureView]
    next: str | None


class RunForm(BaseModel):
    """The arguments for the first tasks of a run."""

    args: list[Any] = []
    kwargs: dict[str, Any] = {}


class RerunForm(BaseModel):
    """The run with whose input a new run starts; by default the newest."""

    run: Annotated[str, Field(max_length=200)] | None = None


class DeleteForm(BaseModel):
    """When a signature is deleted: in some seconds, or at a time. Without both, as soon as possible."""

    after: Annotated[float, Field(ge=0, le=3.2e9)] | None = None
    at: datetime | None = None


class PurgeForm(BaseModel):
    """The confirmation of a purge: the id of the signature, typed again."""

    confirm: Annotated[str, Field(max_length=500)]


class Started(BaseModel):
    """The run that was started.

    Args:
        run: the run.
    """

    run: RunView


def _view(signature: StoredSignature) -> SignatureView:
    return SignatureView(
        id=signature.id,
        name=signature.name,
        status=signature.status,
        saved=signature.saved,
        category=signature.category,
        tags=list(signature.tags),
        created=signature.created,
        delete_at=signature.delete_at,
    )


@router.get("/signatures")
def list_signatures(
    found: Found,
    status: SignatureStatus | None = None,
    saved: bool | None = None,
    category: Word = None,
    tag: Word = None,
    name: Word = None,
    text: Word = None,
    cursor: str | None = None,
    limit: Limit = 100,
) -> SignaturePage:
    """List stored signatures, newest first. With `status=MARKED_FOR_DELETION`, those that will be deleted."""
    offset = offset_of(cursor)
    page = found.signatures(
        status=status, saved=saved, category=category, tag=tag, name=name, text=text, offset=offset, limit=limit + 1
    )
    more = write_cursor(offset + limit) if len(page) > limit else None
    return SignaturePage(signatures=[_view(one) for one in page[:limit]], next=more)


@router.get("/signatures/{signature}")
def read_signature(signature: Id, found: Found) -> SignatureView:
    """Return one stored signature."""
    return _view(found.signature(signature))


@router.get("/signatures/{signature}/runs")
def list_runs_of(signature: Id, found: Found, limit: Limit = 100) -> list[RunView]:
    """List the newest runs of a signature."""
    return [run.view for run in found.signature(signature).runs(limit=limit)]


@router.post("/signatures/{signature}/run", dependencies=[needs("run")])
def run_signature(signature: Id, found: Found, form: RunForm) -> Started:
    """Start a run of a signature."""
    with given_arguments():
        return Started(run=found.signature(signature).run(*form.args, **form.kwargs).view)


@router.post("/signatures/{signature}/rerun", dependencies=[needs("rerun")])
def rerun_signature(signature: Id, found: Found, form: RerunForm) -> Started:
    """Start a run with the input of an earlier run."""
    return Started(run=found.signature(signature).rerun(form.run).view)


@router.post("/signatures/{signature}/delete", dependencies=[needs("delete")])
def delete_signature(signature: Id, found: Found, form: DeleteForm) -> SignatureView:
    """Mark a signature for deletion. It can be restored until then."""
    stored = found.signature(signature)
    stored.delete(form.after, form.at)
    return _view(stored)


@router.post("/signatures/{signature}/restore", dependencies=[needs("restore")])
def restore_signature(signature: Id, found: Found) -> SignatureView:
    """Remove the mark for deletion."""
    stored = found.signature(signature)
    stored.restore()
    return _view(stored)


@router.post("/signatures/{signature}/purge", dependencies=[needs("purge")], status_code=204, response_model=None)
def purge_signature(signature: Id, found: Found, form: PurgeForm) -> None:
    """Delete a signature, its runs and their results now."""
    found.signature(signature).purge(confirm=form.confirm == signature or None)

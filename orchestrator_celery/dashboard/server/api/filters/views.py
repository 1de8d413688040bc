"""Saved views of the list of runs: one's own, and those that are shared."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from orchestrator_celery import SavedView, ViewChanged
from orchestrator_celery.dashboard.server.access.roles import refuse_unless_allowed, visitor_of
from orchestrator_celery.dashboard.server.context import Found

__all__ = ("router",)

router = APIRouter(tags=["filters"])

Name = Annotated[str, Field(min_length=1, max_length=60)]
Version = Annotated[int, Field(ge=0, le=2**53)]


class ViewForm(BaseModel):
    """A view to save.

    Args:
        name: its name.
        filter: the filter, such as `status:FAILED tag:eu`; '' for all runs.
        columns: the columns that the page shows; empty for those that the reader chose last.
        shared: save it for everybody, not for the visitor alone.
        base: the version that it replaces; 0 for a new view.
    """

    name: Name
    filter: Annotated[str, Field(max_length=2000)] = ""
    columns: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=30)] = []
    shared: bool = False
    base: Version = 0


class ViewChoice(BaseModel):
    """Which version of which view is deleted.

    Args:
        name: its name.
        shared: the shared view, not the visitor's own.
        base: the version that the visitor has read.
    """

    name: Name
    shared: bool = False
    base: Version


@router.get("/views")
def list_views(found: Found) -> list[SavedView]:
    """List the visitor's own views by name, and then the shared ones."""
    return found.views.all()


@router.post("/views")
def save_view(form: ViewForm, found: Found, request: Request) -> SavedView:
    """Save a view. Nothing is changed if another version than `base` is stored."""
    _check_role(form, found, request)
    return found.views.save(form.name, form.filter, columns=form.columns, shared=form.shared, base=form.base)


@router.post("/views/delete", status_code=204, response_model=None)
def delete_view(form: ViewChoice, found: Found, request: Request) -> None:
    """Delete a view. Nothing is changed if another version than `base` is stored."""
    _check_role(form, found, request)
    if not found.views.delete(form.name, shared=form.shared, base=form.base):
        raise ViewChanged(f"The view {form.name!r} was deleted before.")


def _check_role(form: ViewForm | ViewChoice, found: Found, request: Request) -> None:
    """Refuse a change that the role does not allow. `base` ties the change to the version whose owner is looked at."""
    refuse_unless_allowed(request, "share_view" if form.shared else "save_view", {})
    known = (view for view in found.views.all() if view.shared and view.name == form.name)
    stored = next(known, None) if form.shared else None
    if stored is not None and stored.owner != visitor_of(request).actor:
        refuse_unless_allowed(request, "change_view", {})

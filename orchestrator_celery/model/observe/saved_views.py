"""Saved views of the list of runs."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

__all__ = ("SavedView",)


class SavedView(BaseModel):
    """A filter of runs with a name, as `orchestrator.views` saves it.

    Args:
        name: its name; unique among the shared views, and among the views of its owner.
        filter: the text form of the filter; '' for all runs.
        columns: the columns that a page shows; () for those that the reader chose last.
        owner: the actor who saved it first.
        shared: whether everybody sees it.
        version: 1, 2, ...; each change counts.
        saved: the time of the last change by the store's clock, in UTC.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    filter: str
    columns: tuple[str, ...] = ()
    owner: str
    shared: bool
    version: int
    saved: datetime

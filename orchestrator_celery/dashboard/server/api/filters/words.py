"""The language of filters, for completion in the search bar."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from orchestrator_celery import RunFilter, RunStatus
from orchestrator_celery.dashboard.server.api.runs import Filter
from orchestrator_celery.dashboard.server.context import Found

__all__ = ("router",)

router = APIRouter(tags=["filters"])

#: The runs whose tags, categories and names are offered.
_READ = 500


class FilterWord(BaseModel):
    """One word before a colon.

    Args:
        word: the word.
        takes: what stands after the colon.
        values: values that newest runs have.
    """

    word: str
    takes: str
    values: list[str] = []


class FilterTerm(BaseModel):
    """One term of a filter.

    Args:
        field: the word before the colon; `text` for a word without one.
        values: the values of which one has to match.
        excluded: whether a run must not match.
    """

    field: str
    values: list[str]
    excluded: bool


class FilterReading(BaseModel):
    """How a filter was understood.

    Args:
        filter: the filter in its own words.
        terms: its terms, as field, values, and whether they exclude.
    """

    filter: str
    terms: list[FilterTerm]


@router.get("/filter/words")
def list_words(found: Found) -> list[FilterWord]:
    """List the words of the filter language, with values of the newest runs."""
    views = [run.view for run in found.runs(limit=_READ)]
    values = {
        "status": {status.value for status in RunStatus},
        "task": {task for view in views for task in view.tasks},
        "category": {view.category for view in views if view.category},
        "tag": {tag for view in views for tag in view.tags},
        "name": {view.name for view in views if view.name},
        "worker": {worker.name for worker in found.workers() if worker.alive},
    }
    return [
        FilterWord(word=word, takes=takes, values=sorted(values.get(word, ())))
        for word, takes in RunFilter.words().items()
    ]


@router.get("/filter")
def read_filter(filter: Filter = "") -> FilterReading:
    """Read a filter; an unknown word is a problem that names the known ones."""
    wanted = RunFilter.parse(filter)
    terms = [FilterTerm(field=one.field, values=list(one.values), excluded=one.excluded) for one in wanted.terms]
    return FilterReading(filter=str(wanted), terms=terms)

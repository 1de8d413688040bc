"""Templates for lists."""

# Annotations are read when a template is declared, so they are no strings here.
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from orchestrator_celery.canvas.conditions.language import result
from orchestrator_celery.canvas.graph import ConditionalGraph
from orchestrator_celery.canvas.templates.draft import Draft
from orchestrator_celery.canvas.templates.parameters import Body, Value
from orchestrator_celery.canvas.templates.register import template

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from orchestrator_celery.canvas.templates.draft import Where

__all__ = ("map_reduce",)


@template
def map_reduce(
    *,
    each: Body,
    reduce: Body,
    split: Body | None = None,
    items: Value | None = None,
    max_concurrency: Annotated[int, Field(ge=1)] | None = None,
    **where: "Unpack[Where]",
) -> ConditionalGraph:
    """Do the same with each element of a list, side by side, and put the results together.

        split ──> each, each, each ──> reduce ──> ...

    Args:
        each: runs once for each element, with it.
        reduce: gets the list of the results, in order.
        split: makes the list. None: it is what the template is given.
        items: where the list is in that: a field, or an expression. None: it is the list itself.
        max_concurrency: how many elements at a time. None: as the dispatch window allows.
        **where: where it is put, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not what it should be, or a node of that name is there already.
    """
    draft = Draft("map_reduce", where)
    source = draft.begin
    if split is not None:
        source = draft.node("split", split)
        draft.edge(draft.begin, source)
    elements = result if items is None else items
    middle = draft.node("each", each, map_over=elements, max_concurrency=max_concurrency)
    last = draft.node("reduce", reduce)
    for edge in ((source, middle), (middle, last), (last, draft.end)):
        draft.edge(*edge)
    return draft.graph()

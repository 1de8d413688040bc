"""Templates for lists."""

# Annotations are evaluated when a template is declared, so they are no strings here.
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from orchestrator_celery.canvas.conditions.language import result
from orchestrator_celery.canvas.graphs.graph import ConditionalGraph
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
    """Run a task for each element of a list in parallel, and combine the results.

        split ──> each, each, each ──> reduce ──> ...

    Args:
        each: runs once for each element, with the element as its argument.
        reduce: gets the list of all results, in order.
        split: makes the list from the template's input. None: the template's input is used.
        items: the list inside that value: a field, or an expression. None: the value itself is the list.
        max_concurrency: how many elements may run at once. None: as many as the dispatch window allows.
        **where: the place in a graph, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not allowed, or a node of that name exists already.
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

"""Templates for repeated attempts: retry the same task, try another one, or loop until the result is good."""

# Annotations are evaluated when a template is declared, so they are no strings here.
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from orchestrator_celery.canvas.conditions.language import otherwise, visits, when
from orchestrator_celery.canvas.graphs.graph import MAX_VISITS, ConditionalGraph
from orchestrator_celery.canvas.retry import Retry
from orchestrator_celery.canvas.templates.draft import Draft
from orchestrator_celery.canvas.templates.parameters import Body, OnErrors, Target, Value
from orchestrator_celery.canvas.templates.register import template

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from orchestrator_celery.canvas.templates.draft import Where

__all__ = ("fallback", "loop_until", "retry")


@template
def retry(
    *,
    work: Body,
    attempts: Annotated[int, Field(ge=2)] = 3,
    backoff: Annotated[float, Field(ge=0)] = 1.0,
    factor: Annotated[float, Field(ge=1)] = 2.0,
    longest: Annotated[float, Field(ge=0)] = 300.0,
    jitter: bool = True,
    on: OnErrors = None,
    fallback: Target | None = None,
    **where: "Unpack[Where]",
) -> ConditionalGraph:
    """Try a task several times, with pauses, and take a fallback path after the last failure.

        work (3 attempts) ──> ...
          └┄error┄> fallback ──> ...

    Args:
        work: the task to try; each attempt runs it from the start.
        attempts: the most attempts, the first one included.
        backoff: seconds before the second attempt.
        factor: the growth of the pause from one attempt to the next.
        longest: the longest pause in seconds.
        jitter: wait a random part of each pause.
        on: names of the errors to retry, including their subclasses. None: any error.
        fallback: runs after the last failure, with the error's type, message and traceback; the graph goes on
            with its result. None: the graph fails.
        **where: the place in a graph, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not allowed, or a node of that name exists already.
    """
    draft = Draft("retry", where)
    policy = Retry(attempts, backoff, factor, longest, jitter, on)
    first = draft.node("work", work, retry=policy)
    draft.edge(draft.begin, first)
    draft.edge(first, draft.end)
    if fallback is not None:
        draft.error_edge(first, draft.path("fallback", fallback))
    return draft.graph()


@template
def fallback(
    *,
    primary: Body,
    alternatives: Annotated[list[Body], Field(min_length=1)],
    on: OnErrors = None,
    **where: "Unpack[Where]",
) -> ConditionalGraph:
    """Try a task and, if it fails, its alternatives in order, each with the same input.

        primary ──> ...
          └┄error┄> alternative 1 ──> ...
                      └┄error┄> alternative 2 ──> ...

    Args:
        primary: the first task to try.
        alternatives: the tasks to try next, in order. Each gets the input of the first task as one argument. If the
            last one fails, its error is the graph's error.
        on: names of the errors that lead to the next alternative, including their subclasses. None: any error.
        **where: the place in a graph, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not allowed, or a node of that name exists already.
    """
    draft = Draft("fallback", where)
    last = draft.node("primary", primary)
    draft.edge(draft.begin, last)
    draft.edge(last, draft.end)
    for number, body in enumerate(alternatives, 1):
        name = draft.node_with_input(f"alternative {number}", body)
        draft.error_edge(last, name, on)
        draft.edge(name, draft.end)
        last = name
    return draft.graph()


@template
def loop_until(
    *,
    body: Body,
    until: Value,
    max_visits: Annotated[int, Field(ge=1)] = MAX_VISITS,
    exhausted: Target | None = None,
    **where: "Unpack[Where]",
) -> ConditionalGraph:
    """Repeat a task with its own result until the result is good.

        ╭─────────╮
        ╰> body ──┴──until──> ...
             └──visits >= 25──> exhausted ──> END

    Args:
        body: the task to repeat. The first time it gets the template's input, then its last result.
        until: a condition on the result. A result without a value that the condition reads is not good.
        max_visits: the most repetitions.
        exhausted: runs if the last result is not good either, with this result. It is an exit path. None: the graph
            fails with `GraphRecursion`.
        **where: the place in a graph, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not allowed, or a node of that name exists already.
    """
    draft = Draft("loop_until", where)
    name = draft.node("body", body, max_visits=max_visits)
    draft.edge(draft.begin, name)
    branches = [when(until, draft.end)]
    if exhausted is not None:
        branches.append(when(visits >= max_visits, draft.path("exhausted", exhausted, is_exit=True)))
    draft.conditional_edges(name, [*branches, otherwise(name)])
    return draft.graph()

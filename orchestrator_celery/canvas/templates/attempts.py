"""Templates that try again: the same thing, another one, or until it is good."""

# Annotations are read when a template is declared, so they are no strings here.
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from orchestrator_celery.canvas.conditions.language import otherwise, visits, when
from orchestrator_celery.canvas.graph import MAX_VISITS, ConditionalGraph
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
    """Try something several times, with pauses, and go another way if it fails for good.

        work (3 attempts) ──> ...
          └┄error┄> fallback ──> ...

    Args:
        work: what is tried; each attempt is a fresh run of it.
        attempts: most attempts, the first included.
        backoff: seconds before the second attempt.
        factor: by how much the pause grows from one attempt to the next.
        longest: seconds that no pause exceeds.
        jitter: take a random part of each pause.
        on: names of the errors after which it is tried again, their subclasses included. None: any.
        fallback: what runs after the last failure, with the error's type, message and traceback; the graph goes on
            with its result. None: the graph fails.
        **where: where it is put, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not what it should be, or a node of that name is there already.
    """
    draft = Draft("retry", where)
    policy = Retry(attempts, backoff, factor, longest, jitter, on)
    first = draft.node("work", work, retry=policy)
    draft.edge(draft.begin, first)
    draft.edge(first, draft.end)
    if fallback is not None:
        draft.error_edge(first, draft.lead("fallback", fallback))
    return draft.graph()


@template
def fallback(
    *,
    primary: Body,
    alternatives: Annotated[list[Body], Field(min_length=1)],
    on: OnErrors = None,
    **where: "Unpack[Where]",
) -> ConditionalGraph:
    """Try one thing, and if it fails the next, in order, each with the same input.

        primary ──> ...
          └┄error┄> alternative 1 ──> ...
                      └┄error┄> alternative 2 ──> ...

    Args:
        primary: what is tried first.
        alternatives: what is tried then, one after the other; each gets what the first got, as one argument. The
            error of the last is the graph's.
        on: names of the errors for which there is another way, their subclasses included. None: any.
        **where: where it is put, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not what it should be, or a node of that name is there already.
    """
    draft = Draft("fallback", where)
    last = draft.node("primary", primary)
    draft.edge(draft.begin, last)
    draft.edge(last, draft.end)
    for number, body in enumerate(alternatives, 1):
        name = draft.again(f"alternative {number}", body)
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
    """Do something again, with its own result, until that is good.

        ╭─────────╮
        ╰> body ──┴──until──> ...
             └──visits >= 25──> exhausted ──> END

    Args:
        body: what is done; the first time it gets what the template is given, then its last result.
        until: condition on the result; a result that lacks what it asks for is not good.
        max_visits: how often it is done at most.
        exhausted: what runs if the last result was no good either, with that result; a way out. None: the graph fails
            with `GraphRecursion`.
        **where: where it is put, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not what it should be, or a node of that name is there already.
    """
    draft = Draft("loop_until", where)
    name = draft.node("body", body, max_visits=max_visits)
    draft.edge(draft.begin, name)
    branches = [when(until, draft.end)]
    if exhausted is not None:
        branches.append(when(visits >= max_visits, draft.lead("exhausted", exhausted, out=True)))
    draft.choose(name, [*branches, otherwise(name)])
    return draft.graph()

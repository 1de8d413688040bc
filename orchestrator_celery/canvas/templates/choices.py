"""Templates that choose a path: by success, by a number, by a value, by weights."""

# Annotations are evaluated when a template is declared, so they are no strings here.
from typing import TYPE_CHECKING, Annotated, Any

from celery.canvas import Signature
from pydantic import Field

from orchestrator_celery.canvas.conditions.language import roots, when
from orchestrator_celery.canvas.graphs.graph import ConditionalGraph
from orchestrator_celery.canvas.template_tasks import AB_SPLIT_TASK
from orchestrator_celery.canvas.templates.draft import Draft
from orchestrator_celery.canvas.templates.parameters import Body, Cases, Level, OnErrors, Target, Value
from orchestrator_celery.canvas.templates.register import template
from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from orchestrator_celery.canvas.templates.draft import Where

__all__ = ("ab_split", "success_or_failure", "switch", "threshold")


@template
def success_or_failure(
    *, work: Body, on_failure: Target, on_success: Target | None = None, on: OnErrors = None, **where: "Unpack[Where]"
) -> ConditionalGraph:
    """Run one task after a success and another task after a failure.

        work ──> success ──> ...
          └┄error┄> failure ──> END

    Args:
        work: the task that may fail.
        on_failure: runs after a failure, with the error's type, message and traceback. It is an exit path.
        on_success: runs after a success, with the result. None: the graph goes on.
        on: names of the errors that count as failures, including their subclasses. None: any error.
        **where: the place in a graph, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not allowed, or a node of that name exists already.
    """
    draft = Draft("success_or_failure", where)
    first = draft.node("work", work)
    draft.edge(draft.begin, first)
    draft.edge(first, draft.path("success", on_success))
    draft.error_edge(first, draft.path("failure", on_failure, is_exit=True), on)
    return draft.graph()


@template
def threshold(
    *,
    value: Value,
    levels: Annotated[dict[str, Level], Field(min_length=1)],
    below: Target,
    default: Target | None = None,
    **where: "Unpack[Where]",
) -> ConditionalGraph:
    """Take one of several paths by the size of a number.

        ... ──value >= 0.8──> high ──> ...
          ├───value >= 0.5──> medium ──> ...
          └───value < 0.5───> below ──> ...

    Args:
        value: the number: a field of the result, or an expression.
        levels: the levels by name, each with its lowest number and the target. The highest level that the number
            reaches is taken.
        below: runs if the number reaches no level.
        default: runs if the number is missing. None: the graph fails with `NoRoute`.
        **where: the place in a graph, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not allowed, or a node of that name exists already.
    """
    ordered = sorted(levels.items(), key=lambda item: item[1].at_least, reverse=True)
    if len({level.at_least for level in levels.values()}) < len(levels):
        raise InvalidWorkflow("Two levels of threshold() begin at the same number: remove one of them.")
    draft = Draft("threshold", where)
    branches = [when(value >= level.at_least, draft.path(name, level.target)) for name, level in ordered]
    branches.append(when(value < ordered[-1][1].at_least, draft.path("below", below)))
    draft.conditional_edges(draft.begin, branches, default=None if default is None else draft.path("default", default))
    return draft.graph()


@template
def switch(
    *,
    value: Value,
    cases: Cases,
    default: Target | None = None,
    **where: "Unpack[Where]",
) -> ConditionalGraph:
    """Take one of several paths by a value.

        ... ──value == "card"───> card ──> ...
          ├───value == "paypal"─> paypal ──> ...
          └───otherwise─────────> default ──> ...

    Args:
        value: the value: a field of the result, or an expression; `result` is the whole result.
        cases: targets by value; in JSON, pairs of a value and a target if a value is not a string.
        default: runs if the value matches no case or is missing. None: the graph fails with `NoRoute`.
        **where: the place in a graph, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not allowed, or a node of that name exists already.
    """
    draft = Draft("switch", where)
    branches = [when(value == key, draft.path(str(key), target)) for key, target in cases.items()]
    draft.conditional_edges(draft.begin, branches, default=None if default is None else draft.path("default", default))
    return draft.graph()


@template
def ab_split(
    *,
    variants: Annotated[dict[str, Target], Field(min_length=1)],
    weights: dict[str, Annotated[float, Field(ge=0)]] | None = None,
    key: Value | None = None,
    salt: str = "",
    **where: "Unpack[Where]",
) -> ConditionalGraph:
    """Split the runs between variants by weight; the same key always gets the same variant.

        ... ──90 %──> a ──> ...
          └───10 %──> b ──> ...

    Args:
        variants: targets by the variant's name; the target gets the template's input.
        weights: the relative frequency of each variant; 0 means never. None: all variants are equally frequent.
        key: the value that decides the variant: a field of the input, or an expression of `result`. The same key
            gets the same variant in every run. None: each run draws its variant once.
        salt: the name of the experiment. Another salt distributes the keys differently.
        **where: the place in a graph, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not allowed, or a node of that name exists already.
    """
    shares = dict.fromkeys(variants, 1.0) if weights is None else weights
    if shares.keys() != variants.keys() or not any(shares.values()):
        raise InvalidWorkflow(
            f"weights={safe_repr(weights)} of ab_split() do not fit: give each of {', '.join(variants)} a weight, "
            "not all 0."
        )
    if key is not None and roots(key.json) != {"result"}:
        raise InvalidWorkflow(
            f"key={safe_repr(key)} of ab_split() is not allowed: give an expression that reads only result."
        )
    draft = Draft("ab_split", where)
    split: dict[str, Any] = {"weights": shares, "salt": salt, "key": None if key is None else key.json}
    targets = {name: draft.path(name, target) for name, target in variants.items()}
    draft.conditional_edges(draft.begin, Signature(AB_SPLIT_TASK, kwargs={"ab_split": split}), targets)
    return draft.graph()

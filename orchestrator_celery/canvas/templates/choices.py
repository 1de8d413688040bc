"""Templates that choose: by success, by a number, by a value, by chance."""

# Annotations are read when a template is declared, so they are no strings here.
from typing import TYPE_CHECKING, Annotated, Any

from celery.canvas import Signature
from pydantic import Field

from orchestrator_celery.canvas.conditions.language import roots, when
from orchestrator_celery.canvas.graph import ConditionalGraph
from orchestrator_celery.canvas.template_tasks import AB_SPLIT_TASK
from orchestrator_celery.canvas.templates.draft import Draft
from orchestrator_celery.canvas.templates.parameters import Body, Cases, Level, OnErrors, Target, Value
from orchestrator_celery.canvas.templates.register import template
from orchestrator_celery.errors import InvalidWorkflow

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from orchestrator_celery.canvas.templates.draft import Where

__all__ = ("ab_split", "success_or_failure", "switch", "threshold")


@template
def success_or_failure(
    *, work: Body, on_failure: Target, on_success: Target | None = None, on: OnErrors = None, **where: "Unpack[Where]"
) -> ConditionalGraph:
    """Do one thing if something goes well, and another if it fails.

        work ──> success ──> ...
          └┄error┄> failure ──> END

    Args:
        work: what may fail.
        on_failure: what runs then, with the error's type, message and traceback; a way out.
        on_success: what runs otherwise, with the result. None: the graph just goes on.
        on: names of the errors it is for, their subclasses included. None: any.
        **where: where it is put, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not what it should be, or a node of that name is there already.
    """
    draft = Draft("success_or_failure", where)
    first = draft.node("work", work)
    draft.edge(draft.begin, first)
    draft.edge(first, draft.lead("success", on_success))
    draft.error_edge(first, draft.lead("failure", on_failure, out=True), on)
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
    """Take one of several ways by how high a number is.

        ... ──value >= 0.8──> high ──> ...
          ├───value >= 0.5──> medium ──> ...
          └───value < 0.5───> below ──> ...

    Args:
        value: the number: a field of the result, or an expression.
        levels: by name, from which number on each is reached, and what runs then; the highest that is reached
            counts.
        below: what runs if none is reached.
        default: what runs if there is no number to be found. None: the graph fails with `NoRoute`.
        **where: where it is put, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not what it should be, or a node of that name is there already.
    """
    ordered = sorted(levels.items(), key=lambda item: item[1].at_least, reverse=True)
    if len({level.at_least for level in levels.values()}) < len(levels):
        raise InvalidWorkflow("Two levels of threshold() begin at the same number: leave one out.")
    draft = Draft("threshold", where)
    branches = [when(value >= level.at_least, draft.lead(name, level.target)) for name, level in ordered]
    branches.append(when(value < ordered[-1][1].at_least, draft.lead("below", below)))
    draft.choose(draft.begin, branches, default=None if default is None else draft.lead("default", default))
    return draft.graph()


@template
def switch(
    *,
    value: Value,
    cases: Cases,
    default: Target | None = None,
    **where: "Unpack[Where]",
) -> ConditionalGraph:
    """Take one of several ways by what a value is.

        ... ──value == "card"───> card ──> ...
          ├───value == "paypal"─> paypal ──> ...
          └───otherwise─────────> default ──> ...

    Args:
        value: what is looked at: a field of the result, or an expression; `result` is all of it.
        cases: what runs by value; in JSON, pairs of a value and a target if not all values are words.
        default: what runs for any other value, or none. None: the graph fails with `NoRoute`.
        **where: where it is put, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not what it should be, or a node of that name is there already.
    """
    draft = Draft("switch", where)
    branches = [when(value == key, draft.lead(str(key), target)) for key, target in cases.items()]
    draft.choose(draft.begin, branches, default=None if default is None else draft.lead("default", default))
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
    """Send a share of the runs each way, and the same customer always the same way.

        ... ──90 %──> a ──> ...
          └───10 %──> b ──> ...

    Args:
        variants: what runs by the variant's name; it gets what the template is given.
        weights: how often each variant is taken, in proportion to the others; 0 is never. None: all the same.
        key: what sticks to its variant: a field of what is given, or an expression of `result`; the same key gets the
            same variant in every run. None: each run draws by itself, once.
        salt: name of the experiment: keys fall differently in each.
        **where: where it is put, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not what it should be, or a node of that name is there already.
    """
    shares = dict.fromkeys(variants, 1.0) if weights is None else weights
    if shares.keys() != variants.keys() or not any(shares.values()):
        raise InvalidWorkflow(
            f"weights={weights!r} of ab_split() do not fit: give each of {', '.join(variants)} one, not all 0."
        )
    if key is not None and roots(key.json) != {"result"}:
        raise InvalidWorkflow(f"key={key!r} of ab_split() cannot be looked up: give an expression of result alone.")
    draft = Draft("ab_split", where)
    split: dict[str, Any] = {"weights": shares, "salt": salt, "key": None if key is None else key.json}
    targets = {name: draft.lead(name, target) for name, target in variants.items()}
    draft.choose(draft.begin, Signature(AB_SPLIT_TASK, kwargs={"ab_split": split}), targets)
    return draft.graph()

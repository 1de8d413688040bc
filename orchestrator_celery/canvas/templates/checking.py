"""Templates that let through what holds: several checks in a row, or a person."""

# Annotations are read when a template is declared, so they are no strings here.
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from orchestrator_celery.canvas.approval import Approval
from orchestrator_celery.canvas.conditions.language import otherwise, result, when
from orchestrator_celery.canvas.graph import ConditionalGraph
from orchestrator_celery.canvas.templates.draft import Draft
from orchestrator_celery.canvas.templates.parameters import OnTimeout, Seconds, Stage, Target
from orchestrator_celery.canvas.templates.register import template

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from orchestrator_celery.canvas.templates.draft import Where

__all__ = ("approval_gate", "validation_stages")

#: A check says that something holds: by anything but nothing, and by no `valid` that says otherwise.
_HOLDS = result & ~(result["valid"].exists() & ~result["valid"])


@template
def validation_stages(
    *,
    stages: Annotated[list[Stage], Field(min_length=1)],
    rejected: Target,
    accepted: Target | None = None,
    **where: "Unpack[Where]",
) -> ConditionalGraph:
    """Check something in several stages, ask a person where that is called for, and reject it at the first that fails.

        size ──> limit ──> accepted ──> ...
         │         ├──ask_when──> limit approval ──> accepted
         │         └──> limit rejected ──> rejected
         └──> size rejected ──> rejected ──> END

    A check fails if it raises an error, or if its result is nothing (None, False, 0, an empty text, list or
    mapping), or a mapping whose `valid` is that. Each gets what is validated, as one argument, and so does what runs
    in the end.

    Args:
        stages: checks, in order, each with a name, and perhaps with a condition on its result under which a person
            has to approve as well.
        rejected: what runs if a stage fails, with a dict of `stage`, `reason` (the check's result, its error, or the
            answer of a person) and `given`; a way out.
        accepted: what runs if none fails. None: the graph goes on with what was validated.
        **where: where it is put, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not what it should be, or a node of that name is there already.
    """
    draft = Draft("validation_stages", where)
    checks = [draft.node(stages[0].name, stages[0].check)]
    checks += [draft.again(stage.name, stage.check) for stage in stages[1:]]
    draft.edge(draft.begin, checks[0])
    following = [*checks[1:], draft.go_on("accepted", accepted)]
    way_out = draft.lead("rejected", rejected, out=True)
    for stage, name, then in zip(stages, checks, following, strict=True):
        _stage(draft, stage, name, then, way_out)
    return draft.graph()


def _stage(draft: Draft, stage: Stage, name: str, then: str, way_out: str) -> None:
    refuse = draft.reject(f"{stage.name} rejected", stage.name, way_out)
    draft.error_edge(name, refuse)
    if stage.ask_when is None:
        draft.choose(name, [when(_HOLDS, then), otherwise(refuse)])
        return
    ask = draft.node(f"{stage.name} approval", Approval(stage.timeout, stage.on_timeout, stage.message))
    # Where it cannot be told whether to ask, it is asked.
    draft.choose(name, [when(_HOLDS & ~stage.ask_when, then), when(_HOLDS, ask), otherwise(refuse)])
    draft.choose(ask, {"approved": then, "rejected": refuse})
    if stage.on_timeout == "fail":
        draft.error_edge(ask, refuse)


@template
def approval_gate(
    *,
    rejected: Target,
    approved: Target | None = None,
    timeout: Seconds | None = None,
    on_timeout: OnTimeout = "reject",
    message: str = "",
    **where: "Unpack[Where]",
) -> ConditionalGraph:
    """Go on only if a person says so.

        approval ──approved──> approved ──> ...
          └───────rejected──> rejected ──> END

    Args:
        rejected: what runs if the answer is no, with a dict of `stage`, `reason` (the answer: `decision`, `by`, `note`,
            `timed_out`) and `given`; a way out.
        approved: what runs if it is yes, with what came to the gate. None: the graph goes on with that.
        timeout: seconds until nobody needs to answer any more. None: it waits for ever.
        on_timeout: what happens then: "reject", "approve", or "fail", the graph, with `ApprovalTimeout`.
        message: what the person is shown.
        **where: where it is put, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not what it should be, or a node of that name is there already.
    """
    draft = Draft("approval_gate", where)
    ask = draft.node("approval", Approval(timeout, on_timeout, message))
    draft.edge(draft.begin, ask)
    yes, no = draft.go_on("approved", approved), draft.reject("rejected", "approval", rejected)
    draft.choose(ask, {"approved": yes, "rejected": no})
    return draft.graph()

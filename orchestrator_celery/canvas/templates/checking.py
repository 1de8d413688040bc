"""Templates that check their input: several checks in a row, or a person's approval."""

# Annotations are evaluated when a template is declared, so they are no strings here.
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from orchestrator_celery.canvas.approval import Approval
from orchestrator_celery.canvas.conditions.language import otherwise, result, when
from orchestrator_celery.canvas.graphs.graph import ConditionalGraph
from orchestrator_celery.canvas.templates.draft import Draft
from orchestrator_celery.canvas.templates.parameters import OnTimeout, Seconds, Stage, Target
from orchestrator_celery.canvas.templates.register import template

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from orchestrator_celery.canvas.templates.draft import Where

__all__ = ("approval_gate", "validation_stages")

#: A check passes if its result is true in Python's sense and, if it has a field `valid`, this field is true too.
_HOLDS = result & ~(result["valid"].exists() & ~result["valid"])


@template
def validation_stages(
    *,
    stages: Annotated[list[Stage], Field(min_length=1)],
    rejected: Target,
    accepted: Target | None = None,
    **where: "Unpack[Where]",
) -> ConditionalGraph:
    """Check a value in several stages, ask a person where needed, and reject the value at the first failed stage.

        size ──> limit ──> accepted ──> ...
         │         ├──ask_when──> limit approval ──> accepted
         │         └──> limit rejected ──> rejected
         └──> size rejected ──> rejected ──> END

    A check fails if it raises an error, if its result is empty (None, False, 0, an empty text, list or mapping), or
    if its result is a mapping with an empty `valid`. Each check gets the value as one argument, and so does the
    signature that runs in the end.

    Args:
        stages: the checks in order, each with a name and optionally with a condition on its result under which a
            person has to approve too.
        rejected: runs if a stage fails, with a dict of `stage`, `reason` (the check's result, its error, or a
            person's answer) and `given`, the value. It is an exit path.
        accepted: runs if no stage fails. None: the graph goes on with the value.
        **where: the place in a graph, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not allowed, or a node of that name exists already.
    """
    draft = Draft("validation_stages", where)
    checks = [draft.node(stages[0].name, stages[0].check)]
    checks += [draft.node_with_input(stage.name, stage.check) for stage in stages[1:]]
    draft.edge(draft.begin, checks[0])
    following = [*checks[1:], draft.path_with_input("accepted", accepted)]
    exit_node = draft.path("rejected", rejected, is_exit=True)
    for stage, name, then in zip(stages, checks, following, strict=True):
        _stage(draft, stage, name, then, exit_node)
    return draft.graph()


def _stage(draft: Draft, stage: Stage, name: str, then: str, exit_node: str) -> None:
    reject = draft.rejection_path(f"{stage.name} rejected", stage.name, exit_node)
    draft.error_edge(name, reject)
    if stage.ask_when is None:
        draft.conditional_edges(name, [when(_HOLDS, then), otherwise(reject)])
        return
    ask = draft.node(f"{stage.name} approval", Approval(stage.timeout, stage.on_timeout, stage.message))
    # If `ask_when` is undecided, the person is asked.
    branches = [when(_HOLDS & ~stage.ask_when, then), when(_HOLDS, ask), otherwise(reject)]
    draft.conditional_edges(name, branches)
    draft.conditional_edges(ask, {"approved": then, "rejected": reject})
    if stage.on_timeout == "fail":
        draft.error_edge(ask, reject)


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
    """Go on only if a person approves.

        approval ──approved──> approved ──> ...
          └───────rejected──> rejected ──> END

    Args:
        rejected: runs if the person rejects, with a dict of `stage`, `reason` (the answer: `decision`, `by`, `note`,
            `timed_out`) and `given`, the gate's input. It is an exit path.
        approved: runs if the person approves, with the gate's input. None: the graph goes on with the gate's input.
        timeout: seconds within which the person must answer. None: the gate waits without a limit.
        on_timeout: the decision after the timeout: "reject", "approve", or "fail", which fails the graph with
            `ApprovalTimeout`.
        message: the text that the person sees.
        **where: the place in a graph, see `Where`.

    Raises:
        InvalidWorkflow: a parameter is not allowed, or a node of that name exists already.
    """
    draft = Draft("approval_gate", where)
    ask = draft.node("approval", Approval(timeout, on_timeout, message))
    draft.edge(draft.begin, ask)
    yes, no = draft.path_with_input("approved", approved), draft.rejection_path("rejected", "approval", rejected)
    draft.conditional_edges(ask, {"approved": yes, "rejected": no})
    return draft.graph()

"""Verbs on many runs: of a selection, or of a filter. The plan counts them first; its token confirms them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, model_validator

from orchestrator_celery import (
    ConfirmationRequired,
    InterruptReport,
    Orchestrator,
    OrchestratorError,
    Run,
    RunNotFound,
    RunView,
    StoreUnavailable,
)
from orchestrator_celery.dashboard.server.access.roles import refuse_unless_allowed
from orchestrator_celery.dashboard.server.api.verbs import Grace, Reason, Signal
from orchestrator_celery.dashboard.server.context import Found

__all__ = ("router",)

router = APIRouter(tags=["bulk"])

Verb = Literal["suspend", "resume", "interrupt", "retry", "rerun", "cancel"]
#: Most runs that one call reaches, and that a plan shows.
_MOST, _SHOWN = 10_000, 20


class BulkForm(BaseModel):
    """Which runs a verb is applied to: a selection, or all that match a filter.

    Args:
        verb: the verb.
        runs: ids of the selected runs.
        filter: a filter, such as `status:FAILED tag:eu`; '' matches every run.
    """

    verb: Verb
    runs: Annotated[list[Annotated[str, Field(max_length=200)]], Field(min_length=1, max_length=_MOST)] | None = None
    filter: Annotated[str, Field(max_length=2000)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> BulkForm:
        if (self.runs is None) == (self.filter is None):
            raise ValueError("give either runs or filter")
        return self


class BulkCall(BulkForm):
    """A confirmed verb on many runs.

    Args:
        confirm: the token of the plan.
        reason: the reason of a cancellation, for the audit trail.
        signal: the first signal of an interruption.
        grace: the seconds until SIGKILL.
    """

    confirm: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Reason = ""
    signal: Signal = "SIGTERM"
    grace: Grace = 10.0


class BulkPlan(BaseModel):
    """What a verb on many runs would reach.

    Args:
        verb: the verb.
        matching: the number of runs that match now.
        allowed: the number of them whose status allows the verb.
        sample: the first of those.
        running: the number of running tasks that a cancellation stops.
        keys: the number of keys that a cancellation deletes.
        token: confirms exactly these runs.
    """

    verb: str
    matching: int
    allowed: int
    sample: list[RunView]
    running: int = 0
    keys: int = 0
    token: str


class BulkAnswer(BaseModel):
    """The answer of one run.

    Args:
        run: the id of the run.
        done: whether the verb was applied.
        refusal: why it was refused; '' if it was applied.
        made: the id of the run that the verb made.
        report: what happened to each running task, after `interrupt`.
    """

    run: str
    done: bool
    refusal: str = ""
    made: str | None = None
    report: InterruptReport | None = None


class BulkOutcome(BaseModel):
    """The outcome of a verb on many runs.

    Args:
        verb: the verb.
        done: the number of runs to which it was applied.
        refused: the number of runs that refused it.
        answers: the answer of each run.
    """

    verb: str
    done: int
    refused: int
    answers: list[BulkAnswer]


@router.post("/bulk/plan")
def plan_bulk(form: BulkForm, found: Found) -> BulkPlan:
    """Count the runs that a verb would reach, before it is applied. Nothing is changed."""
    return _plan(form, found)[0]


@router.post("/bulk")
def apply_bulk(form: BulkCall, found: Found, request: Request) -> BulkOutcome:
    """Apply a verb to the runs of a plan. The token must be that of a plan that still holds."""
    refuse_unless_allowed(request, form.verb, {})
    plan, views, tokens = _plan(form, found)
    if plan.token != form.confirm:
        raise ConfirmationRequired(
            f"The runs have changed since the plan, so nothing was done: {plan.allowed} of {plan.matching} matching "
            f"runs allow to {form.verb} now. Read the plan again."
        )
    answers = [_answer(found, view.id, _call(form, tokens.get(view.id))) for view in views]
    done = sum(answer.done for answer in answers)
    return BulkOutcome(verb=form.verb, done=done, refused=len(answers) - done, answers=answers)


def _plan(form: BulkForm, found: Orchestrator) -> tuple[BulkPlan, list[RunView], dict[str, str]]:
    """Return the plan, the runs that allow the verb, the oldest first, and the token of each run to cancel."""
    matching = list(_matching(form, found))
    allowed = [view for view in reversed(matching) if _allows(view, form.verb)]
    plans = {}
    if form.verb == "cancel":
        for view in allowed:
            try:
                plans[view.id] = found.result(view.id).cancel_plan()
            except RunNotFound:
                continue  # the run was deleted meanwhile
    tokens = {run: plan.token for run, plan in plans.items()}
    stamp = "\n".join([form.verb, *sorted(f"{view.id} {tokens.get(view.id, '')}" for view in allowed)])
    plan = BulkPlan(
        verb=form.verb,
        matching=len(matching),
        allowed=len(allowed),
        sample=allowed[:_SHOWN],
        running=sum(plan.running for plan in plans.values()),
        keys=sum(plan.keys for plan in plans.values()),
        token=hashlib.sha256(stamp.encode()).hexdigest()[:24],
    )
    return plan, allowed, tokens


def _matching(form: BulkForm, found: Orchestrator) -> Iterator[RunView]:
    if form.filter is not None:
        views = [run.view for run in found.runs(form.filter, limit=_MOST + 1)]
        if len(views) > _MOST:
            raise OrchestratorError(f"More than {_MOST} runs match. Narrow the filter, for example by since:.")
        yield from views
    for run in dict.fromkeys(form.runs or ()):
        try:
            yield found.run(run).view
        except RunNotFound:
            continue  # the run was deleted meanwhile


def _allows(view: RunView, verb: str) -> bool:
    return any(choice.allowed for choice in view.verbs if choice.verb == verb)


def _call(form: BulkCall, token: str | None) -> Callable[[Run], object]:
    if form.verb == "interrupt":
        return lambda run: run.interrupt(form.signal, form.grace)
    if form.verb == "cancel":
        return lambda run: run.cancel(confirm=token, reason=form.reason)
    return lambda run: getattr(run, form.verb)()


def _answer(found: Orchestrator, run: str, call: Callable[[Run], object]) -> BulkAnswer:
    try:
        result = call(found.result(run))
    except StoreUnavailable:
        raise  # the store cannot answer for the other runs, either
    except OrchestratorError as exc:
        return BulkAnswer(run=run, done=False, refusal=str(exc))
    report = result if isinstance(result, InterruptReport) else None
    return BulkAnswer(run=run, done=True, made=result.id if isinstance(result, Run) else None, report=report)

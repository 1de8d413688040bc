"""Approvals that wait for a person, and their answers."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from orchestrator_celery import ApprovalView, Orchestrator, OrchestratorError, StoreUnavailable
from orchestrator_celery.dashboard.server.access.roles import refuse_unless_allowed
from orchestrator_celery.dashboard.server.context import Found, Redacts

__all__ = ("router",)

router = APIRouter(tags=["approvals"])

Decision = Literal["approved", "rejected"]


class Answer(BaseModel):
    """The answer to one approval.

    Args:
        run: the id of the run.
        node: the id or the name of the node.
        decision: the decision.
        note: the reason; it is part of the node's result and of the audit trail.
    """

    run: Annotated[str, Field(min_length=1, max_length=200)]
    node: Annotated[str, Field(min_length=1, max_length=500)]
    decision: Decision
    note: Annotated[str, Field(max_length=2000)] = ""


class Answers(BaseModel):
    """The answers to several approvals."""

    answers: Annotated[list[Answer], Field(min_length=1, max_length=500)]


class Answered(BaseModel):
    """The outcome of one answer.

    Args:
        run: the id of the run.
        node: the id or the name of the node.
        done: whether the answer counts.
        refusal: why it does not count; '' if it does.
    """

    run: str
    node: str
    done: bool
    refusal: str = ""


@router.get("/approvals")
def list_approvals(found: Found, redacts: Redacts) -> list[ApprovalView]:
    """List the approvals of all runs that wait for a person, newest first."""
    return [redacts.approval(view) for view in found.approvals()]


@router.post("/approvals")
def answer_approvals(form: Answers, found: Found, request: Request) -> list[Answered]:
    """Answer approvals. The first answer to an approval counts; a later one is refused."""
    for answer in form.answers:
        verb = "approve" if answer.decision == "approved" else "reject"
        refuse_unless_allowed(request, verb, {"run": answer.run, "node": answer.node})
    return [_answered(found, answer) for answer in form.answers]


def _answered(found: Orchestrator, answer: Answer) -> Answered:
    try:
        run = found.run(answer.run)
        (run.approve if answer.decision == "approved" else run.reject)(answer.node, note=answer.note)
    except StoreUnavailable:
        raise  # the store cannot take the other answers, either
    except OrchestratorError as exc:
        return Answered(run=answer.run, node=answer.node, done=False, refusal=str(exc))
    return Answered(run=answer.run, node=answer.node, done=True)

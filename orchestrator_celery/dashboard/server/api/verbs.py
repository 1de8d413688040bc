"""The verbs on one run and on its nodes."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field, StrictBool

from orchestrator_celery import AuditEntry, CancelPlan, InterruptReport, Priority, Run, RunView
from orchestrator_celery.dashboard.server.access.roles import needs
from orchestrator_celery.dashboard.server.api.swarms import noted
from orchestrator_celery.dashboard.server.context import Found, Id, TheRun

__all__ = ("Grace", "Reason", "Signal", "router")

router = APIRouter(tags=["verbs"])

Signal = Literal["SIGTERM", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGKILL"]
Grace = Annotated[float, Field(ge=0, le=300, description="Seconds until SIGKILL.")]
Reason = Annotated[str, Field(max_length=2000, description="The reason, for the audit trail.")]
NodeId = Annotated[str | None, Field(max_length=500, description="Id of a node.")]


class InterruptForm(BaseModel):
    """How to stop running tasks."""

    signal: Signal = "SIGTERM"
    grace: Grace = 10.0


class CancelForm(BaseModel):
    """The confirmation of a cancellation: the token of the plan."""

    confirm: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Reason = ""


class NodeForm(BaseModel):
    """A node, or none for the whole run."""

    node: NodeId = None


class PriorityForm(BaseModel):
    """Which waiting items of a swarm get which priority: an index, a list of them, or the name of a task."""

    which: int | list[int] | str
    priority: Literal["HIGH", "MEDIUM", "LOW"]
    node: str = "0"


class CloseForm(BaseModel):
    """How to close an open swarm: at once, or when it has no more items to run."""

    node: str = "0"
    drained: StrictBool = False


class VerbDone(BaseModel):
    """The outcome of a verb.

    Args:
        verb: the verb.
        run: the run after the verb; None if it was deleted.
        made: the id of the run that the verb made; None if it made none.
        report: what happened to each running task, after `interrupt`.
        changed: the number of items that changed; None if the verb counts none.
        audit: the entry of the audit trail.
    """

    verb: str
    run: RunView | None = None
    made: str | None = None
    report: InterruptReport | None = None
    changed: int | None = None
    audit: AuditEntry | None = None


def _done(
    found: Found, verb: str, run: Run, *, made: Run | None = None, gone: bool = False, **facts: object
) -> VerbDone:
    """Return the outcome with the run as it is now, and the entry that the verb left in the audit trail."""
    entries = found.audit(run=run.id, verb=verb, limit=1)
    return VerbDone.model_validate(
        {
            "verb": verb,
            "run": None if gone else run.view,
            "made": None if made is None else made.id,
            "audit": next(iter(entries), None),
            **facts,
        }
    )


@router.get("/runs/{run}/cancel-plan")
def plan_cancel(run: TheRun) -> CancelPlan:
    """Return what `cancel` would stop and delete; its token confirms exactly that."""
    return run.cancel_plan()


@router.post("/runs/{run}/suspend", dependencies=[needs("suspend")])
def suspend(run: TheRun, found: Found) -> VerbDone:
    """Stop the start of further tasks; running tasks may finish."""
    run.suspend()
    return _done(found, "suspend", run)


@router.post("/runs/{run}/resume", dependencies=[needs("resume")])
def resume(run: TheRun, found: Found) -> VerbDone:
    """Continue after `suspend` or `interrupt`."""
    run.resume()
    return _done(found, "resume", run)


@router.post("/runs/{run}/interrupt", dependencies=[needs("interrupt")])
def interrupt(run: TheRun, found: Found, form: InterruptForm) -> VerbDone:
    """Suspend the run and stop its running tasks; the answer says what happened to each."""
    return _done(found, "interrupt", run, report=run.interrupt(form.signal, form.grace))


@router.post("/runs/{run}/cancel", dependencies=[needs("cancel")])
def cancel(run: TheRun, found: Found, form: CancelForm) -> VerbDone:
    """Stop the run and delete all its data. `confirm` is the token of the plan."""
    run.cancel(confirm=form.confirm, reason=form.reason)
    return _done(found, "cancel", run, gone=True)


@router.post("/runs/{run}/retry", dependencies=[needs("retry")])
def retry(run: TheRun, found: Found, form: NodeForm) -> VerbDone:
    """Continue a failed run from its failed tasks, or from one of them."""
    run.retry(form.node)
    return _done(found, "retry", run)


@router.post("/runs/{run}/rerun", dependencies=[needs("rerun")])
def rerun(run: TheRun, found: Found, form: NodeForm) -> VerbDone:
    """Start a new run with the same definition and input, from the begin or from a node."""
    return _done(found, "rerun", run, made=run.rerun(form.node))


@router.post("/runs/{run}/nodes/{node}/skip", dependencies=[needs("skip")])
def skip(run: TheRun, node: Id, found: Found) -> VerbDone:
    """Skip a node that has not started."""
    run.skip(node)
    return _done(found, "skip", run)


@router.post("/runs/{run}/nodes/{node}/detach", dependencies=[needs("detach")])
def detach(run: TheRun, node: Id, found: Found) -> VerbDone:
    """Skip a node that has not started, and start it as a run of its own."""
    return _done(found, "detach", run, made=run.detach(node))


@router.post("/runs/{run}/priority", dependencies=[needs("set_priority")])
def set_priority(run: TheRun, found: Found, form: PriorityForm) -> VerbDone:
    """Change the priority of waiting items of a swarm."""
    changed = run.set_priority(form.which, Priority[form.priority], node=form.node)
    return _done(found, "set_priority", run, changed=changed)


@router.post("/runs/{run}/close", dependencies=[needs("close")])
def close(run: TheRun, found: Found, form: CloseForm) -> VerbDone:
    """Close an open swarm: it takes no more items, and ends when its items have ended."""
    swarm = found.swarm(run.id, node=form.node)
    with noted(found, "close", run, form.node):
        if form.drained:
            swarm.close_when_drained()
        else:
            swarm.close()
    return _done(found, "close", run)

"""Commands that change runs, one or many: suspend, resume, interrupt, cancel, retry, rerun, skip, detach, approvals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from orchestrator_celery.cli.project import acts, command, confirmed, opened, refused, said
from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.answers import RunAnswer
from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("approve", "cancel", "detach", "interrupt", "reject", "rerun", "resume", "retry", "skip", "suspend")

_BY = click.option("--by", help="The person on whose behalf you act. Default: user@host.")
_NOTE = click.option("--note", default="", help="The reason for the answer.")
_RUN, _NODE = click.argument("run"), click.argument("node")
_RUNS = click.argument("runs", nargs=-1)
_WHERE = click.option("--where", help="All runs that match a filter, such as 'status:FAILED tag:eu since:2h'.")
#: Most runs that a question counts; a verb reaches all that match.
_PAGE = 100
_YES = click.option("--yes", "-y", is_flag=True, help="Do not ask.")


def _many(
    ctx: click.Context, verb: str, runs: tuple[str, ...], where: str | None, by: str | None, yes: bool, **options: Any
) -> None:
    """Call a verb for the named runs, or for all that match a filter, and print an answer for each."""
    _check_chosen(runs, where)
    with opened(ctx) as found, acts(by):
        if where is None:
            answers = [_one(found, run, verb, options) for run in runs]
        else:
            matching = found.runs(where)
            if not matching:
                click.echo("No run matches.", err=True)
                return
            shown = len(matching[: _PAGE + 1])
            count = "1 run" if shown == 1 else f"{min(shown, _PAGE)} runs"
            more = " or more" if shown > _PAGE else ""
            confirmed(f"{verb} {count}{more} that match {where!r}?", yes=yes)
            answers = getattr(matching, verb)(**options)
        _print(answers)


def _check_chosen(runs: tuple[str, ...], where: str | None) -> None:
    if bool(runs) == (where is not None):
        raise click.UsageError("Name the runs, or give a filter with --where; not both.")


def _one(found: Orchestrator, run: str, verb: str, options: dict[str, Any]) -> RunAnswer:
    try:
        return RunAnswer(run=run, verb=verb, done=True, result=getattr(found.run(run), verb)(**options))
    except OrchestratorError as exc:
        return RunAnswer(run=run, verb=verb, done=False, refusal=str(exc), error=type(exc).__name__)


def _print(answers: list[RunAnswer]) -> None:
    for answer in answers:
        if not answer.done:
            continue
        made = getattr(answer.result, "id", None)  # `rerun` returns a run, `interrupt` a report
        said(f"{answer.run}: {answer.verb} done" + (f", new run {made}" if made else ""))
        for task in getattr(answer.result, "tasks", ()):
            said(f"  {task.outcome}: {task.task} ({task.node}) on {task.worker}")
    refused([answer.refusal for answer in answers if not answer.done])


def _plain_verb(verb: str, text: str) -> Callable[..., Any]:
    def call(ctx: click.Context, runs: tuple[str, ...], where: str | None, by: str | None, yes: bool) -> None:
        _many(ctx, verb, runs, where, by, yes)

    call.__doc__ = text
    return command(_RUNS, _WHERE, _BY, _YES, name=verb)(call)


suspend = _plain_verb("suspend", "Stop the start of further tasks of RUNS; running tasks may finish.")
resume = _plain_verb("resume", "Let suspended or interrupted RUNS go on; stopped tasks go on from their checkpoints.")


@command(
    _RUNS, _WHERE,
    click.option("--signal", default="SIGTERM", show_default=True, help="The first signal for the processes."),
    click.option("--grace", default=10.0, show_default=True, help="Seconds until SIGKILL."),
    _BY, _YES,
)  # fmt: skip
def interrupt(
    ctx: click.Context, runs: tuple[str, ...], where: str | None, signal: str, grace: float, by: str | None, yes: bool
) -> None:
    """Suspend RUNS and stop their running tasks; print what became of each task."""
    _many(ctx, "interrupt", runs, where, by, yes, signal=signal, grace=grace)


@command(_RUNS, _WHERE, click.option("--reason", default="", help="The reason for the audit trail."), _BY, _YES)
def cancel(
    ctx: click.Context, runs: tuple[str, ...], where: str | None, reason: str, by: str | None, yes: bool
) -> None:
    """Stop RUNS and delete all their data. The plan is shown first, and you are asked."""
    _check_chosen(runs, where)
    with opened(ctx) as found, acts(by):
        if where is not None:
            matching = found.runs(where)
            whole = matching.cancel_plan()
            if not whole.plans:
                click.echo("No run matches.", err=True)
                return
            confirmed(f"{whole} Do it?", yes=yes)
            _print(matching.cancel(confirm=True if yes else whole.token, reason=reason))
            return
        plans = [found.run(run).cancel_plan() for run in runs]
        confirmed("\n".join([*map(str, plans), "Do it?"]) if len(plans) > 1 else f"{plans[0]} Do it?", yes=yes)
        answers = [
            _one(found, plan.run, "cancel", {"confirm": True if yes else plan.token, "reason": reason})
            for plan in plans
        ]
        _print(answers)


@command(_RUNS, _WHERE, click.option("--node", help="Only this failed node of one run, by id or name."), _BY, _YES)
def retry(
    ctx: click.Context, runs: tuple[str, ...], where: str | None, node: str | None, by: str | None, yes: bool
) -> None:
    """Let failed RUNS go on from what failed. What succeeded is kept."""
    if node is not None and len(runs) != 1:
        raise click.UsageError("--node needs exactly one run.")
    _many(ctx, "retry", runs, where, by, yes, **({} if node is None else {"node": node}))


@command(
    _RUNS,
    _WHERE,
    click.option("--from-node", help="Keep what lies before this node of one run; its id or name."),
    _BY,
    _YES,
)
def rerun(
    ctx: click.Context, runs: tuple[str, ...], where: str | None, from_node: str | None, by: str | None, yes: bool
) -> None:
    """Start new runs of the signatures of RUNS with the same input; print their ids."""
    if from_node is not None and len(runs) != 1:
        raise click.UsageError("--from-node needs exactly one run.")
    _many(ctx, "rerun", runs, where, by, yes, **({} if from_node is None else {"from_node": from_node}))


@command(_RUN, _NODE, _BY)
def skip(ctx: click.Context, run: str, node: str, by: str | None) -> None:
    """Skip NODE of RUN, which has not started. What follows goes on without it."""
    with opened(ctx) as found, acts(by):
        found.run(run).skip(node)
    said(f"{run}: skipped {node}")


@command(_RUN, _NODE, _BY)
def detach(ctx: click.Context, run: str, node: str, by: str | None) -> None:
    """Take NODE out of RUN and start it as a run of its own; print its id."""
    with opened(ctx) as found, acts(by):
        new = found.run(run).detach(node)
    said(f"{run}: detached {node}, new run {new.id}")


@command(_RUN, _NODE, _BY, _NOTE)
def approve(ctx: click.Context, run: str, node: str, by: str | None, note: str) -> None:
    """Approve NODE of RUN. NODE is the approval's name in the graph, or its id."""
    with opened(ctx) as found, acts(by):
        found.run(run).approve(node, note=note)
    said(f"approved: {node} of {run}")


@command(_RUN, _NODE, _BY, _NOTE)
def reject(ctx: click.Context, run: str, node: str, by: str | None, note: str) -> None:
    """Reject NODE of RUN. NODE is the approval's name in the graph, or its id."""
    with opened(ctx) as found, acts(by):
        found.run(run).reject(node, note=note)
    said(f"rejected: {node} of {run}")

"""Commands that list: runs, waiting approvals, the audit trail, reports of auto-resume."""

from __future__ import annotations

from datetime import datetime, timezone

import click

from orchestrator_celery.cli.output import age, as_json, json_options, moment, printed
from orchestrator_celery.cli.project import command, opened, said
from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.model.views import ApprovalView, RunView

__all__ = ("approvals", "audit", "resume_reports", "runs")

_LIMIT = click.option("--limit", "-n", type=click.IntRange(1), default=20, show_default=True, help="Most entries.")


@command(
    click.argument("filter", nargs=-1),
    click.option("--limit", "-n", type=click.IntRange(1), default=20, show_default=True, help="Most runs to list."),
    json_options,
)
def runs(ctx: click.Context, filter: tuple[str, ...], limit: int, document: bool, jsonl: bool) -> None:
    """List runs, the newest first.

    FILTER is words such as status:FAILED,SUSPENDED task:shop.* category:import tag:eu -tag:test name:'"sum of*"'
    since:2h until:2026-11-01 duration:>5m worker:w1@* invoice. All have to match. Without a filter, all runs are
    listed.
    """
    with opened(ctx) as found:
        views = [run.view for run in found.runs(" ".join(filter), limit=limit)]
    printed(
        views, ("RUN", "NAME", "STATUS", "DONE", "CREATED (UTC)", "DURATION"), _run_row, document=document, jsonl=jsonl
    )
    if not views:
        click.echo("No run matches.", err=True)


def _run_row(view: RunView) -> tuple[str, ...]:
    done = f"{view.done}/{view.total}" + (f", {view.failed} failed" if view.failed else "")
    return view.id, view.name, view.status.value, done, moment(view.created), age(view.started, view.finished)


@command(
    click.option("--run", "-r", help="List the approvals of this run only."),
    click.option("--json", "document", is_flag=True, help="Print one JSON document."),
    click.option("--jsonl", is_flag=True, help="Print one JSON document a line."),
)
def approvals(ctx: click.Context, run: str | None, document: bool, jsonl: bool) -> None:
    """List the waiting approvals, the newest first."""
    with opened(ctx) as found:
        views = list(found.approvals() if run is None else found.run(run).approvals())
    if document:
        click.echo(as_json(views))
        return
    for view in views:
        click.echo(as_json(view, indent=None)) if jsonl else said(_approval_line(view))
    if not views and not jsonl:
        click.echo("No approval waits for an answer.", err=True)


def _approval_line(view: ApprovalView) -> str:
    asked = f"{view.run}  {view.name} ({view.node}) of {view.run_name}, since {moment(view.since)} UTC"
    if view.until is not None:
        asked += f", {view.on_timeout} at {moment(view.until)} UTC"
    return printable(f"{asked}: {view.message}" if view.message else asked)


@command(
    click.option("--run", "-r", help="Only entries of this run."),
    click.option("--signature", "-s", help="Only entries of this stored signature."),
    click.option("--verb", help="Only this verb, such as suspend, cancel or deadline."),
    click.option("--actor", help="Only entries of this person or program."),
    click.option("--since", help="Written since then: a time, or an age such as 2h."),
    _LIMIT,
    json_options,
)
def audit(
    ctx: click.Context,
    run: str | None,
    signature: str | None,
    verb: str | None,
    actor: str | None,
    since: str | None,
    limit: int,
    document: bool,
    jsonl: bool,
) -> None:
    """List who called which verb on which run, the newest first, refused calls too."""
    with opened(ctx) as found:
        entries = list(
            found.audit(run=run, signature=signature, verb=verb, actor=actor, since=_since(since), limit=limit)
        )
    printed(
        entries,
        ("TIME (UTC)", "VERB", "RUN OR SIGNATURE", "ACTOR", "CHANNEL", "OUTCOME", "REASON"),
        lambda entry: (
            moment(entry.time), entry.verb + (f" {entry.node}" if entry.node else ""), entry.run or entry.signature,
            entry.actor, entry.channel, entry.outcome, entry.reason,
        ),
        document=document,
        jsonl=jsonl,
    )  # fmt: skip
    if not entries:
        click.echo("The audit trail has no such entry.", err=True)


def _since(text: str | None) -> datetime | None:
    """Return the time that `--since` means."""
    if text is None:
        return None
    try:
        return RunFilter.of(since=text).bound("since", datetime.now(timezone.utc))
    except OrchestratorError as exc:
        raise click.BadParameter(str(exc), param_hint="--since") from None


@command(_LIMIT, json_options, name="resume-reports")
def resume_reports(ctx: click.Context, limit: int, document: bool, jsonl: bool) -> None:
    """List what auto-resume did, a report for each sweep that changed something, the newest first."""
    with opened(ctx) as found:
        reports = list(found.resume_reports(limit=limit))
    printed(
        reports,
        ("TIME (UTC)", "WORKER", "WHAT"),
        lambda report: (moment(report.time), report.worker, str(report)),
        document=document,
        jsonl=jsonl,
    )
    if not reports:
        click.echo("Auto-resume had nothing to do so far.", err=True)

"""Commands on stored signatures: list them, mark them for deletion, restore them."""

from __future__ import annotations

from datetime import datetime, timezone

import click

from orchestrator_celery.cli.output import json_options, moment, printed
from orchestrator_celery.cli.project import acts, command, confirmed, opened, said
from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.handles.stored_signature import StoredSignature
from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.spans import parse_span

__all__ = ("delete", "restore", "signatures")

_SIGNATURE = click.argument("signature")
_BY = click.option("--by", help="The person on whose behalf you act. Default: user@host.")


@command(
    click.option("--status", help="Only ACTIVE ones, or only those MARKED_FOR_DELETION."),
    click.option("--saved/--of-runs", default=None, help="Only saved signatures, or only those of runs."),
    click.option("--category", help="Only this category."),
    click.option("--tag", help="Only signatures with this tag."),
    click.option("--name", help="Only this name."),
    click.option("--limit", "-n", type=click.IntRange(1), default=20, show_default=True, help="Most to list."),
    json_options,
)
def signatures(
    ctx: click.Context,
    status: str | None,
    saved: bool | None,
    category: str | None,
    tag: str | None,
    name: str | None,
    limit: int,
    document: bool,
    jsonl: bool,
) -> None:
    """List stored signatures, the newest first."""
    with opened(ctx) as found:
        facts = [
            _facts(one)
            for one in found.signatures(status=status, saved=saved, category=category, tag=tag, name=name, limit=limit)
        ]
    printed(
        facts,
        ("SIGNATURE", "NAME", "STATUS", "SAVED", "CREATED (UTC)", "DELETED AT (UTC)"),
        lambda one: (
            one["id"], one["name"], one["status"], "yes" if one["saved"] else "no", moment(one["created"]),
            moment(one["delete_at"]),
        ),
        document=document,
        jsonl=jsonl,
    )  # fmt: skip
    if not facts:
        click.echo("No signature matches.", err=True)


def _facts(one: StoredSignature) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "status": one.status.value,
        "saved": one.saved,
        "category": one.category,
        "tags": list(one.tags),
        "created": one.created,
        "delete_at": one.delete_at,
    }


@command(
    _SIGNATURE,
    click.option("--after", help="The time from now in which you can restore it, such as 2d. Default: none."),
    click.option("--at", help="The time of the deletion, such as 2026-12-01T08:00 (UTC)."),
    click.option("--now", "purge", is_flag=True, help="Delete it at once, with its runs and results."),
    _BY,
    click.option("--yes", "-y", is_flag=True, help="Do not ask."),
)
def delete(
    ctx: click.Context, signature: str, after: str | None, at: str | None, purge: bool, by: str | None, yes: bool
) -> None:
    """Mark SIGNATURE for deletion. Its live runs go on; until the time has come you can run and restore it."""
    if sum((after is not None, at is not None, purge)) > 1:
        raise click.UsageError("Give one of --after, --at and --now.")
    with opened(ctx) as found, acts(by):
        stored = found.signature(signature)
        if purge:
            confirmed(f"Delete the signature {stored.name or signature}, its runs and their results now?", yes=yes)
            stored.purge(confirm=True)
            said(f"deleted: {signature}")
            return
        try:
            time = stored.delete(
                after=None if after is None else parse_span(after), at=None if at is None else _time(at)
            )
        except ValueError as exc:
            raise click.BadParameter(str(exc), param_hint="--after") from None
    said(f"marked for deletion at {moment(time)} UTC: {signature}")


def _time(text: str) -> datetime:
    try:
        found = RunFilter.of(since=text).bound("since", datetime.now(timezone.utc))
    except OrchestratorError as exc:
        raise click.BadParameter(str(exc), param_hint="--at") from None
    assert found is not None
    return found


@command(_SIGNATURE, _BY)
def restore(ctx: click.Context, signature: str, by: str | None) -> None:
    """Remove the mark for deletion from SIGNATURE."""
    with opened(ctx) as found, acts(by):
        found.signature(signature).restore()
    said(f"restored: {signature}")

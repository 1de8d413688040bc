"""`doctor`: checks the set-up, a line a check."""

from __future__ import annotations

import click

from orchestrator_celery.cli.output import as_json, coloured
from orchestrator_celery.cli.project import command, opened
from orchestrator_celery.model.checks import CheckLevel
from orchestrator_celery.model.printing.text import printable

__all__ = ("doctor",)

_COLOURS = {CheckLevel.OK: "green", CheckLevel.WARNING: "yellow", CheckLevel.ERROR: "red"}


@command(
    click.option("--json", "document", is_flag=True, help="Print one JSON document."),
    click.option("--strict", is_flag=True, help="End with exit status 1 for warnings too."),
)
def doctor(ctx: click.Context, document: bool, strict: bool) -> None:
    """Check the store and its durability, the broker, the workers and the clocks.

    The exit status is 1 if something keeps runs from working.
    """
    checks = []
    with opened(ctx) as found:
        for check in found.doctor():
            checks.append(check)
            if not document:
                level = coloured(f"{check.level.value:<8}", fg=_COLOURS[check.level])
                click.echo(f"{level} {check.name:<11} {printable(check.found)}")
                if check.advice:
                    click.echo(f"{'':<20} {printable(check.advice)}")
    if document:
        click.echo(as_json(checks))
    levels = {check.level for check in checks}
    if CheckLevel.ERROR in levels or (strict and CheckLevel.WARNING in levels):
        raise click.exceptions.Exit(1)

"""`logs`: what the tasks of a run have logged and printed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import click

from orchestrator_celery.cli.output import as_json, coloured
from orchestrator_celery.cli.project import command, opened
from orchestrator_celery.model.logs import LogLine

__all__ = ("logs",)

_COLOURS = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red", "DEBUG": "bright_black"}


@command(
    click.argument("run"),
    click.option("--follow", "-f", is_flag=True, help="Go on until the run has ended; Ctrl-C stops."),
    click.option("--level", "-l", help="The lowest level, such as WARNING."),
    click.option("--node", help="Only lines of this node and of the nodes below it."),
    click.option("--search", "-s", help="Only lines with this text in their message or traceback."),
    click.option("--since", help="Only lines since then: a time, or an age such as 10m."),
    click.option("--tail", "-n", type=click.IntRange(1), help="Only the last lines; not with --follow."),
    click.option("--json", "document", is_flag=True, help="Print one JSON document; not with --follow."),
    click.option("--jsonl", is_flag=True, help="Print one JSON document a line."),
)
def logs(
    ctx: click.Context,
    run: str,
    follow: bool,
    level: str | None,
    node: str | None,
    search: str | None,
    since: str | None,
    tail: int | None,
    document: bool,
    jsonl: bool,
) -> None:
    """Print what the tasks of RUN have logged and printed, the oldest line first."""
    if follow and (tail is not None or document):
        raise click.UsageError("--follow goes with neither --tail nor --json; use --jsonl.")
    with opened(ctx) as found:
        lines: Iterable[LogLine] = found.run(run).logs(
            level=level, node=node, search=search, since=since, follow=follow
        )
        if tail is not None:
            lines = deque(lines, maxlen=tail)
        if document:
            click.echo(as_json(list(lines)))
            return
        try:
            for line in lines:
                click.echo(as_json(line, indent=None) if jsonl else _shown(line))
        except KeyboardInterrupt:
            return


def _shown(line: LogLine) -> str:
    colour = _COLOURS.get(line.level)
    return coloured(str(line), fg=colour) if colour else str(line)

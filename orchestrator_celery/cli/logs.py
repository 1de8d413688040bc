"""`logs`: what the tasks of a run, or of all runs, have logged and printed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import click

from orchestrator_celery.cli.output import as_json, coloured
from orchestrator_celery.cli.project import command, opened
from orchestrator_celery.model.logs import LogHit, LogLine
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("logs",)

_COLOURS = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red", "DEBUG": "bright_black"}
#: Lines of all runs that are printed without `--tail`.
_NEWEST = 100


@command(
    click.argument("run", required=False),
    click.option("--follow", "-f", is_flag=True, help="Go on until the run has ended; Ctrl-C stops."),
    click.option("--level", "-l", help="The lowest level, such as WARNING."),
    click.option("--node", help="Only lines of this node, by id or name, and of the nodes below it; with RUN."),
    click.option("--runs", help="Only lines of runs that match this filter; without RUN."),
    click.option("--search", "-s", help="Only lines with this text; without RUN also prefix*, AND, OR, NOT, phrases."),
    click.option("--since", help="Only lines since then: a time, or an age such as 10m."),
    click.option("--tail", "-n", type=click.IntRange(1), help="Only the last lines; 100 without RUN."),
    click.option("--json", "document", is_flag=True, help="Print one JSON document; not with --follow."),
    click.option("--jsonl", is_flag=True, help="Print one JSON document a line."),
)
def logs(
    ctx: click.Context,
    run: str | None,
    follow: bool,
    node: str | None,
    runs: str | None,
    tail: int | None,
    document: bool,
    jsonl: bool,
    **wanted: Any,
) -> None:
    """Print what the tasks of RUN, or of all runs, have logged and printed, the oldest line first."""
    if follow and (tail is not None or document):
        raise click.UsageError("--follow goes with neither --tail nor --json; use --jsonl.")
    if (node and not run) or (runs and run):
        raise click.UsageError("--node belongs to one RUN, and --runs to all runs.")
    with opened(ctx) as found:
        if run:
            lines: Iterable[LogLine] = found.run(run).logs(node=node, follow=follow, **wanted)
            if tail is not None:
                lines = deque(lines, maxlen=tail)
        else:
            lines = _of_all(found, runs or "", follow, tail or _NEWEST, wanted)
        if document:
            click.echo(as_json(list(lines)))
            return
        try:
            for line in lines:
                click.echo(as_json(line, indent=None) if jsonl else _shown(line, named=not run))
        except KeyboardInterrupt:
            return


def _of_all(orchestrator: Orchestrator, runs: str, follow: bool, tail: int, wanted: dict[str, Any]) -> Iterator[LogHit]:
    """Yield the newest lines of all runs, or those that come from now on."""
    search = orchestrator.logs(runs, **wanted)
    yield from search.follow() if follow else reversed(list(islice(search, tail)))
    if search.incomplete:
        click.echo(printable(search.incomplete), err=True)


def _shown(line: LogLine, *, named: bool) -> str:
    colour = _COLOURS.get(line.level)
    text = f"{printable(line.run)} {line}" if named else str(line)
    return coloured(text, fg=colour) if colour else text

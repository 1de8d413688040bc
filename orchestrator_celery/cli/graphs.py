"""`graph`: draw, check, compare, save and start conditional graphs, from documents or from the project's code."""

from __future__ import annotations

import difflib
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from orchestrator_celery.canvas.graphs.graph import ConditionalGraph
from orchestrator_celery.cli.output import as_json
from orchestrator_celery.cli.project import acts, command, opened, said
from orchestrator_celery.errors import GraphInvalid
from orchestrator_celery.model.printing.text import printable, printable_lines
from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("graph",)

_SOURCE = click.argument("source")
_BY = click.option("--by", help="The person on whose behalf you act. Default: user@host.")


@click.group()
def graph() -> None:
    """Draw, check, compare, save and start conditional graphs.

    SOURCE is a JSON document of `to_dict()`, as a file or `-` for the standard input, or a graph in your code, as
    `package.module:name`.
    """


@command(_SOURCE, click.option("--json", "document", is_flag=True, help="Print the document instead."))
def show(ctx: click.Context, source: str, document: bool) -> None:
    """Draw SOURCE as a Mermaid flowchart."""
    with opened(ctx) as found:
        read = _read(found, source)
        click.echo(as_json(read.to_dict()) if document else printable_lines(read.to_mermaid()))


@command(_SOURCE, name="export")
def export_(ctx: click.Context, source: str) -> None:
    """Print the document of SOURCE, which `graph import` reads."""
    with opened(ctx) as found:
        click.echo(as_json(_read(found, source).to_dict()))


@command(_SOURCE)
def validate(ctx: click.Context, source: str) -> None:
    """Check SOURCE and print everything that is wrong with it."""
    with opened(ctx) as found:
        read = _read(found, source)
        try:
            read.validate()
        except GraphInvalid as exc:
            click.echo(printable_lines(str(exc)), err=True)
            raise click.exceptions.Exit(1) from None
    said(f"{source}: {len(read.nodes)} nodes, {len(read.edges)} edges, nothing is wrong")


@command(click.argument("old"), click.argument("new"))
def diff(ctx: click.Context, old: str, new: str) -> None:
    """Compare two graphs, line by line. The exit status is 1 if they differ."""
    with opened(ctx) as found:
        before, after = (as_json(_read(found, source).to_dict()).splitlines() for source in (old, new))
    lines = list(difflib.unified_diff(before, after, old, new, lineterm=""))
    for line in lines:
        said(line)
    if lines:
        raise click.exceptions.Exit(1)


@command(_SOURCE, click.option("--name", help="The name. Default: the graph's."), _BY, name="import")
def import_(ctx: click.Context, source: str, name: str | None, by: str | None) -> None:
    """Save SOURCE as a stored signature and print its id."""
    with opened(ctx) as found, acts(by):
        read = _read(found, source)
        read.validate()
        click.echo(found.save(read, name=name).id)


@command(
    _SOURCE,
    click.option("--arg", "args", multiple=True, help="A positional argument as JSON; may be given several times."),
    click.option("--wait", is_flag=True, help="Wait for the end and print the result as JSON."),
    _BY,
)
def run(ctx: click.Context, source: str, args: tuple[str, ...], wait: bool, by: str | None) -> None:
    """Start SOURCE and print the run's id."""
    given = [_json(text, "--arg") for text in args]
    with opened(ctx) as found, acts(by):
        started = _read(found, source).apply_async(given)
        click.echo(started.id, err=wait)
        if wait:
            try:
                click.echo(as_json(started.get()))
            except Exception as exc:
                raise click.ClickException(printable(f"The run {started.id} failed: {exc!r}")) from None


for _command in (show, export_, validate, diff, import_, run):
    graph.add_command(_command)


def _read(found: Orchestrator, source: str) -> ConditionalGraph:
    """Return the graph that SOURCE names.

    Raises:
        click.BadParameter: there is no such file or name, or it is no graph.
        InvalidWorkflow: the document cannot be read.
    """
    if source != "-" and not Path(source).exists() and ":" in source:
        return _from_code(found, source)
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeError) as exc:
        raise click.BadParameter(printable(f"{source} cannot be read: {exc}"), param_hint="SOURCE") from None
    document = _json(text, "SOURCE")
    if not isinstance(document, dict):
        raise click.BadParameter(f"{printable(source)} is not the document of a graph.", param_hint="SOURCE")
    return ConditionalGraph.from_dict(document, app=found.app)


def _from_code(found: Orchestrator, source: str) -> ConditionalGraph:
    module, _, name = source.partition(":")
    try:
        value = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as exc:
        raise click.BadParameter(printable(f"{source} cannot be imported: {exc}"), param_hint="SOURCE") from None
    if not isinstance(value, ConditionalGraph):
        raise click.BadParameter(printable(f"{source} is no ConditionalGraph."), param_hint="SOURCE")
    return ConditionalGraph.from_dict(value.to_dict(), app=found.app)


def _json(text: str, hint: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as exc:
        raise click.BadParameter(printable(f"{text[:40]!r} is not JSON: {exc}"), param_hint=hint) from None

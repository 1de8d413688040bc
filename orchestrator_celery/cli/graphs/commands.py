"""`graph`: draw, check, compare, save and start conditional graphs, from documents or from the project's code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from orchestrator_celery.canvas.graphs.differences import GraphDifferences
from orchestrator_celery.canvas.graphs.graph_definition import END, START
from orchestrator_celery.cli.graphs.sources import json_of, read_graph, saved_version
from orchestrator_celery.cli.output import as_json, coloured, json_options, moment, printed
from orchestrator_celery.cli.project import acts, command, opened, said
from orchestrator_celery.errors import GraphInvalid, GraphNotFound
from orchestrator_celery.model.observe.saved_graphs import SavedGraph
from orchestrator_celery.model.printing.text import printable, printable_lines
from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("graph",)

_SOURCE = click.argument("source")
#: The colours of lines that were removed, added, or say where.
_COLOURS = {"-": "red", "+": "green", "@": "cyan"}
_BY = click.option("--by", help="The person on whose behalf you act. Default: user@host.")


@click.group()
def graph() -> None:
    """Draw, check, compare, save and start conditional graphs.

    SOURCE is a JSON document, as a file or `-` for the standard input; or a graph in your code, as
    `package.module:name` or `file.py:name`; or a saved graph, as `name` or `name@version`.
    """


@command(_SOURCE, click.option("--json", "document", is_flag=True, help="Print the document instead."))
def show(ctx: click.Context, source: str, document: bool) -> None:
    """Draw SOURCE as a Mermaid flowchart."""
    with opened(ctx) as found:
        read = read_graph(found, source)
        click.echo(as_json(read.to_dict()) if document else printable_lines(read.to_mermaid()))


@command(
    _SOURCE,
    click.option("--python", is_flag=True, help="Print a Python module that builds the graph."),
    click.option("--variable", help="The variable of the graph in the module.  [default: graph]"),
    name="export",
)
def export_(ctx: click.Context, source: str, python: bool, variable: str | None) -> None:
    """Print SOURCE as the document that `graph import` reads, or as a Python module."""
    if variable is not None and not python:
        raise click.UsageError("--variable names the variable of a Python module: give --python too.")
    with opened(ctx) as found:
        read = read_graph(found, source)
        click.echo(read.to_python(variable or "graph") if python else as_json(read.to_dict()), nl=not python)


@command(_SOURCE)
def validate(ctx: click.Context, source: str) -> None:
    """Check SOURCE and print everything that is wrong with it."""
    with opened(ctx) as found:
        read = read_graph(found, source)
        try:
            read.validate()
        except GraphInvalid as exc:
            click.echo(printable_lines(str(exc)), err=True)
            raise click.exceptions.Exit(1) from None
    said(f"{source}: {len(read.nodes)} nodes, {len(read.edges)} edges, nothing is wrong")


@command(
    click.argument("old"),
    click.argument("new"),
    click.option("--json", "document", is_flag=True, help="Print one JSON document instead."),
)
def diff(ctx: click.Context, old: str, new: str, document: bool) -> None:
    """Compare two graphs: nodes, edges, settings, and the lines of their Python modules.

    The exit status is 1 if they differ.
    """
    with opened(ctx) as found:
        changes = read_graph(found, old).differences(read_graph(found, new), names=(old, new))
    if document:
        # The dashboard's API names the ends of an edge in the same way.
        edges = [{"change": e.change, "from": e.source, "to": e.target, "text": e.text} for e in changes.edges]
        click.echo(as_json({**changes.model_dump(), "edges": edges}))
    else:
        _show(changes)
    if changes:
        raise click.exceptions.Exit(1)


def _show(changes: GraphDifferences) -> None:
    for field in changes.fields:
        said(f"changed setting: {field}")
    for node in changes.nodes:
        said(f"{node.change} node: {node.name}" + (f" ({', '.join(node.fields)})" if node.fields else ""))
    for edge in changes.edges:
        said(
            f"{edge.change} edge: {_end(edge.source)} -> {_end(edge.target)}" + (f" ({edge.text})" if edge.text else "")
        )
    for line in changes.text.splitlines():
        click.echo(coloured(printable(line), fg=_COLOURS.get(line[:1])))


def _end(end: str) -> str:
    return {START: "START", END: "END"}.get(end, end)


@command(
    _SOURCE,
    click.option("--name", help="The name. Default: the graph's."),
    click.option("--note", default="", help="What you write about the version."),
    click.option("--base", type=click.IntRange(0), help="The version that you have changed; 0: the name must be new."),
    _BY,
    name="import",
)
def import_(ctx: click.Context, source: str, name: str | None, note: str, base: int | None, by: str | None) -> None:
    """Save SOURCE as a new version of a graph; print NAME@VERSION and the id of the version's signature.

    With --base, nothing is saved if somebody has saved a newer version meanwhile.
    """
    with opened(ctx) as found, acts(by):
        read, of = read_graph(found, source), saved_version(source)
        called = name or (of[0] if of else read.label)
        if not called:
            raise click.UsageError("The graph has no name: give it one with --name.")
        saved = found.graphs.save(read, name=called, note=note, base=base, layout=_layout(found, called))
    said(f"{saved.name}@{saved.version} {saved.signature}")


def _layout(found: Orchestrator, name: str) -> Mapping[str, Any] | None:
    """Return the places of the nodes in the newest version, so that a new version keeps them."""
    try:
        return found.graphs.get(name).layout
    except GraphNotFound:
        return None


@command(click.argument("name", required=False), json_options, name="list")
def list_(ctx: click.Context, name: str | None, document: bool, jsonl: bool) -> None:
    """List the saved graphs with their newest versions, or all versions of NAME, the newest first."""
    with opened(ctx) as found:
        versions = list(found.graphs) if name is None else found.graphs.versions(name)
    header = ("GRAPH", "AUTHOR", "SAVED (UTC)", "NODES", "NOTE")
    printed(versions, header, _version_row, document=document, jsonl=jsonl)
    if not versions:
        click.echo("No graph is saved.", err=True)


def _version_row(version: SavedGraph) -> tuple[str, ...]:
    named = f"{version.name}@{version.version}"
    return named, version.author, moment(version.saved), str(version.nodes), version.note


@command(
    _SOURCE,
    click.option("--arg", "args", multiple=True, help="A positional argument as JSON; may be given several times."),
    click.option("--wait", is_flag=True, help="Wait for the end and print the result as JSON."),
    _BY,
)
def run(ctx: click.Context, source: str, args: tuple[str, ...], wait: bool, by: str | None) -> None:
    """Start SOURCE and print the run's id."""
    given = [json_of(text, "--arg") for text in args]
    with opened(ctx) as found, acts(by):
        saved = saved_version(source)
        graph = read_graph(found, source)
        # A run of a version has the version's signature, so it leads back to it.
        started = graph.apply_async(given) if saved is None else found.graphs.run(saved[0], *given, version=saved[1])
        click.echo(started.id, err=wait)
        if wait:
            try:
                click.echo(as_json(started.get()))
            except Exception as exc:
                raise click.ClickException(printable(f"The run {started.id} failed: {exc!r}")) from None


for _command in (show, export_, validate, diff, import_, list_, run):
    graph.add_command(_command)

"""How commands print: tables that fit the terminal, JSON documents, JSON lines, and colours where they are wanted."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timezone
from typing import Any

import click
from pydantic import BaseModel
from pydantic_core import to_json

from orchestrator_celery.model.printing.text import printable, printable_json
from orchestrator_celery.model.spans import span_text
from orchestrator_celery.model.states import RunStatus

__all__ = ("age", "as_json", "coloured", "fitted", "json_options", "moment", "printed", "table", "width")

#: Narrowest width of a column that is cut to fit the terminal.
_NARROW = 8
_COLOURS = {
    RunStatus.RUNNING: "cyan",
    RunStatus.SUCCEEDED: "green",
    RunStatus.FAILED: "red",
    RunStatus.SUSPENDED: "yellow",
    RunStatus.INTERRUPTED: "yellow",
}


def json_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json` and `--jsonl` to a command that lists."""
    lines = click.option("--jsonl", is_flag=True, help="Print one JSON document a line.")
    document = click.option("--json", "document", is_flag=True, help="Print one JSON document.")
    decorated: Callable[..., Any] = document(lines(function))
    return decorated


def as_json(value: Any, *, indent: int | None = 2) -> str:
    """Return a JSON document that is safe to print.

    A task's input can contain any value that the result serializer accepts, so values without a form in JSON are
    written as text.
    """
    plain = _plain(value)
    return printable_json(to_json(plain, indent=indent, fallback=repr, bytes_mode="base64").decode())


def printed(
    views: Sequence[Any], header: Sequence[str], row: Callable[[Any], Sequence[str]], *, document: bool, jsonl: bool
) -> None:
    """Print a list as a table, as one JSON document or as JSON lines.

    Args:
        views: what is listed.
        header: the titles of the columns.
        row: makes the cells of one view.
        document: print a JSON list.
        jsonl: print a JSON document a line.
    """
    if document:
        click.echo(as_json(list(views)))
    elif jsonl:
        for view in views:
            click.echo(as_json(view, indent=None))
    elif views:
        table(header, [row(view) for view in views])


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table. Outside of a terminal nothing is cut.

    In a terminal the widest columns are cut to fit, except the first one, which is an id that somebody may type. In a
    terminal that is too narrow for that, each row is a block of lines.
    """
    cells = [list(map(printable, row)) for row in rows]
    widths = [max(len(row[place]) for row in [list(header), *cells]) for place in range(len(header))]
    if sys.stdout.isatty():
        room = width() - 2 * (len(widths) - 1) - widths[0]
        others = widths[1:]
        if room < sum(min(size, _NARROW) for size in others):
            _blocks(header, cells)
            return
        while sum(others) > room:
            others[others.index(max(others))] -= 1
        widths[1:] = others
    click.echo(_line(header, widths))
    for row in cells:
        click.echo(_line(row, widths))


def _blocks(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    for first, *others in rows:
        click.echo(first)
        for title, cell in zip(header[1:], others, strict=True):
            line = _cut(f"  {title.lower()}: {cell}", width())
            click.echo(line.replace(cell, _painted(cell)))


def fitted(line: str) -> str:
    """Return a line, in a terminal cut to its width."""
    return _cut(line, width()) if sys.stdout.isatty() else line


def width() -> int:
    """The columns of the terminal."""
    return shutil.get_terminal_size((80, 24)).columns


def coloured(text: str, status: RunStatus | None = None, **style: Any) -> str:
    """Return a text in the colour of a status, unless `NO_COLOR` is set; a pipe never gets colours.

    Args:
        text: the text.
        status: gives the colour.
        **style: as for `click.style`.
    """
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return text
    return click.style(text, **({"fg": _COLOURS.get(status)} if status is not None else style))


def moment(time: datetime | None) -> str:
    """Return a time as people read it, in UTC; `-` for none."""
    return "-" if time is None else f"{time.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S}"


def age(start: datetime | None, end: datetime | None = None) -> str:
    """Return the span between two times, by default until now; `-` without a start."""
    if start is None:
        return "-"
    return span_text(max(0.0, ((end or datetime.now(timezone.utc)) - start).total_seconds()))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    shown = [_cut(cell, size).ljust(size) for cell, size in zip(cells, widths, strict=True)]
    return "  ".join(cell.replace(cell.rstrip(), _painted(cell.rstrip())) for cell in shown).rstrip()


def _painted(cell: str) -> str:
    """Return a cell; in colour, if it is a status."""
    return coloured(cell, RunStatus(cell)) if cell in RunStatus._value2member_map_ else cell


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else text[: size - 1] + "…"


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    return value

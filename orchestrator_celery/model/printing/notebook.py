"""HTML for notebooks: every text in it is escaped, and it takes its colours from the notebook's theme."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from orchestrator_celery.model.printing.text import printable

__all__ = ("bar", "block", "table", "title")

#: Most lines of a block.
_LINES = 30

_CELL = "text-align:left;padding:2px 12px 2px 0"


def title(name: str, note: str) -> str:
    """Return a line with a name and a note behind it."""
    return f"<div><b>{_text(name)}</b> <span style='opacity:.75'>{_text(note)}</span></div>"


def bar(fraction: float | None) -> str:
    """Return a progress bar; '' if the share is unknown.

    >>> bar(0.5)
    "<progress value='0.500' max='1'>50 %</progress>"
    """
    if fraction is None:
        return ""
    return f"<progress value='{fraction:.3f}' max='1'>{fraction:.0%}</progress>".replace("%<", " %<")


def block(text: str, more: str = "") -> str:
    """Return lines as they are, in letters of one width; of many lines the first ones, with `more` below them."""
    lines = text.splitlines()
    if more and len(lines) > _LINES:
        lines = [*lines[:_LINES], more]
    shown = "\n".join(_text(line) for line in lines)
    return f"<pre style='margin:4px 0;line-height:1.3'>{shown}</pre>"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], more: str = "") -> str:
    """Return a table.

    Args:
        columns: the heads of the columns.
        rows: the texts of each row.
        more: a line below the table, such as the number of rows that are not shown.
    """
    head = "".join(f"<th style='{_CELL}'>{_text(column)}</th>" for column in columns)
    lines = "".join(
        "<tr>" + "".join(f"<td style='{_CELL}'>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    foot = f"<div style='opacity:.75'>{_text(more)}</div>" if more else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>{foot}"


def _text(text: str) -> str:
    return escape(printable(text))

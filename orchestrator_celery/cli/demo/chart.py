"""Draws charts as inline SVG: horizontal bars and a scatter plot. The page's style sheet gives the colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from math import log10
from typing import NamedTuple

__all__ = ("Axis", "Bar", "Dot", "bars", "scatter")

#: The bar chart: total width, height of a row, width of the labels, width of the values.
BARS, ROW, LABELS, VALUES = 480, 26, 124, 62
#: The scatter plot: width, height, and the margins around the points.
WIDE, HIGH = 1000, 420
LEFT, TOP, RIGHT, BOTTOM = 64, 12, 24, 48


class Bar(NamedTuple):
    """One row of a bar chart. The note is its tooltip."""

    label: str
    value: int
    note: str


class Dot(NamedTuple):
    """One point of a scatter plot. `kind` is its CSS class, and the note is its tooltip."""

    x: int
    y: int
    kind: str
    note: str


class Axis(NamedTuple):
    """A logarithmic axis from zero to `highest`, drawn from `start` to `end`."""

    name: str
    highest: int
    start: float
    end: float

    def place(self, value: int) -> float:
        """Return the position of a value. The scale is log(1 + value), so that zero is at the start."""
        share = log10(1 + value) / (log10(1 + max(self.highest, 1)) * 1.02)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[int]:
        """Return zero and the powers of ten on the axis."""
        return [0, *(10**decade for decade in range(1, len(str(self.highest))))]


def bars(rows: Sequence[Bar], title: str) -> str:
    """Draw one horizontal bar per row, with the value at its end."""
    longest = max((row.value for row in rows), default=1) or 1
    scale = (BARS - LABELS - VALUES) / longest
    drawn = (_bar(index * ROW, row, row.value * scale) for index, row in enumerate(rows))
    return _svg(BARS, ROW * len(rows), title, drawn)


def scatter(dots: Sequence[Dot], title: str, x_name: str, y_name: str) -> str:
    """Draw points on two logarithmic axes."""
    x = Axis(x_name, max((dot.x for dot in dots), default=1), LEFT, WIDE - RIGHT)
    y = Axis(y_name, max((dot.y for dot in dots), default=1), HIGH - BOTTOM, TOP)
    drawn = [_x_tick(x, value) for value in x.ticks()]
    drawn += [_y_tick(y, value) for value in y.ticks()]
    drawn += [_dot(dot, x, y) for dot in dots]
    drawn.append(_text((x.start + x.end) / 2, HIGH - 6, x.name, "quiet middle"))
    middle = (y.start + y.end) / 2
    drawn.append(_text(14, middle, y.name, "quiet middle", f'transform="rotate(-90 14 {middle:.0f})"'))
    return _svg(WIDE, HIGH, title, drawn)


def _bar(top: int, row: Bar, length: float) -> str:
    foot = top + ROW / 2 + 4
    return (
        f"<g><title>{escape(row.note)}</title>"
        f"{_text(LABELS - 10, foot, row.label, 'end')}"
        f'<rect class="bar" x="{LABELS}" y="{top + 4}" width="{max(length, 1):.1f}" height="{ROW - 8}" rx="3"/>'
        f"{_text(LABELS + length + 8, foot, f'{row.value:,}', 'quiet')}</g>"
    )


def _dot(dot: Dot, x: Axis, y: Axis) -> str:
    place = f'cx="{x.place(dot.x):.1f}" cy="{y.place(dot.y):.1f}"'
    return f'<circle class="{dot.kind}" {place} r="3.2"><title>{escape(dot.note)}</title></circle>'


def _x_tick(axis: Axis, value: int) -> str:
    x = axis.place(value)
    line = f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HIGH - BOTTOM}"/>'
    return line + _text(x, HIGH - BOTTOM + 18, f"{value:,}", "quiet middle")


def _y_tick(axis: Axis, value: int) -> str:
    y = axis.place(value)
    line = f'<line class="grid" x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return line + _text(LEFT - 8, y + 4, f"{value:,}", "quiet end")


def _text(x: float, y: float, text: str, kind: str, more: str = "") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" {more}>{escape(text)}</text>'


def _svg(width: int, height: int, title: str, drawn: Iterable[str]) -> str:
    head = f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">'
    return f"{head}{''.join(drawn)}</svg>"

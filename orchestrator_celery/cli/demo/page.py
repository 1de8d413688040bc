"""Renders the report as one HTML file: inline style and SVG, no script, light and dark colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from orchestrator_celery.cli.demo.chart import Bar, Dot, bars, scatter
from orchestrator_celery.cli.demo.summary import Summary, is_test
from orchestrator_celery.cli.demo.text import counted

__all__ = ("html_page",)

STYLE = """
:root { color-scheme: light dark; --paper: #f6f7f9; --card: #fff; --ink: #1b2430; --quiet: #5b6675;
  --line: #e2e6eb; --library: #2f6fde; --tests: #d2731a; }
@media (prefers-color-scheme: dark) { :root { --paper: #11151b; --card: #1a2029; --ink: #e7ebf0;
  --quiet: #9aa6b5; --line: #2c3541; --library: #6ea3ff; --tests: #f0a052; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 40px 20px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 1080px; margin: auto; display: grid; gap: 20px; grid-template-columns: repeat(2, minmax(0, 1fr)); }
header, footer, .wide { grid-column: 1 / -1; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -.01em; }
h2 { font-size: 16px; margin: 0 0 2px; }
p { margin: 0; } .note, footer { color: var(--quiet); font-size: 13.5px; } .note { margin-bottom: 14px; }
.tiles { grid-column: 1 / -1; display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); }
.tiles div, section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tiles div { padding: 14px 16px; } section { padding: 20px 22px; min-width: 0; }
.tiles b { display: block; font-size: 24px; line-height: 1.2; font-weight: 600; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--quiet); font-size: 13px; }
svg { display: block; width: 100%; height: auto; font: 12.5px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg text.quiet { fill: var(--quiet); } .end { text-anchor: end; }
.middle { text-anchor: middle; } .bar { fill: var(--library); } .grid { stroke: var(--line); }
circle { fill-opacity: .5; } circle.library { fill: var(--library); } circle.tests { fill: var(--tests); }
circle:hover { fill-opacity: 1; stroke: var(--ink); } g:hover .bar { fill-opacity: .75; }
.key { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin: 0 5px 0 12px; }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
td, th { padding: 6px 10px 6px 0; border-top: 1px solid var(--line); text-align: left; overflow-wrap: anywhere; }
th { border: 0; color: var(--quiet); font-weight: 500; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
code { font: 13px ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
@media (max-width: 760px) { main { grid-template-columns: minmax(0, 1fr); } }
"""

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
<main>
<header><h1>{title}</h1><p class="note">{subtitle}</p></header>
{body}
<footer>Made by a Swarm of orchestrator_celery: one Celery task per file, and one task that joins the measures.</footer>
</main>
</html>
"""


def html_page(summary: Summary, *, title: str, subtitle: str) -> str:
    """Render the summary as a self-contained page."""
    body = [_tiles(summary), _packages(summary), _imports(summary), _scatter(summary), _longest(summary)]
    body.append(_unreadable(summary["unreadable"]))
    return PAGE.format(title=escape(title), subtitle=escape(subtitle), style=STYLE, body="\n".join(body))


def _tiles(summary: Summary) -> str:
    tiles = {
        "files": summary["files"],
        "lines": summary["lines"],
        "lines in tests": summary["test_lines"],
        "functions": summary["functions"],
        "classes": summary["classes"],
        "branches": summary["branches"],
        "unreadable files": len(summary["unreadable"]),
    }
    cells = (f"<div><b>{value:,}</b><span>{name}</span></div>" for name, value in tiles.items())
    return f'<div class="tiles">{"".join(cells)}</div>'


def _packages(summary: Summary) -> str:
    rows = [
        Bar(
            package["name"],
            package["lines"],
            f"{package['name']}: {counted(package['lines'], 'line')}, {counted(package['files'], 'file')}, "
            f"{counted(package['branches'], 'branch', 'branches')}",
        )
        for package in summary["packages"]
    ]
    return _section("Largest packages", "Lines, without tests.", bars(rows, "Lines per package"))


def _imports(summary: Summary) -> str:
    rows = [Bar(name, count, f"{name}: imported by {counted(count, 'file')}") for name, count in summary["imports"]]
    return _section(
        "Most imported modules",
        "Number of files that import the module, without tests.",
        bars(rows, "Files per module"),
    )


def _scatter(summary: Summary) -> str:
    dots = [
        Dot(lines, branches, "tests" if is_test(name) else "library", _note(name, lines, branches))
        for name, lines, branches in summary["points"]
    ]
    dots.sort(key=lambda dot: dot.kind, reverse=True)  # the library is drawn last, so it is on top
    key = "".join(f'<i class="key" style="background: var(--{kind})"></i>{kind}' for kind in ("library", "tests"))
    drawn = scatter(dots, "Branches against lines, one point per file", "lines", "branches")
    return _section("Length and branching", f"One point per file. Both axes are logarithmic.{key}", drawn, wide=True)


def _note(name: str, lines: int, branches: int) -> str:
    return f"{name}: {counted(lines, 'line')}, {counted(branches, 'branch', 'branches')}"


def _longest(summary: Summary) -> str:
    rows = [
        (
            f"<code>{escape(function['name'])}</code>",
            f"<code>{escape(function['file'])}:{function['line']}</code>",
            f"{function['lines']:,}",
        )
        for function in summary["longest"]
    ]
    return _section("Longest functions", "Without tests.", _table(("function", "where", "lines"), rows), wide=True)


def _unreadable(names: Sequence[str]) -> str:
    if not names:
        return ""
    listed = ", ".join(f"<code>{escape(name)}</code>" for name in names)
    note = "This Python version cannot parse these files. The swarm tolerates their failures."
    return _section("Unreadable files", note, f"<p>{listed}</p>", wide=True)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        drawn = [f"<{tag}>{cell}</{tag}>" for cell in cells[:-1]]
        return f'<tr>{"".join(drawn)}<{tag} class="number">{cells[-1]}</{tag}></tr>'

    return f"<table>{line(head, 'th')}{''.join(line(row, 'td') for row in rows)}</table>"


def _section(title: str, note: str, body: str, *, wide: bool = False) -> str:
    kind = ' class="wide"' if wide else ""
    return f'<section{kind}><h2>{title}</h2><p class="note">{note}</p>{body}</section>'

"""Renders the report as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator_celery.cli.demo.summary import Summary

__all__ = ("counted", "text_report")

#: Number of rows of each ranking. The HTML report has more.
ROWS = 6
BAR = 30
#: Number of unreadable files that are listed.
SOME = 3


def text_report(summary: Summary) -> str:
    """Render the summary as lines of at most 80 characters."""
    return "\n".join([*_totals(summary), "", *_packages(summary), "", *_longest(summary), *_unreadable(summary)])


def counted(number: int, noun: str, plural: str = "") -> str:
    """Put a number before its noun, in the right form.

    >>> counted(1, "file"), counted(1200, "file"), counted(2, "class", "classes")
    ('1 file', '1,200 files', '2 classes')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def _totals(summary: Summary) -> Iterable[str]:
    files, lines = counted(summary["files"], "file"), counted(summary["lines"], "line")
    functions, classes = counted(summary["functions"], "function"), counted(summary["classes"], "class", "classes")
    yield f"{files}, {lines} ({summary['test_lines']:,} in tests)"
    yield f"{functions}, {classes}, {counted(summary['branches'], 'branch', 'branches')}"


def _packages(summary: Summary) -> Iterable[str]:
    packages = summary["packages"][:ROWS]
    longest = max((package["lines"] for package in packages), default=1)
    yield f"{'largest packages':<20}{'lines':>9}{'branches':>10}"
    for package in packages:
        bar = "█" * max(1, round(BAR * package["lines"] / longest))
        yield f"{package['name'][:19]:<20}{package['lines']:>9,}{package['branches']:>10,}  {bar}"


def _longest(summary: Summary) -> Iterable[str]:
    yield f"{'longest functions':<32}{'lines':>6}  where"
    for function in summary["longest"][:ROWS]:
        yield f"{function['name'][:31]:<32}{function['lines']:>6,}  {function['file']}:{function['line']}"


def _unreadable(summary: Summary) -> Iterable[str]:
    names = summary["unreadable"]
    if names:
        yield ""
        yield f"{counted(len(names), 'unreadable file')}, tolerated"
        yield from (f"  {name}" for name in names[:SOME])
    if len(names) > SOME:
        yield f"  … and {len(names) - SOME} more"

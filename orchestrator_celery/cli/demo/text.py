"""The report as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator_celery.cli.demo.summary import Summary

__all__ = ("text_report",)

#: Rows of each ranking; the HTML report has more.
ROWS = 6
BAR = 30
#: How many of the unreadable files are named.
SOME = 3


def text_report(summary: Summary) -> str:
    """Render the summary as lines of at most 80 characters."""
    return "\n".join([*_totals(summary), "", *_packages(summary), "", *_longest(summary), *_unreadable(summary)])


def _totals(summary: Summary) -> Iterable[str]:
    yield f"{summary['files']:,} files, {summary['lines']:,} lines ({summary['test_lines']:,} of them tests)"
    yield f"{summary['functions']:,} functions, {summary['classes']:,} classes, {summary['branches']:,} branches"


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
        yield f"{len(names)} unreadable, tolerated"
        yield from (f"  {name}" for name in names[:SOME])
    if len(names) > SOME:
        yield f"  … and {len(names) - SOME} more"

"""The command `stats`: how often and how long tasks ran."""

from __future__ import annotations

import click

from orchestrator_celery.cli.output import as_json, printed
from orchestrator_celery.cli.project import command, opened
from orchestrator_celery.model.observe.statistics import HourStatistics, KindStatistics, Statistics
from orchestrator_celery.model.spans import span_text

__all__ = ("stats",)

_HEADER = ("STARTED", "OK", "FAILED", "RETRIED", "LOST", "SUCCESS", "P50", "P95", "P99", "WAIT P95", "PER S")


@command(
    click.option("--task", "-t", help="Only this task; * stands for any characters."),
    click.option("--category", "-c", help="Only runs of this category."),
    click.option("--since", default="24h", show_default=True, help="Since then: a time, or an age such as 2h."),
    click.option(
        "--by",
        type=click.Choice(("task", "category", "hour")),
        default="task",
        show_default=True,
        help="What a row of the table is.",
    ),
    click.option("--json", "document", is_flag=True, help="Print one JSON document."),
)
def stats(ctx: click.Context, task: str | None, category: str | None, since: str, by: str, document: bool) -> None:
    """Show how often and how long tasks ran: counts, success rate, percentiles of durations and waits."""
    with opened(ctx) as found:
        counted = found.stats(task=task, category=category, since=since)
    if document:
        click.echo(as_json(counted))
        return
    title, rows = _rows(counted, by)
    printed(rows, (title, *_HEADER), lambda row: row, document=False, jsonl=False)
    if not rows:
        click.echo("No task was counted in this time.", err=True)


def _rows(counted: Statistics, by: str) -> tuple[str, list[tuple[str, ...]]]:
    if by == "hour":
        return "HOUR (UTC)", [_row(f"{entry.hour:%Y-%m-%d %H:%M}", entry) for entry in counted.series]
    entries = counted.tasks if by == "task" else counted.categories
    return by.upper(), [_row(entry.name or "-", entry) for entry in entries]


def _row(name: str, entry: KindStatistics | HourStatistics) -> tuple[str, ...]:
    counts = (entry.started, entry.succeeded, entry.failed, entry.retried, entry.lost)
    rate = "-" if entry.success_rate is None else f"{entry.success_rate:.1%}"
    times = (entry.duration.p50, entry.duration.p95, entry.duration.p99, entry.wait.p95)
    return name, *map(str, counts), rate, *map(_seconds, times), f"{entry.throughput:.3g}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value * 1000:.0f} ms" if value < 1 else span_text(value)

"""`watch`: follows one run, or all that run now. In a terminal with `rich` it is redrawn; else it prints lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from typing import Any

import click

from orchestrator_celery.cli.output import age, as_json, moment
from orchestrator_celery.cli.project import command, opened
from orchestrator_celery.cli.show import run_lines
from orchestrator_celery.errors import RunNotFound
from orchestrator_celery.handles.run import Run
from orchestrator_celery.model.events import Event, NodeProgressed, RunClosed, StatusChanged
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("watch",)

#: Fields of an event that every event has.
_COMMON = frozenset({"id", "time", "run", "node", "name", "task"})


@command(
    click.argument("run", required=False),
    click.option("--interval", default=1.0, show_default=True, type=click.FloatRange(0.1), help="Seconds between two."),
    click.option("--jsonl", is_flag=True, help="Print each event of RUN as a JSON document a line."),
)
def watch(ctx: click.Context, run: str | None, interval: float, jsonl: bool) -> None:
    """Follow RUN until it ends, or all runs that have not ended; Ctrl-C stops watching.

    In a terminal, the tree of RUN is redrawn (this needs the extra `cli`). In a pipe, its events are printed as they
    happen. The exit status is 1 if RUN failed.
    """
    with opened(ctx) as found:
        try:
            if run is None:
                _watch_all(found, interval)
                return
            handle = found.run(run)
            if jsonl or not sys.stdout.isatty() or _live() is None:
                _print_events(handle, jsonl)
            else:
                _redraw(lambda: run_lines(handle), interval, lambda: handle.status.ended)
        except KeyboardInterrupt:
            return
        _end(handle)


def _end(handle: Run) -> None:
    """End with status 1 if the run failed or was cancelled."""
    try:
        failed = handle.view.status.value == "FAILED"
    except RunNotFound:
        raise click.ClickException(f"The run {printable(handle.id)} was cancelled.") from None
    if failed:
        raise click.exceptions.Exit(1)


def _print_events(handle: Run, jsonl: bool) -> None:
    for event in handle.watch():
        document = {"event": type(event).__name__, **event.model_dump()}
        click.echo(as_json(document, indent=None) if jsonl else _event_line(event))


def _event_line(event: Event) -> str:
    facts = {
        name: value for name, value in event.model_dump().items() if name not in _COMMON and value not in (None, "")
    }
    if isinstance(event, NodeProgressed):
        whole = "" if event.total is None else f" of {event.total:g}"
        facts = {"done": f"{event.done:g}{whole}", "message": event.message}
    # `$` is the run itself, and the message by which a worker tells Celery its end.
    named = f"{event.node} {event.name}" if event.name else event.node
    node = named if event.node != "$" else "run" if isinstance(event, (StatusChanged, RunClosed)) else "end"
    words = ", ".join(f"{name} {value}" for name, value in facts.items() if value != "")
    return printable(f"{event.time:%H:%M:%S}  {node}  {type(event).__name__}" + (f"  {words}" if words else ""))


def _watch_all(found: Orchestrator, interval: float) -> None:
    def lines() -> Iterable[str]:
        views = [run.view for run in found.runs("status:PENDING,RUNNING,SUSPENDED,INTERRUPTED", limit=50)]
        yield f"{len(views)} runs that have not ended, {moment(datetime.now(timezone.utc))} UTC"
        for view in views:
            done = f"{view.done}/{view.total}" + (f", {view.failed} failed" if view.failed else "")
            yield printable(f"{view.id}  {view.status:<11}  {done:<12}  {age(view.started):<12}  {view.name}")

    if not sys.stdout.isatty() or _live() is None:
        for line in lines():
            click.echo(line)
        return
    _redraw(lines, interval, lambda: False)


def _redraw(lines: Callable[[], Iterable[str]], interval: float, over: Callable[[], bool]) -> None:
    """Redraw lines until it is over; the last picture stays."""
    live, text = _live(), _text()
    assert live is not None
    with live(auto_refresh=False, vertical_overflow="ellipsis") as screen:
        while True:
            is_over = over()
            screen.update(text.from_ansi("\n".join(lines())), refresh=True)
            if is_over:
                return
            time.sleep(interval)


def _live() -> Any:
    try:
        from rich.live import Live
    except ImportError:
        return None
    return Live


def _text() -> Any:
    from rich.text import Text

    return Text

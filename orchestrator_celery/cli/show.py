"""`show`: one run with its progress, what it waits for, and its tree."""

from __future__ import annotations

from collections.abc import Iterator

import click

from orchestrator_celery.cli.output import age, as_json, coloured, moment
from orchestrator_celery.cli.project import command, opened
from orchestrator_celery.cli.tree_text import bar, tree_lines
from orchestrator_celery.handles.run import Run
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.model.spans import span_text
from orchestrator_celery.model.views import Progress, RunView

__all__ = ("progress_line", "run_lines", "show")


@command(
    click.argument("run"),
    click.option("--depth", type=click.IntRange(0), help="Levels of the tree. Default: all."),
    click.option("--limit", "-n", type=click.IntRange(0), default=100, show_default=True, help="Most children a node."),
    click.option("--json", "document", is_flag=True, help="Print one JSON document."),
)
def show(ctx: click.Context, run: str, depth: int | None, limit: int, document: bool) -> None:
    """Show RUN: its status and why, its progress, and the tree of its tasks.

    Equal siblings are one line with their number. The text in <> is the node's id. retry --node, rerun --from-node,
    skip, detach and logs --node take it, or the node's name if no other node of the run has it.
    """
    with opened(ctx) as found:
        handle = found.run(run)
        if document:
            click.echo(
                as_json(
                    {
                        **handle.view.model_dump(),
                        "status_message": handle.status_message,
                        "progress": handle.progress().model_dump(),
                        "tree": handle.tree(limit=limit, depth=depth).model_dump(),
                    }
                )
            )
            return
        for line in run_lines(handle, limit=limit, depth=depth):
            click.echo(line)


def run_lines(run: Run, *, limit: int = 100, depth: int | None = None, ascii_only: bool = False) -> Iterator[str]:
    """Yield the lines that describe a run.

    Args:
        run: the run.
        limit: most children of a node.
        depth: levels of the tree; None for all.
        ascii_only: draw with ASCII characters only.
    """
    view = run.view
    yield f"{printable(view.name or view.kind.value)}  {coloured(view.status.value, view.status)}  {view.id}"
    for label, words in _facts(view):
        yield printable(f"  {label:<10}{words}")
    message = run.status_message
    if message.rstrip(".") != view.status.value:
        yield printable(f"  {'why':<10}{message}")
    yield f"  {'progress':<10}{progress_line(run.progress(), ascii_only=ascii_only)}"
    yield ""
    yield from tree_lines(run.tree(limit=limit, depth=depth), ascii_only=ascii_only)


def progress_line(progress: Progress, *, ascii_only: bool = False) -> str:
    """Return the progress of a run in one line."""
    words = [bar(progress.fraction, ascii_only=ascii_only), f"{progress.done} of {progress.total} done"]
    for count, what in ((progress.failed, "failed"), (progress.running, "running"), (progress.waiting, "waiting")):
        if count:
            words.append(f"{count} {what}")
    if progress.grows:
        words.append("more may be added")
    if progress.eta:
        words.append(f"about {span_text(progress.eta)} left")
    return words[0] + " " + ", ".join(words[1:])


def _facts(view: RunView) -> Iterator[tuple[str, str]]:
    filed = [f"category {view.category}"] if view.category else []
    filed += [f"tags {', '.join(view.tags)}"] if view.tags else []
    yield "kind", ", ".join([view.kind.value, *filed])
    if view.rerun_of:
        yield "rerun of", view.rerun_of
    if view.signature != view.id:
        yield "signature", view.signature
    yield "created", f"{moment(view.created)} UTC"
    if view.eta is not None:
        yield "eta", f"{moment(view.eta)} UTC"
    if view.started is not None:
        took = f"{'took' if view.finished else 'for'} {age(view.started, view.finished)}"
        yield "started", f"{moment(view.started)} UTC, {took}"

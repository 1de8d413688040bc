"""`python -m orchestrator_celery demo`: the extension at work, without any set-up."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click


@click.group()
def main() -> None:
    """The extension at work, without any set-up."""


@main.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default="stdlib_report.html",
    show_default=True,
    help="Where the HTML report goes.",
)
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    default=max(2, min(os.cpu_count() or 2, 8)),
    show_default=True,
    help="Pool processes of the worker.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Measure the first files only.")
def demo(output: Path, processes: int, limit: int | None) -> None:
    """Measure the standard library with a swarm: own Redis, own worker, one report."""
    if not output.parent.is_dir():
        raise click.BadParameter(f"{output.parent} is not a folder", param_hint="--output")
    # Imported here: the job behind the command loads Celery, the options need not wait for it.
    from orchestrator_celery.cli.demo import run

    sys.exit(run.demo(output, processes=processes, limit=limit))


if __name__ == "__main__":
    main(prog_name="python -m orchestrator_celery")

"""Runs the demo from beginning to end."""

from __future__ import annotations

import io
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from orchestrator_celery import OrchestratorError, Run
from orchestrator_celery.cli.demo.display import follow
from orchestrator_celery.cli.demo.measure import source_files, stdlib
from orchestrator_celery.cli.demo.page import html_page
from orchestrator_celery.cli.demo.project import workflow
from orchestrator_celery.cli.demo.servers import Worker, WorkerDied
from orchestrator_celery.cli.demo.stop_signals import StopSignals
from orchestrator_celery.cli.demo.text import counted, text_report
from orchestrator_celery.cli.tree_text import tree_lines
from orchestrator_celery.model.printing.text import printable_lines
from orchestrator_celery.store.embedded import EmbeddedRedis

__all__ = ("demo",)

PROJECT = "orchestrator_celery.cli.demo.project"


def demo(output: Path, *, processes: int, limit: int | None = None) -> int:
    """Run the demo and return its exit status: 0 done, 1 failed, 130 stopped by the user.

    The demo stops its Redis and its worker before it returns, after a failure too.

    Args:
        output: Path of the HTML report.
        processes: Number of pool processes of the worker.
        limit: Number of files to measure, from the first one on; by default all.
    """
    names = source_files(stdlib())[:limit]
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # the demo must not fail on a terminal without block characters
    stop = StopSignals()
    try:
        with _servers(processes) as worker:
            return _measure(names, worker, output, processes, stop)
    except KeyboardInterrupt:
        print("\nStopped. No process is left running.", flush=True)
        return 130
    except (OrchestratorError, WorkerDied) as exc:
        print(f"\nThe demo failed: {exc}", file=sys.stderr)
        return 1


@contextmanager
def _servers(processes: int) -> Iterator[Worker]:
    with tempfile.TemporaryDirectory(prefix="orchestrator-demo-") as folder, EmbeddedRedis() as redis:
        urls = {"CELERY_BROKER_URL": redis.url(db=0), "CELERY_RESULT_BACKEND": redis.url(db=1)}
        # Celery reads both variables before any setting, so they apply to this process too.
        os.environ.update(urls)
        print(f"Redis at {urls['CELERY_BROKER_URL']}, prefork worker with {counted(processes, 'process', 'processes')}")
        with Worker(PROJECT, processes=processes, env=urls, log=Path(folder) / "worker.log") as worker:
            yield worker


def _measure(names: Sequence[str], worker: Worker, output: Path, processes: int, stop: StopSignals) -> int:
    began = monotonic()
    run = workflow(stdlib(), names).apply_async()
    print(
        f"Run {run.id}: a swarm measures {counted(len(names), 'file')} of {stdlib()}, then a task joins the measures\n",
        flush=True,
    )

    def check() -> None:
        stop.check()
        worker.check()

    follow(run, sys.stdout, check)
    seconds = monotonic() - began
    print("", *tree_lines(run.tree(limit=len(names))), "", sep="\n")
    if run.failed():
        print(printable_lines(f"The run failed: {run.result!r}\n{worker.tail()}"), file=sys.stderr)
        return 1
    rate = f"{len(names) / seconds:,.0f} tasks a second"
    workers = counted(processes, "worker process", "worker processes")
    _publish(run, output, f"{counted(len(names), 'file')} in {seconds:.1f} seconds by {workers}: {rate}.")
    return 0


def _publish(run: Run, output: Path, facts: str) -> None:
    summary = run.get()
    title = f"The standard library of Python {platform.python_version()}, measured"
    output.write_text(html_page(summary, title=title, subtitle=facts), encoding="utf-8")
    print(f"{text_report(summary)}\n\n{facts}\nReport: {output.resolve()}", flush=True)

"""Shows the progress of a run of the demo."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import TextIO

from orchestrator_celery import Progress, Run

__all__ = ("follow", "progress_line")

#: Seconds between two polls of the run.
PAUSE = 0.2
#: Seconds between two lines if the output is not a terminal.
QUIET = 2.0
BAR = 24


def follow(run: Run, out: TextIO, check: Callable[[], None] | None = None) -> None:
    """Show a run's progress until the run has ended.

    On a terminal one line is repainted. Any other output gets a new line every `QUIET` seconds.

    Args:
        run: The run.
        out: The stream to write to.
        check: Called at every poll. It raises if the run can no longer end, for example because the worker died.
    """
    show = _repaint if out.isatty() else _append
    shown = 0.0
    while not run.ready():
        if check is not None:
            check()
        if out.isatty() or time.monotonic() - shown >= QUIET:
            show(out, run.progress())
            shown = time.monotonic()
        time.sleep(PAUSE)
    show(out, run.progress())
    if out.isatty():
        out.write("\n")


def progress_line(progress: Progress) -> str:
    """Return the progress as one line of plain text."""
    ended = progress.done + progress.failed
    parts = [
        f"{ended:,} of {progress.total:,} task{'s' if progress.total != 1 else ''} ({int(100 * progress.fraction)}%)"
    ]
    if progress.rate:
        parts.append(f"{progress.rate:,.0f}/s")
    if progress.eta and progress.eta >= 1:
        parts.append(f"{progress.eta:,.0f} s to go")
    if progress.running:
        parts.append(f"{progress.running} running")
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    return ", ".join(parts)


def _repaint(out: TextIO, progress: Progress) -> None:
    full = round(BAR * progress.fraction)
    line = f"{'█' * full}{'░' * (BAR - full)} {progress_line(progress)}"
    width = shutil.get_terminal_size().columns - 1
    out.write(f"\r{line[:width]}\x1b[K")
    out.flush()


def _append(out: TextIO, progress: Progress) -> None:
    out.write(progress_line(progress) + "\n")
    out.flush()

"""Shows a run of the demo: live progress, then the tree."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from textwrap import shorten
from typing import TextIO

from orchestrator_celery import NodeKind, NodeState, NodeView, Progress, Run
from orchestrator_celery.model.text import printable

__all__ = ("follow", "progress_line", "tree_lines")

#: Seconds between two polls of the run.
PAUSE = 0.2
#: Seconds between two lines if the output is not a terminal.
QUIET = 2.0
BAR = 24
#: Number of children shown per node.
SHOWN = 4
#: Number of characters shown of an error.
MESSAGE = 72


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


def tree_lines(view: NodeView) -> Iterator[str]:
    """Draw a node, the states of its children, and the first children; in a swarm or group the failed ones first."""
    yield _node_line(view)
    children = list(view.children)
    if view.kind in (NodeKind.SWARM, NodeKind.GROUP):
        children.sort(key=lambda child: child.state is not NodeState.FAILED)
    shown = children[:SHOWN]
    more = view.children_total - len(shown)
    for place, child in enumerate(shown, start=1):
        last = place == len(shown) and not more
        first, *rest = tree_lines(child)
        yield f"{'└─' if last else '├─'} {first}"
        yield from (f"{'  ' if last else '│ '} {line}" for line in rest)
    if more:
        yield f"└─ … {more:,} more"


def _node_line(view: NodeView) -> str:
    kind = "" if view.name == view.kind else f" [{view.kind}]"
    return printable(f"{view.name}{kind} {view.state}{_facts(view)}")


def _facts(view: NodeView) -> str:
    facts = []
    if view.started and view.finished:
        seconds = (view.finished - view.started).total_seconds()
        facts.append(f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms")
    if view.children_total > SHOWN:
        facts += [f"{count:,} {state}" for state, count in view.inner.items()]
    if view.error:
        facts.append(shorten(f"{view.error.type}: {view.error.message}", MESSAGE, placeholder=" …"))
    return f"  {', '.join(facts)}" if facts else ""


def _repaint(out: TextIO, progress: Progress) -> None:
    full = round(BAR * progress.fraction)
    line = f"{'█' * full}{'░' * (BAR - full)} {progress_line(progress)}"
    width = shutil.get_terminal_size().columns - 1
    out.write(f"\r{line[:width]}\x1b[K")
    out.flush()


def _append(out: TextIO, progress: Progress) -> None:
    out.write(progress_line(progress) + "\n")
    out.flush()

"""The tree of a run as lines: equal siblings folded into a count, bars where tasks report progress, ids to act on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator_celery.cli.output import age, fitted
from orchestrator_celery.model.printing.folding import folded, is_named
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.model.views import NodeView

__all__ = ("bar", "tree_lines")

_BAR, _SMALL_BAR = 20, 10


def tree_lines(root: NodeView, *, ascii_only: bool = False) -> list[str]:
    """Return the lines of a tree; in a terminal, cut to its width.

    Args:
        root: the run's whole tree.
        ascii_only: draw with ASCII characters only.
    """
    marks = ("+- ", "`- ", "|  ", "   ") if ascii_only else ("├─ ", "└─ ", "│  ", "   ")
    return [fitted(line) for line in (_line(root, ascii_only=ascii_only), *_below(root, "", marks))]


def bar(fraction: float, *, size: int = _BAR, ascii_only: bool = False) -> str:
    """Return a bar for a share between 0 and 1."""
    full = int(max(0.0, min(1.0, fraction)) * size)
    done, left = ("#", ".") if ascii_only else ("█", "░")
    return done * full + left * (size - full)


def _below(node: NodeView, indent: str, marks: Sequence[str]) -> Iterator[str]:
    branch, last, through, empty = marks
    entries: list[tuple[str, NodeView | None]] = [
        (_line(views[0], len(views), ascii_only=marks[0].isascii()), views[0] if len(views) == 1 else None)
        for views in folded([*node.children, *node.callbacks])
    ]
    more = node.children_total - len(node.children)
    if more > 0 and node.children:
        entries.append((f"... {more} more", None))
    for place, (text, view) in enumerate(entries, 1):
        is_last = place == len(entries)
        yield indent + (last if is_last else branch) + text
        if view is not None:
            yield from _below(view, indent + (empty if is_last else through), marks)


def _line(view: NodeView, count: int = 1, *, ascii_only: bool = False) -> str:
    words = [view.name, f"[{view.kind}]", view.state.value]
    if count > 1:
        return printable(" ".join([*words, f"x {count}"]))
    if is_named(view):
        words.append(f"<{view.id}>")
    if view.started is not None and not view.children:
        words.append(f"({age(view.started, view.finished)})")
    if view.visits > 1:
        words.append(f"({view.visits} visits)")
    if view.attempts > 1:
        words.append(f"(attempt {view.attempts})")
    words += _progress(view, ascii_only)
    if view.answer is not None:
        words.append(str(view.answer))
    if view.error is not None:
        words.append(view.error.type if view.children else f"{view.error.type}: {view.error.message}")
    return printable(" ".join(words))


def _progress(view: NodeView, ascii_only: bool) -> list[str]:
    if view.progress is None or view.progress.fraction is None:
        return []
    share = f"{view.progress.fraction:.0%}"
    if not view.children:
        return [f"{share} {view.progress.message}".rstrip()]
    if view.state is not NodeState.RUNNING:
        return []
    return [bar(view.progress.fraction, size=_SMALL_BAR, ascii_only=ascii_only), share]

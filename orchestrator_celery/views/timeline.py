"""Reads when each node of a run waited and ran, in pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.ids import ROOT
from orchestrator_celery.model.observe.timeline import NodeTimes
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.views import NodeView
from orchestrator_celery.views.tree import TreeReader

__all__ = ("Timeline",)

#: Most children of one node that are read at once.
_PAGE = 100
#: Letters of callbacks, in the order in which a tree shows them.
_CALLBACKS = "lesfc"

#: The place of a node in the order of the tree: a node comes before its children, and children before callbacks.
Place: TypeAlias = tuple[tuple[int, int], ...]


class Timeline:
    """The nodes of one run in the order of its tree.

    Args:
        reader: makes a reader of the run's tree as it is now. Each page is read anew, because nodes go on meanwhile.
        after: id of a node; only nodes after it are read. None for all nodes.

    Raises:
        OrchestratorError: `after` is no id of a node.
    """

    def __init__(self, reader: Callable[[], TreeReader], after: str | None = None) -> None:
        self._reader = reader
        self._after: Place = () if after is None else _place(after)

    def nodes(self) -> Iterator[NodeTimes]:
        """Yield the nodes."""
        yield from self._flat(self._reader().view(ROOT, _PAGE, None))

    def _flat(self, view: NodeView) -> Iterator[NodeTimes]:
        for earlier in view.earlier:
            yield from self._flat(earlier)
        if _place(view.id) > self._after:
            yield _times(view)
        for child in view.children:
            yield from self._flat(child)
        if view.children_total > len(view.children):
            yield from self._further(view.id, len(view.children), view.children_total)
        for callback in view.callbacks:
            yield from self._flat(callback)

    def _further(self, parent: str, start: int, total: int) -> Iterator[NodeTimes]:
        """Yield the children that the first page does not have, and what is below them."""
        place = _place(parent)
        if self._after[: len(place)] == place and len(self._after) > len(place):
            is_callback, number = self._after[len(place)]
            start = total if is_callback else max(start, number)
        for first in range(start, total, _PAGE):
            nodes = [f"{parent}.{index}" for index in range(first, min(first + _PAGE, total))]
            for view in self._reader().children(parent, nodes, _PAGE):
                yield from self._flat(view)


def _place(node: str) -> Place:
    """Return the place of a node in the order of the tree.

    >>> _place("0.2") < _place("0.10") < _place("0.10.0") < _place("0.10.l0") < _place("0.l0")
    True
    """
    try:
        return tuple(_part(part) for part in node.split("."))
    except (AttributeError, ValueError):
        raise OrchestratorError(
            f"after={safe_repr(node)} is no id of a node: give the `node` of an entry of `run.timeline()`."
        ) from None


def _part(part: str) -> tuple[int, int]:
    if part.isdecimal():
        return 0, int(part)
    return 1 + _CALLBACKS.index(part[:1] or "?"), int(part[1:])


def _times(view: NodeView) -> NodeTimes:
    return NodeTimes(
        node=view.id,
        name=view.name,
        kind=view.kind,
        state=view.state,
        queued=view.queued,
        published=view.published,
        started=view.started,
        finished=view.finished,
        attempts=view.attempts,
        worker=view.worker,
    )

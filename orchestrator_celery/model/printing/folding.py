"""Which lines of a tree are one: equal siblings are folded, and ids stand where somebody may act on a node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator_celery.model.states import NodeState

if TYPE_CHECKING:
    from orchestrator_celery.model.views import NodeView

__all__ = ("folded", "is_named")

#: Fewest equal siblings that are folded into one line.
_FOLDED = 3
_NAMED = frozenset(NodeState) - {NodeState.SUCCEEDED, NodeState.SKIPPED}


def is_named(view: NodeView) -> bool:
    """Whether the line of a node shows its id, which `retry`, `skip` and `detach` take."""
    return view.state in _NAMED and "." in view.id


def folded(views: Sequence[NodeView]) -> list[list[NodeView]]:
    """Group siblings that look the same, each group in the place of its first member.

    Nodes that failed, have nodes below them, or tell something of their own stay alone.
    """
    groups: dict[tuple[object, ...], list[NodeView]] = {}
    for view in views:
        is_plain = not (view.children or view.children_total or view.callbacks or view.error or view.earlier)
        is_plain = is_plain and view.replaced_by is None
        is_plain = is_plain and view.progress is None and view.answer is None and view.state is not NodeState.FAILED
        groups.setdefault((view.name, view.kind, view.state) if is_plain else (view.id,), []).append(view)
    found: list[list[NodeView]] = []
    for group in groups.values():
        found.extend([group] if len(group) >= _FOLDED else [[view] for view in group])
    return found

"""The progress of composites: how many of the tasks below them are done. Each task weighs the same."""

from __future__ import annotations

from orchestrator_celery.model.states import NodeKind, NodeState
from orchestrator_celery.model.views import NodeProgress, NodeView

__all__ = ("rolled_up",)

_ENDED = (NodeState.SUCCEEDED, NodeState.FAILED)


def rolled_up(view: NodeView, ended_items: int | None) -> NodeProgress | None:
    """Return the progress of a composite, in tasks; None if its children were not read.

    Args:
        view: its view, with the progress of its children.
        ended_items: of a pool under way, how many of its items have ended.
    """
    listed = [_tasks(child, view.state) for child in view.children]
    done, total = (sum(values) for values in zip(*listed, strict=True)) if listed else (0.0, 0.0)
    if view.children_total > len(listed):
        if ended_items is None and view.state is not NodeState.SUCCEEDED:
            return None
        each = total / len(listed) if listed else 1.0
        total = each * view.children_total
        # Items that run and are listed have reported a part; the other ended ones count as a whole.
        parts = sum(have for (have, _), child in zip(listed, view.children, strict=True) if child.state not in _ENDED)
        done = each * (ended_items or 0) + parts
    if view.state is NodeState.SUCCEEDED:
        done = total
    return NodeProgress(done=min(done, total), total=total, message="", at=None) if total else None


def _tasks(view: NodeView, above: NodeState) -> tuple[float, float]:
    """Return how many tasks of a child are done, and how many it has; a part of a task is a part."""
    if view.state is NodeState.SKIPPED and above is not NodeState.FAILED:
        return 0.0, 0.0  # it was taken out, or is on a branch that is not taken
    if view.kind in (NodeKind.TASK, NodeKind.APPROVAL, NodeKind.NODE):
        if view.state in _ENDED:
            return 1.0, 1.0
        fraction = view.progress.fraction if view.progress is not None else None
        return fraction or 0.0, 1.0
    if view.progress is None or view.progress.total is None:
        return float(view.state in _ENDED), 1.0
    return view.progress.done, view.progress.total

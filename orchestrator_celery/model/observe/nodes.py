"""One node with its data, and the edges of a graph, as `run.node()` and `run.edges()` return them."""

from __future__ import annotations

from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict

from orchestrator_celery.model.views import NodeView

__all__ = ("EdgeKind", "GraphEdge", "NodeData")


class NodeData(BaseModel):
    """One node with what it was given and what it left.

    Args:
        node: the node, with the first of its children.
        parent: the id of the node above it; None for the root.
        args: the positional arguments of its task, after its input; None for a composite.
        kwargs: the keyword arguments of its task, its input included; None for a composite.
        input: what comes before `args`: the result of the step before, or the arguments of the run. None if it gets
            nothing, or if the step before has not ended.
        result: its result; None unless it succeeded.
        checkpoint: its last checkpoint; None without one.
    """

    model_config = ConfigDict(frozen=True)

    node: NodeView
    parent: str | None = None
    args: list[Any] | None = None
    kwargs: dict[str, Any] | None = None
    input: list[Any] | None = None
    result: Any = None
    checkpoint: Any = None


class EdgeKind(str, Enum):
    """When an edge of a graph is taken."""

    PLAIN = "plain"  #: after a success
    CONDITION = "condition"  #: if its condition holds, or for its key
    OTHERWISE = "otherwise"  #: if no condition holds
    ERROR = "error"  #: after a failure

    def __str__(self) -> str:
        return self.value


class GraphEdge(BaseModel):
    """One edge of a graph.

    Args:
        source: the id of the node at its begin; `<graph>.S` for START.
        target: the id of the node at its end; `<graph>.$` for END.
        kind: when it is taken.
        label: its condition, key or errors; '' without one.
        taken: how often it was taken.
    """

    model_config = ConfigDict(frozen=True)

    source: str
    target: str
    kind: EdgeKind
    label: str = ""
    taken: int = 0

"""The nodes of a run: its tree, single nodes with their data, items of swarms, times, edges of graphs."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from orchestrator_celery import GraphEdge, ItemView, NodeState, NodeTimes, NodeView
from orchestrator_celery.dashboard.server.access.redaction import Shown
from orchestrator_celery.dashboard.server.context import Id, Limit, Offset, Redacts, TheRun
from orchestrator_celery.dashboard.server.cursors import offset_of, read_cursor, write_cursor

__all__ = ("router",)

router = APIRouter(tags=["nodes"])

NodeId = Annotated[str, Query(max_length=500, description="Id of a node, by default the root.")]


class NodeDetail(BaseModel):
    """One node with its data.

    Args:
        node: the node, with the first of its children; its error has the traceback.
        parent: the id of the node above it; None for the root.
        input: what it gets from the step before, or from the run; None if it gets nothing or that is not known yet.
        args: the positional arguments of its task, after its input; None for a composite.
        kwargs: the keyword arguments of its task; None for a composite.
        result: its result; None unless it succeeded.
        checkpoint: its last checkpoint; None without one.
    """

    node: NodeView
    parent: str | None
    input: Shown | None
    args: Shown | None
    kwargs: Shown | None
    result: Shown | None
    checkpoint: Shown | None


class ItemPage(BaseModel):
    """A page of the items of a swarm, in their order.

    Args:
        items: the items.
        next: the cursor of the next page; None on the last page.
    """

    items: list[ItemView]
    next: str | None


class TimelinePage(BaseModel):
    """A page of the times of nodes, in the order of the tree.

    Args:
        nodes: when each node waited and ran.
        next: the cursor of the next page; None on the last page.
    """

    nodes: list[NodeTimes]
    next: str | None


class Edges(BaseModel):
    """The edges of a graph.

    Args:
        graph: the id of the graph's node.
        edges: the edges, and how often each was taken.
    """

    graph: str
    edges: list[GraphEdge]


@router.get("/runs/{run}/tree")
def read_tree(
    run: TheRun,
    redacts: Redacts,
    node: NodeId = "0",
    depth: Annotated[int | None, Query(ge=0, le=20, description="Levels below the node; by default all.")] = None,
    offset: Offset = 0,
    limit: Limit = 100,
) -> NodeView:
    """Return a node and the nodes below it, with a page of its children; secrets are hidden."""
    return redacts.node(run.tree(node=node, depth=depth, offset=offset, limit=limit))


@router.get("/runs/{run}/nodes/{node}")
def read_node(run: TheRun, node: Id, redacts: Redacts, limit: Limit = 100) -> NodeDetail:
    """Return one node with its input, arguments, result, error and checkpoint; secrets are hidden."""
    data = run.node(node, limit=limit)
    facts = data.model_dump(include={"input", "args", "kwargs", "checkpoint"})
    shown = {name: None if value is None else redacts.shown(value) for name, value in facts.items()}
    result = redacts.shown(data.result) if data.node.state is NodeState.SUCCEEDED else None
    return NodeDetail(node=redacts.node(data.node), parent=data.parent, result=result, **shown)


@router.get("/runs/{run}/items")
def list_items(
    run: TheRun,
    redacts: Redacts,
    node: NodeId = "0",
    state: NodeState | None = None,
    cursor: str | None = None,
    limit: Limit = 100,
) -> ItemPage:
    """List the items of a swarm, by state."""
    found = list(run.items(state, node=node, offset=offset_of(cursor), limit=limit + 1))
    more = write_cursor(found[limit].index) if len(found) > limit else None
    return ItemPage(items=[redacts.item(item) for item in found[:limit]], next=more)


@router.get("/runs/{run}/timeline")
def read_timeline(run: TheRun, cursor: str | None = None, limit: Limit = 500) -> TimelinePage:
    """List when each node waited and ran, in the order of the tree."""
    found = list(islice(run.timeline(after=read_cursor(cursor)), limit + 1))
    more = write_cursor(found[limit - 1].node) if len(found) > limit else None
    return TimelinePage(nodes=found[:limit], next=more)


@router.get("/runs/{run}/edges")
def list_edges(run: TheRun, node: NodeId = "0") -> Edges:
    """List the edges of a graph, with conditions and the number of times each was taken."""
    return Edges(graph=node, edges=list(run.edges(node)))

"""The name of the task with which a workflow begins: lists show it for a run without a name."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

from orchestrator_celery.canvas.template_tasks import OWN_TASKS
from orchestrator_celery.model.ids import ROOT
from orchestrator_celery.model.states import Priority
from orchestrator_celery.records.definitions import Attribute, Shape, parse_definition, payload_of, shape_of
from orchestrator_celery.records.graphs.layout import parse_graph_layout
from orchestrator_celery.records.leaf import read_leaf
from orchestrator_celery.records.names import Place
from orchestrator_celery.records.packed import SELF, unpack
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.records.pools.levels import parse_levels

__all__ = ("first_task",)

#: Celery's tasks that call another task for each element of a list.
_MAPS = ("celery.map", "celery.starmap")


def first_task(definitions: Mapping[str, bytes], codec: Codec, root: str = ROOT) -> str:
    """Return the name of the first task in the order of execution; '' for a workflow without a task.

    Callbacks do not count, nor do the tasks that templates of graphs add. Of tasks that start side by side, it is the
    one that is sent first: the first of the highest priority. An approval calls no task, so it is what follows it.

    Args:
        definitions: by node, or by path of a packed tree.
        codec: decodes the definition of the task.
        root: the node with which the workflow begins.
    """
    return next(_tasks(definitions, root, codec), "")


def _tasks(definitions: Mapping[str, bytes], node: str, codec: Codec) -> Iterator[str]:
    """Yield the names of the tasks in the order of execution, each as late as possible: only the first is read."""
    raw = definitions.get(node)
    shape = None if raw is None else shape_of(raw)
    if raw is None or shape is None:
        return
    if shape is Shape.PACKED:
        yield from _tasks(unpack(raw), SELF, codec)
    elif shape is Shape.LEAF:
        name = _name(payload_of(raw), codec)
        if name not in OWN_TASKS:
            yield name
    else:
        for place in _places(definitions, node, raw, shape):
            yield from _tasks(definitions, _below(node, place), codec)


def _name(payload: bytes, codec: Codec) -> str:
    leaf = read_leaf(payload, codec)
    return str(leaf.kwargs["task"]["task"]) if leaf.task in _MAPS else leaf.task


def _places(definitions: Mapping[str, bytes], node: str, raw: bytes, shape: Shape) -> Iterator[str]:
    """Yield the last parts of the ids of a node's children, in the order in which they start."""
    if shape is Shape.GRAPH:
        edges, _ = parse_graph_layout(definitions[_below(node, Place.LAYOUT.value)])
        yield from _reached(edges)
    elif shape is Shape.GRAPH_NODE:
        yield Place.BODY.value
    elif shape in (Shape.STEPS, Shape.POOL):
        size = parse_definition(raw).number(Attribute.SIZE)
        levels = parse_levels(definitions.get(_below(node, Place.PRIORITIES.value), b"").decode())
        for priority in sorted(Priority, reverse=True) if levels else (Priority.MEDIUM,):
            yield from (str(i) for i in range(size) if levels.get(i, Priority.MEDIUM) == priority)


def _reached(edges: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield the nodes of a graph in the order in which they can be reached from START."""
    waiting, seen = deque([Place.START.value]), {Place.CLOSE.value}
    while waiting:
        node = waiting.popleft()
        if node not in seen:
            seen.add(node)
            if node != Place.START.value:
                yield node
            waiting += edges.get(node, ())


def _below(node: str, place: str) -> str:
    return place if node == SELF else f"{node}.{place}"

"""What changed between two graphs: nodes, edges, settings, and the lines of their Python modules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from orchestrator_celery.canvas.graphs.documents import document_of
from orchestrator_celery.canvas.graphs.drawing import arrows
from orchestrator_celery.canvas.graphs.equality import GRAPH, same, with_defaults
from orchestrator_celery.canvas.graphs.python.module import module_of

if TYPE_CHECKING:
    from orchestrator_celery.canvas.graphs.graph import ConditionalGraph

__all__ = ("EdgeDifference", "GraphDifferences", "NodeDifference", "differences")

#: The kinds of a difference.
Change = Literal["added", "removed", "changed"]
_ENTRIES = ("nodes", "edges", "version")
#: The parts of a task's signature that are named one by one.
_PARTS = ("task", "args", "kwargs", "options", "immutable")


class NodeDifference(BaseModel):
    """A node that was added, removed or changed.

    Args:
        name: the name; of a node in a nested graph with the path, such as `ship/pack`.
        change: added, removed or changed.
        fields: what changed: `task`, `args`, `kwargs`, `options`, `immutable` of a task, `signature` of another body,
            and arguments of `add_node`.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    change: Change
    fields: tuple[str, ...] = ()


class EdgeDifference(BaseModel):
    """An edge that was added, removed or changed. A declaration of several targets counts as an edge for each.

    Args:
        change: added, removed, or changed: another condition, or another place among the edges of the source.
        source: the node's name, with the path; `__start__` for START.
        target: the node's name, with the path; `__end__` for END.
        text: the condition or key in words, of the new graph if the edge is there.
    """

    model_config = ConfigDict(frozen=True)

    change: Change
    source: str
    target: str
    text: str = ""


class GraphDifferences(BaseModel):
    """The differences between two graphs; false if there are none.

    Args:
        nodes: the nodes that differ, those of nested graphs too.
        edges: the edges that differ, those of nested graphs too.
        fields: the settings of the graph that differ, such as `max_visits`.
        text: the difference between the Python modules of the graphs, as `diff -u` prints it.
    """

    model_config = ConfigDict(frozen=True)

    nodes: tuple[NodeDifference, ...] = ()
    edges: tuple[EdgeDifference, ...] = ()
    fields: tuple[str, ...] = ()
    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.nodes or self.edges or self.fields or self.text)


def differences(
    old: ConditionalGraph, new: ConditionalGraph, *, names: tuple[str, str] = ("old", "new")
) -> GraphDifferences:
    """Compare two graphs.

    Args:
        old: the graph before.
        new: the graph after.
        names: the names of both graphs in `text`.

    Raises:
        InvalidWorkflow: an argument in a graph is of a kind that cannot be written as Python.
    """
    before, after = (with_defaults(document_of(graph)) for graph in (old, new))
    if same(before, after):
        return GraphDifferences()
    lines = unified_diff(_lines(old), _lines(new), *names, lineterm="")
    return GraphDifferences(
        nodes=tuple(_nodes(before, after, "")),
        edges=tuple(_edges(before, after, "")),
        fields=_fields(before, after),
        text="".join(f"{line}\n" for line in lines),
    )


def _lines(graph: ConditionalGraph) -> list[str]:
    return module_of(graph, "graph").splitlines()


def _fields(old: Mapping[str, Any], new: Mapping[str, Any], ignored: tuple[str, ...] = _ENTRIES) -> tuple[str, ...]:
    """Return the keys of two mappings whose values differ, in their order."""
    keys = dict.fromkeys([*old, *new])
    return tuple(key for key in keys if key not in ignored and not (_both(key, old, new) and same(old[key], new[key])))


def _both(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return key in old and key in new


def _nodes(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[NodeDifference]:
    before, after = _by_name(old), _by_name(new)
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            yield NodeDifference(name=path + name, change="removed")
        elif name not in before:
            yield NodeDifference(name=path + name, change="added")
        else:
            yield from _node(before[name], after[name], path)


def _node(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[NodeDifference]:
    fields = list(_fields(old, new, ("signature",)))
    inner = _nested(old, new)
    if inner is not None:
        fields += _fields(*inner)
        fields += _fields(old["signature"], new["signature"], ("kwargs",))
    elif "signature" in old and "signature" in new:
        fields += _body_fields(old["signature"], new["signature"])
    elif "signature" in old or "signature" in new:
        fields.append("signature")
    if fields:
        yield NodeDifference(name=path + old["name"], change="changed", fields=tuple(fields))
    if inner is not None:
        yield from _nodes(*inner, f"{path}{old['name']}/")


def _body_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    if same(old, new):
        return ()
    if old.get("subtask_type") or new.get("subtask_type"):
        return ("signature",)
    return tuple(part for part in _PARTS if not same(old.get(part), new.get(part))) or ("signature",)


def _edges(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[EdgeDifference]:
    before, after = _arrows(old), _arrows(new)
    moved = _moved(before, after)
    for place in dict.fromkeys([*before, *after]):
        old_label, new_label = before.get(place), after.get(place)
        if old_label == new_label and place not in moved:
            continue
        change: Change = "removed" if new_label is None else "added" if old_label is None else "changed"
        source, target, _ = place
        text = (new_label or old_label or ("",))[0]
        yield EdgeDifference(change=change, source=path + source, target=path + target, text=text)
    inner_before, inner_after = _by_name(old), _by_name(new)
    for name in inner_before:
        inner = _nested(inner_before[name], inner_after.get(name, {}))
        if inner is not None:
            yield from _edges(*inner, f"{path}{name}/")


#: An edge by source, target, and number among the edges with the same ends.
_Place = tuple[str, str, int]


def _arrows(document: Mapping[str, Any]) -> dict[_Place, tuple[Any, ...]]:
    """Return all edges with their words first, and then what else decides whether they are followed."""
    found: dict[_Place, tuple[Any, ...]] = {}
    numbers: Counter[tuple[str, str]] = Counter()
    for edge in document["edges"]:
        for arrow in arrows(edge):
            number = numbers[arrow.source, arrow.target]
            decisive = (edge.get(field) for field in ("mode", "strict", "router"))
            found[arrow.source, arrow.target, number] = (arrow.label, *decisive)
            numbers[arrow.source, arrow.target] += 1
    return found


def _moved(before: Mapping[_Place, Any], after: Mapping[_Place, Any]) -> set[_Place]:
    """Return the edges that stand elsewhere among those edges of their source that both graphs have."""
    orders: list[dict[str, list[_Place]]] = []
    for edges, others in ((before, after), (after, before)):
        order: dict[str, list[_Place]] = {}
        for place in edges:
            if place in others:
                order.setdefault(place[0], []).append(place)
        orders.append(order)
    pairs = (zip(orders[0][source], orders[1][source], strict=True) for source in orders[0])
    return {one for pair in pairs for one, other in pair if one != other}


def _by_name(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {entry["name"]: entry for entry in document["nodes"]}


def _nested(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """Return the definitions of the graphs that a node ran before and runs after; None unless both are graphs."""
    bodies = [entry.get("signature", {}) for entry in (old, new)]
    if all(body.get("subtask_type") == GRAPH for body in bodies):
        return bodies[0]["kwargs"], bodies[1]["kwargs"]
    return None

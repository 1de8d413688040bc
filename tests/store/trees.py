"""Trees of definitions, written down directly: what the compiler would make of signatures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from celery import Celery
from celery.canvas import Signature

from orchestrator_celery.canvas.approval import Approval
from orchestrator_celery.canvas.graphs.graph import END, START, ConditionalGraph
from orchestrator_celery.engine.compile.graph import graph_tree
from orchestrator_celery.records.definitions import Shape, leaf_definition, write_definition
from orchestrator_celery.records.packed import Tree, pack
from orchestrator_celery.records.payload import Codec

__all__ = ("CODEC", "chain", "chord", "definitions", "graph", "group", "leaf", "swarm", "unit")

#: Reads and writes what Python keeps in definitions.
CODEC = Codec(Celery("trees", set_as_current=False), 2**20)

_ENDS = {"START": START, "END": END}


def leaf(payload: bytes = b"x", links: Sequence[Tree] = (), errbacks: Sequence[Tree] = (), **start: int) -> Tree:
    """One task; `wait` (ms) and `eta` (ms) delay its start."""
    own = leaf_definition(payload, len(links), len(errbacks), **start)
    return Tree({".": own, **_callbacks(links, errbacks)}, 1)


def chain(*steps: Tree, kind: str = "chain", links: Sequence[Tree] = (), errbacks: Sequence[Tree] = ()) -> Tree:
    """Steps one after the other."""
    specs = {path: raw for i, step in enumerate(steps) for path, raw in step.below(i).items()}
    own = write_definition(Shape.STEPS, b"{}", size=len(steps), kind=kind, **_counts(links, errbacks))
    return Tree({".": own, **specs, **_callbacks(links, errbacks)}, sum(step.leaves for step in steps))


def unit(workflow: Tree, links: Sequence[Tree] = (), errbacks: Sequence[Tree] = ()) -> Tree:
    """A workflow as one unit."""
    return chain(workflow, kind="complex", links=links, errbacks=errbacks)


def swarm(
    *items: Tree, kind: str = "swarm", links: Sequence[Tree] = (), errbacks: Sequence[Tree] = (), **bounds: Any
) -> Tree:
    """Items side by side; bounds are attributes of its definition."""
    own = write_definition(Shape.POOL, b"{}", size=len(items), kind=kind, **bounds, **_counts(links, errbacks))
    specs = {str(i): pack(item) for i, item in enumerate(items)}
    return Tree({".": own, **specs, **_callbacks(links, errbacks)}, sum(item.leaves for item in items))


def group(*items: Tree, ch: bool = False) -> Tree:
    """Members side by side."""
    return swarm(*items, kind="group", chord_header=ch)


def chord(header: Sequence[Tree], body: Tree) -> Tree:
    """A group, then a body with its results."""
    return chain(group(*header, ch=True), body, kind="chord")


def graph(
    edges: str,
    bodies: Mapping[str, Tree | Approval] | None = None,
    also: Callable[[ConditionalGraph], Any] | None = None,
    links: Sequence[Tree] = (),
    errbacks: Sequence[Tree] = (),
    max_visits: int = 25,
    **options: Mapping[str, Any],
) -> Tree:
    """A graph; its nodes are numbered as they are mentioned first.

    Args:
        edges: `a>b` always, `a?b,c` the one that the result names, `a!b` after an error; `START` and `END`.
        bodies: of nodes; a leaf of the node's name, where none is given.
        also: adds what cannot be said so.
        links: callbacks of the graph.
        errbacks: its errbacks.
        max_visits: of its nodes.
        **options: of nodes, as of `add_node`.
    """
    defined, bodies = ConditionalGraph("g", max_visits=max_visits), bodies or {}
    declared = [re.fullmatch(r"(\w+)([>?!])([\w,]+)", edge).groups() for edge in edges.split()]  # type: ignore[union-attr]
    mentioned = (name for source, _, targets in declared for name in (source, *targets.split(",")))
    for name in dict.fromkeys(mentioned):
        if name not in _ENDS:
            body = bodies.get(name)
            defined.add_node(name, body if isinstance(body, Approval) else Signature(name), **options.get(name, {}))
    for source, kind, targets in declared:
        first, *rest = [_ENDS.get(name, name) for name in (source, *targets.split(","))]
        if kind == ">":
            defined.add_edge(first, *rest)
        elif kind == "!":
            defined.add_error_edge(first, *rest)
        else:
            defined.add_conditional_edges(first, dict(zip(targets.split(","), rest, strict=True)))
    if also is not None:
        also(defined)
    specs, (attrs, facts, leaves) = graph_tree(defined, lambda task, _: _body(bodies, task), CODEC)
    own = write_definition(Shape.GRAPH, CODEC.dump(facts, "json"), **attrs, **_counts(links, errbacks))
    return Tree({".": own, **specs, **_callbacks(links, errbacks)}, leaves)


def _body(bodies: Mapping[str, Any], task: Signature) -> Tree:
    found: Tree = bodies.get(task.task) or leaf(task.task.encode())
    return found


def definitions(tree: Tree) -> dict[str, bytes]:
    """The tree as a run's definitions."""
    return {("0" if path == "." else f"0.{path}"): raw for path, raw in tree.specs.items()}


def _counts(links: Sequence[Tree], errbacks: Sequence[Tree]) -> dict[str, int | None]:
    return {"links": len(links) or None, "errbacks": len(errbacks) or None}


def _callbacks(links: Sequence[Tree], errbacks: Sequence[Tree]) -> dict[str, bytes]:
    hung = [(f"l{i}", tree) for i, tree in enumerate(links)] + [(f"e{i}", tree) for i, tree in enumerate(errbacks)]
    return {path: raw for place, tree in hung for path, raw in tree.below(place).items()}

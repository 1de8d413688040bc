"""Trees of definitions, written down directly: what the compiler would make of signatures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator_celery.engine.specs import Tree, leaf_spec, pack, spec

__all__ = ("chain", "chord", "definitions", "group", "leaf", "swarm", "unit")


def leaf(payload: bytes = b"x", links: Sequence[Tree] = (), errbacks: Sequence[Tree] = (), **start: int) -> Tree:
    """One task; `wait` (ms) and `eta` (ms) delay its start."""
    own = leaf_spec(payload, len(links), len(errbacks), **start)
    return Tree({".": own, **_callbacks(links, errbacks)}, 1)


def chain(*steps: Tree, kind: str = "chain", links: Sequence[Tree] = (), errbacks: Sequence[Tree] = ()) -> Tree:
    """Steps one after the other."""
    specs = {path: raw for i, step in enumerate(steps) for path, raw in step.below(i).items()}
    own = spec("C", b"{}", n=len(steps), k=kind, l=len(links) or None, e=len(errbacks) or None)
    return Tree({".": own, **specs, **_callbacks(links, errbacks)}, sum(step.leaves for step in steps))


def unit(workflow: Tree, links: Sequence[Tree] = (), errbacks: Sequence[Tree] = ()) -> Tree:
    """A workflow as one unit."""
    return chain(workflow, kind="complex", links=links, errbacks=errbacks)


def swarm(
    *items: Tree, kind: str = "swarm", links: Sequence[Tree] = (), errbacks: Sequence[Tree] = (), **bounds: Any
) -> Tree:
    """Items side by side; bounds are `cap`, `stop`, `tol`, `max`, `open` and `ch`."""
    own = spec("P", b"{}", n=len(items), k=kind, **bounds, l=len(links) or None, e=len(errbacks) or None)
    specs = {str(i): pack(item) for i, item in enumerate(items)}
    return Tree({".": own, **specs, **_callbacks(links, errbacks)}, sum(item.leaves for item in items))


def group(*items: Tree, ch: bool = False) -> Tree:
    """Members side by side."""
    return swarm(*items, kind="group", ch=ch)


def chord(header: Sequence[Tree], body: Tree) -> Tree:
    """A group, then a body with its results."""
    return chain(group(*header, ch=True), body, kind="chord")


def definitions(tree: Tree) -> dict[str, bytes]:
    """The tree as a run's definitions."""
    return {("0" if path == "." else f"0.{path}"): raw for path, raw in tree.specs.items()}


def _callbacks(links: Sequence[Tree], errbacks: Sequence[Tree]) -> dict[str, bytes]:
    hung = [(f"l{i}", tree) for i, tree in enumerate(links)] + [(f"e{i}", tree) for i, tree in enumerate(errbacks)]
    return {path: raw for place, tree in hung for path, raw in tree.below(place).items()}

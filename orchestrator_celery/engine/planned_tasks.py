"""How many tasks of each name a run has, for an estimate of its time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from orchestrator_celery.records.definitions import Shape, shape_of
from orchestrator_celery.records.packed import SELF, unpack

__all__ = ("planned_tasks",)

#: A leaf's definition, up to the name of its task.
_TASK = re.compile(rb'L[^\n]*\n\["([^"\\]+)"')
#: Ids of nodes in the tree, and of bodies of a graph's nodes. Callbacks and runners have other letters.
_IN_TREE = re.compile(r"[0-9.p]+")
#: Most names that are counted; a run with more is estimated by the mean of all its tasks.
_MOST = 100


def planned_tasks(definitions: Mapping[str, bytes]) -> dict[str, int]:
    """Return the number of tasks by name; empty if there is one name and no graph, or very many names.

    Args:
        definitions: of the whole run, by node.
    """
    found: Counter[str] = Counter()
    is_graph = False
    for node, raw in definitions.items():
        if _IN_TREE.fullmatch(node):
            is_graph = is_graph or shape_of(raw) is Shape.GRAPH
            found.update(_names(raw))
    return dict(found) if (len(found) > 1 or is_graph) and len(found) <= _MOST else {}


def _names(raw: bytes) -> list[str]:
    if shape_of(raw) is not Shape.PACKED:
        match = _TASK.match(raw)
        return [match[1].decode()] if match else []
    inner = unpack(raw).items()
    return [name for path, each in inner if path == SELF or _IN_TREE.fullmatch(path) for name in _names(each)]

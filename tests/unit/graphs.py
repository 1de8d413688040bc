"""Graphs as one line of text, so that a test shows the whole graph it is about.

S>a          an edge out of START         a>E      one to END
a>b,c        two edges                    a>b|c    conditions, of which the first that holds is taken
a>b&c        conditions, all that hold    a>b|?c   otherwise c; the same with &
a!b          an error edge
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from orchestrator_celery import END, START, ConditionalGraph, otherwise, result, when

_ENDS = {"S": START, "E": END}


def sketched(text: str, body: Callable[[str], Any], joins: Mapping[str, str] | None = None, **options: Any) -> Any:
    """A graph of a sketch; `body(name)` makes the body of a node.

    The first of several conditions holds of the result 0, the second of 1, and so on; of `&`, of lists that contain it.
    """
    graph = ConditionalGraph("sketch", **options)
    for name in dict.fromkeys(re.findall(r"\w+", text)):
        if name not in _ENDS:
            graph.add_node(name, body(name), join=(joins or {}).get(name))
    for part in text.split():
        source, kind, targets = re.fullmatch(r"(\w+)([>!])(.*)", part).groups()
        add = graph.add_error_edge if kind == "!" else graph.add_edge
        if "|" in targets or "&" in targets:
            _branch(graph, _ENDS.get(source, source), targets)
        else:
            for target in targets.split(","):
                add(_ENDS.get(source, source), _ENDS.get(target, target))
    return graph


def _branch(graph: ConditionalGraph, source: str, targets: str) -> None:
    several = "&" in targets
    named = re.split(r"[|&]", targets)
    branches: list[Any] = [
        when(result.contains(place) if several else result == place, _ENDS.get(name, name))
        for place, name in enumerate(named)
        if not name.startswith("?")
    ]
    branches += [otherwise(_ENDS.get(name[1:], name[1:])) for name in named if name.startswith("?")]
    graph.add_conditional_edges(source, branches, mode="all" if several else "first")

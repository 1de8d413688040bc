"""What is wrong with the ways through a graph: nodes nobody comes to, ends that are none, joins, tokens apart."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator_celery.canvas.checks.meetings import meetings
from orchestrator_celery.canvas.checks.outline import Outline
from orchestrator_celery.canvas.checks.ways import map_of, reach
from orchestrator_celery.canvas.graph_definition import END, START
from orchestrator_celery.model.problems import Problem

__all__ = ("join_problems", "path_problems")

#: A join of fewer branches joins nothing.
_TWO = 2


def path_problems(graph: Outline) -> Iterator[Problem]:
    """Nodes that are never come to, and such that lead to no end."""
    meant = graph.meant()
    steps = map_of(meant)
    reached = reach(steps, [START]) if START in steps else set(graph.nodes)  # that is a problem of its own
    onwards = {way.source for way in meant if way.kind != "error"}
    back = map_of(way._replace(source=way.target, target=way.source) for way in meant)
    ending = reach(back, {END, *(graph.nodes.keys() - onwards)})  # one dead end is one problem
    for name in graph.nodes:
        if name not in reached:
            yield Problem(name, "cannot be reached from START", f"lead an edge to it, or leave {name!r} out")
        if name not in onwards:
            hint = f"add_edge({name!r}, END), or an edge to what follows"
            yield Problem(name, "has no way to END: nothing says where to go when it has ended well", hint)
        elif name not in ending:
            hint = "lead an edge out of the loop it is in, such as when(visits >= 3, END)"
            yield Problem(name, "has no way to END", hint)


def join_problems(graph: Outline) -> Iterator[Problem]:
    """Joins of what does not meet, and meetings without a join."""
    meant = [way for way in graph.meant() if way.source == START or way.source in graph.nodes]
    sources: dict[str, set[str]] = {}
    for way in meant:
        sources.setdefault(way.target, set()).add(way.source)
    for name, entry in graph.nodes.items():
        if "join" in entry and len(sources.get(name, ())) < _TWO:
            yield Problem(name, "joins branches, and fewer than two nodes lead to it", "leave join out")
    single = {name for name, entry in graph.nodes.items() if "approval" in entry}
    for found in meetings(graph.nodes, meant, single):
        hint = "add_node(..., join='all') waits for both, join='any' starts with the first; or join them before it"
        fork = "START" if found.fork == START else repr(found.fork)
        both = f"{fork} can go on to both {found.first!r} and {found.second!r}"
        what = f"two tokens could arrive that have not met: {both}"
        yield Problem(found.node, what, hint)

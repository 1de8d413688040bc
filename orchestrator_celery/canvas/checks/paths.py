"""Checks the paths through a graph: unreachable nodes, paths without an end, joins, and merges without a join."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator_celery.canvas.checks.edges import adjacency, reachable
from orchestrator_celery.canvas.checks.graph_view import GraphView
from orchestrator_celery.canvas.checks.unjoined_merges import unjoined_merges
from orchestrator_celery.canvas.graphs.graph_definition import END, START
from orchestrator_celery.model.problems import Problem

__all__ = ("join_problems", "path_problems")

#: The fewest branches that make a join useful.
_TWO = 2


def path_problems(graph: GraphView) -> Iterator[Problem]:
    """Yield the nodes that START cannot reachable, and the nodes from which END cannot be reached."""
    edges = graph.corrected_edges()
    steps = adjacency(edges)
    reached = reachable(steps, [START]) if START in steps else set(graph.nodes)  # a missing START is reported elsewhere
    with_exit = {edge.source for edge in edges if edge.kind != "error"}
    reverse = adjacency(edge._replace(source=edge.target, target=edge.source) for edge in edges)
    ending = reachable(reverse, {END, *(graph.nodes.keys() - with_exit)})  # one dead end is reported only once
    for name in graph.nodes:
        if name not in reached:
            yield Problem(name, "cannot be reached from START", f"add an edge to it, or remove {name!r}")
        if name not in with_exit:
            hint = f"add_edge({name!r}, END), or an edge to the next node"
            yield Problem(name, "has no path to END: no edge follows its success", hint)
        elif name not in ending:
            hint = "add an edge out of its loop, such as when(visits >= 3, END)"
            yield Problem(name, "has no path to END", hint)


def join_problems(graph: GraphView) -> Iterator[Problem]:
    """Yield joins with fewer than two branches, and merges of parallel branches without a join."""
    edges = [edge for edge in graph.corrected_edges() if edge.source == START or edge.source in graph.nodes]
    sources: dict[str, set[str]] = {}
    for edge in edges:
        sources.setdefault(edge.target, set()).add(edge.source)
    for name, entry in graph.nodes.items():
        if "join" in entry and len(sources.get(name, ())) < _TWO:
            yield Problem(name, "declares a join, but fewer than two nodes lead to it", "leave join out")
    single = {name for name, entry in graph.nodes.items() if "approval" in entry}
    for merge in unjoined_merges(graph.nodes, edges, single):
        hint = "add_node(..., join='all') waits for both, join='any' starts with the first; or join them before it"
        fork = "START" if merge.fork == START else repr(merge.fork)
        both = f"{fork} can go on to both {merge.first!r} and {merge.second!r}"
        yield Problem(merge.node, f"two tokens could arrive separately, without a join: {both}", hint)

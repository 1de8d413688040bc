"""What is wrong with a graph: every problem at once, each with the node's name and a hint."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator_celery.canvas.checks.decisions import decision_problems, input_problems
from orchestrator_celery.canvas.checks.outline import Outline
from orchestrator_celery.canvas.checks.passages import join_problems, path_problems
from orchestrator_celery.canvas.children import inside
from orchestrator_celery.canvas.graph_definition import END, START, edge_flaws, node_flaws
from orchestrator_celery.canvas.primitive import Primitive
from orchestrator_celery.canvas.retry import retry_flaws
from orchestrator_celery.model.problems import Problem

__all__ = ("problems",)

#: Names stand in keys, in paths of nested graphs and in drawings.
_NAME = re.compile(r"\w(?:[\w .-]*\w)?")
_LONGEST_NAME = 80


def problems(definition: Mapping[str, Any]) -> list[Problem]:
    """Every problem of a graph; none if it can be run."""
    graph = Outline.of(definition)
    found = [*_whole(graph), *_names(graph), *_bodies(graph), *_options(graph), *_edges(graph)]
    found += [*decision_problems(graph), *input_problems(graph)]
    if graph.nodes:
        found += [*path_problems(graph), *join_problems(graph)]
    return list(dict.fromkeys(found))


def _whole(graph: Outline) -> Iterator[Problem]:
    if not graph.nodes:
        yield Problem("", "the graph has no nodes", "add_node('first', task.s()) and add_edge(START, 'first')")
    elif not any(way.source == START for way in graph.ways):
        first = next(iter(graph.nodes))
        yield Problem("", "nothing follows START, so the graph does nothing", f"add_edge(START, {first!r})")
    value = graph.definition.get("max_visits", 1)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        yield Problem("", f"max_visits={value!r} is not allowed", "give a whole number of at least 1")
    if graph.definition.get("retry") is not None:
        yield from (Problem("", message, hint) for message, hint in retry_flaws(graph.definition["retry"]))


def _names(graph: Outline) -> Iterator[Problem]:
    seen: set[str] = set()
    for name in (entry["name"] for entry in graph.definition["nodes"]):
        if name in seen:
            yield Problem(name, "is declared twice", "give each node a name of its own")
        seen.add(name)
        if name.startswith("__"):
            yield Problem(name, "has a reserved name", "names of your own do not begin with two underscores")
        elif len(name) > _LONGEST_NAME:
            yield Problem(name, f"has a name of {len(name)} characters", f"give one of at most {_LONGEST_NAME}")
        elif not _NAME.fullmatch(name):
            yield Problem(
                name, "has a name that cannot be used", "take letters, digits, '_', '-', '.' and blanks inside"
            )


def _bodies(graph: Outline) -> Iterator[Problem]:
    for name, entry in graph.nodes.items():
        if "signature" in entry:
            yield from _body(name, entry["signature"])
    for edge in graph.definition["edges"]:
        if "router" in edge:
            yield from _body(edge["from"], edge["router"], "router")


def _body(name: str, body: Any, what: str = "body") -> Iterator[Problem]:
    """What is wrong in a body, however deep; a graph in it is checked as any, under its node's name."""
    waiting = [body]
    while waiting:
        given = waiting.pop()
        if not isinstance(given.get("task"), str):
            yield Problem(
                name, f"its {what} holds what is no signature: {dict(given)!r}", "pass task.s(...) or a canvas"
            )
            continue
        if isinstance(given, Primitive) and given.kwargs.get("deadline"):
            hint = "give it to the outermost signature, or start this one as a run of its own, from a task"
            yield Problem(name, f"its {what} has a deadline, which belongs to a whole run", hint)
        if given.get("subtask_type") == "orchestrator.graph":
            for problem in problems(given["kwargs"]):
                yield problem._replace(node=f"{name}/{problem.node}" if problem.node else name)
        else:
            waiting += reversed(list(inside(given)))


def _options(graph: Outline) -> Iterator[Problem]:
    for name, entry in graph.nodes.items():
        yield from (Problem(name, message, hint) for message, hint in node_flaws(entry))


def _edges(graph: Outline) -> Iterator[Problem]:
    plain: set[tuple[str, str]] = set()
    known = {*graph.nodes, START, END}
    for way in graph.ways:
        kind = "an error edge" if way.kind == "error" else "an edge" if way.kind == "edge" else "a conditional edge"
        if way.source not in known:
            yield Problem(way.source, f"{kind} leads out of it, and it is no node", graph.instead(way.source))
        if way.target not in known:
            yield Problem(way.source, f"{kind} leads to {way.target!r}, which is no node", graph.instead(way.target))
        if way.source == END:
            yield Problem(END, f"{kind} leads out of END", "nothing follows END: begin the edge at a node")
        if way.target == START:
            yield Problem(way.source, f"{kind} leads into START", "for a loop, lead it to the first node")
        if way.kind == "edge" and (way.source, way.target) in plain:
            yield Problem(way.source, f"there are two edges to {way.target!r}", "leave one out")
        plain |= {(way.source, way.target)} if way.kind == "edge" else set()
    for edge in graph.definition["edges"]:
        yield from (Problem(edge["from"], message, hint) for message, hint in edge_flaws(edge))

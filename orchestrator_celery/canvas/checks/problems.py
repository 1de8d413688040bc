"""Finds every problem of a graph at once, each with the node's name and a hint."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator_celery.canvas.checks.graph_view import GraphView
from orchestrator_celery.canvas.checks.paths import join_problems, path_problems
from orchestrator_celery.canvas.checks.rules import input_problems, rule_problems
from orchestrator_celery.canvas.children import child_signatures
from orchestrator_celery.canvas.graphs.graph_definition import END, START, edge_flaws, node_flaws
from orchestrator_celery.canvas.primitive import Primitive
from orchestrator_celery.canvas.retry import retry_flaws
from orchestrator_celery.model.problems import Problem

__all__ = ("problems",)

#: The characters of node names: names become parts of keys, of paths into nested graphs, and of drawings.
_NAME = re.compile(r"\w(?:[\w .-]*\w)?")
_LONGEST_NAME = 80


def problems(definition: Mapping[str, Any]) -> list[Problem]:
    """Return every problem of a graph; an empty list if the graph can run."""
    graph = GraphView.of(definition)
    found = [*_whole(graph), *_names(graph), *_bodies(graph), *_options(graph), *_edges(graph)]
    found += [*rule_problems(graph), *input_problems(graph)]
    if graph.nodes:
        found += [*path_problems(graph), *join_problems(graph)]
    told: dict[tuple[str, str], Problem] = {}
    for problem in found:
        told.setdefault((problem.node, problem.text), problem)
    return list(told.values())


def _whole(graph: GraphView) -> Iterator[Problem]:
    if not graph.nodes:
        yield Problem("", "the graph has no nodes", "add_node('first', task.s()) and add_edge(START, 'first')")
    elif not any(edge.source == START for edge in graph.edges):
        first = next(iter(graph.nodes))
        yield Problem("", "no edge leads out of START, so nothing would run", f"add_edge(START, {first!r})")
    value = graph.definition.get("max_visits", 1)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        yield Problem("", f"max_visits={value!r} is not allowed", "give a whole number of at least 1")
    if graph.definition.get("retry") is not None:
        yield from (Problem("", message, hint) for message, hint in retry_flaws(graph.definition["retry"]))


def _names(graph: GraphView) -> Iterator[Problem]:
    seen: set[str] = set()
    for name in (entry["name"] for entry in graph.definition["nodes"]):
        if name in seen:
            yield Problem(name, "is declared twice", "give each node a different name")
        seen.add(name)
        if name.startswith("__"):
            yield Problem(name, "has a reserved name", "use a name that does not begin with two underscores")
        elif len(name) > _LONGEST_NAME:
            yield Problem(name, f"has a name of {len(name)} characters", f"use at most {_LONGEST_NAME}")
        elif not _NAME.fullmatch(name):
            hint = "use letters, digits, '_', '-' and '.', and blanks only between them"
            yield Problem(name, "has a name that is not allowed", hint)


def _bodies(graph: GraphView) -> Iterator[Problem]:
    for name, entry in graph.nodes.items():
        if "signature" in entry:
            yield from _body(name, entry["signature"])
    for index, edge in enumerate(graph.definition["edges"]):
        if "router" in edge:
            yield from _body(edge["from"], edge["router"], "router", index)


def _body(name: str, body: Any, role: str = "body", edge: int | None = None) -> Iterator[Problem]:
    """Yield the problems of a body at any depth; a nested graph is checked like any graph, under its node's name."""
    waiting = [body]
    while waiting:
        signature = waiting.pop()
        if not isinstance(signature, Mapping) or not isinstance(signature.get("task"), str):
            shown = dict(signature) if isinstance(signature, Mapping) else signature
            hint = "pass task.s(...) or a canvas"
            yield Problem(name, f"its {role} holds a value that is not a signature: {shown!r}", hint, edge)
            continue
        if isinstance(signature, Primitive) and signature.kwargs.get("deadline"):
            hint = "give it to the outermost signature, or start this one as a run of its own, from a task"
            yield Problem(name, f"its {role} has a deadline, and only a whole run can have one", hint, edge)
        if signature.get("subtask_type") == "orchestrator.graph":
            for problem in problems(signature["kwargs"]):
                if not problem.node:
                    yield problem._replace(node=name, edge=edge)
                else:  # a position counts in the list of the graph of the named node; a router's graph is not one
                    position = problem.edge if role == "body" else None
                    yield problem._replace(node=f"{name}/{problem.node}", edge=position)
        else:
            waiting += reversed(list(child_signatures(signature)))


def _options(graph: GraphView) -> Iterator[Problem]:
    for name, entry in graph.nodes.items():
        yield from (Problem(name, message, hint) for message, hint in node_flaws(entry))


def _edges(graph: GraphView) -> Iterator[Problem]:
    plain: set[tuple[str, str]] = set()
    known = {*graph.nodes, START, END}
    for edge in graph.edges:
        kind = "an error edge" if edge.kind == "error" else "an edge" if edge.kind == "edge" else "a conditional edge"
        if edge.source not in known:
            message, hint = f"{kind} leads out of it, but it is not a node", graph.suggestion(edge.source)
            yield Problem(edge.source, message, hint, edge.position)
        if edge.target not in known:
            message = f"{kind} leads to {edge.target!r}, which is not a node"
            yield Problem(edge.source, message, graph.suggestion(edge.target), edge.position)
        if edge.source == END:
            hint = "nothing follows END: begin the edge at a node"
            yield Problem(END, f"{kind} leads out of END", hint, edge.position)
        if edge.target == START:
            hint = "for a loop, lead it to the first node"
            yield Problem(edge.source, f"{kind} leads into START", hint, edge.position)
        if edge.kind == "edge" and (edge.source, edge.target) in plain:
            message, hint = f"there are two edges to {edge.target!r}", "remove one of them"
            yield Problem(edge.source, message, hint, edge.position)
        plain |= {(edge.source, edge.target)} if edge.kind == "edge" else set()
    for index, declaration in enumerate(graph.definition["edges"]):
        yield from (Problem(declaration["from"], message, hint, index) for message, hint in edge_flaws(declaration))

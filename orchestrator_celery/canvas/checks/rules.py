"""Checks the rules of a graph: conditions, keys, error edges, and the expressions in `inputs` and `map_over`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from json import dumps
from typing import Any

from orchestrator_celery.canvas.approval import DECISIONS, can_fail
from orchestrator_celery.canvas.checks.edges import Reachability, adjacency
from orchestrator_celery.canvas.checks.graph_view import GraphView
from orchestrator_celery.canvas.conditions.language import node_names, roots, words
from orchestrator_celery.canvas.graphs.graph_definition import START
from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.problems import Problem

__all__ = ("input_problems", "rule_problems")

#: Operators whose result is never a list.
_NO_LISTS = frozenset("length type exists date datetime eq ne lt le gt ge and or not in matches visits error".split())


_COMPARISONS = frozenset("eq ne lt le gt ge in matches".split())


def rule_problems(graph: GraphView) -> Iterator[Problem]:
    """Yield the problems of conditions, keys and error edges."""
    for index, edge in enumerate(graph.definition["edges"]):
        found: list[Problem] = []
        if "when" in edge:
            found += [*_condition_reads(graph, edge), *_unreachable_branches(edge)]
        if "keys" in edge:
            found += _keys(graph, edge)
        yield from (problem._replace(edge=index) for problem in found)
    yield from _missing_decisions(graph)
    yield from _unreachable_error_edges(graph)


def input_problems(graph: GraphView) -> Iterator[Problem]:
    """Yield the problems of the expressions in `inputs` and `map_over`."""
    paths = Reachability(adjacency(graph.corrected_edges()))
    for name, entry in graph.nodes.items():
        expressions = [("inputs", value) for value in entry.get("inputs", {}).values()]
        expressions += [("map_over", entry["map_over"])] if "map_over" in entry else []
        for where, json in expressions:
            for other in sorted(_names_in(node_names, json)):
                if other not in graph.nodes:
                    yield Problem(name, f"{where} reads {other!r}, which is not a node", graph.suggestion(other))
                elif not paths.reaches(other, name):
                    hint = "read a node that ends before this one, or add an edge from it to this node"
                    yield Problem(name, f"{where} reads {other!r}, which does not come before it", hint)
            if "error" in _names_in(roots, json) and name not in _after_errors(graph):
                yield Problem(name, f"{where} reads error, but no error edge leads to it", "read result")
        if "map_over" in entry and _is_never_list(entry["map_over"]):
            yield Problem(name, "map_over can never be a list", "give an expression for a list")


def _is_never_list(json: Any) -> bool:
    if not isinstance(json, (list, tuple)):
        return True
    if not json or not isinstance(json[0], str):
        return False  # it cannot be read, which is reported as a problem of its own
    return json[0] in _NO_LISTS or (json[0] == "value" and not isinstance(json[-1], (list, tuple)))


def _names_in(read: Callable[[Any], set[str]], json: Any) -> set[str]:
    try:
        return read(json)
    except InvalidWorkflow:  # reported as a problem of its own
        return set()


def _condition_reads(graph: GraphView, edge: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield conditions that read values which can never exist."""
    source = edge["from"]
    for json, _ in edge["when"]:
        for other in sorted(_names_in(node_names, json)):
            if other not in graph.nodes:
                yield Problem(source, f"a condition reads {other!r}, which is not a node", graph.suggestion(other))
            elif source == START:
                yield Problem(source, f"a condition reads {other!r}, which cannot have run yet", "read run_input")
        used = _names_in(roots, json)
        if "approval" in graph.nodes.get(source, {}) and _compares_result(json):
            hint = 'compare result["decision"] with "approved" or "rejected", or give a mapping of decisions'
            yield Problem(source, "a condition compares the whole result of an approval, which is a dict", hint)
        if "error" in used and source not in _after_errors(graph):
            hint = f"no error edge leads to {source!r}; use add_error_edge() for the errors of {source!r} itself"
            yield Problem(source, "a condition reads error, which never exists here", hint)
        if "visits" in used and source == START:
            yield Problem(source, "a condition reads visits, but START is never visited", "count visits of a node")


def _compares_result(json: Any) -> bool:
    """Whether an expression compares the whole result with a value."""
    if not isinstance(json, (list, tuple)) or not json or json[0] == "value":
        return False
    compared = json[0] in _COMPARISONS and any(
        isinstance(part, (list, tuple)) and list(part) == ["result"] for part in json[1:]
    )
    return compared or any(_compares_result(part) for part in json[1:])


def _after_errors(graph: GraphView) -> set[str]:
    """Return the nodes that an error edge can reachable and that get the error by itself, not in a list of a join."""
    found = {edge.target for edge in graph.edges if edge.kind == "error"}
    return {name for name in found if graph.nodes.get(name, {}).get("join") != "all"}


def _unreachable_branches(edge: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield branches that can never be taken."""
    source, earlier, always = edge["from"], [], False
    for json, target in edge["when"]:
        if always:
            yield Problem(source, f"the branch to {target!r} is never taken", "a branch before it is always taken")
        elif not isinstance(json, (list, tuple)) and json is not True:
            yield Problem(source, f"the branch to {target!r} is never taken", f"{json!r} is not a condition")
        elif dumps(json) in earlier and edge.get("mode", "first") == "first":
            hint = f"a branch before it has the same condition {words(json)}"
            yield Problem(source, f"the branch to {target!r} is never taken", hint)
        earlier.append(dumps(json))
        always = always or (json is True and edge.get("mode", "first") == "first")
    if "otherwise" in edge and any(json is True for json, _ in edge["when"]):
        yield Problem(source, f"otherwise({edge['otherwise']!r}) is never taken", "another branch is always taken")


def _keys(graph: GraphView, edge: Mapping[str, Any]) -> Iterator[Problem]:
    source, seen = edge["from"], []
    is_approval = "approval" in graph.nodes.get(source, {}) and "router" not in edge
    for key, target in edge["keys"]:
        if (type(key), key) in seen:
            yield Problem(source, f"the key {key!r} has two targets, {target!r} is never taken", "remove one of them")
        seen.append((type(key), key))
        if is_approval and key not in DECISIONS:
            yield Problem(source, f"{key!r} is not a decision of an approval", "use 'approved' and 'rejected' as keys")


def _missing_decisions(graph: GraphView) -> Iterator[Problem]:
    """Yield decisions of approvals that have no target."""
    for name, entry in graph.nodes.items():
        if "approval" not in entry:
            continue
        own = [edge for edge in graph.definition["edges"] if edge["from"] == name and "error" not in edge]
        mapped = own and all("keys" in edge and "router" not in edge and "otherwise" not in edge for edge in own)
        if mapped:
            known = [key for edge in own for key, _ in edge["keys"]]
            for decision in DECISIONS:
                if decision not in known:
                    yield Problem(name, f"there is no target for the decision {decision}", "add the key, or default=")


def _unreachable_error_edges(graph: GraphView) -> Iterator[Problem]:
    """Yield error edges that can never be taken."""
    caught: dict[str, set[str]] = {}
    for edge in graph.edges:
        if edge.kind != "error":
            continue
        source, names = edge.source, edge.declaration["error"]
        if source == START:
            message = "an error edge leads out of START, which cannot fail"
            yield Problem(source, message, "begin it at a node", edge.position)
        elif "approval" in graph.nodes.get(source, {}) and not can_fail(graph.nodes[source]["approval"]):
            hint = "an approval fails only with Approval(timeout=..., on_timeout='fail')"
            yield Problem(source, f"the error edge to {edge.target!r} is never taken", hint, edge.position)
        seen = caught.setdefault(source, set())
        if "BaseException" in seen or (names and seen.issuperset(names)):
            hint = "an error edge before it catches the same errors, and the first match is taken"
            yield Problem(source, f"the error edge to {edge.target!r} is never taken", hint, edge.position)
        seen.update(names or ["BaseException"])

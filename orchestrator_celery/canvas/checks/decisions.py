"""What is wrong with the decisions of a graph: conditions, keys, error edges, and what `inputs` look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from json import dumps
from typing import Any

from orchestrator_celery.canvas.approval import DECISIONS, can_fail
from orchestrator_celery.canvas.checks.outline import Outline
from orchestrator_celery.canvas.checks.ways import map_of, reach
from orchestrator_celery.canvas.conditions.language import node_names, roots, words
from orchestrator_celery.canvas.graph_definition import START
from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.problems import Problem

__all__ = ("decision_problems", "input_problems")

#: Roots of expressions that come out as something else than a list.
_NO_LISTS = frozenset("length type exists date datetime eq ne lt le gt ge and or not in matches visits error".split())


_COMPARISONS = frozenset("eq ne lt le gt ge in matches".split())


def decision_problems(graph: Outline) -> Iterator[Problem]:
    """Of conditions, keys and error edges."""
    for edge in graph.definition["edges"]:
        if "when" in edge:
            yield from _looks(graph, edge)
            yield from _never(edge)
        if "keys" in edge:
            yield from _keys(graph, edge)
    yield from _answers(graph)
    yield from _errors(graph)


def input_problems(graph: Outline) -> Iterator[Problem]:
    """Of what `inputs` and `map_over` look at."""
    steps = map_of(graph.meant())
    for name, entry in graph.nodes.items():
        given = [("inputs", value) for value in entry.get("inputs", {}).values()]
        given += [("map_over", entry["map_over"])] if "map_over" in entry else []
        for where, json in given:
            for other in sorted(_of(node_names, json)):
                if other not in graph.nodes:
                    yield Problem(name, f"{where} looks at {other!r}, which is no node", graph.instead(other))
                elif name not in reach(steps, steps.get(other, ())):
                    hint = "look at a node that is done before this one, or lead an edge from it to here"
                    yield Problem(name, f"{where} looks at {other!r}, which does not come before it", hint)
            if "error" in _of(roots, json) and name not in _after_errors(graph):
                yield Problem(name, f"{where} looks at error, but no error edge leads to it", "look at result")
        if "map_over" in entry and _is_no_list(entry["map_over"]):
            yield Problem(name, "map_over is no list, whatever comes", "give an expression for a list")


def _is_no_list(json: Any) -> bool:
    if not isinstance(json, (list, tuple)):
        return True
    return json[0] in _NO_LISTS or (json[0] == "value" and not isinstance(json[-1], (list, tuple)))


def _of(what: Callable[[Any], set[str]], json: Any) -> set[str]:
    try:
        return what(json)
    except InvalidWorkflow:  # which is a problem of its own
        return set()


def _looks(graph: Outline, edge: Mapping[str, Any]) -> Iterator[Problem]:
    """What conditions look at."""
    source = edge["from"]
    for json, _ in edge["when"]:
        for other in sorted(_of(node_names, json)):
            if other not in graph.nodes:
                yield Problem(source, f"a condition looks at {other!r}, which is no node", graph.instead(other))
            elif source == START:
                yield Problem(source, f"a condition looks at {other!r}, which cannot have run", "look at run_input")
        seen = _of(roots, json)
        if "approval" in graph.nodes.get(source, {}) and _compares_result(json):
            hint = 'compare result["decision"] with "approved" or "rejected", or give a mapping of them'
            yield Problem(source, "a condition compares the answer of an approval, which is a dict, as a whole", hint)
        if "error" in seen and source not in _after_errors(graph):
            hint = f"no error edge leads to {source!r}; what is to follow its own errors takes add_error_edge()"
            yield Problem(source, "a condition looks at error, which is never there", hint)
        if "visits" in seen and source == START:
            yield Problem(source, "a condition looks at visits, and START is not visited", "count visits of a node")


def _compares_result(json: Any) -> bool:
    """Whether the result as it is, is compared with a value."""
    if not isinstance(json, (list, tuple)) or not json or json[0] == "value":
        return False
    compared = json[0] in _COMPARISONS and any(
        isinstance(part, (list, tuple)) and list(part) == ["result"] for part in json[1:]
    )
    return compared or any(_compares_result(part) for part in json[1:])


def _after_errors(graph: Outline) -> set[str]:
    """Nodes to which an error may be brought, and not in a list with others."""
    found = {way.target for way in graph.ways if way.kind == "error"}
    return {name for name in found if graph.nodes.get(name, {}).get("join") != "all"}


def _never(edge: Mapping[str, Any]) -> Iterator[Problem]:
    """Branches that are never taken."""
    source, asked, always = edge["from"], [], False
    for json, target in edge["when"]:
        if always:
            yield Problem(source, f"the branch to {target!r} is never taken", "it stands behind one that always is")
        elif not isinstance(json, (list, tuple)) and json is not True:
            yield Problem(source, f"the branch to {target!r} is never taken", f"{json!r} is no condition that can hold")
        elif dumps(json) in asked and edge.get("mode", "first") == "first":
            hint = f"{words(json)} is asked before it already"
            yield Problem(source, f"the branch to {target!r} is never taken", hint)
        asked.append(dumps(json))
        always = always or (json is True and edge.get("mode", "first") == "first")
    if "otherwise" in edge and any(json is True for json, _ in edge["when"]):
        yield Problem(source, f"otherwise({edge['otherwise']!r}) is never taken", "there is a branch that always is")


def _keys(graph: Outline, edge: Mapping[str, Any]) -> Iterator[Problem]:
    source, seen = edge["from"], []
    is_approval = "approval" in graph.nodes.get(source, {}) and "router" not in edge
    for key, target in edge["keys"]:
        if (type(key), key) in seen:
            yield Problem(source, f"the key {key!r} has two targets, {target!r} is never taken", "leave one out")
        seen.append((type(key), key))
        if is_approval and key not in DECISIONS:
            yield Problem(source, f"{key!r} is no decision of an approval", "its keys are 'approved' and 'rejected'")


def _answers(graph: Outline) -> Iterator[Problem]:
    """Decisions of an approval that lead nowhere."""
    for name, entry in graph.nodes.items():
        own = [edge for edge in graph.definition["edges"] if edge["from"] == name and "error" not in edge]
        mapped = own and all("keys" in edge and "router" not in edge and "otherwise" not in edge for edge in own)
        if "approval" in entry and mapped:
            known = {key for edge in own for key, _ in edge["keys"]}
            for decision in DECISIONS:
                if decision not in known:
                    yield Problem(name, f"nothing says where to go when it is {decision}", "add the key, or default=")


def _errors(graph: Outline) -> Iterator[Problem]:
    """Error edges that are never taken."""
    caught: dict[str, set[str]] = {}
    for way in graph.ways:
        if way.kind != "error":
            continue
        source, names = way.source, way.edge["error"]
        if source == START:
            yield Problem(source, "an error edge leads out of START, where nothing can fail", "begin it at a node")
        elif "approval" in graph.nodes.get(source, {}) and not can_fail(graph.nodes[source]["approval"]):
            hint = "an approval fails by Approval(timeout=..., on_timeout='fail') only"
            yield Problem(source, f"the error edge to {way.target!r} is never taken", hint)
        seen = caught.setdefault(source, set())
        if "BaseException" in seen or (names and seen.issuperset(names)):
            hint = "what it is for is caught by one before it: the first that matches is taken"
            yield Problem(source, f"the error edge to {way.target!r} is never taken", hint)
        seen.update(names or ["BaseException"])

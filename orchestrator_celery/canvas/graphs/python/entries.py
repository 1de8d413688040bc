"""Nodes and edges as calls of the builder.

A call is used if it adds exactly the given entry. Otherwise the entry itself is appended, so a graph that the builder
would refuse is written too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_celery.canvas.approval import Approval
from orchestrator_celery.canvas.conditions.language import expression, otherwise, when
from orchestrator_celery.canvas.graphs.equality import filled_edge, filled_node, same
from orchestrator_celery.canvas.graphs.graph_definition import END, START
from orchestrator_celery.canvas.graphs.python.conditions import argument_code, condition_code
from orchestrator_celery.canvas.graphs.python.layout import Bracket, Code, Pair
from orchestrator_celery.canvas.graphs.python.literals import keyword, name
from orchestrator_celery.canvas.graphs.python.signatures import Variables, seconds, signature_code
from orchestrator_celery.canvas.graphs.python.spelled import Spelled, built, constant, listed, mapped
from orchestrator_celery.canvas.retry import Retry

__all__ = ("edge_call", "node_call", "retry_code")

_ENDS = {START: "START", END: "END"}

#: The name of a method and its arguments.
Added = tuple[str, tuple[Code, ...]]


def node_call(entry: Mapping[str, Any], graph: Any, variables: Variables) -> Added:
    """Write the call that adds a node, and add it to a graph.

    Args:
        entry: the node, as it travels in messages.
        graph: the graph that is being built.
        variables: the variables of the module.

    Raises:
        InvalidWorkflow: the node contains a value that cannot be written as Python.
    """
    return _added(entry, graph.nodes, "nodes", lambda: _node(entry, graph, variables), filled_node, variables)


def edge_call(entry: Mapping[str, Any], graph: Any, variables: Variables) -> Added:
    """Write the call that adds a declaration of edges, and add it to a graph.

    Raises:
        InvalidWorkflow: the declaration contains a value that cannot be written as Python.
    """
    return _added(entry, graph.edges, "edges", lambda: _edge(entry, graph, variables), filled_edge, variables)


def retry_code(policy: Mapping[str, Any]) -> Spelled:
    """Spell a policy of retries without the values that are defaults."""
    defaults = Retry(attempts=2).json
    given = {key: value for key, value in policy.items() if key == "attempts" or defaults.get(key) != value}
    return built("Retry", Retry, **{key: constant(value) for key, value in given.items()})


def _added(entry: Any, entries: list[Any], field: str, call: Any, filled: Any, variables: Variables) -> Added:
    mark, size = variables.mark(), len(entries)
    try:
        method, arguments = call()
        if len(entries) == size + 1 and same(filled(entries[-1]), filled(entry)):
            return method, arguments
    except Exception:  # the builder refuses the entry
        pass
    variables.back_to(mark)
    del entries[size:]
    spelled = mapped({key: _raw(key, value, entry, variables) for key, value in entry.items()})
    entries.append(spelled.value)
    return f"{field}.append", (spelled.code,)


def _raw(key: str, value: Any, entry: Mapping[str, Any], variables: Variables) -> Spelled:
    if key in ("signature", "router"):
        return signature_code(value, variables, str(entry.get("name", "router")))
    return constant(value)


def _node(entry: Mapping[str, Any], graph: Any, variables: Variables) -> Added:
    more: dict[str, Spelled] = {
        key: constant(entry[key]) for key in ("join", "max_visits", "max_concurrency") if key in entry
    }
    if "inputs" in entry:
        more["inputs"] = mapped({key: _argument(value) for key, value in entry["inputs"].items()})
    if "retry" in entry:
        more["retry"] = retry_code(filled_node(entry)["retry"])
    if "map_over" in entry:
        more["map_over"] = _argument(entry["map_over"])
    body = _approval(entry) if "approval" in entry else signature_code(entry["signature"], variables, entry["name"])
    order = ("join", "inputs", "max_visits", "retry", "map_over", "max_concurrency")
    return _call("add_node", graph, constant(entry["name"]), body, **{key: more[key] for key in order if key in more})


def _approval(entry: Mapping[str, Any]) -> Spelled:
    approval = filled_node(entry)["approval"]
    more = {"timeout": seconds(approval["timeout"])} if "timeout" in approval else {}
    if approval.get("on_timeout", "reject") != "reject":
        more["on_timeout"] = constant(approval["on_timeout"])
    if "message" in approval:
        more["message"] = constant(approval["message"])
    return built("Approval", Approval, **more)


def _edge(entry: Mapping[str, Any], graph: Any, variables: Variables) -> Added:
    source = _end(entry["from"])
    if "error" in entry:
        more = {} if entry["error"] is None else {"on": constant(list(entry["error"]))}
        return _call("add_error_edge", graph, source, _end(entry["to"]), **more)
    if "to" in entry:
        return _call("add_edge", graph, source, _end(entry["to"]))
    more = {"mode": constant(entry["mode"])} if entry.get("mode", "first") != "first" else {}
    if entry.get("strict"):
        more["strict"] = constant(True)
    if "when" in entry:
        rule = [built("when", when, _condition(condition), _end(target)) for condition, target in entry["when"]]
        if "otherwise" in entry:
            rule.append(built("otherwise", otherwise, _end(entry["otherwise"])))
        return _call("add_conditional_edges", graph, source, listed(rule), **more)
    rules = [_targets(entry["keys"])]
    if "router" in entry:
        rules.insert(0, signature_code(entry["router"], variables, f"{entry['from']} router"))
    if "otherwise" in entry:
        more = {"default": _end(entry["otherwise"]), **more}
    return _call("add_conditional_edges", graph, source, *rules, **more)


def _call(method: str, graph: Any, *arguments: Spelled, **keywords: Spelled) -> Added:
    getattr(graph, method)(*(part.value for part in arguments), **{key: part.value for key, part in keywords.items()})
    named = (keyword(key, part.code) for key, part in keywords.items())
    return method, (*(part.code for part in arguments), *named)


def _end(end: str) -> Spelled:
    return Spelled(name(_ENDS[end]), end) if end in _ENDS else constant(end)


def _targets(keys: list[Any]) -> Spelled:
    pairs = [(constant(key), _end(target)) for key, target in keys]
    code = Bracket(tuple(Pair(key.code, target.code) for key, target in pairs), "{}")
    return Spelled(code, {key.value: target.value for key, target in pairs})


def _condition(condition: Any) -> Spelled:
    return Spelled(condition_code(condition), expression(condition))


def _argument(value: Any) -> Spelled:
    return Spelled(argument_code(value), expression(value))

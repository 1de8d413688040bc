"""The same graphs as users would build them, with a task whose behaviour is an argument."""

from __future__ import annotations

from typing import Any

from celery import Celery

from orchestrator_celery import Approval, ConditionalGraph, Retry, otherwise, when
from orchestrator_celery.canvas.conditions.language import expression

__all__ = ("STEP", "built")

#: The task: `step(given=None, *, body, **inputs)` behaves as `behaviour.behave` says.
STEP = "step"


def built(definition: dict[str, Any], app: Celery) -> ConditionalGraph:
    """A graph of real signatures."""
    more = {"retry": policy(definition)} if "retry" in definition else {}
    graph = ConditionalGraph(max_visits=definition["max_visits"], app=app, **more)
    for node in definition["nodes"]:
        options = {name: node[name] for name in ("join", "max_visits") if name in node}
        if "retry" in node:
            options["retry"] = policy(node)
        if "map_over" in node:
            options["map_over"] = expression(node["map_over"])
        if "inputs" in node:
            options["inputs"] = {name: expression(term) for name, term in node["inputs"].items()}
        own = (
            Approval(timeout=3600, on_timeout="fail")
            if "approval" in node
            else body(node["body"], app, "immutable" in node)
        )
        graph.add_node(node["name"], own, **options)
    for edge in definition["edges"]:
        add(graph, edge, app)
    return graph


def body(given: dict[str, Any], app: Celery, immutable: bool = False) -> Any:
    signature = built(given, app) if "nodes" in given else app.signature(STEP, kwargs={"body": given})
    return signature.set(immutable=True) if immutable else signature


def policy(entry: dict[str, Any]) -> Retry:
    return Retry(**entry["retry"], backoff=0, jitter=False)


def add(graph: ConditionalGraph, edge: dict[str, Any], app: Celery) -> None:
    """One declaration."""
    source, how = edge["from"], {"mode": edge.get("mode", "first"), "default": edge.get("otherwise")}
    if "error" in edge:
        graph.add_error_edge(source, edge["to"], on=edge["error"])
    elif "to" in edge:
        graph.add_edge(source, edge["to"])
    elif "when" in edge:
        branches: list[Any] = [when(expression(term), to) for term, to in edge["when"]]
        last = [otherwise(edge["otherwise"])] if "otherwise" in edge else []
        graph.add_conditional_edges(source, branches + last, mode=how["mode"], strict=bool(edge.get("strict")))
    elif "router" in edge:
        graph.add_conditional_edges(source, body(edge["router"], app), dict(edge["keys"]), **how)
    else:
        graph.add_conditional_edges(source, dict(edge["keys"]), **how)

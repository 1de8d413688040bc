"""From a graph's definition to the records of its nodes.

Nodes are named by their number in the graph, `S` is START and `$` is END. A router is a node of its own, which follows
the nodes of the user. `orchestrator_celery.records.definitions` describes the attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from orchestrator_celery.canvas.conditions.language import node_names, roots
from orchestrator_celery.canvas.graph import END, START, ConditionalGraph
from orchestrator_celery.records.definitions import Shape, write_definition
from orchestrator_celery.records.names import Place
from orchestrator_celery.records.packed import Tree, pack
from orchestrator_celery.records.payload import Codec

__all__ = ("graph_tree",)

_START, _END = Place.START.value, Place.CLOSE.value
_OFTEN = 2**31
#: What conditions may look at whose answers a process has from its claim on.
_TOLD = frozenset({"result", "node", "visits", "run_input"})


class _Node(NamedTuple):
    """A node to be: of the user, or a router, which is asked about what a node gave."""

    name: str
    entry: Mapping[str, Any]
    asked_about: str | None = None


class _Edges(NamedTuple):
    """What leads out of a node: declarations, error edges, and every target there is."""

    routes: list[dict[str, Any]]
    errors: list[list[Any]]

    @property
    def targets(self) -> list[str]:
        """Each once, in the order of declaration."""
        found = [target for route in self.routes for target in _targets_of(route)]
        return list(dict.fromkeys([*found, *(target for _, target in self.errors)]))

    @property
    def chosen(self) -> bool:
        """Whether it takes a decision to say where it leads."""
        return any("to" not in route for route in self.routes)


class _Plan:
    """A graph's nodes by number, and its edges between numbers.

    Args:
        graph: a valid one.
    """

    def __init__(self, graph: ConditionalGraph) -> None:
        self.nodes = [_Node(entry["name"], entry) for entry in graph.nodes]
        self.numbers = {node.name: str(number) for number, node in enumerate(self.nodes)}
        self._ends = {**self.numbers, START: _START, END: _END}
        self._approvals = {node.name for node in self.nodes if "approval" in node.entry}
        self.edges: dict[str, _Edges] = {_START: _Edges([], []), **{n: _Edges([], []) for n in self.numbers.values()}}
        self._declared: list[tuple[str, list[str]]] = []
        for declared in graph.edges:
            self._add(declared)
        for source in list(self.edges):
            self._ask(source)

    def _add(self, declared: Mapping[str, Any]) -> None:
        source = self._ends[declared["from"]]
        edges = self.edges[source]
        if "error" in declared:
            target = self._ends[declared["to"]]
            edges.errors.append([declared["error"], target])
            self._declared.append((source, [target]))
            return
        route: dict[str, Any] = {"to": self._ends[declared["to"]]} if "to" in declared else self._choice(declared)
        edges.routes.append(route)
        self._declared.append((source, _targets_of(route)))
        if "router" in declared:
            route["asked"] = str(len(self.nodes))
            asked_about = "START" if source == _START else declared["from"]
            name = f"{asked_about} ({declared['router']['task']})"
            self.nodes.append(_Node(name, {"signature": declared["router"]}, source))

    def _ask(self, source: str) -> None:
        """Routers come after the node they are asked about, one after the other; the last of them decides for it."""
        routers = [route["asked"] for route in self.edges[source].routes if "asked" in route]
        if not routers:
            return
        deciding = self.edges[source].routes
        for before, router in zip([source, *routers], routers, strict=False):
            errors = self.edges[before].errors if before == source else []
            self.edges[before] = _Edges([{"to": router}], errors)
        self.edges[routers[-1]] = _Edges(deciding, [])

    def _choice(self, declared: Mapping[str, Any]) -> dict[str, Any]:
        kind = "when" if "when" in declared else "keys"
        route: dict[str, Any] = {kind: [[what, self._ends[target]] for what, target in declared[kind]]}
        route.update({name: declared[name] for name in ("mode", "strict") if declared.get(name)})
        if declared.get("otherwise") is not None:
            route["otherwise"] = self._ends[declared["otherwise"]]
        if kind == "keys" and "router" not in declared and declared["from"] in self._approvals:
            route["decision"] = True
        return route

    def sources_of(self, number: str) -> list[str]:
        """Where edges into a node come from, in the order in which they were declared."""
        return list(dict.fromkeys(source for source, targets in self._declared if number in targets))

    def asks(self, source: str) -> bool:
        """Whether it takes a decision to say where a node, or START, leads, or what comes to END from START."""
        edges = self.edges[source]
        return edges.chosen or (source == _START and _END in edges.targets)

    def looks(self, edges: _Edges, number: str, entry: Mapping[str, Any]) -> list[str]:
        """Whose results a decision about a node looks at, besides its own: of nodes, and of routers asked before."""
        expressions = [condition for route in edges.routes for condition, _ in route.get("when", ())]
        over = [] if entry.get("map_over") is None else [entry["map_over"]]
        asked = [route["asked"] for route in edges.routes if route.get("asked", number) != number]
        return sorted({*self.known([*expressions, *over]).values(), *asked} - {number}, key=int)

    def known(self, expressions: Iterable[Any]) -> dict[str, str]:
        """Numbers of the nodes that expressions speak of."""
        return {name: self.numbers[name] for one in expressions for name in node_names(one)}


def graph_tree(
    graph: ConditionalGraph, body: Callable[[Any, bool], Tree], codec: Codec
) -> tuple[dict[str, bytes], Any]:
    """Definitions of a graph's nodes and bodies.

    Args:
        graph: what the user built.
        body: compiles the body of a node; told whether it is one with which the graph begins.
        codec: writes what Python reads.

    Returns:
        Definitions below the graph's node; its attributes with its own facts and the number of its tasks.
    """
    plan = _Plan(graph)
    first = set(plan.edges[_START].targets)
    specs: dict[str, bytes] = {}
    leaves = 0
    for number, node in enumerate(plan.nodes):
        own = _body(node, body, str(number) in first, codec)
        leaves += own.leaves
        specs[f"{number}.{Place.BODY.value}"] = pack(own)
        specs[str(number)] = _node_spec(plan, graph, node, str(number), own.leaves, codec)
    return specs, (_attrs(plan), _facts(plan, plan.edges[_START], {}), leaves)


def _body(node: _Node, body: Callable[[Any, bool], Tree], begins: bool, codec: Codec) -> Tree:
    if "signature" in node.entry:
        return body(node.entry["signature"], begins)
    given = node.entry["approval"]
    wait = given.get("timeout")
    facts = codec.dump({"name": node.name, **given}, "json")
    own = write_definition(
        Shape.APPROVAL, facts, kind="approval", wait=None if wait is None else max(1, int(wait * 1000))
    )
    return Tree({".": own}, 1)


def _attrs(plan: _Plan) -> dict[str, Any]:
    edges = {source: edges.targets for source, edges in plan.edges.items()}
    joins = [f"{plan.numbers[n.name]}:{n.entry['join']}" for n in plan.nodes if n.entry.get("join")]
    start = plan.edges[_START]
    return {
        "size": len(plan.nodes),
        "kind": "graph",
        "edges": ";".join(f"{source}>{','.join(targets)}" for source, targets in edges.items() if targets),
        "joins": ",".join(joins) or None,
        "first": None if plan.asks(_START) else ",".join(start.targets),
        "start_decides": plan.asks(_START),
    }


def _node_spec(plan: _Plan, graph: ConditionalGraph, node: _Node, number: str, leaves: int, codec: Codec) -> bytes:
    edges, entry = plan.edges[number], node.entry
    tried = node.asked_about is None and "approval" not in entry
    retry = entry.get("retry") or (graph.kwargs.get("retry") if tried else None)
    facts = _facts(
        plan, edges, {"name": node.name, "retry": retry, **{k: entry.get(k) for k in ("inputs", "map_over")}}
    )
    plain = ",".join(route["to"] for route in edges.routes if "to" in route)
    attrs = {
        "kind": "node",
        "name": quote(node.name, safe=""),
        "next": None if edges.chosen else ",".join(dict.fromkeys(plain.split(","))),
        "decides": edges.chosen,
        "looks_at": ",".join(plan.looks(edges, number, entry)) or None,
        "foreseeable": _foreseeable(edges, node, number, facts) if edges.chosen else None,
        "catches": bool(edges.errors or retry),
        "leaves": leaves,
        "max_visits": entry.get("max_visits") or graph.max_visits if node.asked_about is None else _OFTEN,
        "sources": ",".join(plan.sources_of(number)) if entry.get("join") == "all" else None,
        "inputs": bool(entry.get("inputs")),
        "mapped": "map_over" in entry,
        "max_concurrency": entry.get("max_concurrency"),
        "asked_about": node.asked_about,
    }
    return write_definition(Shape.GRAPH_NODE, codec.dump(facts, "json"), **attrs)


def _facts(plan: _Plan, edges: _Edges, own: Mapping[str, Any]) -> dict[str, Any]:
    """What Python has to know of a node, or of START; what is empty is left out."""
    conditions = [condition for route in edges.routes for condition, _ in route.get("when", ())]
    others = [*(own.get("inputs") or {}).values(), *([own["map_over"]] if own.get("map_over") is not None else [])]
    facts = {
        **own,
        "routes": edges.routes if any("to" not in route or route["to"] == _END for route in edges.routes) else None,
        "errors": edges.errors,
        "roots": sorted({root for condition in conditions for root in roots(condition)}),
        "names": plan.known([*conditions, *others]),
    }
    return {name: value for name, value in facts.items() if value}


def _foreseeable(edges: _Edges, node: _Node, number: str, facts: Mapping[str, Any]) -> int | None:
    """Whether the process that has run the body may choose its edges: 1 by the result, 2 by what it was told too."""
    looks = set(facts.get("roots", ()))
    if node.asked_about is None:
        return 1 if looks <= {"result"} else 2 if looks <= _TOLD else None
    # A router's own result is a key, and not what conditions call the result.
    alone = all(route.get("asked") == number or "to" in route for route in edges.routes)
    return 1 if alone and not (node.asked_about == _START and _END in edges.targets) else None


def _targets_of(route: Mapping[str, Any]) -> list[str]:
    if "to" in route:
        return [route["to"]]
    found = [target for _, target in route.get("when", route.get("keys", ()))]
    return [*found, *([route["otherwise"]] if "otherwise" in route else [])]

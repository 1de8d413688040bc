"""Compiles graphs to the definitions of their nodes.

`orchestrator_celery.records.definitions` describes the attributes of the definitions.

A router is a node of its own, and the routers come after the user's nodes. Numbers are positions in the list of nodes;
`S` is START and `$` is END.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from orchestrator_celery.canvas.conditions.language import node_names, roots
from orchestrator_celery.canvas.graphs.graph import END, START, ConditionalGraph
from orchestrator_celery.engine.components import components
from orchestrator_celery.records.definitions import Shape, write_definition
from orchestrator_celery.records.graphs.layout import NodeLayout, write_graph_layout, write_node_layout
from orchestrator_celery.records.names import Place
from orchestrator_celery.records.packed import Tree, pack
from orchestrator_celery.records.payload import Codec

__all__ = ("graph_tree",)

_START, _END = Place.START.value, Place.CLOSE.value
#: The visit limit of routers, which are visited as often as the nodes they are asked about.
_UNLIMITED = 2**31
#: The values for conditions that a process gets with its claim.
_IN_CONTEXT = frozenset({"result", "node", "visits", "run_input"})


class _Node(NamedTuple):
    """A node of the graph: one of the user's, or a router, which is asked about another node's result."""

    name: str
    entry: Mapping[str, Any]
    asked_about: str | None = None


class _Edges(NamedTuple):
    """The edges of one node: routes after a success, and error edges."""

    routes: list[dict[str, Any]]
    errors: list[list[Any]]

    @property
    def targets(self) -> list[str]:
        """All targets without repetitions, in the order of declaration."""
        found = [target for route in self.routes for target in _targets_of(route)]
        return list(dict.fromkeys([*found, *(target for _, target in self.errors)]))

    @property
    def plain(self) -> list[str]:
        """The targets after a success where no decision is needed."""
        return [] if self.chosen else list(dict.fromkeys(route["to"] for route in self.routes))

    @property
    def chosen(self) -> bool:
        """Whether a decision is needed to choose the edges."""
        return any("to" not in route for route in self.routes)


class _Plan:
    """The nodes of a graph by number, and the edges between the numbers.

    Args:
        graph: a valid graph.
    """

    def __init__(self, graph: ConditionalGraph) -> None:
        self.nodes = [_Node(entry["name"], entry) for entry in graph.nodes]
        self.numbers = {node.name: str(number) for number, node in enumerate(self.nodes)}
        self._numbers_of_ends = {**self.numbers, START: _START, END: _END}
        self._approvals = {node.name for node in self.nodes if "approval" in node.entry}
        self.edges: dict[str, _Edges] = {_START: _Edges([], []), **{n: _Edges([], []) for n in self.numbers.values()}}
        self._declared: list[tuple[str, list[str]]] = []
        for declaration in graph.edges:
            self._add(declaration)
        for source in list(self.edges):
            self._insert_routers(source)
        self.components = components({source: edges.targets for source, edges in self.edges.items()})
        self._sources: dict[str, dict[str, None]] = {}
        for source, targets in self._declared:
            for target in targets:
                self._sources.setdefault(target, {})[source] = None

    def _add(self, declaration: Mapping[str, Any]) -> None:
        source = self._numbers_of_ends[declaration["from"]]
        edges = self.edges[source]
        if "error" in declaration:
            target = self._numbers_of_ends[declaration["to"]]
            edges.errors.append([declaration["error"], target])
            self._declared.append((source, [target]))
            return
        is_plain = "to" in declaration
        route: dict[str, Any]
        route = {"to": self._numbers_of_ends[declaration["to"]]} if is_plain else self._choice(declaration)
        edges.routes.append(route)
        self._declared.append((source, _targets_of(route)))
        if "router" in declaration:
            route["asked"] = str(len(self.nodes))
            asked_about = "START" if source == _START else declaration["from"]
            name = f"{asked_about} ({declaration['router']['task']})"
            self.nodes.append(_Node(name, {"signature": declaration["router"]}, source))

    def _insert_routers(self, source: str) -> None:
        """Put the routers of a node behind it, one after the other; the last router decides the node's edges."""
        routers = [route["asked"] for route in self.edges[source].routes if "asked" in route]
        if not routers:
            return
        deciding = self.edges[source].routes
        for before, router in zip([source, *routers], routers, strict=False):
            errors = self.edges[before].errors if before == source else []
            self.edges[before] = _Edges([{"to": router}], errors)
        self.edges[routers[-1]] = _Edges(deciding, [])

    def _choice(self, declaration: Mapping[str, Any]) -> dict[str, Any]:
        kind = "when" if "when" in declaration else "keys"
        numbers = self._numbers_of_ends
        route: dict[str, Any] = {kind: [[rule, numbers[target]] for rule, target in declaration[kind]]}
        route.update({name: declaration[name] for name in ("mode", "strict") if declaration.get(name)})
        if declaration.get("otherwise") is not None:
            route["otherwise"] = numbers[declaration["otherwise"]]
        if kind == "keys" and "router" not in declaration and declaration["from"] in self._approvals:
            route["decision"] = True
        return route

    def sources_of(self, number: str) -> list[str]:
        """Return the sources of the edges into a node, in the order of their declaration."""
        return list(self._sources.get(number, ()))

    def needs_decision(self, source: str) -> bool:
        """Whether a decision must choose the targets of a node or of START, or the value from START to END."""
        edges = self.edges[source]
        return edges.chosen or (source == _START and _END in edges.targets)

    def reads(self, edges: _Edges, number: str, entry: Mapping[str, Any]) -> list[str]:
        """Return the other nodes, and the earlier routers, whose results the decisions about a node read."""
        expressions = [condition for route in edges.routes for condition, _ in route.get("when", ())]
        mapped = [] if entry.get("map_over") is None else [entry["map_over"]]
        asked = [route["asked"] for route in edges.routes if route.get("asked", number) != number]
        return sorted({*self.named([*expressions, *mapped]).values(), *asked} - {number}, key=int)

    def layout(self, number: str) -> bytes:
        """Return the layout of a node, or of START."""
        parts, edges, is_start = self.components, self.edges[number], number == _START
        members = parts.members.get(number, ())
        all_join = not is_start and self.nodes[int(number)].entry.get("join") == "all"
        return write_node_layout(
            NodeLayout(
                following=edges.plain,
                after=parts.after.get(number, ()),
                sources=self._ends() if is_start else self.sources_of(number) if all_join else (),
                members=members if len(members) > 1 else (),
            )
        )

    def _ends(self) -> list[str]:
        """Return the nodes that lead to END, in their order, START first."""
        return sorted(self.sources_of(_END), key=lambda number: -1 if number == _START else int(number))

    def named(self, expressions: Iterable[Any]) -> dict[str, str]:
        """Return the numbers of the nodes that expressions name."""
        return {name: self.numbers[name] for expression in expressions for name in node_names(expression)}


def graph_tree(
    graph: ConditionalGraph, body: Callable[[Any, bool], Tree], codec: Codec
) -> tuple[dict[str, bytes], Any]:
    """Return the definitions of a graph's nodes and bodies.

    Args:
        graph: the user's graph.
        body: compiles the body of a node; the second argument says whether the graph begins with the node.
        codec: encodes the payloads.

    Returns:
        The definitions below the graph's node; and a tuple of its attributes, its payload, and the number of its tasks.
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
    for source in plan.edges:
        specs[f"{source}.{Place.LAYOUT.value}"] = plan.layout(source)
    joins = {plan.numbers[node.name]: node.entry["join"] for node in plan.nodes if node.entry.get("join")}
    edges = {source: edges.targets for source, edges in plan.edges.items()}
    specs[Place.LAYOUT.value] = write_graph_layout(edges, joins)
    return specs, (_attrs(plan), _facts(plan, plan.edges[_START], {}), leaves)


def _body(node: _Node, body: Callable[[Any, bool], Tree], begins: bool, codec: Codec) -> Tree:
    if "signature" in node.entry:
        return body(node.entry["signature"], begins)
    approval = node.entry["approval"]
    wait = approval.get("timeout")
    facts = codec.dump({"name": node.name, **approval}, "json")
    own = write_definition(
        Shape.APPROVAL, facts, kind="approval", wait=None if wait is None else max(1, int(wait * 1000))
    )
    return Tree({".": own}, 1)


def _attrs(plan: _Plan) -> dict[str, Any]:
    return {
        "size": len(plan.nodes),
        "kind": "graph",
        "first": None if plan.needs_decision(_START) else "*",
        "start_decides": plan.needs_decision(_START),
    }


def _node_spec(plan: _Plan, graph: ConditionalGraph, node: _Node, number: str, leaves: int, codec: Codec) -> bytes:
    edges, entry = plan.edges[number], node.entry
    may_retry = node.asked_about is None and "approval" not in entry
    retry = entry.get("retry") or (graph.kwargs.get("retry") if may_retry else None)
    facts = _facts(
        plan, edges, {"name": node.name, "retry": retry, **{k: entry.get(k) for k in ("inputs", "map_over")}}
    )
    looks_at = plan.reads(edges, number, entry)
    named = set(plan.named((entry.get("inputs") or {}).values()).values())
    component = plan.components.first[number]
    before = plan.components.before[component]
    attrs = {
        "kind": "node",
        "name": quote(node.name, safe=""),
        "next": "*" if edges.plain else None,
        "decides": edges.chosen,
        "looks_at": ",".join(looks_at) or None,
        "inputs_from": ",".join(sorted(named - {*looks_at, number}, key=int)) or None,
        "foreseeable": _chosen_by_worker(edges, node, number, facts) if edges.chosen else None,
        "catches": bool(edges.errors or retry),
        "leaves": leaves,
        "max_visits": entry.get("max_visits") or graph.max_visits if node.asked_about is None else _UNLIMITED,
        "join": entry.get("join"),
        "component": component if len(plan.components.members[component]) > 1 else None,
        "predecessors": before if before > 1 else None,
        "inputs": bool(entry.get("inputs")),
        "mapped": "map_over" in entry,
        "max_concurrency": entry.get("max_concurrency"),
        "asked_about": node.asked_about,
    }
    return write_definition(Shape.GRAPH_NODE, codec.dump(facts, "json"), **attrs)


def _facts(plan: _Plan, edges: _Edges, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload of a node, or of START, for the decisions in Python; empty parts are left out."""
    conditions = [condition for route in edges.routes for condition, _ in route.get("when", ())]
    others = [*(own.get("inputs") or {}).values(), *([own["map_over"]] if own.get("map_over") is not None else [])]
    facts = {
        **own,
        "routes": edges.routes if any("to" not in route or route["to"] == _END for route in edges.routes) else None,
        "errors": edges.errors,
        "roots": sorted({root for condition in conditions for root in roots(condition)}),
        "names": plan.named([*conditions, *others]),
    }
    return {name: value for name, value in facts.items() if value}


def _chosen_by_worker(edges: _Edges, node: _Node, number: str, facts: Mapping[str, Any]) -> int | None:
    """Whether the process that ran the body may choose the edges: 1 from the result alone, 2 with the claim's data."""
    read = set(facts.get("roots", ()))
    if node.asked_about is None:
        return 1 if read <= {"result"} else 2 if read <= _IN_CONTEXT else None
    # The result of a router is a key, but conditions read the result that the router was asked about.
    alone = all(route.get("asked") == number or "to" in route for route in edges.routes)
    return 1 if alone and not (node.asked_about == _START and _END in edges.targets) else None


def _targets_of(route: Mapping[str, Any]) -> list[str]:
    if "to" in route:
        return [route["to"]]
    found = [target for _, target in route.get("when", route.get("keys", ()))]
    return [*found, *([route["otherwise"]] if "otherwise" in route else [])]

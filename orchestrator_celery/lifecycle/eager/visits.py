"""The visits of one graph of an eager run: their numbers and records, and the nodes that were never visited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from orchestrator_celery.canvas.graphs.graph_definition import END, START
from orchestrator_celery.lifecycle.eager.endings import BodyEnd
from orchestrator_celery.lifecycle.eager.records import now
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.states import NodeKind, NodeState
from orchestrator_celery.records.definitions import Attribute, Definition, Shape, parse_definition, write_definition
from orchestrator_celery.records.ended import Ended
from orchestrator_celery.records.graphs.graph import EMPTY_GRAPH
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.names import Beside, Place

if TYPE_CHECKING:
    from orchestrator_celery.lifecycle.eager.tree import TreeRun

__all__ = ("Visits",)


class Visits:
    """Numbers and records the visits of a graph's nodes.

    A node of the graph has its position as number; the routers follow, in the order of their declarations. A visit is
    named `<graph>.<number>.<turn>`; a retry is another turn of the same visit.

    Args:
        tree: writes the records.
        graph: the graph's id.
        nodes: the user's nodes by name.
        edges: the declarations of edges.
    """

    def __init__(self, tree: TreeRun, graph: str, nodes: Mapping[str, Any], edges: Sequence[Mapping[str, Any]]) -> None:
        self._tree = tree
        self._graph = graph
        self._since = from_ms(now())
        self._numbers = {name: str(number) for number, name in enumerate(nodes)}
        self._routers: dict[int, str] = {}
        self._routers_of: dict[str, list[str]] = {}
        for place, edge in enumerate(edges):
            if "router" in edge:
                self._routers[place] = str(len(self._numbers) + len(self._routers))
                self._routers_of.setdefault(edge["from"], []).append(self._routers[place])
        self._turns: Counter[str] = Counter()
        self._visits: Counter[str] = Counter()

    def begin(self, name: str, given: str, again: bool) -> str:
        """Begin a turn of a node, and return the id of the visit.

        Args:
            name: the node.
            given: the reference to its input.
            again: whether it is a retry of the visit before.
        """
        number = self._numbers[name]
        self._visits[number] += not again
        return self._begin(number, given, counts=not again)

    def begin_router(self, place: int, given: str) -> str:
        """Begin a turn of the router of a declaration, and return the id of the visit."""
        number = self._routers[place]
        self._visits[number] += 1
        return self._begin(number, given, counts=True)

    def _begin(self, number: str, given: str, counts: bool) -> str:
        if counts and self._turns[number]:
            self._count(HeadField.TOTAL, self._leaves(number))
        visit = f"{self._graph}.{number}.{self._turns[number]}"
        self._turns[number] += 1
        self._tree.records.keep(visit, Beside.INPUT, given.encode())
        return visit

    def take_back(self, visit: str) -> None:
        """Count for the retry of a visit that has failed."""
        number = visit.split(".")[-2]
        spec, leaves = self._spec(number), self._leaves(number)
        [inputs] = self._tree.records.terminal(self._tree.run, [visit + Beside.INPUTS.value])
        if spec.has(Attribute.INPUTS) and inputs is None:
            return  # it has not begun, so nothing of it has been counted
        if spec.has(Attribute.MAPPED):
            own = self._tree.records.definitions(self._tree.run, [visit])[0]
            self._count(HeadField.TOTAL, parse_definition(own).number(Attribute.SIZE) * leaves if own else 0)
        elif leaves == 1:
            self._count(HeadField.FAILED, -1)
        else:
            self._count(HeadField.TOTAL, leaves)

    def map_over(self, visit: str, elements: Sequence[Any]) -> str:
        """Record the list that a visit is mapped over, and return the visit."""
        spec = self._spec(visit.split(".")[-2])
        cap = spec.text(Attribute.MAX_CONCURRENCY) or None
        pool = write_definition(Shape.POOL, b"{}", size=len(elements), kind=NodeKind.MAP.value, max_concurrency=cap)
        self._tree.records.define(visit, pool)
        self.keep(visit, Beside.ELEMENTS, list(elements))
        self._count(HeadField.TOTAL, (len(elements) - 1) * spec.number(Attribute.LEAVES))
        return visit

    def keep(self, visit: str, beside: Beside, value: Any) -> None:
        """Keep a value beside a visit."""
        self._tree.records.keep(visit, beside, self._tree.codec.dump(value))

    def fail(self, visit: str, exc: Exception) -> str:
        """Record the failure of a visit whose body cannot begin, and return the reference to its error."""
        self.hold(visit, BodyEnd(False, self._tree.codec.dump_error(exc)))
        self._tree.records.emit("failed", visit, ATTEMPT=1)
        return visit

    def hold(self, holder: str, end: BodyEnd) -> None:
        """Record a value or an error that is the outcome of no node."""
        state, moment = NodeState.SUCCEEDED if end.succeeded else NodeState.FAILED, from_ms(now())
        self._tree.records.end(holder, Ended(state, 0, moment, moment, "", None, end.payload))

    def hold_input(self, value: Any) -> None:
        """Record the value that goes from START to END."""
        self.hold(self.input_holder, BodyEnd(True, self._tree.codec.dump_result(value)))

    @property
    def input_holder(self) -> str:
        """The reference to the value that goes from START to END."""
        return f"{self._graph}.{Place.VALUE.value}"

    def keep_ends(self, ends: Mapping[str, str]) -> None:
        """Keep the references with which the graph ended, by name."""
        lines = [f"{quote(name, safe='')} {reference}" for name, reference in ends.items()]
        self._tree.records.keep(self._graph, Beside.ENDS, "\n".join(lines).encode())

    def newest(self, name: str) -> str:
        """Return the id of the newest visit of a node; for START, the graph's."""
        if name == START:
            return f"{self._graph}.{Place.START.value}"
        number = self._numbers[name]
        return f"{self._graph}.{number}.{max(0, self._turns[number] - 1)}"

    def leave(self, name: str, targets: Sequence[str]) -> None:
        """Record the edges that a token follows: through the routers of the node, if it has some."""
        ends = {**self._numbers, END: Place.CLOSE.value}
        routers, last = self._routers_of.get(name, []), ",".join(dict.fromkeys(ends[target] for target in targets))
        sources = [*([] if name == START else [self._numbers[name]]), *routers]
        following = [*routers, last] if name != START else [*routers[1:], last]
        for number, to in zip(sources, following, strict=False):
            visit = f"{self._graph}.{number}.{self._turns[number] - 1}"
            self._tree.records.keep(visit, Beside.TARGETS, to.encode())

    def end(self, given: str, is_ahead: Callable[[str], bool]) -> None:
        """Record the graph as it has ended, and skip the nodes that no token could reach any more.

        Args:
            given: the reference to the graph's input.
            is_ahead: of a graph that failed, whether its tokens could still have reached a node.
        """
        skipped = {}
        for name, number in self._all_numbers():
            if not self._turns[number] and not is_ahead(name):
                skipped[number] = 1
                self._tree.skip(f"{self._graph}.{number}", self._leaves(number))
        turns, visits = dict(self._turns), dict(self._visits)
        record = EMPTY_GRAPH._replace(since=self._since, input=given, turns=turns, visits=visits, skipped=skipped)
        self._tree.records.graphs[self._graph] = record

    def _all_numbers(self) -> list[tuple[str, str]]:
        """Return the numbers of all nodes and routers; a router has the name of the node it is asked about."""
        routers = [(name, number) for name, numbers in self._routers_of.items() for number in numbers]
        return [*self._numbers.items(), *routers]

    def _spec(self, number: str) -> Definition:
        [raw] = self._tree.records.definitions(self._tree.run, [f"{self._graph}.{number}"])
        assert raw is not None
        return parse_definition(raw)

    def _leaves(self, number: str) -> int:
        return self._spec(number).number(Attribute.LEAVES)

    def _count(self, field: HeadField, by: int) -> None:
        self._tree.records.count(field, by, self._graph)

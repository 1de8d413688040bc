"""Moves the tokens of a graph by the rules of `docs/discussions/graph-semantics.md`, without running any task.

An eager application uses it. Bodies run one at a time, so a token is either at a node and waits for its turn, or
has arrived at a join and waits for other tokens.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from orchestrator_celery.canvas.checks.edges import Reachability, adjacency, single_edges
from orchestrator_celery.canvas.graphs.graph_definition import END, START
from orchestrator_celery.errors import GraphRecursion

__all__ = ("Token", "Walk")


class Token(NamedTuple):
    """A token at a node, with the value that it carries."""

    node: str
    #: The number of this visit of the node, from 1.
    visit: int
    value: Any
    #: The last visit of each node on the token's way here, by name. Joins use it to recognise late tokens.
    met: Mapping[str, int]
    source: str = START
    #: Whether the token came by an error edge, so that the value is an error as a dict.
    failed: bool = False
    #: The results by node at the beginning of the visit.
    known: Mapping[str, Any] = {}


class Walk:
    """The tokens of one run of a graph.

    Args:
        nodes: the nodes by name, in the order of their declaration.
        edges: the declarations of edges, in order.
        max_visits: the visit limit of nodes without their own.
    """

    def __init__(
        self, nodes: Mapping[str, Mapping[str, Any]], edges: Iterable[Mapping[str, Any]], max_visits: int
    ) -> None:
        known = list(single_edges(edges))
        self._nodes, self._max_visits = nodes, max_visits
        self._ahead = Reachability(adjacency(known))
        self._sources = adjacency(edge._replace(source=edge.target, target=edge.source) for edge in known)
        self._visits: Counter[str] = Counter()
        self._arrived: dict[str, dict[str, Token]] = {}
        self._ends: dict[str, Any] = {}
        #: Tokens whose body has not run yet, in the order of their arrival.
        self.tokens: deque[Token] = deque()

    def go(
        self, token: Token, targets: Iterable[str], value: Any, known: Mapping[str, Any], failed: bool = False
    ) -> None:
        """Move a token from its node along edges, and start the joins that need not wait any longer.

        Args:
            token: the token at its old node.
            targets: the nodes to move to.
            value: the value to carry there.
            known: results by node, for the visits that begin now.
            failed: whether the value is an error as a dict.

        Raises:
            GraphRecursion: a node would exceed its visit limit; the token was not moved.
        """
        taken = [target for target in targets if not self._comes_late(target, token)]
        for target in taken:
            if self._join(target) != "all":
                self._check_visits(target)
        for target in taken:
            moved = Token(target, 0, value, token.met, token.node, failed, known)
            if target == END:
                self._ends[token.node] = value
            elif self._join(target) == "all":
                self._arrive(moved)
            else:
                self._start(moved)
        while self._arrived and (ready := next(filter(self._is_ready, self._nodes), None)) is not None:
            self._start(self._met(ready)._replace(known=known))

    def result(self) -> Any:
        """Return the graph's result when no token is left: the value that reached END, or several by name."""
        ends = self.ends()
        return ends if len(ends) > 1 else next(iter(ends.values()), None)

    def ends(self) -> dict[str, Any]:
        """Return the values that reached END, by the node from which they came; START stands first."""
        return {name: self._ends[name] for name in (START, *self._nodes) if name in self._ends}

    def places(self) -> list[str]:
        """Return the nodes at which tokens are: those whose body has not run, and joins that wait."""
        return [*(token.node for token in self.tokens), *self._arrived]

    def reaches(self, source: str, name: str) -> bool:
        """Whether a node is another one, or a path leads from it to the other one."""
        return source == name or self._ahead.reaches(source, name)

    def _join(self, name: str) -> str | None:
        return self._nodes[name].get("join") if name != END else None

    def _start(self, token: Token) -> None:
        self._check_visits(token.node)
        self._visits[token.node] += 1
        visit = self._visits[token.node]
        self.tokens.append(token._replace(visit=visit, met={**token.met, token.node: visit}))

    def _check_visits(self, name: str) -> None:
        most = self._nodes[name].get("max_visits", self._max_visits) if name != END else 1
        if name != END and self._visits[name] >= most:
            raise GraphRecursion(
                f"{name!r} was visited {most} times, its max_visits: end the loop by a condition on visits, or raise "
                "max_visits."
            )

    # -- joins ----------------------------------------------------------------------------------------

    def _comes_late(self, name: str, token: Token) -> bool:
        """Whether `join="any"` has already started, and this token does not descend from that start."""
        return self._join(name) == "any" and token.met.get(name, 0) < self._visits[name]

    def _is_ready(self, name: str) -> bool:
        """Whether at least one token arrived at `join="all"`, and no other token can still reachable it."""
        if name not in self._arrived or any(self._ahead.reaches(token.node, name) for token in self.tokens):
            return False
        others = [other for other in self._arrived if other != name and self._ahead.reaches(other, name)]
        return all(self._goes_first(name, other) for other in others)

    def _goes_first(self, name: str, other: str) -> bool:
        """Whether, of two joins that wait for each other, this one was declared first, so that it starts first."""
        order = list(self._nodes)
        return self._ahead.reaches(name, other) and order.index(name) < order.index(other)

    def _arrive(self, token: Token) -> None:
        """Record an arrival. A source that arrives twice counts once, with its last value and both histories."""
        arrived = self._arrived.setdefault(token.node, {})
        if token.source in arrived:
            token = token._replace(met=Counter(arrived[token.source].met) | Counter(token.met))
        arrived[token.source] = token

    def _met(self, name: str) -> Token:
        """Merge the tokens that arrived at a join; the values stand in the order of the join's edges."""
        arrived = self._arrived.pop(name)
        met: Counter[str] = Counter()
        for token in arrived.values():
            met |= Counter(token.met)
        values = [arrived[source].value for source in self._sources[name] if source in arrived]
        return Token(name, 0, values, dict(met), name)

"""Where the tokens of a graph are, and where they go: the rules of `docs/discussions/graph-semantics.md`, nothing run.

For an eager application: bodies are run one at a time, so that a token is either at a node and waits for its turn, or
has arrived at a join and waits for others.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from orchestrator_celery.canvas.checks.ways import map_of, reach, ways
from orchestrator_celery.canvas.graph_definition import END, START
from orchestrator_celery.errors import GraphRecursion

__all__ = ("Token", "Walk")


class Token(NamedTuple):
    """What moves: it is at a node, with what it brought there."""

    node: str
    #: Which visit of the node this is, from 1.
    visit: int
    value: Any
    #: The last visit of each node on its way here, by name: what it has met, and what it comes from.
    met: Mapping[str, int]
    source: str = START
    #: Whether an error edge brought it, and the value is an error's words.
    failed: bool = False
    #: Results by node when the visit began.
    known: Mapping[str, Any] = {}


class Walk:
    """The tokens of one run of a graph.

    Args:
        nodes: by name, in the order of their declaration.
        edges: declarations in their order.
        max_visits: of nodes that do not say so themselves.
    """

    def __init__(
        self, nodes: Mapping[str, Mapping[str, Any]], edges: Iterable[Mapping[str, Any]], max_visits: int
    ) -> None:
        known = list(ways(edges))
        steps = map_of(known)
        self._nodes, self._max_visits = nodes, max_visits
        self._ahead = {name: reach(steps, steps.get(name, ())) for name in nodes}
        self._sources = map_of(way._replace(source=way.target, target=way.source) for way in known)
        self._visits: Counter[str] = Counter()
        self._arrived: dict[str, dict[str, Token]] = {}
        self._ends: dict[str, Any] = {}
        #: At a node whose body has not run yet, in the order in which they came there.
        self.tokens: deque[Token] = deque()

    def go(
        self, token: Token, targets: Iterable[str], value: Any, known: Mapping[str, Any], failed: bool = False
    ) -> None:
        """Take a token that has left its node along edges; joins start that wait for nobody any more.

        Args:
            token: where it was.
            targets: where it goes.
            value: what it brings there.
            known: results by node, for the visits that begin now.
            failed: whether it is an error's words that it brings.

        Raises:
            GraphRecursion: a node would be visited too often; the token went nowhere.
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
        while (ready := next((name for name in self._nodes if self._is_ready(name)), None)) is not None:
            self._start(self._met(ready)._replace(known=known))

    def result(self) -> Any:
        """Of the graph, once there are no tokens left: of what went to END, or by name of several, START the first."""
        ends = {name: self._ends[name] for name in (START, *self._nodes) if name in self._ends}
        return ends if len(ends) > 1 else next(iter(ends.values()), None)

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
                f"{name!r} was visited {most} times, which is its max_visits: end the loop by a condition on "
                "visits, or raise that."
            )

    # -- where tokens meet ----------------------------------------------------------------------------

    def _comes_late(self, name: str, token: Token) -> bool:
        """Whether `join="any"` has started already: with another token, and this one does not come from that start."""
        return self._join(name) == "any" and token.met.get(name, 0) < self._visits[name]

    def _is_ready(self, name: str) -> bool:
        """Whether `join="all"` has something, and nothing that is elsewhere could still reach it."""
        if name not in self._arrived or any(name in self._ahead[token.node] for token in self.tokens):
            return False
        others = [other for other in self._arrived if other != name and name in self._ahead[other]]
        return all(self._goes_first(name, other) for other in others)

    def _goes_first(self, name: str, other: str) -> bool:
        """Of two joins that wait for each other, the one that was declared first starts."""
        order = list(self._nodes)
        return other in self._ahead[name] and order.index(name) < order.index(other)

    def _arrive(self, token: Token) -> None:
        """A source that comes twice counts once, with what it brought last; both are what the join comes from."""
        arrived = self._arrived.setdefault(token.node, {})
        if token.source in arrived:
            token = token._replace(met=Counter(arrived[token.source].met) | Counter(token.met))
        arrived[token.source] = token

    def _met(self, name: str) -> Token:
        """One token of all that have arrived, with what they brought in the order of the edges they came by."""
        arrived = self._arrived.pop(name)
        met: Counter[str] = Counter()
        for token in arrived.values():
            met |= Counter(token.met)
        values = [arrived[source].value for source in self._sources[name] if source in arrived]
        return Token(name, 0, values, dict(met), name)

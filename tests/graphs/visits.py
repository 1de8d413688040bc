"""One visit of a node: what it is given, which bodies run for it, and their end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from functools import partial
from typing import Any

from .declarations import START, UNKNOWN, Fail, ahead, read
from .schedule import Frame, Leaf, Play, Step, Token

__all__ = ("Visits",)


class Visits(ABC):
    """Tokens at nodes of one run of one graph; where they go next is a matter of who inherits this.

    Args:
        play: all that goes on.
        definition: of the graph.
        frames: where it is nested.
        args: what it is given, one argument or none.
        kwargs: inputs of its node.
        done: is told its result, or its `Fail`.
    """

    def __init__(
        self,
        play: Play,
        definition: dict[str, Any],
        frames: tuple[Frame, ...],
        args: list[Any],
        kwargs: dict[str, Any],
        done: Any,
    ) -> None:
        self.play, self.frames, self.args, self.kwargs, self.done = play, frames, args, kwargs, done
        self.given = {"args": args, "kwargs": kwargs} if args and kwargs else kwargs or (args[0] if args else None)
        self.edges, self.policy = definition["edges"], {"max_visits": 25, "retry": {"attempts": 1}, **definition}
        self.nodes = {node["name"]: node for node in definition["nodes"]}
        self.ahead = {
            (name, well): ahead(self.edges, name, well) for name in (START, *self.nodes) for well in (True, False)
        }
        self.visits: Counter[str] = Counter()
        self.results: dict[str, Any] = {}
        self.ends: dict[str, Any] = {}
        self.arrived: dict[str, dict[str, Any]] = {}  # at join="all": what each source brought
        self.lineages: dict[str, dict[str, int]] = {}
        self.failure: Fail | None = None
        self.over = False
        play.graphs.append(self)
        token = Token(START, 0, self.given, {}, 0)
        self.tokens = [token]
        self.end(token, self.given, partial(self.decide, token, ()))

    @abstractmethod
    def ended(self, token: Token, value: Any) -> None:
        """The node's visit has ended with this, a value or a `Fail`."""

    @abstractmethod
    def decide(self, token: Token, keys: tuple[Any, ...], result: Any) -> None:
        """Where the token goes on, with the keys that routers have given so far."""

    def start(self, name: str, given: Any, lineage: dict[str, int], **came: bool) -> None:
        self.visits[name] += 1
        visit = self.visits[name]
        self.tokens.append(Token(name, visit, given, {**lineage, name: visit}, self.visits.total(), **came))
        self.attempt(self.tokens[-1])

    def attempt(self, token: Token) -> None:
        """What is worked out, is so before a body begins, of what there was when the visit began."""
        node, facts = self.nodes[token.name], self.facts(token, token.given)
        inputs = {name: read(term, facts) for name, term in node.get("inputs", {}).items()}
        items = read(node["map_over"], facts) if "map_over" in node else None
        if inputs or "map_over" in node:
            return self.end(token, items, partial(self.body, token, inputs))
        return self.body(token, inputs, items)

    def body(self, token: Token, inputs: dict[str, Any], items: Any) -> None:
        """One body, or one for each element; with the last one that ends, the node does."""
        node, done = self.nodes[token.name], partial(self.ended, token)
        if UNKNOWN in inputs.values() or ("map_over" in node and not isinstance(items, list)):
            return done(Fail("ConditionError"))
        if "map_over" not in node:
            args, kwargs = (self.args, self.kwargs) if token.first else ([token.given], {})
            return self.begin(token, node, args, kwargs, inputs, done)
        results: dict[int, Any] = {}

        def one_done(i: int, value: Any) -> None:
            results[i] = value
            if len(results) == len(items):
                ordered = [results[j] for j in range(len(items))]
                done(next((value for value in ordered if isinstance(value, Fail)), ordered))

        for i, item in enumerate(items):
            self.begin(token, node, [item], {}, inputs, partial(one_done, i), i)
        return None if items else done([])

    def begin(
        self, token: Token, node: Any, args: list[Any], kwargs: Any, inputs: Any, done: Any, item: Any = None
    ) -> None:
        """A body, for a node or a router; what is immutable takes inputs only, its own or its graph's."""
        several = isinstance(item, int) or "nodes" in node["body"]
        token.begun = several and not self.play.eager
        frames = (*self.frames, Frame(token, Step(token.name, token.visit, token.attempt, item)))
        waits = "approval" in node
        args, kwargs = [] if waits or node.get("immutable") else args, {} if waits else {**kwargs, **inputs}
        if token.begun:
            self.play.count(frames)
        if "nodes" in node["body"]:
            type(self)(self.play, node["body"], frames, args, kwargs, done)
        else:
            self.play.live.append(Leaf(frames, node["body"], args[0] if args else None, kwargs, done, waits))

    def end(self, token: Token, value: Any, done: Any) -> None:
        """What needs no body."""
        frames = (*self.frames, Frame(token, Step(token.name, token.visit, token.attempt)))
        self.play.live.append(Leaf(frames, None, value, {}, done))

    def retry(self, node: dict[str, Any]) -> dict[str, Any]:
        """The policy of a node: its own, or the graph's, which is not for approvals."""
        return node.get("retry", {"attempts": 1} if "approval" in node else self.policy["retry"])

    def facts(self, token: Token, result: Any) -> dict[str, Any]:
        error = token.given if token.failed else UNKNOWN
        run = {"run_input": self.given, "node": self.results}
        return {"result": result, "error": error, "visits": token.visit, **run}

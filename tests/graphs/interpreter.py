"""What a graph does, in plain Python: a reading of its own of `docs/discussions/graph-semantics.md`.

No Redis, no Celery, nothing of the package. A definition is the plain data a graph is made of, but for its bodies: each is a
definition again, or whatever `bodies` understands. They run side by side; a `schedule` says whose turn it is.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from .declarations import END, START, Fail, aims, named, taken
from .schedule import Frame, Outcome, Play, Step, Token, in_turn, names
from .visits import Visits

__all__ = ("END", "START", "Fail", "Outcome", "interpret")


def interpret(
    definition: dict[str, Any], bodies: Any, given: Any = None, schedule: Any = in_turn, eager: bool = False
) -> Outcome:
    """Run a graph.

    Args:
        definition: of the graph.
        bodies: `bodies(body, visit, attempt, given, **inputs)` answers or raises `Fail`.
        given: its one argument.
        schedule: which of the live bodies is the next to start or to end.
        eager: bodies run one at a time, so what is in the queue has not begun, and a router follows its body at once.
    """
    play, ends = Play(bodies, eager), []
    Graph(play, definition, (), [given], {}, ends.append)
    while play.live:
        play.turn(schedule(play.live))
    state = "FAILED" if isinstance(ends[0], Fail) else "SUCCEEDED"
    return Outcome(state, *ends, play.visits, play.skipped, play.ran)


class Graph(Visits):
    """Where the tokens of one run of one graph go."""

    def ended(self, token: Token, value: Any) -> None:
        self.play.count((*self.frames, Frame(token, Step(token.name))))
        if not isinstance(value, Fail):
            self.results[token.name] = value
            return self.leave(token) if self.failure else self.decide(token, (), value)
        policy = self.retry(self.nodes[token.name])
        if not self.failure and token.attempt < policy["attempts"] and named(policy.get("on"), value):
            token.attempt += 1
            return self.attempt(token)
        ways = [e["to"] for e in self.edges if e["from"] == token.name and "error" in e and named(e["error"], value)]
        if self.failure or not ways:
            return self.fail(value, token)
        return self.move(token, ways[:1], {"type": value.type, "message": value.message, "traceback": ""}, failed=True)

    # -- where its token goes ------------------------------------------------------------------------

    def decide(self, token: Token, keys: tuple[Any, ...], result: Any) -> None:
        """Every declaration decides, once all routers have been asked, one after the other."""
        edges = [edge for edge in self.edges if edge["from"] == token.name and "error" not in edge]
        routers = [edge["router"] for edge in edges if "router" in edge]
        if len(keys) < len(routers):
            token.well = True
            done = partial(self.routed, token, keys, result)
            args, kwargs = (self.args, self.kwargs) if token.name == START else ([result], {})
            self.begin(token, {"body": routers[len(keys)]}, args, kwargs, {}, done, f"router{len(keys)}")
            return None if self.play.eager else self.settle()
        own = result["decision"] if "approval" in self.nodes.get(token.name, ()) else result
        answers, facts = iter(keys), self.facts(token, result)
        try:
            found = [to for edge in edges for to in taken(edge, facts, next(answers) if "router" in edge else own)]
        except Fail as failure:
            return self.fail(failure, token)
        return self.move(token, list(dict.fromkeys(found)), result) if found else self.fail(Fail("NoRoute"), token)

    def routed(self, token: Token, keys: tuple[Any, ...], result: Any, key: Any) -> None:
        if self.failure or isinstance(key, Fail):
            return self.fail(key, token)
        return self.decide(token, (*keys, key), result)

    def move(self, token: Token, targets: list[str], value: Any, **came: bool) -> None:
        """The token leaves its node and is at all its targets; or the graph fails."""
        targets = [to for to in targets if not (self.join(to) == "any" and token.lineage.get(to, 0) < self.visits[to])]
        if any(self.join(to) != "all" and self.worn_out(to) for to in targets):
            return self.fail(Fail("GraphRecursion"), token)
        self.tokens.remove(token)
        for to in targets:
            if to == END:
                self.ends[token.name] = value
            elif self.join(to) != "all":
                self.start(to, value, token.lineage, first=token.name == START, **came)
            else:
                self.arrived.setdefault(to, {})[token.name] = value
                known = self.lineages.setdefault(to, {})
                known.update({name: max(n, known.get(name, 0)) for name, n in token.lineage.items()})
        return self.settle()

    def join(self, name: str) -> str | None:
        return None if name == END else self.nodes[name].get("join")

    def worn_out(self, name: str) -> bool:
        return name != END and self.visits[name] >= self.nodes[name].get("max_visits", self.policy["max_visits"])

    # -- joins, and the end --------------------------------------------------------------------------

    def settle(self) -> None:
        """Joins that wait for nothing start; when there is no token, the graph has ended."""
        while ready := [name for name in self.nodes if name in self.arrived and self.ready(name)]:
            if self.worn_out(ready[0]):
                return self.fail(Fail("GraphRecursion"))
            brought, sources = self.arrived.pop(ready[0]), [e["from"] for e in self.edges if ready[0] in aims(e)]
            given = [brought[source] for source in dict.fromkeys(sources) if source in brought]
            self.start(ready[0], given, self.lineages.pop(ready[0]))
        if not self.tokens:
            self.skip()
            ends = {name: self.ends[name] for name in (START, *self.nodes) if name in self.ends}
            self.done(ends if len(ends) > 1 else next(iter(ends.values()), None))
        return None

    def ready(self, name: str) -> bool:
        """Nothing elsewhere can reach it; of joins that wait for each other, it was declared first."""
        waiting = [other for other in self.nodes if other in self.arrived and other != name]
        before = [other for other in waiting if name in self.ahead[other, False] and not self.first(name, other)]
        return not before and not any(name in self.ahead[token.name, token.well] for token in self.tokens)

    def first(self, name: str, other: str) -> bool:
        """Whether these two wait for each other, and this one was declared first."""
        return other in self.ahead[name, False] and next(n for n in self.nodes if n in (name, other)) == name

    def fail(self, failure: Fail, token: Token | None = None) -> None:
        """Nothing more starts; what runs ends."""
        if not self.failure:
            self.failure = failure
            self.skip()
            self.drop_below(token)
        self.leave(token)

    def drop_below(self, token: Token | None = None) -> None:
        """What has not started, here or in a nested graph or map, will not; but for one token."""
        dropped = [other for other in self.tokens if not other.begun and other is not token]
        self.tokens = [other for other in self.tokens if other not in dropped]
        self.play.drop(dropped)
        for inner in [graph for graph in self.play.graphs if graph.frames and graph.frames[-1].token in self.tokens]:
            if inner.tokens and not inner.failure:
                inner.failure = self.failure
                inner.drop_below()
                inner.leave(None)
        for leaf in [leaf for leaf in self.play.live if leaf.frames[-1].token in self.tokens]:
            if leaf in self.play.live and not leaf.running and leaf.body is not None:  # an element of a map
                self.play.live.remove(leaf)
                leaf.done(self.failure)

    def leave(self, token: Token | None) -> None:
        self.tokens = [other for other in self.tokens if other is not token]
        if not self.tokens and not self.over:
            self.over = True
            self.done(self.failure)

    def skip(self) -> None:
        """What was not visited, and no token can reach."""
        here = {(token.name, token.well) for token in self.tokens} | {(name, False) for name in self.arrived}
        seen = {name for name, _ in here}.union(self.visits, *(self.ahead[place] for place in here))
        self.play.skipped.update(names(self.frames, name) for name in self.nodes if name not in seen)

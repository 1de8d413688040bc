"""Random graphs that are valid: composed so that tokens meet at joins only.

A block is built towards what follows it, its target: what leaves the block goes there, or to END. Most graphs are such
blocks in blocks; some are wild: any edges at all, and a join wherever two of them meet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st

from .declarations import END, START, ahead, aims

__all__ = ("Kind", "graphs", "inputs_of_runs")

Graph = dict[str, Any]

#: What a graph is given.
inputs_of_runs = st.integers(0, 3)

#: Classes that error edges of one node are for, in their order; none is an error edge before it catches.
CAUGHT: list[list[list[str] | None]] = [
    [None], [["Lost"]], [["Late"], ["Lost"]], [["Wrong", "Late"], None], [["Wrong"], ["Exception"]],
    [["ConditionError", "GraphRecursion"], ["Lost"]],
]  # fmt: skip


class Kind(NamedTuple):
    """What graphs may hold."""

    #: Only what comes out the same in whatever order bodies end: no join="any", nothing that may run beside itself,
    #: conditions that look back only.
    ordered: bool = False
    #: Inputs look back only, so that it does not matter when they are worked out.
    sure: bool = False
    #: Bodies that come out otherwise when called again.
    flaky: bool = True
    #: Nodes that wait for a person.
    approvals: bool = False
    #: How deep graphs are nested.
    nested: int = 2


class Place(NamedTuple):
    """Where in a graph a block is."""

    looped: bool = False  # tokens may come here several times
    beside: bool = False  # and others may be elsewhere meanwhile

    @property
    def may_leave(self) -> bool:
        """Whether a token may go to nodes of its own, which none meets there."""
        return not (self.looped and self.beside)


class Drawing:
    """One graph that is being drawn."""

    def __init__(self, draw: Callable[[Any], Any], kind: Kind, room: int, prefix: str = "") -> None:
        self.draw, self.kind, self.room, self.prefix = draw, kind, room, prefix
        self.nodes: list[Graph] = []
        self.edges: list[Graph] = []

    # -- small choices -----------------------------------------------------------------------------

    def odds(self, of: int) -> bool:
        """True once in so many; False is simpler."""
        return bool(self.draw(st.integers(0, of - 1)) == of - 1)

    def one(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def node(self, **more: Any) -> str:
        name = f"{self.prefix}{'abcdefghijklmnopqrstuvwxyz'[len(self.nodes)]}"
        self.room -= 1
        node = {"name": name, "body": None, **more}
        self.nodes.append(node)
        if self.kind.approvals and self.odds(10):
            node.update(approval={}, body=self.task(name, "decision"))
            return name
        node["body"] = self.body(name)
        for option, value in (("immutable", st.just(True)), ("max_visits", st.integers(1, 4)), ("retry", retries)):
            if self.odds(8):
                node[option] = self.draw(value)
        if "join" not in node and self.odds(8):
            node["map_over"] = None  # filled in when the graph is there
        return name

    def body(self, name: str) -> Graph:
        if self.kind.nested and self.odds(10):
            inner = self.kind._replace(nested=self.kind.nested - 1)
            return drawn(self.draw, inner, self.draw(st.integers(1, 4)), f"{name}_")
        return self.task(name, "number", "number", "list", "dict", "key")

    def waits(self, name: str) -> bool:
        """Whether it is an approval."""
        return any(node["name"] == name and "approval" in node for node in self.nodes)

    def task(self, name: str, *gives: str) -> Graph:
        body = {"name": name, "seed": self.draw(st.integers(0, 99)), "gives": self.one(*gives)}
        body["fails"] = self.one("sometimes", "sometimes", "always") if self.odds(10) else "never"
        body["error"] = self.one("Lost", "Late", "Wrong") if body["fails"] != "never" else "Lost"
        if self.kind.flaky and self.odds(3):
            body["flaky"] = True
        return body

    def join(self) -> str:
        return "all" if self.kind.ordered else self.one("all", "all", "any")

    # -- edges -------------------------------------------------------------------------------------

    def edge(self, source: str, target: str, **more: Any) -> None:
        if more or {"from": source, "to": target} not in self.edges:
            self.edges.append({"from": source, **more, "to": target})

    def onwards(self, source: str, target: str) -> None:
        """To the target, or sometimes to the end, or nowhere."""
        if self.odds(6):
            self.choice(source, [target], [target, END, END, None])
        else:
            self.edge(source, target)

    def choice(self, source: str, targets: list[str], otherwise: list[str | None], mode: str = "first") -> None:
        """One declaration for all these targets."""
        edge: Graph = {"from": source}
        if self.odds(2) and not (self.waits(source) and len(targets) > 2):
            keys = self.draw(st.permutations([0, 2, 3, "x", True, None]))
            edge["keys"] = [[key, self.one(*targets)] for key in keys[: self.draw(st.integers(0, 3))]]
            edge["keys"] += [[key, to] for key, to in zip(keys[3:], targets, strict=False)]
            if self.odds(3):
                edge["router"] = self.task(f"{source}_r", "number", "key")
            elif self.waits(source):
                edge["keys"] = [[key, to] for key, to in zip(("approved", "rejected"), targets * 2, strict=False)]
        else:
            edge["when"] = [[None, to] for to in targets]  # filled in when the graph is there
        if mode != "first" or self.odds(2):
            edge["mode"] = mode
        last = self.one(*otherwise)
        if last is not None:
            edge["otherwise"] = last
        self.edges.append(edge)

    def again(self, source: str, back: str, target: str) -> None:
        """Back for some rounds, then on."""
        most = self.draw(st.integers(2, 4))
        term = ["lt", ["visits"], most]
        if self.odds(3) and not self.waits(source):
            term = ["and", ["ge", ["result"], 1], term]
        self.edges.append({"from": source, "when": [[term, back]], "otherwise": target})

    # -- blocks ------------------------------------------------------------------------------------

    def blocks(self) -> None:
        """Blocks one after the other, until there is no room, and what leads to the first."""
        first = END
        while self.room > 2 and not (first != END and self.odds(4)):
            first = self.block(first)
        if first == END or self.odds(3):
            first = self.block(first)
        if self.room > 1 and self.odds(3):
            self.fork(first, Place(), source=START)
        elif self.odds(5):
            targets = [first, self.branch(first, Place())]
            self.choice(START, targets, [*targets, END])
        else:
            self.edge(START, first)

    def block(self, target: str, place: Place = Place()) -> str:  # noqa: B008 - a frozen record
        """Some block; the node it begins with."""
        kinds = [self.single, self.single]
        if self.room >= 2:
            kinds += [self.several, self.caught, self.caught, self.loop, self.choices]
        if self.room >= 4:
            kinds += [self.several, self.fork, self.fork, self.rejoin]
        if self.room >= 3 and target == END and not place.looped:
            kinds.append(self.spread)
        if self.room >= 4:
            kinds.append(self.duel)
        if self.room >= 3 and place.looped and not self.kind.ordered:
            kinds.append(self.aside)
        return str(self.one(*kinds)(target, place))

    def single(self, target: str, place: Place) -> str:
        name = self.node()
        self.onwards(name, target)
        return name

    def several(self, target: str, place: Place) -> str:
        return self.block(self.block(target, place), place)

    def choices(self, target: str, place: Place) -> str:
        """Alternatives."""
        name = self.node()
        targets = [self.branch(target, place) for _ in range(self.draw(st.integers(1, 3)))]
        self.choice(name, targets, [*targets, target, END, None])
        return name

    def caught(self, target: str, place: Place) -> str:
        """Errors that lead on, along paths of their own, or back into the same."""
        name = self.node()
        body = next(node["body"] for node in self.nodes if node["name"] == name)
        if "nodes" not in body:
            body.update(fails=self.one("sometimes", "always"), error=self.one("Lost", "Late", "Wrong"))
        self.onwards(name, target)
        for classes in self.one(*CAUGHT):
            away = END if place.may_leave and self.odds(2) else target
            self.edge(name, self.branch(away, place), error=classes)
        return name

    def branch(self, target: str, place: Place) -> str:
        """A block, or nothing between."""
        return self.block(target, place) if self.room > 0 and not self.odds(4) else target

    def loop(self, target: str, place: Place) -> str:
        name = self.node()
        back = self.branch(name, place._replace(looped=True))
        self.again(name, back, target)
        return back

    def fork(self, target: str, place: Place, join: str = "", source: str = "") -> str:
        """Branches side by side, some of them perhaps not taken, into a join."""
        if not join:
            join = self.node(join=self.join())
            self.onwards(join, target)
        source = source or self.node()
        self.part(source, join, place, direct=True)
        return source

    def part(self, source: str, target: str, place: Place, direct: bool = False) -> None:
        """Several branches out of a node."""
        beside = place._replace(beside=True)
        targets = [self.block(target, beside)]
        for _ in range(self.draw(st.integers(1, 2))):
            targets.append(self.block(target, beside) if self.room > 0 else target)
        targets = [to for to in targets if direct or to != target]
        how = self.one("edges", "edges", "all", "mixed")
        if how == "all":
            self.choice(source, targets, [*targets, None], "all")
        for i, to in enumerate(targets):
            if how == "edges" or (how == "mixed" and i == 0):
                self.edge(source, to)
            elif how == "mixed":
                self.choice(source, [to], [None])

    def rejoin(self, target: str, place: Place) -> str:
        """A loop back to the join itself."""
        join, last = self.node(join=self.join()), self.node()
        self.edge(join, last)
        self.again(last, join, target)
        return self.fork(target, place._replace(looped=True), join)

    def spread(self, target: str, place: Place) -> str:
        """Branches that do not meet again."""
        name = self.node()
        self.part(name, target, place)
        return name

    def duel(self, target: str, place: Place) -> str:
        """Two joins that wait for each other."""
        last, source = self.node(join="all"), self.node()
        self.onwards(last, target)
        first, second = self.node(join=self.join()), self.node(join=self.join())
        for name, other in ((first, second), (second, first)):
            self.edge(source, name)
            self.choice(name, [other], [last])
            if self.odds(2):
                self.edge(name, last)
        return source

    def aside(self, target: str, place: Place) -> str:
        """Each round of a loop sends a token away, which may meet the next one."""
        name = self.node()
        side = self.node()
        self.edge(side, END)
        self.edge(name, side)
        self.onwards(name, target)
        return name

    # -- wild --------------------------------------------------------------------------------------

    def wild(self, size: int) -> None:
        """Edges anywhere, and joins where they meet."""
        for _ in range(size):
            self.node()
        names = [node["name"] for node in self.nodes]
        for i, name in enumerate(names):  # each is reached, and the last ones lead to the end
            self.edge(self.one(START, *names[:i]), name)
        for name in names:
            self.choice(name, [self.one(*names)], [END]) if self.odds(2) else self.edge(name, END)
        for _ in range(self.draw(st.integers(0, size))):
            source, targets = self.one(*names), [self.one(*names) for _ in range(self.draw(st.integers(1, 3)))]
            mode = self.one("first", "all")
            self.choice(source, targets, [END, self.one(*names), None], mode)
        for name in names:
            if self.odds(3):
                self.edge(name, self.one(*names), error=None)
        for node in self.nodes:
            if len({edge["from"] for edge in self.edges if node["name"] in aims(edge)}) > 1:
                node.pop("map_over", None)
                node["join"] = self.join()

    # -- terms -------------------------------------------------------------------------------------

    def known(self, name: str, surely: bool) -> list[str]:
        """Other nodes that may have been visited before this one, or surely have been."""
        others = [node["name"] for node in self.nodes if node["name"] != name and "approval" not in node]
        if surely:
            around = {other: [edge for edge in self.edges if edge["from"] != other] for other in others}
            return [other for other in others if name not in ahead(around[other], START)]
        return [other for other in others if name in ahead(self.edges, other)]

    def finish(self) -> None:
        """What looks back: conditions, `inputs` and `map_over`."""
        for edge in self.edges:
            for i, pair in enumerate(edge.get("when", ())):
                if pair[0] is None:
                    pair[0] = self.term(edge["from"], self.known(edge["from"], self.kind.ordered))
                if pair[0] in [other for other, _ in edge["when"][:i]]:
                    pair[0] = ["or", pair[0], ["eq", ["run_input"], 100 + i]]  # as good as the same
            if "when" in edge and self.odds(20):
                edge["strict"] = True
        sure = self.kind.ordered or self.kind.sure
        for node in self.nodes:
            before = self.known(node["name"], sure or not self.odds(8))
            look = ["node", self.one(*before)] if before else ["run_input"]
            if "map_over" in node:
                self.over(node, self.one(["value", [1, 2]], ["value", []], ["result"], ["result"], look))
            if self.odds(6) and "approval" not in node:
                node["inputs"] = {"more": self.one(look, look, ["result"], ["run_input"])}
            if self.odds(40) and "approval" not in node:
                node["inputs"] = {"more": ["item", look, "x"]}

    def over(self, node: Graph, term: Any) -> None:
        """A list to go over: whoever it comes from gives one, mostly."""
        sources = {edge["from"] for edge in self.edges if node["name"] in aims(edge)} if term == ["result"] else term
        known = [other for other in self.nodes if other["name"] in sources and "approval" not in other]
        tasks = [other["body"] for other in known if "nodes" not in other["body"]]
        for body in tasks:
            body["gives"] = "list"
        is_list = term[0] == "value" or (tasks and START not in sources)
        node["map_over"] = term if is_list or self.odds(8) else ["value", [2, 0]]

    def term(self, source: str, known: list[str]) -> Any:
        if self.waits(source):
            return ["eq", ["item", ["result"], "decision"], self.one("approved", "rejected")]
        roots = [["result"], ["result"], ["item", ["result"], "x"], ["run_input"]]
        if source != START:
            roots += [["visits"], *(["node", name] for name in known)]
        root = self.one(*roots)
        word = self.one("eq", "lt", "ge", "ne", "in", "exists", "type")
        number = self.draw(st.integers(0, 3))
        term = {
            "exists": ["exists", root],
            "type": ["eq", ["type", root], self.one("int", "list")],
            "in": ["in", root, ["value", [number, 1]]],
        }.get(word, [word, root, number])
        if self.odds(5):
            term = ["not", term]
        return [self.one("and", "or"), term, self.term(source, known)] if self.odds(6) else term


def drawn(draw: Callable[[Any], Any], kind: Kind, size: int, prefix: str = "") -> Graph:
    """A graph."""
    drawing = Drawing(draw, kind, size, prefix)
    if size > 1 and not kind.ordered and drawing.odds(4):
        drawing.wild(size)
    else:
        drawing.blocks()
    drawing.finish()
    nodes, edges = draw(st.permutations(drawing.nodes)), draw(st.permutations(drawing.edges))
    for node in nodes:  # but which error edge is the first was chosen with care
        errors = (edge for edge in drawing.edges if edge["from"] == node["name"] and "error" in edge)
        edges = [next(errors) if edge["from"] == node["name"] and "error" in edge else edge for edge in edges]
    more = {"retry": draw(retries)} if drawing.odds(6) else {}
    return {"nodes": nodes, "edges": edges, "max_visits": draw(st.integers(3, 6)), **more}


retries = st.fixed_dictionaries(
    {"attempts": st.integers(2, 3)}, optional={"on": st.sampled_from([["Lost"], ["Late", "Wrong"]])}
)


@st.composite
def graphs(draw: Callable[[Any], Any], kind: Kind = Kind()) -> Graph:  # noqa: B008 - a frozen record
    """Graphs of two to nine nodes; those that are nested come on top."""
    return drawn(draw, kind, draw(st.integers(2, 9)))

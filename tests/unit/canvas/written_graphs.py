"""Random graphs with every field that a document may have, and with every kind of text and value.

They need not run: most of them have problems, and some entries are ones that the builder refuses.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from celery import chain, chord, chunks, group, signature, xmap, xstarmap

from orchestrator_celery import (
    END,
    START,
    Approval,
    ComplexSignature,
    ConditionalGraph,
    Expression,
    OrchestratorError,
    Priority,
    Retry,
    Swarm,
    otherwise,
    when,
)

#: Names that are ordinary, and names that would be code if anything took them for code.
WORDS = [
    "validate", "charge", "ship it", "a-b", "x", "orders.check", "graph", "class", "print", "result", "signature", "START",
    'say "hi"', "it's", "both \" and '", "back\\slash", "two\nlines", "tab\t", "\r", '"""', "'''", "\\", '\\"', "{}", "{x!r}",
    "%s", "#", '"); __import__("os").system("x"); ("', "__import__('os')", "Übergröße", "注文", "🚚", "\u202e", "\x00", "\ud800",
    "\u2028", "1st", "", "_", "lambda: 0", "a" * 130, "long words " * 9, "é", "e\u0301", "None", "__start__ ",
]  # fmt: skip
#: Texts that a document may hold where it wants a word: JSON has no lone surrogates.
TASKS = ["tasks.charge", "tasks.check", "a", 'proj."quoted".task', "t\nt", "orchestrator.pass_on", "tâche", "x.y" * 20]
KEYS = ["total", "score", "a b", 'k"', "k'", "", "if", "näme", "\n"]


class Maker:
    """Makes one random graph.

    Args:
        seed: the same seed makes the same graph.
    """

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.size = self.random.choice([1, 2, 3, 8])

    def graph(self, depth: int = 0) -> ConditionalGraph:
        """Make a graph; deeper ones are smaller."""
        more: dict[str, Any] = {}
        for option, make in {
            "max_visits": lambda: self.random.randint(1, 40),
            "retry": self.retry,
            "deadline": lambda: self.one(60, 1.5, timedelta(hours=2)),
            "category": lambda: self.one("import", 'a "b"', "ü"),
            "tags": lambda: self.some(["eu", 'n"x', "a\nb", "night"]),
            "queue": lambda: self.one("fast", 'q"'),
            "priority": lambda: self.one(3, Priority.HIGH),
            "link": lambda: [self.signature(3)],
            "immutable": lambda: True,
        }.items():
            if self.odds(6):
                more[option] = make()
        graph = ConditionalGraph(self.one(None, None, *(word for word in WORDS if word)), **more)
        if self.odds(8):
            graph = graph.clone((self.value(),), {"given": self.value()} if self.odds(2) else None)
        names = self.names(self.random.randint(0, self.size if depth == 0 else 2))
        for name in names:
            self.tried(lambda name=name: self.node(graph, name, depth))
        for _ in range(self.random.randint(0, 2 * len(names))):
            self.tried(lambda: self.edge(graph, names, depth))
        if self.odds(4):
            self.refused(graph, names)
        return graph

    # -- choices --------------------------------------------------------------------------------------

    def odds(self, of: int) -> bool:
        return self.random.randrange(of) == 0

    def one(self, *options: Any) -> Any:
        return self.random.choice(options)

    def some(self, options: list[Any]) -> list[Any]:
        return self.random.sample(options, self.random.randint(1, len(options)))

    def tried(self, make: Any) -> None:
        """What the builder refuses is left out."""
        with suppress(OrchestratorError):
            make()

    def names(self, count: int) -> list[str]:
        return self.random.sample([word for word in WORDS if word], count)

    # -- values ---------------------------------------------------------------------------------------

    def value(self, depth: int = 0) -> Any:  # noqa: PLR0911 - one a kind
        kind = self.random.randrange(9 if depth < 3 else 6)
        if kind == 0:
            return self.one(None, True, False, 0, 1, -7, 2**63, 1 << 70)
        if kind == 1:
            return self.one(0.5, -2.0, 1e-7, 1e16, 1e300, 0.1 + 0.2, float("inf"), float("nan"))
        if kind == 2:
            return self.one(
                b"bytes\x00\xff\"'", date(2030, 1, 2), datetime(2030, 1, 2, 3, 4, 5, 6), Decimal("1.50"),
                UUID(int=5), timedelta(days=-1, microseconds=3), datetime(2030, 1, 2, tzinfo=timezone.utc),
            )  # fmt: skip
        if kind < 6:
            return self.one(*WORDS)
        if kind == 6:
            return {self.one(*KEYS, *WORDS): self.value(depth + 1) for _ in range(self.random.randint(0, 3))}
        if kind == 7:
            return [self.value(depth + 1) for _ in range(self.random.randint(0, 12))]
        return [[self.value(depth + 1)], {"task": "no signature"}]

    def plain(self) -> Any:
        return self.one(None, True, 0, 3, -1, 0.8, 'te"xt', "a\nb", "DE", ["value", [1, "a"]], ["value", {"a": [None]}])

    def expression(self, depth: int = 0) -> Any:  # noqa: PLR0911 - one a kind
        """Make the JSON form of an expression."""
        if depth > 4 or self.odds(4):
            return self.one(["result"], ["error"], ["run_input"], ["visits"], ["node", self.one(*WORDS[:-2]) or "x"])
        inner = self.expression(depth + 1)
        kind = self.random.randrange(9)
        if kind < 2:
            return ["item", inner, self.one(*KEYS, 0, -1)]
        if kind == 2:
            return [self.one("length", "type", "exists", "date", "not"), inner]
        if kind == 3:
            return ["matches", inner, self.one("^a.*$", 'q"', "[^\\\\/]+", "\\d{3}'")]
        if kind == 4:
            return ["in", *self.random.sample([inner, self.one(self.plain(), self.expression(depth + 1))], 2)]
        if kind == 5 and self.odds(2):
            stamp = self.one("2030-01-01T00:00:00+00:00", "2030-01-01T00:00:00Z", "2030-01-01 00:00+01:00")
            return [self.one("lt", "ge"), *self.random.sample([["date", inner], ["datetime", stamp]], 2)]
        if kind == 6 and self.odds(3):
            return self.plain()
        other = self.one(self.plain(), self.expression(depth + 1))
        word = self.one("eq", "ne", "lt", "le", "gt", "ge", "and", "or", "and", "or")
        return [word, *self.one((inner, other), (inner, other), (other, inner))]

    def retry(self) -> Any:
        return self.one(
            2, Retry(5, backoff=2), Retry(3, factor=1, longest=1e16, jitter=False, on=[ValueError, 'E"']),
            {"attempts": 3, "on": ["A"]},
        )  # fmt: skip

    # -- signatures -----------------------------------------------------------------------------------

    def task(self) -> Any:
        """Make a task with any of its fields."""
        given = {
            "args": tuple(self.value() for _ in range(self.random.randint(0, 3))) if self.odds(2) else (),
            "kwargs": {self.one(*KEYS): self.value() for _ in range(2)} if self.odds(4) else {},
            "immutable": self.odds(5),
            "options": {},
        }
        if self.odds(5):
            given["options"] = {self.one("queue", "x-y", "task", 'o"', "class"): self.value()}
        if self.odds(10):
            given["options"] = {self.one("link", "link_error"): self.one([signature(self.one(*TASKS))], [])}
        return signature(self.one(*TASKS), **given)

    def signature(self, depth: int = 0) -> Any:  # noqa: PLR0911 - one a kind
        kind = self.random.randrange(20 if depth < 2 else 6)
        if kind < 8:
            return self.task()
        many = [self.signature(depth + 1) for _ in range(self.random.randint(1, 4))]
        more = {"queue": "fast"} if self.odds(5) else {}
        if kind < 10:
            return chain(*many, **more).set(immutable=self.odds(5))
        if kind == 10:
            return group(*many, **more)
        if kind == 11:
            return chord([self.task(), self.task()], many[0], **more)
        if kind == 12:
            items = [[self.value()] for _ in range(3)]
            return self.one(xmap, xstarmap)(self.task(), items) if self.odds(2) else chunks(self.task(), items, 2)
        if kind == 13:
            return self.graph(depth + 1)
        if kind == 14:
            handlers = {"on_success": self.task(), "on_error": [self.task(), self.task()]} if self.odds(2) else {}
            return ComplexSignature(
                many[0], name=self.one(None, *WORDS), **handlers, **more, deadline=self.one(None, 5)
            )
        if kind < 18:
            return self.swarm(many, more)
        sig = self.task()
        sig[self.one("chord_size", "odd")] = 3  # as another version of Celery may write it
        return sig

    def swarm(self, many: list[Any], more: dict[str, Any]) -> Any:
        options = {
            **more,
            **({"slots": {Priority.HIGH: 1}, "max_concurrency": 4} if self.odds(3) else {}),
            **({"open": True, "max_failures": self.one(2, 0.5), "batch": self.one(3, "auto")} if self.odds(3) else {}),
            **({"on_task_error": self.task(), "on_task_cleanup": [self.task(), self.task()]} if self.odds(3) else {}),
            **({"stop_after_n_failures": 2, "max_items": 99, "tags": ["t"]} if self.odds(3) else {}),
        }
        if self.odds(2):
            return Swarm(many, name=self.one(None, *WORDS), **options)
        swarm = Swarm(**options)
        for sig in many:
            own = {self.one("on_success", "on_error", "on_cleanup"): self.one([], self.task())} if self.odds(3) else {}
            swarm.add_task(sig, priority=self.one(None, *Priority), **own)
        if self.odds(4):
            swarm.kwargs["levels"] = [[9, 0, len(many) - 1]]  # as a bulk adds them
        return swarm.clone((self.value(),)) if self.odds(6) else swarm

    # -- entries --------------------------------------------------------------------------------------

    def node(self, graph: ConditionalGraph, name: str, depth: int) -> None:
        if self.odds(6):
            timeout = self.one(
                {}, {"timeout": 60}, {"timeout": 1.5, "on_timeout": self.one("fail", "approve", "reject")}
            )
            graph.add_node(name, Approval(**timeout, message=self.one(*WORDS)), join=self.one(None, "all"))
            return
        more: dict[str, Any] = {}
        if self.odds(3):
            more["inputs"] = {self.one(*KEYS): Expression(self.expression()) for _ in range(2)}
        if self.odds(5):
            more["map_over"] = Expression(self.expression())
            more["max_concurrency"] = self.one(None, 3)
        more["join"] = self.one(None, None, "all", "any")
        more["max_visits"] = self.one(None, None, 3)
        more["retry"] = self.retry() if self.odds(4) else None
        graph.add_node(name, self.signature(depth), **more)

    def edge(self, graph: ConditionalGraph, names: list[str], depth: int) -> None:
        source, target, other = (self.one(*names, START), self.one(*names, END), self.one(*names, END))
        kind = self.random.randrange(5)
        if kind == 0:
            graph.add_edge(source, target)
        elif kind == 1:
            graph.add_error_edge(source, target, self.one(None, ["CardDeclined"], ["A", 'B"', "c\n"]))
        elif kind == 2:
            keys = self.one({"approved": target, "rejected": other}, {0: target, True: other, None: END, 'k"': target})
            graph.add_conditional_edges(source, keys, mode=self.one("first", "all"), default=self.one(None, other))
        elif kind == 3:
            paths = self.one({"a": target}, [target, other])
            graph.add_conditional_edges(source, self.task(), paths, default=self.one(None, other))
        else:
            rule: list[Any] = [when(Expression(self.expression()), target) for _ in range(self.random.randint(1, 3))]
            rule += [otherwise(other)] if self.odds(2) else []
            graph.add_conditional_edges(source, rule, mode=self.one("first", "all"), strict=self.odds(3))

    def refused(self, graph: ConditionalGraph, names: list[str]) -> None:
        """Add entries from elsewhere, which the builder refuses or writes at more length."""
        graph.nodes.append({"name": "odd", "signature": self.task(), "join": "most", "max_visits": "3"})
        graph.nodes.append({"name": "long", "approval": {"timeout": self.one(None, 60), "message": ""}})
        graph.nodes.append({"name": "again", "signature": self.task(), "retry": self.one({"attempts": 2}, "often")})
        graph.edges.append({"from": "odd", "when": [[["gt", ["result"], 3], "long"], [["evil"], "odd"]]})
        graph.edges.append({"from": "odd", "keys": [["a", "long"], ["a", "odd"]], "mode": "some"})
        graph.edges.append({"from": "odd", "when": [[["result"], END]]})

"""Declarations and conditions in JSON, read a second time: three-valued, in plain Python."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

__all__ = ("END", "START", "UNKNOWN", "Fail", "ahead", "aims", "named", "read", "taken")

START, END = "__start__", "__end__"


class Fail(Exception):
    """A body has failed, with an error of this class, which has these bases."""

    def __init__(self, type: str, *bases: str, message: str = "") -> None:
        super().__init__(type, message)
        self.type, self.names, self.message = type, {type, *bases, "Exception", "BaseException"}, message


class Unknown:
    """What is not there, and whatever was to be compared with it."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Any = Unknown()
COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "in": lambda a, b: a in b,
    **{word: getattr(operator, word) for word in ("eq", "ne", "lt", "le", "gt", "ge")},
}


# -- declarations ------------------------------------------------------------------------------------------


def aims(edge: Mapping[str, Any]) -> list[str]:
    """Where a declaration may lead, in its order."""
    pairs = [to for _, to in edge.get("when") or edge.get("keys") or []]
    return [to for to in (edge.get("to"), *pairs, edge.get("otherwise")) if to]


def ahead(edges: list[dict[str, Any]], name: str, well: bool = False) -> set[str]:
    """All that can be reached from a node, along edges of errors too; not along its own if it has ended well."""
    found: set[str] = set()
    new = {to for edge in edges if edge["from"] == name and not (well and "error" in edge) for to in aims(edge)}
    while new:
        found |= new
        new = {to for edge in edges if edge["from"] in new for to in aims(edge)} - found
    return found


def taken(edge: Mapping[str, Any], facts: Mapping[str, Any], key: Any) -> list[str]:
    """What a declaration takes."""
    if "to" in edge:
        return [edge["to"]]
    found = held(edge, facts) if "when" in edge else known(edge, key)
    targets = list(islice(found, 1) if edge.get("mode", "first") == "first" else found)
    return sorted(targets, key=aims(edge).index) or [to for to in [edge.get("otherwise")] if to]


def held(edge: Mapping[str, Any], facts: Mapping[str, Any]) -> Iterable[str]:
    """Targets of conditions that hold."""
    for term, to in edge["when"]:
        answer = read(term, facts)
        if answer is UNKNOWN and edge.get("strict"):
            raise Fail("ConditionError")
        if answer is not UNKNOWN and answer:
            yield to


def known(edge: Mapping[str, Any], key: Any) -> Iterable[str]:
    """Targets of keys that are declared; `True` is not 1."""
    for one in key if isinstance(key, list) else [key]:
        yield from (to for own, to in edge["keys"] if type(own) is type(one) and own == one)


def named(names: list[str] | None, failure: Fail) -> bool:
    """Whether an error is one of these; `None` are all."""
    return names is None or bool(set(names) & failure.names)


# -- terms -------------------------------------------------------------------------------------------------


def read(term: Any, facts: Mapping[str, Any]) -> Any:
    """The value of a term; `facts` are `result`, `error`, `run_input`, `visits` and `node`, a dict by name."""
    if not isinstance(term, list):
        return term
    word, *rest = term
    if word == "node":
        return facts["node"].get(rest[0], UNKNOWN)
    if word == "value":
        return rest[0]
    if word == "item":
        return tried(operator.getitem, read(rest[0], facts), rest[1])
    return computed(word, *(read(inner, facts) for inner in rest)) if rest else facts[word]


def computed(word: str, *values: Any) -> Any:
    """What an operator makes of values."""
    if word == "exists":
        return values[0] is not UNKNOWN
    if word in ("and", "or"):
        return joined([value if value is UNKNOWN else bool(value) for value in values], word == "or")
    if word == "not":
        return tried(operator.not_, *values)
    if word == "length":
        return tried(len, *values)
    if word == "type":
        return tried(lambda value: {"NoneType": "null"}.get(name := type(value).__name__, name), *values)
    return tried(COMPARED[word], *values)


def joined(values: list[Any], ruling: bool) -> Any:
    """By Kleene: one true makes an `or` true, one false makes an `and` false, whatever the other is."""
    if ruling in values:
        return ruling
    return UNKNOWN if UNKNOWN in values else not ruling


def tried(function: Callable[..., Any], *values: Any) -> Any:
    """A call, or that it cannot be told."""
    if any(value is UNKNOWN for value in values):
        return UNKNOWN
    try:
        return function(*values)
    except (LookupError, TypeError):
        return UNKNOWN

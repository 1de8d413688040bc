"""The JSON form of expressions: what may stand in it, what it asks for, and how a person would write it.

A list is an expression, its first element the operator; everything else stands for itself. What comes in a message
may have been written by anybody, so nothing is worked out that `checked` has not read: it knows every operator and
its operands, and bounds depth and size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timezone
from enum import Enum
from math import isfinite
from reprlib import Repr
from typing import Any, NoReturn

from orchestrator_celery.canvas.conditions.patterns import compiled
from orchestrator_celery.errors import InvalidWorkflow

__all__ = (
    "DEEPEST",
    "LARGEST",
    "MOST_PATTERNS",
    "OPERATORS",
    "ROOTS",
    "TYPES",
    "Kind",
    "checked",
    "moment",
    "node_names",
    "roots",
)

#: Expressions inside expressions.
DEEPEST = 50
#: Size of the whole, about the characters of its JSON.
LARGEST = 10_000
#: Patterns in one expression: each may take its second.
MOST_PATTERNS = 10
#: What `.type` may be.
TYPES = ("str", "int", "float", "bool", "list", "dict", "null")
#: Whole numbers that every serializer carries: 64 bits.
_LEAST, _MOST = -(2**63), 2**64 - 1


class Kind(Enum):
    """What an operand is."""

    EXPRESSION = "an expression"  #: worked out first
    KEY = "a word or a whole number"  #: of a mapping or a list
    NAME = "a node's name"  #: not empty
    PATTERN = "a regular expression"  #: of the bounded sort
    JSON = "plain JSON"  #: taken as it is
    MOMENT = "a date and time with its timezone"  #: in ISO 8601


ROOTS = frozenset({"result", "error", "run_input", "visits", "node"})
_ONE = (Kind.EXPRESSION,)
_TWO = (Kind.EXPRESSION, Kind.EXPRESSION)
#: Every operator with its operands.
OPERATORS: dict[str, tuple[Kind, ...]] = {
    **dict.fromkeys(("result", "error", "run_input", "visits"), ()),
    "node": (Kind.NAME,),
    "item": (Kind.EXPRESSION, Kind.KEY),
    **dict.fromkeys(("length", "type", "exists", "date", "not"), _ONE),
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge", "in", "and", "or"), _TWO),
    "matches": (Kind.EXPRESSION, Kind.PATTERN),
    "value": (Kind.JSON,),
    "datetime": (Kind.MOMENT,),
}

_shown = Repr()
_shown.maxstring = _shown.maxother = 80


def checked(given: Any) -> Any:
    """A copy of an expression in which everything is what it should be.

    Example:
        >>> checked(["gt", ["item", ["result"], "score"], 0.8])
        ['gt', ['item', ['result'], 'score'], 0.8]

    Raises:
        InvalidWorkflow: names what is not allowed, why, and what to do.
    """
    return _Reader().expression(given, 1)


def moment(value: Any) -> datetime:
    """What stands for a point in time, as an aware datetime in UTC; without a timezone it is taken for UTC.

    Args:
        value: ISO 8601, as `datetime.fromisoformat` reads it, or with a `Z`; seconds since 1970; a datetime or a date,
            which is what some serializers make of text.

    Raises:
        ValueError: it is none.
        OverflowError: it is beyond what a datetime can hold.
    """
    if isinstance(value, str):
        value = _read_iso(value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        value = datetime.fromtimestamp(value, timezone.utc)
    elif type(value) is date:
        value = datetime.combine(value, time.min)
    if not isinstance(value, datetime):
        raise ValueError(f"{type(value).__name__} is no date")
    return value.astimezone(timezone.utc) if value.tzinfo else value.replace(tzinfo=timezone.utc)


def _read_iso(text: str) -> datetime:
    # Python 3.10 knows no Z.
    return datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith("Z") else text)


def roots(expr: Any) -> set[str]:
    """What an expression reads from: names of `ROOTS`.

    Example:
        >>> sorted(roots(["and", ["eq", ["result"], 1], ["lt", ["visits"], 3]]))
        ['result', 'visits']
    """
    return {part[0] for part in _parts(checked(expr))} & ROOTS


def node_names(expr: Any) -> set[str]:
    """The nodes whose results an expression reads."""
    return {part[1] for part in _parts(checked(expr)) if part[0] == "node"}


def _parts(expr: Any) -> Iterator[list[Any]]:
    """Every expression in a checked one, itself included; literals are left out."""
    if isinstance(expr, list):
        yield expr
        for kind, operand in zip(OPERATORS[expr[0]], expr[1:], strict=True):
            if kind is Kind.EXPRESSION:
                yield from _parts(operand)


def _refuse(what: str, why: str) -> NoReturn:
    raise InvalidWorkflow(f"{what} is not allowed in an expression: {why}.")


class _Reader:
    """Reads one expression and keeps count of its size."""

    def __init__(self) -> None:
        self._size = 0
        self._patterns = 0

    def expression(self, given: Any, depth: int) -> Any:
        if not isinstance(given, (list, tuple)):
            if isinstance(given, dict):
                _refuse(_shown.repr(given), 'a mapping is written ["value", {...}]')
            return self._literal(given)
        self._count(given, depth)
        name, *operands = given or ("",)
        kinds = OPERATORS.get(name) if isinstance(name, str) else None
        if kinds is None:
            known = ", ".join(OPERATORS)
            _refuse(_shown.repr(given), f'it has to begin with an operator ({known}); a list is ["value", [...]]')
        if len(operands) != len(kinds):
            wanted = ", ".join(kind.value for kind in kinds) or "nothing"
            _refuse(_shown.repr(given), f"{name!r} is followed by {wanted}")
        return [name, *(self._operand(kind, value, depth) for kind, value in zip(kinds, operands, strict=True))]

    def _operand(self, kind: Kind, given: Any, depth: int) -> Any:
        if kind is Kind.EXPRESSION:
            return self.expression(given, depth + 1)
        value = self._plain(given, depth + 1)
        if not _VALID[kind](value):
            _refuse(_shown.repr(value), f"it has to be {kind.value}")
        if kind is Kind.PATTERN:
            self._patterns += 1
            if self._patterns > MOST_PATTERNS:
                _refuse(f"A number of more than {MOST_PATTERNS} patterns", "join some by |, or take several when(...)")
            compiled(value)
        return value

    def _plain(self, value: Any, depth: int) -> Any:
        """A copy of a literal of any shape."""
        if isinstance(value, (list, tuple)):
            self._count(value, depth)
            return [self._plain(each, depth + 1) for each in value]
        if isinstance(value, dict):
            self._count(value, depth)
            if not all(isinstance(key, str) for key in value):
                _refuse(_shown.repr(value), "the keys of a mapping are strings in JSON")
            return {self._literal(key): self._plain(each, depth + 1) for key, each in value.items()}
        return self._literal(value)

    def _literal(self, value: Any) -> Any:
        if isinstance(value, Enum):
            value = value.value
        if isinstance(value, float) and not isfinite(value):
            _refuse(_shown.repr(value), "JSON has no such number")
        if isinstance(value, int) and not _LEAST <= value <= _MOST:
            _refuse("A whole number of more than 64 bits", "not every serializer carries it")
        if value is not None and not isinstance(value, (str, int, float)):
            allowed = "text, numbers, True, False, None, and lists and mappings of them"
            _refuse(_shown.repr(value), f"what travels in messages is {allowed}")
        self._count(value, 1)
        return value

    def _count(self, value: Any, depth: int) -> None:
        """Before anything is done with it: what is too deep or too large is not even looked at."""
        if depth > DEEPEST:
            _refuse(
                f"A depth of more than {DEEPEST} levels", "take several when(...), or .in_([...]) for several values"
            )
        self._size += len(value) + 2 if isinstance(value, (str, list, tuple, dict)) else 8
        if self._size > LARGEST:
            _refuse(f"A size of more than {LARGEST} characters", "leave the decision to a router task")


def _is_moment(text: str) -> bool:
    try:
        moment(text)  # which may be out of range in UTC only
        return _read_iso(text).tzinfo is not None
    except (ValueError, OverflowError):
        return False


_VALID: dict[Kind, Callable[[Any], bool]] = {
    Kind.KEY: lambda value: isinstance(value, (str, int)) and not isinstance(value, bool),
    Kind.NAME: lambda value: isinstance(value, str) and value != "",
    Kind.PATTERN: lambda value: isinstance(value, str),
    Kind.JSON: lambda value: True,
    Kind.MOMENT: lambda value: isinstance(value, str) and _is_moment(value),
}

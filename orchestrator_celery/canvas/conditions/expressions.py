"""The JSON form of expressions: operators, operands, limits, and the nodes and values that an expression reads.

A list is an expression with the operator as its first element. Any other value is a literal. An expression in a
message may come from an untrusted sender, so only expressions that `checked` has accepted are evaluated. `checked`
knows every operator with its operands, and limits depth and size.
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
    "LARGEST_WHOLE",
    "LEAST_WHOLE",
    "MOST_PATTERNS",
    "OPERATORS",
    "ROOTS",
    "TYPES",
    "Kind",
    "checked",
    "is_moment",
    "moment",
    "node_names",
    "roots",
)

#: The most levels of nested expressions.
DEEPEST = 50
#: The largest size of an expression, about the characters of its JSON.
LARGEST = 10_000
#: The most patterns in one expression: each may take a second.
MOST_PATTERNS = 10
#: The possible values of `.type`.
TYPES = ("str", "int", "float", "bool", "list", "dict", "null")
#: The smallest and largest whole number of 64 bits, which every serializer can carry.
LEAST_WHOLE, LARGEST_WHOLE = -(2**63), 2**64 - 1


class Kind(Enum):
    """The kinds of operands."""

    EXPRESSION = "an expression"  #: evaluated first
    KEY = "a string or a whole number"  #: a key of a mapping or an index of a list
    NAME = "a node's name"  #: not empty
    PATTERN = "a regular expression"  #: of the kind with bounded time
    JSON = "plain JSON"  #: used unchanged
    MOMENT = "a date and time with its timezone"  #: in ISO 8601


ROOTS = frozenset({"result", "error", "run_input", "visits", "node"})
_ONE = (Kind.EXPRESSION,)
_TWO = (Kind.EXPRESSION, Kind.EXPRESSION)
#: Every operator with the kinds of its operands.
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


def checked(value: Any) -> Any:
    """Return a checked copy of an expression.

    Example:
        >>> checked(["gt", ["item", ["result"], "score"], 0.8])
        ['gt', ['item', ['result'], 'score'], 0.8]

    Raises:
        InvalidWorkflow: a part is not allowed. The message names the part, the reason, and the remedy.
    """
    return _Reader().expression(value, 1)


def moment(value: Any) -> datetime:
    """Convert a value to an aware datetime in UTC; a value without a timezone counts as UTC.

    Args:
        value: ISO 8601 as `datetime.fromisoformat` reads it, or with a `Z`; seconds since 1970; a datetime or a date,
            which some serializers make from text.

    Raises:
        ValueError: the value is not a date.
        OverflowError: the value is out of the range of datetime.
    """
    if isinstance(value, str):
        value = _read_iso(value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        value = datetime.fromtimestamp(value, timezone.utc)
    elif type(value) is date:
        value = datetime.combine(value, time.min)
    if not isinstance(value, datetime):
        raise ValueError(f"{type(value).__name__} is not a date")
    return value.astimezone(timezone.utc) if value.tzinfo else value.replace(tzinfo=timezone.utc)


def _read_iso(text: str) -> datetime:
    # In Python 3.10, fromisoformat does not accept a Z.
    return datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith("Z") else text)


def roots(expr: Any) -> set[str]:
    """Return the roots that an expression reads: names of `ROOTS`.

    Example:
        >>> sorted(roots(["and", ["eq", ["result"], 1], ["lt", ["visits"], 3]]))
        ['result', 'visits']
    """
    return {part[0] for part in _parts(checked(expr))} & ROOTS


def node_names(expr: Any) -> set[str]:
    """Return the nodes whose results an expression reads."""
    return {part[1] for part in _parts(checked(expr)) if part[0] == "node"}


def _parts(expr: Any) -> Iterator[list[Any]]:
    """Yield every expression in a checked expression, including itself, without literals."""
    if isinstance(expr, list):
        yield expr
        for kind, operand in zip(OPERATORS[expr[0]], expr[1:], strict=True):
            if kind is Kind.EXPRESSION:
                yield from _parts(operand)


def _refuse(part: str, reason: str) -> NoReturn:
    raise InvalidWorkflow(f"{part} is not allowed in an expression: {reason}.")


class _Reader:
    """Reads one expression and counts its size."""

    def __init__(self) -> None:
        self._size = 0
        self._patterns = 0

    def expression(self, value: Any, depth: int) -> Any:
        if not isinstance(value, (list, tuple)):
            if isinstance(value, dict):
                _refuse(_shown.repr(value), 'a mapping is written ["value", {...}]')
            return self._literal(value)
        self._count(value, depth)
        name, *operands = value or ("",)
        kinds = OPERATORS.get(name) if isinstance(name, str) else None
        if kinds is None:
            known = ", ".join(OPERATORS)
            _refuse(_shown.repr(value), f'it must begin with an operator ({known}); a list is written ["value", [...]]')
        if len(operands) != len(kinds):
            expected = ", ".join(kind.value for kind in kinds) or "nothing"
            _refuse(_shown.repr(value), f"the operator {name!r} takes {expected}")
        return [name, *(self._operand(kind, operand, depth) for kind, operand in zip(kinds, operands, strict=True))]

    def _operand(self, kind: Kind, operand: Any, depth: int) -> Any:
        if kind is Kind.EXPRESSION:
            return self.expression(operand, depth + 1)
        value = self._plain(operand, depth + 1)
        if not _VALID[kind](value):
            _refuse(_shown.repr(value), f"it must be {kind.value}")
        if kind is Kind.PATTERN:
            self._patterns += 1
            if self._patterns > MOST_PATTERNS:
                _refuse(
                    f"An expression with more than {MOST_PATTERNS} patterns",
                    "join some of them by |, or use several when(...)",
                )
            compiled(value)
        return value

    def _plain(self, value: Any, depth: int) -> Any:
        """Return a copy of a literal of any shape."""
        if isinstance(value, (list, tuple)):
            self._count(value, depth)
            return [self._plain(each, depth + 1) for each in value]
        if isinstance(value, dict):
            self._count(value, depth)
            if not all(isinstance(key, str) for key in value):
                _refuse(_shown.repr(value), "JSON allows only strings as keys of a mapping")
            return {self._literal(key): self._plain(each, depth + 1) for key, each in value.items()}
        return self._literal(value)

    def _literal(self, value: Any) -> Any:
        if isinstance(value, Enum):
            value = value.value
        if isinstance(value, float) and not isfinite(value):
            _refuse(_shown.repr(value), "JSON has no such number")
        if isinstance(value, int) and not LEAST_WHOLE <= value <= LARGEST_WHOLE:
            _refuse("A whole number of more than 64 bits", "some serializers cannot carry it")
        if value is not None and not isinstance(value, (str, int, float)):
            allowed = "text, numbers, True, False, None, and lists and mappings of these"
            _refuse(_shown.repr(value), f"messages can carry only {allowed}")
        self._count(value, 1)
        return value

    def _count(self, value: Any, depth: int) -> None:
        """Check depth and size. Called before a value is read, so that an oversized value is never read further."""
        if depth > DEEPEST:
            _refuse(
                f"A depth of more than {DEEPEST} levels", "use several when(...), or .in_([...]) for several values"
            )
        self._size += len(value) + 2 if isinstance(value, (str, list, tuple, dict)) else 8
        if self._size > LARGEST:
            _refuse(f"A size of more than {LARGEST} characters", "use a router task for the decision")


def is_moment(text: str) -> bool:
    """Whether a text is a date and time with its timezone, in ISO 8601."""
    try:
        moment(text)  # fails if only the conversion to UTC is out of range
        return _read_iso(text).tzinfo is not None
    except (ValueError, OverflowError):
        return False


_VALID: dict[Kind, Callable[[Any], bool]] = {
    Kind.KEY: lambda value: isinstance(value, (str, int)) and not isinstance(value, bool),
    Kind.NAME: lambda value: isinstance(value, str) and value != "",
    Kind.PATTERN: lambda value: isinstance(value, str),
    Kind.JSON: lambda value: True,
    Kind.MOMENT: lambda value: isinstance(value, str) and is_moment(value),
}

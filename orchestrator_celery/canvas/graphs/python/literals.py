"""Plain values as Python code, quoted as `ruff format` quotes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any
from uuid import UUID

from orchestrator_celery.canvas.graphs.python.layout import Arguments, Atom, Bracket, Code, Pair, Path
from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr

__all__ = ("called", "keyword", "literal", "name", "text")

#: The most levels of lists and mappings. Python's parser reads at most 200 nested brackets.
DEEPEST = 80


def literal(value: Any, depth: int = 0) -> Code:
    """Write a plain value; the code builds an equal value.

    Raises:
        InvalidWorkflow: the value is of a kind that no literal builds, or it is nested too deeply.
    """
    if depth > DEEPEST:
        raise InvalidWorkflow(
            f"A value with more than {DEEPEST} nested lists or mappings cannot be written as Python: keep it in a "
            "file, and give its path."
        )
    if isinstance(value, dict):
        pairs = (Pair(literal(key, depth + 1), literal(each, depth + 1)) for key, each in value.items())
        return Bracket(tuple(pairs), "{}")
    if isinstance(value, (list, tuple)):
        signs = "[]" if isinstance(value, list) else "()"
        return Bracket(tuple(literal(each, depth + 1) for each in value), signs)
    for kinds, write in _WRITERS:
        if isinstance(value, kinds):
            return write(value)
    raise InvalidWorkflow(
        f"{safe_repr(value)} cannot be written as Python: give JSON, dates, Decimal, UUID or bytes as arguments."
    )


def text(value: str) -> Code:
    """Write a string; every character that is no plain text is escaped."""
    return Atom(_quoted(value))


def name(value: str) -> Code:
    """Write a name that the module imports or defines."""
    return Atom(value, is_name=True)


def called(path: str, /, *arguments: Code, **keywords: Code) -> Code:
    """Write a call.

    Args:
        path: a name that the module imports or defines, perhaps with attributes.
        *arguments: positional arguments.
        **keywords: keyword arguments.
    """
    first, *attributes = path.split(".")
    given = (*arguments, *(keyword(key, value) for key, value in keywords.items()))
    return Path((name(first), *(Atom(f".{attribute}") for attribute in attributes), Arguments(given)))


def keyword(key: str, value: Code) -> Code:
    """Write an argument with its keyword."""
    return Pair(Atom(key), value, "=")


def _quoted(value: str) -> str:
    quote = "'" if value.count('"') > value.count("'") else '"'
    return f"{quote}{''.join(_escaped(char, quote) for char in value)}{quote}"


def _escaped(char: str, quote: str) -> str:
    if char in (quote, "\\"):
        return f"\\{char}"
    return char if char.isprintable() else repr(char)[1:-1]


def _number(value: float) -> Code:
    if not isfinite(value):
        return called("float", text(str(float(value))))
    # ruff leaves out the plus of an exponent.
    return Atom(float.__repr__(value).replace("e+", "e"))


def _bytes(value: bytes) -> Code:
    quote = "'" if value.count(b'"') > value.count(b"'") else '"'
    inside = "".join(_escaped(chr(byte), quote) if byte < 128 else f"\\x{byte:02x}" for byte in value)  # noqa: PLR2004
    return Atom(f"b{quote}{inside}{quote}")


def _span(value: timedelta) -> Code:
    parts = {"days": value.days, "seconds": value.seconds, "microseconds": value.microseconds}
    return called("timedelta", **{unit: literal(count) for unit, count in parts.items() if count})


def _iso(kind: str) -> Callable[[Any], Code]:
    return lambda value: called(f"{kind}.fromisoformat", text(value.isoformat()))


#: A subclass stands before its class: bool is an int, a datetime is a date. A member of an enum is written as its
#: value.
_WRITERS: tuple[tuple[Any, Callable[[Any], Code]], ...] = (
    (str, lambda value: text(str.__str__(value))),
    ((bool, type(None)), lambda value: Atom(repr(value))),
    (int, lambda value: Atom(int.__repr__(value))),
    (float, _number),
    (bytes, _bytes),
    (datetime, _iso("datetime")),
    (date, _iso("date")),
    (time, _iso("time")),
    (timedelta, _span),
    (Decimal, lambda value: called("Decimal", text(str(value)))),
    (UUID, lambda value: called("UUID", text(str(value)))),
)

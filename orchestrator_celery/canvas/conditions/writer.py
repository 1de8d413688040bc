"""Writes expressions as the text that `grammar` reads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from orchestrator_celery.canvas.conditions.expressions import checked

__all__ = ("COMPARISONS", "as_text")

#: The operators of comparisons by their names in JSON.
COMPARISONS = {
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "in": "in",
    "matches": "matches",
}
#: Levels of precedence, the lowest first.
_JUNCTION, _NEGATION, _COMPARISON, _PATH = range(4)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: Characters that JSON allows in a text, but that do not show or that reorder what a reader sees.
_HIDDEN = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def as_text(expr: Any) -> str:
    """Write an expression as text, which `parse` reads.

    Example:
        >>> as_text(["and", ["exists", ["result"]], ["not", ["in", ["item", ["node", "a"], "x y"], ["value", [1]]]]])
        'exists(result) and nodes.a["x y"] not in [1]'

    Raises:
        InvalidWorkflow: `expr` is not an expression.
    """
    return _written(checked(expr))


def _written(expr: Any) -> str:
    if not isinstance(expr, list):
        return _literal(expr)
    name, *operands = expr
    if name in COMPARISONS:
        return _compared(operands, COMPARISONS[name])
    if name in _FORMS:
        return _FORMS[name](*operands)
    return f"{name}({_written(operands[0])})" if operands else str(name)


def _joined(name: str, left: Any, right: Any) -> str:
    # `a and b and c` is read from left to right. A mixture gets parentheses, for readers who forget the precedence.
    first = _written(left) if _is(left, name) else _within(left, _NEGATION)
    return f"{first} {name} {_within(right, _NEGATION)}"


def _negated(inner: Any) -> str:
    if _is(inner, "in", "matches"):
        return _compared(inner[1:], f"not {inner[0]}")
    return f"not {_written(inner) if _is(inner, 'not') else _within(inner, _PATH)}"


def _compared(operands: list[Any], sign: str) -> str:
    left, right = operands
    return f"{_within(left, _PATH)} {sign} {_within(right, _PATH)}"


def _item(of: Any, key: str | int) -> str:
    # A literal gets brackets: a dot after a number belongs to the number.
    dotted = isinstance(key, str) and _WORD.fullmatch(key) and isinstance(of, list) and not _is(of, "value")
    return f"{_within(of, _PATH)}{f'.{key}' if dotted else f'[{_literal(key)}]'}"


def _node(name: str) -> str:
    return f"nodes.{name}" if _WORD.fullmatch(name) else f"node({_literal(name)})"


def _value(value: Any) -> str:
    return _literal(value) if isinstance(value, (list, dict)) else f"value({_literal(value)})"


def _within(expr: Any, least: int) -> str:
    return f"({_written(expr)})" if _level(expr) < least else _written(expr)


def _level(expr: Any) -> int:
    if _is(expr, "and", "or"):
        return _JUNCTION
    if _is(expr, "not"):
        return _COMPARISON if _is(expr[1], "in", "matches") else _NEGATION
    return _COMPARISON if _is(expr, *COMPARISONS) else _PATH


def _is(expr: Any, *names: str) -> bool:
    return isinstance(expr, list) and expr[0] in names


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_literal(key)}: {_literal(each)}' for key, each in value.items())}}}"
    return json.dumps(value)


_FORMS: dict[str, Callable[..., str]] = {
    "and": partial(_joined, "and"),
    "or": partial(_joined, "or"),
    "not": _negated,
    "item": _item,
    "node": _node,
    "value": _value,
}

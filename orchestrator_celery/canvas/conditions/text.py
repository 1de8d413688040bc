"""Writes expressions as Python code: for errors, drawings and trees."""

from __future__ import annotations

import json
from typing import Any

from orchestrator_celery.canvas.conditions.expressions import OPERATORS, ROOTS, Kind, checked

__all__ = ("brief", "words")

#: The longest text of `brief`, in characters.
_BRIEF = 200
_SIGNS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "and": "&", "or": "|"}
_FORMS = {
    **{root: root for root in ROOTS},
    "node": "node({})",
    "item": "{}[{}]",
    "length": "{}.length",
    "type": "{}.type",
    "date": "{}.date",
    "exists": "{}.exists()",
    "in": "{}.in_({})",
    "matches": "{}.matches({})",
    "value": "{}",
    "datetime": "datetime.fromisoformat({})",
}


def words(expr: Any) -> str:
    """Return an expression as Python code.

    Example:
        >>> words(["and", ["ge", ["item", ["result"], "score"], 0.8], ["not", ["exists", ["error"]]]])
        '(result["score"] >= 0.8) & ~error.exists()'
    """
    return _written(checked(expr))


def brief(expr: Any) -> str:
    """Return the expression like `words`, cut off if it is long."""
    written = words(expr)
    return written if len(written) <= _BRIEF else f"{written[:_BRIEF]}..."


def _written(expr: Any) -> str:
    if not isinstance(expr, list):
        return _literal(expr)
    name, *operands = expr
    if name in _SIGNS:
        return _infix(name, *operands)
    if name == "not":
        return f"~{_inside(operands[0])}"
    if name == "in" and _is_literal(operands[0]) and not _is_literal(operands[1]):
        return f"{_before_dot(operands[1])}.contains({_written(operands[0])})"
    parts = [
        _before_dot(operand) if kind is Kind.EXPRESSION else _literal(operand)
        for kind, operand in zip(OPERATORS[name], operands, strict=True)
    ]
    return _FORMS[name].format(*parts)


def _infix(name: str, left: Any, right: Any) -> str:
    # Python evaluates operators of one kind from left to right, so `a & b & c` needs no parentheses.
    chained = name in ("and", "or") and isinstance(left, list) and left[0] == name
    return f"{_written(left) if chained else _inside(left)} {_SIGNS[name]} {_inside(right)}"


def _inside(expr: Any) -> str:
    """Write an operand beside a sign. & and | bind tighter than comparisons, so infix operands get parentheses."""
    return f"({_written(expr)})" if isinstance(expr, list) and expr[0] in _SIGNS else _written(expr)


def _before_dot(expr: Any) -> str:
    """Write an operand before a dot or an index, which bind tighter than ~ too."""
    return f"({_written(expr)})" if isinstance(expr, list) and expr[0] == "not" else _inside(expr)


def _is_literal(expr: Any) -> bool:
    return not isinstance(expr, list) or expr[0] in ("value", "datetime")


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_literal(key)}: {_literal(each)}' for key, each in value.items())}}}"
    return repr(value)

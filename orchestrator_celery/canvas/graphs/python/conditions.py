"""Conditions and expressions as Python code: `(result["score"] >= 0.8) & ~error.exists()`.

Python evaluates an operator between two plain values, and turns `3 < result` into `result > 3`. So a plain value on
the left of an operator is written as `Expression(3)`, and each expression builds exactly its JSON form again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from orchestrator_celery.canvas.conditions.expressions import ROOTS, checked
from orchestrator_celery.canvas.graphs.python.layout import Arguments, Atom, Chain, Code, Group, Index, Not, Path
from orchestrator_celery.canvas.graphs.python.literals import called, literal, name, text

__all__ = ("argument_code", "condition_code")

_SIGNS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "and": "&", "or": "|"}
_ATTRIBUTES = {"length": ".length", "type": ".type", "date": ".date"}


def condition_code(expr: Any) -> Code:
    """Write a condition, as `when` takes it.

    Raises:
        InvalidWorkflow: it is no expression.
    """
    return _receiver(checked(expr))


def argument_code(expr: Any) -> Code:
    """Write an expression where plain values are allowed too, as in `inputs` and `map_over`.

    Raises:
        InvalidWorkflow: it is no expression.
    """
    return _argument(checked(expr))


def _receiver(expr: Any) -> Code:
    """Write an expression whose methods are called, so a plain value becomes an expression first."""
    if _is_operation(expr):
        code = _operation(*expr)
        if not isinstance(code, Path) or not code.is_fluent:
            return code
    return called("Expression", literal(expr))


def _argument(expr: Any) -> Code:
    if not isinstance(expr, list):
        return literal(expr)
    if expr[0] == "value" and isinstance(expr[1], (list, dict)):
        return literal(expr[1])
    if expr[0] == "datetime" and _is_canonical(expr[1]):
        return called("datetime.fromisoformat", text(expr[1]))
    return _receiver(expr)


def _operation(operator: str, *operands: Any) -> Code:
    if operator == "node":
        return called("node", text(operands[0]))
    if operator in ROOTS:
        return name(operator)
    if operator in _SIGNS:
        return _infix(operator, *operands)
    if operator == "not":
        return Not(_inside(_receiver(operands[0])))
    return _method(operator, *operands)


def _method(operator: str, *operands: Any) -> Code:
    first = operands[0]
    if operator == "in" and _is_operation(operands[1]) and not _is_operation(first):
        return _called(operands[1], "contains", _argument(first))
    if operator == "in":
        return _called(first, "in_", _argument(operands[1]))
    if operator == "matches":
        return _called(first, "matches", text(operands[1]))
    if operator == "exists":
        return _called(first, "exists")
    step = Index(literal(operands[1])) if operator == "item" else Atom(_ATTRIBUTES[operator])
    return Path((*_steps(first), step))


def _called(receiver: Any, method: str, *arguments: Code) -> Code:
    return Path((*_steps(receiver), Atom(f".{method}"), Arguments(arguments)))


def _infix(operator: str, left: Any, right: Any) -> Code:
    sign = _SIGNS[operator]
    # Python evaluates operators of one kind from left to right, so `a & b & c` needs no parentheses.
    first = _receiver(left)
    chained = operator in ("and", "or") and isinstance(first, Chain) and first.sign == sign
    operands = first.operands if chained and isinstance(first, Chain) else (_inside(first),)
    return Chain(sign, (*operands, _inside(_argument(right))))


def _inside(code: Code) -> Code:
    """Put an operand into parentheses: & and | bind tighter than comparisons."""
    return Group(code) if isinstance(code, Chain) else code


def _steps(expr: Any) -> tuple[Code, ...]:
    """Write an operand before a dot or an index, which bind tighter than ~ too."""
    code = _receiver(expr)
    if isinstance(code, (Chain, Not)):
        return (Group(code),)
    return code.steps if isinstance(code, Path) else (code,)


def _is_operation(expr: Any) -> bool:
    return isinstance(expr, list) and expr[0] not in ("value", "datetime")


def _is_canonical(moment: str) -> bool:
    """Whether `datetime.fromisoformat` reads the text and writes the same text again, in every version of Python."""
    try:
        return datetime.fromisoformat(moment).isoformat() == moment
    except ValueError:
        return False

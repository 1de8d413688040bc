"""Evaluates expressions on the data of a run: without side effects, without code from messages, in bounded time.

An expression has a value or is *undecided*: a value that it reads is missing or cannot be compared. An operator with
an undecided operand is undecided too. There are two exceptions: `exists` tests whether its operand is decided, and
`and` and `or` may be decided by one operand alone.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, NamedTuple, NoReturn

from orchestrator_celery.canvas.conditions.expressions import OPERATORS, ROOTS, Kind, checked, moment
from orchestrator_celery.canvas.conditions.patterns import compiled
from orchestrator_celery.canvas.conditions.text import brief
from orchestrator_celery.errors import ConditionError
from orchestrator_celery.model.printing.safe_text import safe_str

__all__ = ("Facts", "holds", "value_of")

#: The longest quoted error in a reason, in characters: an error may quote a value of any length.
_LONGEST_REASON = 200
_TYPE_NAMES = {tuple: "list", type(None): "null"}


class Facts(NamedTuple):
    """The values that a condition may read.

    Args:
        result: the result of the node that has just ended; at START, the graph's input.
        error: the error of the node that has just failed, a mapping of `type`, `message` and `traceback`; else None.
        run_input: the graph's input.
        visits: how often the node was visited, including this visit.
        node: returns the last result of a node by name; raises LookupError if the node has no result.
    """

    result: Any
    error: Mapping[str, Any] | None
    run_input: Any
    visits: int
    node: Callable[[str], Any]


def holds(expr: Any, facts: Facts, strict: bool = False) -> bool:
    """Whether a condition is true. If a value is missing, a comparison and its negation are both false.

    Args:
        expr: the JSON form of an expression. A value that is not a bool counts as in Python's `if`.
        facts: the values to read.
        strict: raise an error if the condition is undecided.

    Raises:
        ConditionError: the condition is undecided, and `strict` is set. The message names the missing value.
        InvalidWorkflow: `expr` is not an expression.
    """
    expr = checked(expr)
    truth = _truth(expr, facts)
    if isinstance(truth, bool):
        return truth
    if strict:
        raise ConditionError(
            f"The condition `{brief(expr)}` is undecided: {truth}. "
            "Test with `.exists()` or `.is_type()` first, or leave out strict=True."
        )
    return False


def value_of(expr: Any, facts: Facts) -> Any:
    """Return the value of an expression.

    Raises:
        ConditionError: a value that the expression reads is missing.
        InvalidWorkflow: `expr` is not an expression.
    """
    try:
        return _value(checked(expr), facts)
    except _Undecided as undecided:
        raise ConditionError(f"{undecided}: let the node return it, or read another value.") from None


class _Undecided(Exception):
    """The reason why an expression has no value."""

    def __str__(self) -> str:
        expr, reason = self.args
        return f"{brief(expr)} {reason}"


def _value(expr: Any, facts: Facts) -> Any:
    if not isinstance(expr, list):
        return expr
    name, *operands = expr
    if name in _LOGIC:
        return _LOGIC[name](operands, facts)
    if name in ROOTS:
        return _root(expr, facts)
    values = [
        _value(operand, facts) if kind is Kind.EXPRESSION else operand
        for kind, operand in zip(OPERATORS[name], operands, strict=True)
    ]
    try:
        return _PLAIN[name](*values)
    except LookupError:
        raise _Undecided(expr, "is not there") from None
    except Exception as exc:
        # A result may be an object of any class of the project, and its comparison may raise any error.
        reason = safe_str(exc)[:_LONGEST_REASON] or type(exc).__name__
        raise _Undecided(expr, f"cannot be evaluated ({reason})") from None


def _root(expr: list[Any], facts: Facts) -> Any:
    try:
        # Only LookupError means that there is no result. If the store does not answer, the error must not decide.
        value = facts.node(expr[1]) if expr[0] == "node" else getattr(facts, expr[0])
    except LookupError:
        raise _Undecided(expr, "has no result") from None
    if value is None and expr[0] == "error":
        raise _Undecided(expr, "is not there")
    return value


def _truth(expr: Any, facts: Facts) -> bool | _Undecided:
    try:
        value = _value(expr, facts)
    except _Undecided as undecided:
        return undecided
    try:
        return bool(value)
    except Exception:
        return _Undecided(expr, "is neither true nor false")


def _junction(decisive: bool, operands: list[Any], facts: Facts) -> bool:
    """Combine operands by Kleene's rules: one decisive operand is enough, even if the other is undecided."""
    undecided = None
    for operand in operands:
        truth = _truth(operand, facts)
        if truth is decisive:
            return decisive
        if isinstance(truth, _Undecided):
            undecided = undecided or truth
    if undecided:
        raise undecided
    return not decisive


def _not(operands: list[Any], facts: Facts) -> bool:
    truth = _truth(operands[0], facts)
    if isinstance(truth, _Undecided):
        raise truth
    return not truth


def _exists(operands: list[Any], facts: Facts) -> bool:
    try:
        _value(operands[0], facts)
    except _Undecided:
        return False
    return True


def _item(of: Any, key: str | int) -> Any:
    if isinstance(of, Mapping):
        # Test first: a mapping that creates missing keys, such as a defaultdict, would be changed by reading.
        return of[key] if key in of else _missing()
    return of[key] if isinstance(of, (list, tuple, str)) and isinstance(key, int) else _missing()


def _missing() -> NoReturn:
    raise LookupError


def _in(value: Any, container: Any) -> bool:
    # An iterator is refused: a search would consume it, or never end.
    if not isinstance(container, Collection):
        raise TypeError(f"{type(container).__name__} has no elements")
    return value in container


def _matches(text: Any, pattern: str) -> bool:
    if not isinstance(text, str):
        raise TypeError(f"{type(text).__name__} is not text")
    found = compiled(pattern).search(text)
    if found is None:
        raise ValueError("the text is too long for this pattern")
    return found


#: Operators that evaluate their operands themselves, because an operand may be undecided.
_LOGIC: dict[str, Callable[[list[Any], Facts], bool]] = {
    "and": partial(_junction, False),
    "or": partial(_junction, True),
    "not": _not,
    "exists": _exists,
}
#: Operators that get the values of their operands.
_PLAIN: dict[str, Callable[..., Any]] = {
    **{name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    "item": _item,
    "length": len,
    "type": lambda value: _TYPE_NAMES.get(type(value), type(value).__name__),
    "date": moment,
    "in": _in,
    "matches": _matches,
    "value": lambda value: value,
    "datetime": moment,
}

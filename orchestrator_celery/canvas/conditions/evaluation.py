"""Working expressions out on what a run knows: pure, without code from messages, and never for long.

An expression has a value or is *undecided*: something it asks for is not there, or cannot be compared. Undecided
goes up through everything but `exists`, which asks just that, and `and` and `or`, of which one side may decide.
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

__all__ = ("Facts", "holds", "value_of")

#: An error may quote what it stumbled over, of any length.
_LONGEST_REASON = 200
_TYPE_NAMES = {tuple: "list", type(None): "null"}


class Facts(NamedTuple):
    """What a condition may ask for.

    Args:
        result: of the node that has just ended; at START, what the graph was given.
        error: of the node that has just failed, a mapping of `type`, `message` and `traceback`; None where none has.
        run_input: what the graph was given.
        visits: how often the node was visited, this time included.
        node: gives the last result of a node by its name; raises LookupError where it has none.
    """

    result: Any
    error: Mapping[str, Any] | None
    run_input: Any
    visits: int
    node: Callable[[str], Any]


def holds(expr: Any, facts: Facts, strict: bool = False) -> bool:
    """Whether a condition holds; one that is undecided does not, and neither does its opposite.

    Args:
        expr: the JSON form of an expression; a value that is no truth value counts as it does in Python's `if`.
        facts: what it is asked of.
        strict: undecided is an error.

    Raises:
        ConditionError: it is undecided, and `strict`. Names what is missing.
        InvalidWorkflow: it is no expression.
    """
    expr = checked(expr)
    truth = _truth(expr, facts)
    if isinstance(truth, bool):
        return truth
    if strict:
        raise ConditionError(
            f"The condition `{brief(expr)}` is undecided: {truth}. "
            "Ask with `.exists()` or `.is_type()` first, or leave out strict=True."
        )
    return False


def value_of(expr: Any, facts: Facts) -> Any:
    """The value of an expression.

    Raises:
        ConditionError: something it asks for is not there.
        InvalidWorkflow: it is no expression.
    """
    try:
        return _value(checked(expr), facts)
    except _Undecided as undecided:
        raise ConditionError(f"{undecided}: let the node give it, or ask for something else.") from None


class _Undecided(Exception):
    """Why an expression has no value."""

    def __str__(self) -> str:
        expr, why = self.args
        return f"{brief(expr)} {why}"


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
        # A result may be made of any class of the project, whose comparison may raise what it likes.
        raise _Undecided(expr, f"cannot be worked out ({str(exc)[:_LONGEST_REASON] or type(exc).__name__})") from None


def _root(expr: list[Any], facts: Facts) -> Any:
    try:
        # Only what says that there is nothing is caught: a store that does not answer is no reason to decide.
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
    """Kleene's rules: one side that decides is enough, whatever is missing on the other."""
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
        # Asked first: a mapping that makes up what is missing would be changed by being read.
        return of[key] if key in of else _missing()
    return of[key] if isinstance(of, (list, tuple, str)) and isinstance(key, int) else _missing()


def _missing() -> NoReturn:
    raise LookupError


def _in(what: Any, among: Any) -> bool:
    # Nothing that is used up, or never ends, by being searched.
    if not isinstance(among, Collection):
        raise TypeError(f"{type(among).__name__} has no elements")
    return what in among


def _matches(text: Any, pattern: str) -> bool:
    if not isinstance(text, str):
        raise TypeError(f"{type(text).__name__} is no text")
    found = compiled(pattern).search(text)
    if found is None:
        raise ValueError("the text is too long for this pattern")
    return found


#: What looks at whether its operands are decided.
_LOGIC: dict[str, Callable[[list[Any], Facts], bool]] = {
    "and": partial(_junction, False),
    "or": partial(_junction, True),
    "not": _not,
    "exists": _exists,
}
#: What is given the values of its operands.
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

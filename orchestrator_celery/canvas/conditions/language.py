"""Conditions of a graph, written in Python and sent as plain JSON: `when(result["score"] >= 0.8, "charge")`."""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from copy import deepcopy
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from orchestrator_celery.canvas.conditions.evaluation import Facts, holds, value_of
from orchestrator_celery.canvas.conditions.expressions import TYPES, checked, node_names, roots
from orchestrator_celery.canvas.conditions.text import words
from orchestrator_celery.errors import InvalidWorkflow

__all__ = (
    "Branch",
    "Expression",
    "Facts",
    "Otherwise",
    "as_json",
    "error",
    "expression",
    "holds",
    "node",
    "node_names",
    "otherwise",
    "result",
    "roots",
    "run_input",
    "value_of",
    "visits",
    "when",
    "words",
)


class Expression:
    """Something a graph works out later, on what a run knows by then.

    Made by using `result`, `error`, `run_input`, `visits` and `node(name)` as if they were values. What is
    missing makes a comparison undecided: it does not hold, and neither does its opposite.

    Example:
        >>> (result["score"] >= 0.8) & ~result["country"].in_(["XX"])
        (result["score"] >= 0.8) & ~result["country"].in_(["XX"])

    Args:
        json: its JSON form.

    Raises:
        InvalidWorkflow: that is no expression.
    """

    __slots__ = ("_json",)

    def __init__(self, json: Any) -> None:
        self._json = checked(json)

    @property
    def json(self) -> Any:
        """What travels in messages: lists and literals."""
        return deepcopy(self._json)

    def __getitem__(self, key: str | int) -> Expression:
        return Expression(["item", self._json, key])

    if not TYPE_CHECKING:  # for type checkers there is nothing more

        def __getattr__(self, name: str) -> NoReturn:
            """Tell of indexing, where Python would only say that there is no such attribute."""
            hint = "" if name.startswith("_") else f": write [{json.dumps(name)}] for what a result holds"
            raise AttributeError(f"An expression has no attribute {name!r}{hint}.", name=name, obj=self)

    def __eq__(self, other: object) -> Expression:  # type: ignore[override]  # it is asked later
        return self._with("eq", other)

    def __ne__(self, other: object) -> Expression:  # type: ignore[override]  # as above
        return self._with("ne", other)

    def __lt__(self, other: Any) -> Expression:
        return self._with("lt", other)

    def __le__(self, other: Any) -> Expression:
        return self._with("le", other)

    def __gt__(self, other: Any) -> Expression:
        return self._with("gt", other)

    def __ge__(self, other: Any) -> Expression:
        return self._with("ge", other)

    def __and__(self, other: Any) -> Expression:
        return self._with("and", other)

    def __or__(self, other: Any) -> Expression:
        return self._with("or", other)

    def __rand__(self, other: Any) -> Expression:
        return Expression(["and", as_json(other), self._json])

    def __ror__(self, other: Any) -> Expression:
        return Expression(["or", as_json(other), self._json])

    def __invert__(self) -> Expression:
        return Expression(["not", self._json])

    def in_(self, options: Any) -> Expression:
        """Whether it is one of several: a list, a tuple, a set, or an expression that gives one."""
        # A set has another order in every process, and a message should not.
        return self._with("in", sorted(options, key=repr) if isinstance(options, AbstractSet) else options)

    def contains(self, part: Any) -> Expression:
        """Whether a list has this element, a mapping this key, or a text this part."""
        return Expression(["in", as_json(part), self._json])

    def matches(self, pattern: str) -> Expression:
        """Whether a regular expression is found anywhere in a text, as by `re.search`.

        Only what can be decided in bounded time is allowed: no references back, no lookaround.
        """
        return Expression(["matches", self._json, pattern])

    def exists(self) -> Expression:
        """Whether it is there; None is."""
        return Expression(["exists", self._json])

    @property
    def length(self) -> Expression:
        """Of a text, a list or a mapping."""
        return Expression(["length", self._json])

    @property
    def type(self) -> Expression:
        """As a word: str, int, float, bool, list, dict or null."""
        return Expression(["type", self._json])

    def is_type(self, name: str) -> Expression:
        """Whether its type has this name.

        Raises:
            InvalidWorkflow: no type has.
        """
        if name not in TYPES:
            raise InvalidWorkflow(f"is_type({name!r}) never holds: types are {', '.join(TYPES)}.")
        return self.type == name

    @property
    def date(self) -> Expression:
        """As a point in time, to compare with an aware datetime.

        It may be ISO 8601 or seconds since 1970; without a timezone it is taken for UTC.
        """
        return Expression(["date", self._json])

    def __repr__(self) -> str:
        return words(self._json)

    def __hash__(self) -> int:
        return hash(json.dumps(self._json))

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"{self} is worked out when the graph runs, not here: write & | ~ in place of and, or, not, with "
            "parentheses around comparisons, .in_([...]) in place of in, and no chains such as 1 < x < 2."
        )

    def __contains__(self, part: object) -> NoReturn:
        raise TypeError(f"{self} is worked out when the graph runs, not here: write .contains(...) in place of in.")

    def __iter__(self) -> NoReturn:
        raise TypeError(f"{self} is worked out when the graph runs: it has no elements here; index it.")

    def _with(self, name: str, other: Any) -> Expression:
        return Expression([name, self._json, as_json(other)])


class Branch(NamedTuple):
    """A target and when it is taken.

    Args:
        condition: the JSON form of an expression.
        target: a node's name, or END.
    """

    condition: Any
    target: str


class Otherwise(NamedTuple):
    """The target that is taken when no condition holds."""

    target: str


#: The result of the node that has just ended; out of START, what the graph was given.
result = Expression(["result"])
#: The error of the node that has just failed: a mapping of type, message and traceback.
error = Expression(["error"])
#: What the graph was given.
run_input = Expression(["run_input"])
#: How often the node that has just ended was visited, this time included.
visits = Expression(["visits"])


def node(name: str) -> Expression:
    """The last result of any node of the graph.

    Example:
        >>> node("validate")["total"] > 100
        node("validate")["total"] > 100
    """
    return Expression(["node", name])


def when(condition: Expression, target: str) -> Branch:
    """A conditional edge: the target is taken if the condition holds.

    Raises:
        InvalidWorkflow: the condition is no expression, or the target no name.
    """
    if not isinstance(condition, (Expression, list)):
        raise InvalidWorkflow(
            f"when({condition!r}, ...) is not allowed: a condition is made of result, error, run_input, visits or "
            "node(...), as in when(result['score'] > 0.8, 'charge'); for all other cases there is otherwise(target)."
        )
    return Branch(as_json(condition) if isinstance(condition, Expression) else checked(condition), _name(target))


def otherwise(target: str) -> Otherwise:
    """The edge that is taken when none of the conditions beside it holds.

    Raises:
        InvalidWorkflow: the target is no name.
    """
    return Otherwise(_name(target))


def expression(json: Any) -> Expression:
    """The expression of a JSON form.

    Raises:
        InvalidWorkflow: it is none; says what is wrong, and what would do.
    """
    return Expression(json)


def as_json(value: Any) -> Any:
    """The JSON form of what is written in Python: an expression, a datetime, or plain JSON that stands for itself.

    Example:
        >>> as_json(result["total"]), as_json(3), as_json([1, 2])
        (['item', ['result'], 'total'], 3, ['value', [1, 2]])

    Raises:
        InvalidWorkflow: it is none of them.
    """
    if isinstance(value, Expression):
        return value.json
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidWorkflow(
                f"{value!r} has no timezone, so it is another moment on another machine: give it one, "
                "as in datetime(2030, 1, 1, tzinfo=timezone.utc)."
            )
        return ["datetime", value.isoformat()]
    return checked(["value", value] if isinstance(value, (list, tuple, dict)) else value)


def _name(target: Any) -> str:
    if not isinstance(target, str) or not target:
        raise InvalidWorkflow(f"{target!r} is not the target of an edge: give a node's name, or END.")
    return target

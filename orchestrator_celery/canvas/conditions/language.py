"""Conditions of a graph, written in Python and sent as plain JSON: `when(result["score"] >= 0.8, "charge")`."""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from copy import deepcopy
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from orchestrator_celery.canvas.conditions.evaluation import Facts, holds, value_of
from orchestrator_celery.canvas.conditions.expressions import TYPES, checked, node_names, roots
from orchestrator_celery.canvas.conditions.grammar import as_text, parse
from orchestrator_celery.canvas.conditions.text import words
from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr

__all__ = (
    "Branch",
    "Expression",
    "Facts",
    "Otherwise",
    "as_json",
    "condition",
    "condition_text",
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
    """A value or condition that a graph evaluates later, on the data of the run.

    Use `result`, `error`, `run_input`, `visits` and `node(name)` like values to make one. If a value is missing, a
    comparison and its negation are both false.

    Example:
        >>> (result["score"] >= 0.8) & ~result["country"].in_(["XX"])
        (result["score"] >= 0.8) & ~result["country"].in_(["XX"])

    Args:
        json: the JSON form of the expression.

    Raises:
        InvalidWorkflow: `json` is not an expression.
    """

    __slots__ = ("_json",)

    def __init__(self, json: Any) -> None:
        self._json = checked(json)

    @property
    def json(self) -> Any:
        """The form that travels in messages: lists and literals."""
        return deepcopy(self._json)

    def __getitem__(self, key: str | int) -> Expression:
        return Expression(["item", self._json, key])

    if not TYPE_CHECKING:  # type checkers shall report unknown attributes

        def __getattr__(self, name: str) -> NoReturn:
            """Raise an error that mentions indexing, which Python's own message would not."""
            hint = "" if name.startswith("_") else f": write [{json.dumps(name)}] for a field of the result"
            raise AttributeError(f"An expression has no attribute {name!r}{hint}.", name=name, obj=self)

    def __eq__(self, other: object) -> Expression:  # type: ignore[override]  # a comparison is evaluated later
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
        """Whether the value is one of several: a list, a tuple, a set, or an expression for a list."""
        # The order of a set differs between processes, and equal definitions must give equal messages.
        return self._with("in", sorted(options, key=repr) if isinstance(options, AbstractSet) else options)

    def contains(self, part: Any) -> Expression:
        """Whether a list has this element, a mapping this key, or a text this substring."""
        return Expression(["in", as_json(part), self._json])

    def matches(self, pattern: str) -> Expression:
        """Whether a regular expression matches anywhere in a text, as by `re.search`.

        Only patterns that match in bounded time are allowed: no backreferences, no lookaround.
        """
        return Expression(["matches", self._json, pattern])

    def exists(self) -> Expression:
        """Whether the value exists; None counts as a value."""
        return Expression(["exists", self._json])

    @property
    def length(self) -> Expression:
        """The length of a text, a list or a mapping."""
        return Expression(["length", self._json])

    @property
    def type(self) -> Expression:
        """The type as a word: str, int, float, bool, list, dict or null."""
        return Expression(["type", self._json])

    def is_type(self, name: str) -> Expression:
        """Whether the type has this name.

        Raises:
            InvalidWorkflow: no type has this name.
        """
        if name not in TYPES:
            raise InvalidWorkflow(f"is_type({safe_repr(name)}) is never true: use one of {', '.join(TYPES)}.")
        return self.type == name

    @property
    def date(self) -> Expression:
        """The value as a point in time, to compare with an aware datetime.

        The value may be ISO 8601 or seconds since 1970; without a timezone it counts as UTC.
        """
        return Expression(["date", self._json])

    def __repr__(self) -> str:
        return words(self._json)

    def __hash__(self) -> int:
        return hash(json.dumps(self._json))

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"{self} is evaluated when the graph runs, not here: write & | ~ instead of and, or, not, with "
            "parentheses around comparisons, .in_([...]) instead of in, and no chains such as 1 < x < 2."
        )

    def __contains__(self, part: object) -> NoReturn:
        raise TypeError(f"{self} is evaluated when the graph runs, not here: write .contains(...) instead of in.")

    def __iter__(self) -> NoReturn:
        raise TypeError(f"{self} is evaluated when the graph runs, so it has no elements here: use an index.")

    def _with(self, name: str, other: Any) -> Expression:
        return Expression([name, self._json, as_json(other)])


class Branch(NamedTuple):
    """A target with its condition.

    Args:
        condition: the JSON form of an expression.
        target: a node's name, or END.
    """

    condition: Any
    target: str


class Otherwise(NamedTuple):
    """The target for the case that no condition is true."""

    target: str


#: The result of the node that has just ended; after START, the graph's input.
result = Expression(["result"])
#: The error of the node that has just failed: a mapping of type, message and traceback.
error = Expression(["error"])
#: The graph's input.
run_input = Expression(["run_input"])
#: How often the node that has just ended was visited, including this visit.
visits = Expression(["visits"])


def node(name: str) -> Expression:
    """Read the last result of any node of the graph.

    Example:
        >>> node("validate")["total"] > 100
        node("validate")["total"] > 100
    """
    return Expression(["node", name])


def when(condition: Expression, target: str) -> Branch:
    """Make a conditional edge, which the graph follows if the condition is true.

    Raises:
        InvalidWorkflow: the condition is not an expression, or the target is not a name.
    """
    if not isinstance(condition, (Expression, list)):
        raise InvalidWorkflow(
            f"when({safe_repr(condition)}, ...) is not allowed: make a condition from result, error, run_input, "
            "visits or "
            "node(...), as in when(result['score'] > 0.8, 'charge'); use otherwise(target) for all other cases."
        )
    return Branch(as_json(condition) if isinstance(condition, Expression) else checked(condition), _name(target))


def otherwise(target: str) -> Otherwise:
    """Make the edge that the graph follows if no condition of the same list is true.

    Raises:
        InvalidWorkflow: the target is not a name.
    """
    return Otherwise(_name(target))


def condition(text: str) -> Expression:
    """Make an expression from text, as the editor of the dashboard writes it.

    The text is parsed, never evaluated as code. `docs/reference/conditions.md` has the grammar.

    Example:
        >>> condition('result.score >= 0.8 and result.country not in ["XX"]')
        (result["score"] >= 0.8) & ~result["country"].in_(["XX"])

    Raises:
        ConditionSyntaxError: the text is not a condition; the error says where, and what was expected.
    """
    return Expression(parse(text))


def condition_text(expr: Any) -> str:
    """Write an expression, a date or a plain value as text, which `condition` reads.

    Example:
        >>> condition_text((result["score"] >= 0.8) & ~result["country"].in_(["XX"]))
        'result.score >= 0.8 and result.country not in ["XX"]'

    Raises:
        InvalidWorkflow: `expr` is of another kind.
    """
    return as_text(as_json(expr))


def expression(json: Any) -> Expression:
    """Make an expression from its JSON form.

    Raises:
        InvalidWorkflow: `json` is not an expression. The message says what is wrong and what is allowed.
    """
    return Expression(json)


def as_json(value: Any) -> Any:
    """Return the JSON form of a Python value: an expression, a datetime, or plain JSON as a literal.

    Example:
        >>> as_json(result["total"]), as_json(3), as_json([1, 2])
        (['item', ['result'], 'total'], 3, ['value', [1, 2]])

    Raises:
        InvalidWorkflow: the value is of another kind.
    """
    if isinstance(value, Expression):
        return value.json
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidWorkflow(
                f"{safe_repr(value)} has no timezone, so its meaning depends on the machine: give it a timezone, "
                "as in datetime(2030, 1, 1, tzinfo=timezone.utc)."
            )
        return ["datetime", value.isoformat()]
    return checked(["value", value] if isinstance(value, (list, tuple, dict)) else value)


def _name(target: Any) -> str:
    if not isinstance(target, str) or not target:
        raise InvalidWorkflow(f"{safe_repr(target)} is not the target of an edge: give a node's name, or END.")
    return target

"""Says what a wrong word in the text of a condition may have meant."""

from __future__ import annotations

from orchestrator_celery.canvas.conditions.tokens import Token, shown

__all__ = ("closest", "for_operand", "for_operator")

_OPERANDS = (
    *("result", "run_input", "error", "visits", "nodes", "node"),
    *("length", "type", "date", "exists", "value", "datetime", "not", "true", "false", "null"),
)
_OPERATORS = ("and", "or", "not", "in", "matches")
#: Words of other languages.
_ALIASES = {
    "none": "null",
    "nil": "null",
    "undefined": "null",
    "input": "run_input",
    "output": "result",
    "visit": "visits",
    "len": "length",
    "size": "length",
    "count": "length",
    "typeof": "type",
    "is": "==",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "like": "matches",
}
#: The longest word that is compared with the known ones.
_LONGEST = 20
#: The most letters that may differ.
_FARTHEST = 2


def closest(word: str, known: tuple[str, ...]) -> str | None:
    """Return the known word that was probably meant.

    Example:
        >>> closest("reslt", ("nodes", "result")), closest("None", ("true", "null")), closest("amount", ("result",))
        ('result', 'null', None)
    """
    lower = word.lower()
    alias = _ALIASES.get(lower, lower)
    if alias in known:
        return alias
    if len(word) > _LONGEST:
        return None
    distances = [(_distance(lower, each), each) for each in known]
    near = [pair for pair in distances if pair[0] <= _FARTHEST and pair[0] < len(word) - 1]
    return min(near, key=lambda pair: pair[0])[1] if near else None


def for_operand(token: Token) -> str:
    """Return the reason why a word is not a value."""
    if token.source == "not":
        return "Put parentheses around a negation that is compared."
    if token.source in _OPERATORS:
        return f"Expected a value, found {shown(token)}."
    if meant := closest(token.source, _OPERANDS):
        return f"{shown(token)} is not known: did you mean `{meant}`?"
    if len(token.source) > _LONGEST:
        return f"{shown(token)} is not known: a path begins with `result`, `run_input`, `error`, `visits` or `nodes`."
    name = token.source
    return f'`{name}` is not known: write result.{name} for a key of the result, or "{name}" for a text.'


def for_operator(token: Token) -> str:
    """Return the reason why a token cannot follow a value."""
    expected = f"Expected an operator such as `==` or `and`, found {shown(token)}"
    if token.source == "(":
        return f"{expected}: a function stands before its value, as in exists(result.note)."
    if token.source == "contains":
        return f'{expected}: write the part first, as in "gift" in result.tags.'
    if token.kind == "name" and (meant := closest(token.source, (*_OPERATORS, "==", "!=", "<", "<=", ">", ">="))):
        return f"{expected}: did you mean `{meant}`?"
    return f"{expected}."


def _distance(one: str, other: str) -> int:
    """Return the number of letters that differ (Levenshtein's distance)."""
    row = list(range(len(other) + 1))
    for index, letter in enumerate(one):
        above, row = row, [index + 1]
        for column, counterpart in enumerate(other):
            row.append(min(above[column] + (letter != counterpart), above[column + 1] + 1, row[column] + 1))
    return row[-1]

"""Reads and writes conditions as text: `result.score >= 0.8 and not result.country in ["XX"]`.

`docs/reference/conditions.md` has the grammar. The editor of the dashboard has the same grammar in TypeScript; a test
compares both. A text only becomes the JSON form of an expression: nothing is evaluated as code.
"""

from __future__ import annotations

from typing import Any

from orchestrator_celery.canvas.conditions.expressions import (
    DEEPEST,
    LARGEST,
    MOST_PATTERNS,
    ROOTS,
    checked,
    is_moment,
)
from orchestrator_celery.canvas.conditions.literals import LITERALS, LiteralReader
from orchestrator_celery.canvas.conditions.patterns import compiled
from orchestrator_celery.canvas.conditions.suggestions import for_operand, for_operator
from orchestrator_celery.canvas.conditions.tokens import Token, shown
from orchestrator_celery.canvas.conditions.writer import COMPARISONS, as_text
from orchestrator_celery.errors import ConditionSyntaxError, InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr

__all__ = ("ConditionSyntaxError", "as_text", "parse")

_SIGNS = {sign: name for name, sign in COMPARISONS.items()}
_FUNCTIONS = ("length", "type", "date", "exists")
_CHAINED = "Comparisons cannot be chained: join two comparisons with `and`."
_TOO_LARGE = (
    f"The condition is too large: at most {DEEPEST} levels, {MOST_PATTERNS} patterns and a size of {LARGEST:,} "
    "are allowed."
)


def parse(text: str) -> Any:
    """Return the JSON form of a condition, or of a plain value, that is written as text.

    Example:
        >>> parse('result.score >= 0.8 and "XX" != run_input["the country"]')
        ['and', ['ge', ['item', ['result'], 'score'], 0.8], ['ne', 'XX', ['item', ['run_input'], 'the country']]]

    Raises:
        ConditionSyntaxError: the text has another form; the error says where, and what was expected.
        InvalidWorkflow: `text` is not a text.
    """
    if not isinstance(text, str):
        raise InvalidWorkflow(f"{safe_repr(text)} is not a text: write a condition such as 'result.score >= 0.8'.")
    parser = _Parser(text)
    expr = parser.whole()
    try:
        return checked(expr)
    except InvalidWorkflow:
        # Names, numbers, dates and patterns are checked where they stand, so only a limit is left.
        parser.refuse_all(_TOO_LARGE)


class _Parser(LiteralReader):
    """Reads a text by recursive descent: one method for each level of precedence."""

    _patterns = 0

    def whole(self) -> Any:
        expr = self._either()
        if self.current.kind != "end":
            self.refuse(self.current, for_operator(self.current))
        return expr

    def _either(self) -> Any:
        left = self._both()
        while self._take("name", "or"):
            left = ["or", left, self._both()]
        return left

    def _both(self) -> Any:
        left = self._negation()
        while self._take("name", "and"):
            left = ["and", left, self._negation()]
        return left

    def _negation(self) -> Any:
        negations = 0
        while self._take("name", "not"):
            negations += 1
        expr = self._comparison()
        for _ in range(negations):
            expr = ["not", expr]
        return expr

    def _comparison(self) -> Any:
        left = self._path()
        if not self._compares():
            return left
        negated = self._take("name", "not")
        if negated and self.current.source not in ("in", "matches"):
            self.refuse(self.current, f"Expected `in` or `matches` after `not`, found {shown(self.current)}.")
        name = _SIGNS[self.advance().source]
        expr = [name, left, self._pattern() if name == "matches" else self._path()]
        if self._compares():
            self.refuse(self.current, _CHAINED)
        return ["not", expr] if negated else expr

    def _compares(self) -> bool:
        return self.current.kind in ("name", "sign") and (self.current.source in _SIGNS or self.current.source == "not")

    def _pattern(self) -> str:
        self._patterns += 1
        if self._patterns > MOST_PATTERNS:  # before the next one takes its time
            self.refuse_all(_TOO_LARGE)
        token = self._expect_text("a regular expression in double quotes")
        try:
            compiled(token.value)
        except InvalidWorkflow as exc:
            self.refuse(token, str(exc))
        return str(token.value)

    def _path(self) -> Any:
        value = self._primary()
        while True:
            if self._take("sign", "."):
                value = ["item", value, self._key_after_dot()]
            elif self._take("sign", "["):
                value = ["item", value, self._key_in_brackets()]
            else:
                return value

    def _key_after_dot(self) -> str:
        token = self.current
        if token.kind == "number":
            self.refuse(token, "Write a position in brackets, as in result.items[0].")
        if token.kind != "name":
            self.refuse(token, f'Expected a key after `.`, found {shown(token)}. Write other keys as in result["a b"].')
        return self.advance().source

    def _key_in_brackets(self) -> str | int:
        token = self.current
        if token.kind not in ("text", "number") or isinstance(token.value, float):
            self.refuse(token, f"Expected a key in double quotes or a whole number, found {shown(token)}.")
        self.advance()
        self._expect("]")
        return token.value  # type: ignore[no-any-return]  # a text or a whole number

    def _primary(self) -> Any:
        token = self.current
        if token.kind in ("text", "number"):
            return self.advance().value
        if token.source in ("[", "{"):
            return ["value", self.literal()]
        if token.source == "(":
            return self._bracketed(self._either)
        if token.kind == "name":
            return self._named(token)
        return self.refuse(token, f"Expected a value, found {shown(token)}.")

    def _named(self, token: Token) -> Any:
        name = token.source
        if name not in (*LITERALS, *ROOTS, *_FUNCTIONS, "nodes", "value", "datetime"):
            self.refuse(token, for_operand(token))
        self.advance()
        if name in LITERALS:
            return LITERALS[name]
        if name == "nodes":
            return ["node", self._node_of_nodes()]
        if name in ROOTS and name != "node":
            return [name]
        if self.current.source != "(":
            self.refuse(token, f"`{name}` is a function: write {name}(...).")
        if name in _FUNCTIONS:
            return [name, self._bracketed(self._either)]
        if name == "value":
            return ["value", self._bracketed(self.literal)]
        return [name, self._bracketed(self._node_name if name == "node" else self._moment)]

    def _node_of_nodes(self) -> str:
        if self._take("sign", "."):
            return self._key_after_dot()
        if self._take("sign", "["):
            name = self._node_name()
            self._expect("]")
            return name
        return self.refuse(self.current, f"Expected `.` and a node's name after `nodes`, found {shown(self.current)}.")

    def _node_name(self) -> str:
        token = self._expect_text("a node's name in double quotes")
        if not token.value:
            self.refuse(token, "A node's name is not empty.")
        return str(token.value)

    def _moment(self) -> str:
        token = self._expect_text("a date in double quotes")
        if not is_moment(token.value):
            self.refuse(token, 'This is not a date and time with a timezone, such as "2030-01-01T00:00:00Z".')
        return str(token.value)

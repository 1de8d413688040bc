"""Splits the text of a condition into tokens, and says where a text is wrong."""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any, NamedTuple, NoReturn

from orchestrator_celery.canvas.conditions.expressions import LARGEST_WHOLE, LEAST_WHOLE
from orchestrator_celery.errors import ConditionSyntaxError

__all__ = ("LONGEST_TEXT", "Scanner", "Token", "shown")

#: The longest text of a condition in characters. The text of every expression is shorter.
LONGEST_TEXT = 100_000
#: The most characters of a token and of a condition in an error.
_TOKEN, _CONDITION = 20, 80
#: The most digits of a whole number of 64 bits.
_DIGITS = 20

_BLANK = re.compile(r"[ \t\r\n]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER_LIKE = re.compile(r"-?[0-9](?:[0-9A-Za-z_.]|(?<=[eE])[+-])*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_UNESCAPED = re.compile(r'[^"\\\x00-\x1f]*')
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
#: The longest first: a token is the longest sign that fits.
_SIGNS = re.compile(r"===|!==|==|!=|<=|>=|<>|&&|\|\||[<>()\[\]{},:.=!&|~]")
#: Operators of other languages, with the operators of conditions.
_MEANT = {
    "=": "==",
    "===": "==",
    "!==": "!=",
    "<>": "!=",
    "&&": "and",
    "&": "and",
    "||": "or",
    "|": "or",
    "!": "not",
    "~": "not",
}


class Token(NamedTuple):
    """A part of a text.

    Args:
        kind: name, text, number, sign or end.
        source: the characters of the token.
        position: the offset of the first character.
        value: the value of a text or a number.
    """

    kind: str
    source: str
    position: int
    value: Any = None


class Scanner:
    """Reads one token ahead, so that the first error of a text is reported.

    Args:
        text: the text of a condition.

    Raises:
        ConditionSyntaxError: the text is too long, or the first token is wrong.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        if len(text) > LONGEST_TEXT:
            self._refuse(LONGEST_TEXT, len(text), f"A condition has at most {LONGEST_TEXT:,} characters.")
        self.current = self._scan(0)

    def advance(self) -> Token:
        """Return the current token, and read the next one."""
        token = self.current
        self.current = self._scan(token.position + len(token.source))
        return token

    def refuse(self, token: Token, reason: str) -> NoReturn:
        """Raise the error at a token."""
        self._refuse(token.position, token.position + len(token.source), reason)

    def refuse_all(self, reason: str) -> NoReturn:
        """Raise the error for the whole text."""
        self._refuse(0, len(self._text), reason)

    def _refuse(self, start: int, end: int, reason: str) -> NoReturn:
        whole = self._text if len(self._text) <= _CONDITION else f"{self._text[:_CONDITION]}..."
        raise ConditionSyntaxError(
            f"The condition `{whole}` cannot be read at character {start + 1}. {reason}", start, end - start, reason
        )

    def _scan(self, start: int) -> Token:
        at = _end(_BLANK, self._text, start)
        if at == len(self._text):
            return Token("end", "", at)
        if self._text[at] == '"':
            return self._quoted(at)
        if found := _NUMBER_LIKE.match(self._text, at):
            return self._number(found[0], at)
        if found := _NAME.match(self._text, at):
            return Token("name", found[0], at)
        if found := _SIGNS.match(self._text, at):
            if found[0] in _MEANT:
                meant = _MEANT[found[0]]
                self._refuse(at, found.end(), f"`{found[0]}` is not an operator: did you mean `{meant}`?")
            return Token("sign", found[0], at)
        return self._refuse(at, at + 1, _unknown(self._text[at]))

    def _quoted(self, start: int) -> Token:
        at = start + 1
        while True:
            at = _end(_UNESCAPED, self._text, at)
            if self._text[at : at + 2] in ("", "\\"):
                self._refuse(start, len(self._text), 'The text has no closing `"`.')
            if self._text[at] == '"':
                source = self._text[start : at + 1]
                return Token("text", source, start, json.loads(source))
            if self._text[at] != "\\":
                self._refuse(at, at + 1, r"Write a line break as `\n`, and other control characters as `\u0001`.")
            escape = _ESCAPE.match(self._text, at)
            if escape is None:
                self._refuse(at, at + 2, r"This is not an escape of JSON: write `\\` for a backslash.")
            at = escape.end()

    def _number(self, source: str, at: int) -> Token:
        end = at + len(source)
        found = _NUMBER.fullmatch(source)
        if found is None:
            self._refuse(at, end, f"`{_cut(source)}` is not a number: write it as in JSON, such as 0.5 or 1e3.")
        if found[1] or found[2]:
            value = float(source)
            if not isfinite(value):
                self._refuse(at, end, "The number is too large.")
            return Token("number", source, at, value)
        # Check the digits first: Python refuses to convert very long ones.
        if len(source.lstrip("-")) > _DIGITS or not LEAST_WHOLE <= int(source) <= LARGEST_WHOLE:
            self._refuse(at, end, "The whole number has more than 64 bits.")
        return Token("number", source, at, int(source))


def shown(token: Token) -> str:
    """Return a token for an error."""
    return f"`{_cut(token.source)}`" if token.kind != "end" else "the end"


def _cut(source: str) -> str:
    return source if len(source) <= _TOKEN else f"{source[:_TOKEN]}..."


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _unknown(character: str) -> str:
    if character in "'`\u2018\u2019\u201c\u201d":
        return 'Write text in double quotes, as in "DE".'
    if character in "+-*/%":
        return f"Conditions do not calculate, so `{character}` is not an operator: let a task return the value."
    if "!" <= character <= "~":
        return f"`{character}` is not an operator."
    return f'The character U+{ord(character):04X} is allowed only between double quotes, as in result["a b"].'

"""Reads plain values in the text of a condition, with what all levels of its grammar share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from orchestrator_celery.canvas.conditions.suggestions import closest
from orchestrator_celery.canvas.conditions.tokens import Scanner, Token, shown

__all__ = ("LITERALS", "LiteralReader")

Read = TypeVar("Read")

LITERALS = {"true": True, "false": False, "null": None}
#: The most nested brackets. The text of an expression of the greatest depth has fewer.
_NESTED = 60
_PLAIN = "A list or a mapping holds only texts, numbers, true, false, null, lists and mappings"


class LiteralReader(Scanner):
    """Reads JSON values."""

    _depth = 0

    def literal(self) -> Any:
        """Read a JSON value."""
        token = self.current
        if token.kind in ("text", "number"):
            return self.advance().value
        if token.source == "[":
            return self._bracketed(self._elements, "]")
        if token.source == "{":
            return self._bracketed(self._members, "}")
        if token.kind == "name" and token.source in LITERALS:
            return LITERALS[self.advance().source]
        meant = closest(token.source, tuple(LITERALS)) if token.kind == "name" else None
        return self.refuse(token, f"{_PLAIN}, found {shown(token)}{f': did you mean `{meant}`?' if meant else '.'}")

    def _elements(self) -> list[Any]:
        if self.current.source == "]":
            return []
        elements = [self.literal()]
        while self._take("sign", ","):
            elements.append(self.literal())
        return elements

    def _members(self) -> dict[str, Any]:
        members: dict[str, Any] = {}
        if self.current.source == "}":
            return members
        while True:
            key = self._expect_text("a key in double quotes")
            if key.value in members:
                self.refuse(key, "The mapping has this key twice.")
            self._expect(":")
            members[key.value] = self.literal()
            if not self._take("sign", ","):
                return members

    def _bracketed(self, read: Callable[[], Read], closing: str = ")") -> Read:
        self._depth += 1
        if self._depth > _NESTED:
            self.refuse(self.current, f"More than {_NESTED} brackets are nested.")
        self.advance()
        found = read()
        self._expect(closing)
        self._depth -= 1
        return found

    def _expect_text(self, expected: str) -> Token:
        if self.current.kind != "text":
            self.refuse(self.current, f"Expected {expected}, found {shown(self.current)}.")
        return self.advance()

    def _take(self, kind: str, source: str) -> bool:
        found = self.current.kind == kind and self.current.source == source
        if found:
            self.advance()
        return found

    def _expect(self, sign: str) -> None:
        if not self._take("sign", sign):
            self.refuse(self.current, f"Expected `{sign}`, found {shown(self.current)}.")

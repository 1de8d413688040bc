"""Python code as a tree of expressions, written as `ruff format` writes it.

The tree has only what a module of a graph needs: names, literals, calls, brackets and the operators of conditions.
There is no node for text of the graph's author, so text can only become a literal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = (
    "WIDTH",
    "Arguments",
    "Atom",
    "Bracket",
    "Chain",
    "Code",
    "Group",
    "Index",
    "Not",
    "Pair",
    "Path",
    "laid_out",
    "width",
)

#: The longest line.
WIDTH = 120
_INDENT = 4


def width(text: str) -> int:
    """The columns of a text in a terminal: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(char) else _columns(char) for char in text)


def _columns(char: str) -> int:
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


class Code:
    """An expression."""

    #: The expression on one line.
    flat: str

    def parts(self) -> tuple[Code, ...]:
        """The expressions directly inside."""
        return ()

    def names(self) -> Iterator[str]:
        """Yield the names that the expression reads, for the imports."""
        for part in self.parts():
            yield from part.names()

    def broken(self, indent: int, column: int, tail: int) -> list[str]:
        """Return the lines of an expression that does not fit on one line.

        Args:
            indent: the indentation of the line on which the expression begins.
            column: the column at which it begins.
            tail: the columns that follow on its last line.
        """
        return [self.flat]


def laid_out(code: Code, indent: int = 0, column: int = 0, tail: int = 0) -> list[str]:
    """Return the lines of an expression: one if it fits, else it is broken."""
    return [code.flat] if column + width(code.flat) + tail <= WIDTH else code.broken(indent, column, tail)


@dataclass(frozen=True)
class Atom(Code):
    """A name or a literal, which is never broken."""

    flat: str
    is_name: bool = False

    def names(self) -> Iterator[str]:
        if self.is_name:
            yield self.flat


@dataclass(frozen=True)
class Pair(Code):
    """An entry of a mapping, or an argument with its keyword."""

    key: Code
    value: Code
    sign: str = ": "
    flat: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "flat", f"{self.key.flat}{self.sign}{self.value.flat}")

    def parts(self) -> tuple[Code, ...]:
        return (self.value,) if self.sign == "=" else (self.key, self.value)

    def broken(self, indent: int, column: int, tail: int) -> list[str]:
        first = f"{self.key.flat}{self.sign}"
        head, *rest = laid_out(self.value, indent, column + width(first), tail)
        return [first + head, *rest]


@dataclass(frozen=True)
class Bracket(Code):
    """A list, a mapping or a tuple; broken, it has one entry a line."""

    items: tuple[Code, ...]
    signs: str = "[]"
    flat: str = field(init=False)

    def __post_init__(self) -> None:
        last = "," if self.signs == "()" and len(self.items) == 1 else ""
        inside = ", ".join(item.flat for item in self.items)
        object.__setattr__(self, "flat", f"{self.signs[0]}{inside}{last}{self.signs[1]}")

    def parts(self) -> tuple[Code, ...]:
        return self.items

    def broken(self, indent: int, column: int, tail: int) -> list[str]:
        if not self.items:
            return [self.flat]
        return [self.signs[0], *_one_a_line(self.items, indent + _INDENT), " " * indent + self.signs[1]]


@dataclass(frozen=True)
class Group(Code):
    """An expression in parentheses."""

    inner: Code
    flat: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "flat", f"({self.inner.flat})")

    def parts(self) -> tuple[Code, ...]:
        return (self.inner,)

    def broken(self, indent: int, column: int, tail: int) -> list[str]:
        inner = indent + _INDENT
        head, *rest = laid_out(self.inner, inner, inner)
        return ["(", " " * inner + head, *rest, " " * indent + ")"]


@dataclass(frozen=True)
class Arguments(Code):
    """The parentheses of a call; broken, the arguments share a line if they fit, else each has its own."""

    arguments: tuple[Code, ...] = ()
    flat: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "flat", f"({', '.join(argument.flat for argument in self.arguments)})")

    def parts(self) -> tuple[Code, ...]:
        return self.arguments

    def broken(self, indent: int, column: int, tail: int) -> list[str]:
        if not self.arguments:
            return [self.flat]
        inner = indent + _INDENT
        together = self.flat[1:-1]
        fits = inner + width(together) <= WIDTH
        lines = [" " * inner + together] if fits else _one_a_line(self.arguments, inner)
        return ["(", *lines, " " * indent + ")"]


@dataclass(frozen=True)
class Index(Code):
    """The brackets of an index."""

    index: Code
    flat: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "flat", f"[{self.index.flat}]")

    def parts(self) -> tuple[Code, ...]:
        return (self.index,)

    def broken(self, indent: int, column: int, tail: int) -> list[str]:
        inner = indent + _INDENT
        head, *rest = laid_out(self.index, inner, inner)
        return ["[", " " * inner + head, *rest, " " * indent + "]"]


@dataclass(frozen=True)
class Path(Code):
    """A name or parentheses, and what is behind: attributes, indexes and calls.

    Broken, each pair of brackets is broken that does not fit together with the text up to the next pair.
    """

    steps: tuple[Code, ...]
    flat: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "flat", "".join(step.flat for step in self.steps))

    def parts(self) -> tuple[Code, ...]:
        return self.steps

    @property
    def is_fluent(self) -> bool:
        """Whether ruff would begin a line with each of several calls, which this module does not write."""
        before = zip(self.steps, self.steps[1:], strict=False)
        return sum(isinstance(step, Atom) and not isinstance(last, Atom) for last, step in before) > 1

    def broken(self, indent: int, column: int, tail: int) -> list[str]:
        lines = [""]
        for place, step in enumerate(self.steps):
            column_now = column + width(lines[0]) if len(lines) == 1 else width(lines[-1])
            until_next = tail
            for later in self.steps[place + 1 :]:
                if not isinstance(later, Atom):
                    until_next += 1 - tail
                    break
                until_next += width(later.flat)
            head, *rest = laid_out(step, indent, column_now, until_next)
            lines[-1] += head
            lines += rest
        return lines


@dataclass(frozen=True)
class Not(Code):
    """A negated condition."""

    inner: Code
    flat: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "flat", f"~{self.inner.flat}")

    def parts(self) -> tuple[Code, ...]:
        return (self.inner,)

    def broken(self, indent: int, column: int, tail: int) -> list[str]:
        head, *rest = laid_out(self.inner, indent, column + 1, tail)
        return [f"~{head}", *rest]


@dataclass(frozen=True)
class Chain(Code):
    """Operands with one operator between each two of them; broken, each operator begins a line."""

    sign: str
    operands: tuple[Code, ...]
    flat: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "flat", f" {self.sign} ".join(operand.flat for operand in self.operands))

    def parts(self) -> tuple[Code, ...]:
        return self.operands

    def broken(self, indent: int, column: int, tail: int) -> list[str]:
        first, *others = self.operands
        lines = laid_out(first, indent, column)
        for place, operand in enumerate(others):
            last = tail if place == len(others) - 1 else 0
            head, *rest = laid_out(operand, indent, indent + len(self.sign) + 1, last)
            lines += [f"{' ' * indent}{self.sign} {head}", *rest]
        return lines


def _one_a_line(items: tuple[Code, ...], indent: int) -> list[str]:
    lines: list[str] = []
    for item in items:
        head, *rest = laid_out(item, indent, indent, 1)
        lines += [" " * indent + head, *rest]
        lines[-1] += ","
    return lines

"""Pieces of a Lua text: its functions, variables and statements, and the names that each of them uses.

A piece begins on a line without indentation. Names are found as words, without an analysis of scopes: a local
variable with the name of a function counts as a use of that function. So a piece may be taken to use more than it does,
not less.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

__all__ = ("Piece", "as_one_piece", "pieces_of")

_COMMENT = re.compile(r" *--[^\n]*")
_STRING = re.compile(r"'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"")
#: A word that is no field (`pool.size`) and no method (`text:match`). `..` joins texts.
_WORD = re.compile(r"(?:(?<=\.\.)|(?<![\w.:]))[A-Za-z_]\w*")
_WORD_OR_STRING = re.compile(f"{_STRING.pattern}|{_WORD.pattern}")
_BEGIN = re.compile(r"^(?!end\b|else|until\b)(?=\w)", re.MULTILINE)
_LOCAL = re.compile(r"local (?:function (\w+)|([\w, \n]+?)(?: =\s(.+)|$))", re.DOTALL)
_ASSIGNED = re.compile(r"(\w+) = function\(")
#: Values of a variable that need not be made if nothing uses the variable.
_PLAIN = re.compile(r"\{\}|\d+")


class Piece(NamedTuple):
    """One function, variable or statement.

    Args:
        text: without comments.
        declares: names of the local variables that it makes.
        assigns: name of a variable, declared elsewhere, to which it assigns a function; '' for none.
        uses: names in it.
        is_needed: whether it does something when it runs, so that it stays even if nothing uses it.
        may_move: whether it may run later than it stands: a function, or a constant.
    """

    text: str
    declares: tuple[str, ...]
    assigns: str
    uses: frozenset[str]
    is_needed: bool
    may_move: bool

    @property
    def defines(self) -> str:
        """The name of its function; '' if it is none."""
        return self.assigns or (self.declares[0] if self.text.startswith("local function ") else "")

    def calling(self, loaders: Mapping[str, str]) -> Piece:
        """Return the piece with a call of a loader before each of some functions.

        >>> pieces_of("f(x.f, 'f')")[0].calling({"f": "load"}).text
        "load().f(x.f, 'f')"
        """

        def called(match: re.Match[str]) -> str:
            name = match[0]
            return f"{loaders[name]}().{name}" if name in loaders else name

        uses = self.uses - loaders.keys() | set(loaders.values())
        return self._replace(text=_WORD_OR_STRING.sub(called, self.text), uses=uses)


def pieces_of(text: str) -> tuple[Piece, ...]:
    """Cut a text into pieces, without its comments.

    >>> [piece.defines for piece in pieces_of("local a = 1 -- one\\nlocal function b()\\n  return a\\nend")]
    ['', 'b']
    """
    plain = _plain(text)
    places = [match.start() for match in _BEGIN.finditer(plain)]
    return tuple(_piece(plain[a:b].rstrip("\n")) for a, b in zip(places, [*places[1:], len(plain)], strict=True))


def as_one_piece(text: str) -> Piece:
    """Return a text as one piece, which is needed: the verb itself."""
    plain = _plain(text).rstrip("\n")
    return Piece(plain, (), "", _words(plain), True, False)


def _plain(text: str) -> str:
    return re.sub(r"\n{2,}", "\n", _COMMENT.sub("", text)).strip("\n") + "\n"


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(_STRING.sub("''", text)))


def _piece(text: str) -> Piece:
    uses, local, assigned = _words(text), _LOCAL.match(text), _ASSIGNED.match(text)
    if assigned is not None:
        return Piece(text, (), assigned[1], uses, False, True)
    if local is None:
        return Piece(text, (), "", uses, True, False)
    function, names, value = local.groups()
    if function:
        return Piece(text, (function,), "", uses, False, True)
    declares = tuple(name.strip() for name in names.split(","))
    is_constant = all(name.isupper() for name in declares)
    if value is None:
        uses = frozenset()
    is_needed = not (is_constant or value is None or _PLAIN.fullmatch(value.strip()))
    return Piece(text, declares, "", uses, is_needed, is_constant)

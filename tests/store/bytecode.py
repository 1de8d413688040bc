"""What Lua makes of a script: the functions in it, and the global names that each of them reads or writes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.kit.servers import missing

__all__ = ("Function", "compiled")

#: Numbers of the operations of Lua 5.1.
GET_GLOBAL, SET_GLOBAL = 5, 7


class Function(NamedTuple):
    """A function, with those in it.

    Args:
        line: where it begins in the text.
        globals: names that it reads from, or writes to, the environment.
        upvalues: number of variables around it that it uses.
        inner: the functions in it.
    """

    line: int
    globals: frozenset[str]
    upvalues: int
    inner: tuple[Function, ...]

    def all(self) -> Iterator[Function]:
        """This function, and all in it."""
        yield self
        for function in self.inner:
            yield from function.all()


def compiled(client: Any, text: str) -> Function:
    """Compile a script as Redis does, and read the result.

    Args:
        client: of a Redis.
        text: of the script.
    """
    if not client.eval("return string.dump and 1 or 0", 0):
        missing("a Redis that shows what it compiles, by string.dump")
    dump = client.eval("return string.dump(assert(loadstring(ARGV[1])))", 0, text)
    return _Reader(dump).function()


class _Reader:
    """Reads the form in which Lua 5.1 writes a compiled function on a machine of 64 bits."""

    def __init__(self, dump: bytes) -> None:
        assert dump[:5] == b"\x1bLua\x51"
        self._dump, self._at = dump, 12

    def _take(self, form: str) -> Any:
        [value] = struct.unpack_from(form, self._dump, self._at)
        self._at += struct.calcsize(form)
        return value

    def _text(self) -> str:
        size = self._take("<Q")
        self._at += size
        return self._dump[self._at - size : self._at - 1].decode(errors="replace") if size else ""

    def _constant(self) -> Any:
        kind = self._take("<b")
        return self._text() if kind == 4 else self._take({0: "<0s", 1: "<b", 3: "<d"}[kind])

    def function(self) -> Function:
        """Read one function."""
        self._text()
        line = self._take("<i")
        self._at += 4
        upvalues = self._take("<B")
        self._at += 3
        code = [self._take("<I") for _ in range(self._take("<i"))]
        constants = [self._constant() for _ in range(self._take("<i"))]
        inner = tuple(self.function() for _ in range(self._take("<i")))
        lines = self._take("<i")
        self._at += 4 * lines
        for _ in range(self._take("<i")):
            self._text()
            self._at += 8
        for _ in range(self._take("<i")):
            self._text()
        used = {constants[word >> 14] for word in code if word & 63 in (GET_GLOBAL, SET_GLOBAL)}
        return Function(line, frozenset(used), upvalues, inner)

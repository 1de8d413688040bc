"""What is wrong with a graph."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ("Problem",)

#: Where a graph begins and ends, by the names that are imported.
_ENDS = {"__start__": "START", "__end__": "END"}


class Problem(NamedTuple):
    """One thing that is wrong with a graph.

    Args:
        node: the node it is about; empty where it is about the whole.
        message: what is wrong, in words, without a full stop.
        hint: what to do, in words that go on from there.
    """

    node: str
    message: str
    hint: str

    def __str__(self) -> str:
        where = f"{_ENDS.get(self.node, self.node)}: " if self.node else ""
        words = f"{where}{self.message}; {self.hint}"
        for name, word in _ENDS.items():
            words = words.replace(repr(name), word)
        return words

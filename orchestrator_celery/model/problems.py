"""Problem: one finding of the checks of a graph."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ("Problem",)

#: The reserved names of begin and end, with the names of their constants.
_ENDS = {"__start__": "START", "__end__": "END"}


class Problem(NamedTuple):
    """One problem of a graph.

    Args:
        node: the node with the problem; empty if the whole graph has it.
        message: the problem, in words, without a full stop.
        hint: the remedy, in words that continue the message.
    """

    node: str
    message: str
    hint: str

    def __str__(self) -> str:
        where = f"{_ENDS.get(self.node, self.node)}: " if self.node else ""
        text = f"{where}{self.message}; {self.hint}"
        for name, constant in _ENDS.items():
            text = text.replace(repr(name), constant)
        return text

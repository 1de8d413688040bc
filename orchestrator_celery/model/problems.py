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
        edge: the position, in the list of edges, of the declaration with the problem; None if an edge does not have
            it. The list is that of the graph that has the node: of `"outer/inner"`, that of the nested graph `outer`.
    """

    node: str
    message: str
    hint: str
    edge: int | None = None

    def __str__(self) -> str:
        where = f"{_ENDS.get(self.node, self.node)}: " if self.node else ""
        return f"{where}{self.text}"

    @property
    def text(self) -> str:
        """The problem and its remedy, without the node."""
        text = f"{self.message}; {self.hint}"
        for name, constant in _ENDS.items():
            text = text.replace(repr(name), constant)
        return text

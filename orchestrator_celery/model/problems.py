"""What is wrong with a graph."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ("Problem",)


class Problem(NamedTuple):
    """One thing that is wrong with a graph.

    Args:
        node: the node it is about; empty where it is about the whole.
        message: what is wrong, in words, without a full stop.
        hint: what to do, a sentence.
    """

    node: str
    message: str
    hint: str

    def __str__(self) -> str:
        where = f"{self.node}: " if self.node else ""
        return f"{where}{self.message}. {self.hint}"

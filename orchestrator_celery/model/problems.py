"""What is wrong with a graph."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ("Problem",)


class Problem(NamedTuple):
    """One thing that is wrong with a graph.

    Args:
        node: the node it is about; empty where it is about the whole.
        message: what is wrong, in words.
        hint: what to do.
    """

    node: str
    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.node or 'graph'}: {self.message} ({self.hint})"

"""Priorities of many items as text, short where neighbours have the same.

`3:0-9 2:10-99`: the first ten are HIGH, the next ninety MEDIUM.
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator_celery.model.states import Priority

__all__ = ("Levels", "parse_levels")


class Levels:
    """Collects the priorities of items one after the other; holds no more than their changes.

    >>> str(Levels([Priority.HIGH, Priority.HIGH, Priority.LOW]))
    '3:0-1 1:2-2'
    >>> str(Levels([Priority.MEDIUM]))
    ''
    """

    def __init__(self, levels: Iterable[Priority] = ()) -> None:
        self._ranges: list[tuple[int, int, int]] = []
        for level in levels:
            self.add(level)

    def add(self, level: Priority) -> None:
        """The priority of the next item."""
        count = self._ranges[-1][2] + 1 if self._ranges else 0
        if self._ranges and self._ranges[-1][0] == level:
            known, first, _ = self._ranges[-1]
            self._ranges[-1] = (known, first, count)
        else:
            self._ranges.append((int(level), count, count))

    def __str__(self) -> str:
        """The text; empty when all are MEDIUM, as everything is that was given no priority."""
        if all(level == Priority.MEDIUM for level, _, _ in self._ranges):
            return ""
        return " ".join(f"{level}:{first}-{last}" for level, first, last in self._ranges)


def parse_levels(text: str) -> dict[int, int]:
    """Return the priority of each item that the text names; items that it does not name are MEDIUM.

    >>> parse_levels("3:0-1 1:4-4")
    {0: 3, 1: 3, 4: 1}
    """
    found: dict[int, int] = {}
    for part in text.split():
        level, _, indexes = part.partition(":")
        first, _, last = indexes.partition("-")
        found.update(dict.fromkeys(range(int(first), int(last) + 1), int(level)))
    return found

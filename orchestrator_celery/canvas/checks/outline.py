"""A graph's definition as those look at it who check or draw it."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from orchestrator_celery.canvas.checks.ways import Way, ways
from orchestrator_celery.canvas.graph_definition import END, START

__all__ = ("Outline",)

_ENDS = {"START": START, "END": END}


class Outline(NamedTuple):
    """A definition, and what is asked of it again and again."""

    definition: Mapping[str, Any]
    nodes: dict[str, Mapping[str, Any]]
    ways: list[Way]

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> Outline:
        """Of `kwargs` of a graph; the last of several nodes of one name counts."""
        nodes = {entry["name"]: entry for entry in definition["nodes"] if entry["name"] not in (START, END)}
        return cls(definition, nodes, list(ways(definition["edges"])))

    def near(self, name: str) -> str | None:
        """The known name that is meant by an unknown one."""
        if name.strip("_").upper() in _ENDS:
            return _ENDS[name.strip("_").upper()]
        return next(iter(get_close_matches(name, [*self.nodes, START, END], 1, cutoff=0.8)), None)

    def instead(self, name: str) -> str:
        """What to do about an unknown name."""
        near = self.near(name)
        if near in _ENDS.values():
            word = "START" if near == START else "END"
            return f"did you mean {word}? Import it from orchestrator_celery, and write it without quotes"
        return f"did you mean {near!r}?" if near else f"add_node({name!r}, ...), or correct the name"

    def meant(self) -> list[Way]:
        """The edges with misspelt names put right: one typing error is one problem."""
        known = {*self.nodes, START, END}
        names = {name for way in self.ways for name in (way.source, way.target)}
        meant = {name: name if name in known else self.near(name) or "" for name in names}
        found = [way._replace(source=meant[way.source], target=meant[way.target]) for way in self.ways]
        return [way for way in found if way.source not in ("", END) and way.target not in ("", START)]

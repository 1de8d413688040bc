"""Draws a graph as a Mermaid flowchart, and as an HTML table for viewers without Mermaid."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from json import dumps
from typing import Any, NamedTuple

from orchestrator_celery.canvas.conditions.language import words
from orchestrator_celery.canvas.graphs.graph_definition import END, START
from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.printing.text import printable

__all__ = ("Arrow", "arrows", "html", "mermaid")

#: Characters that Mermaid interprets even between quotes.
_SPECIAL = re.compile(r"[\"#&<>|`\\\\]")

#: The longest text of a body in a label, in characters.
_LONGEST = 60


def mermaid(definition: Mapping[str, Any]) -> str:
    """Draw a flowchart. A graph with problems is drawn too, as far as possible."""
    return "\n".join(["flowchart TD", *_Chart(definition, "n").lines("    "), ""])


def html(definition: Mapping[str, Any]) -> str:
    """Draw nodes and edges as a table, without external resources."""
    rows = [
        (_shown(entry["name"]), _body(entry), _edges_of(entry["name"], definition)) for entry in definition["nodes"]
    ]
    rows.insert(0, ("START", "", _edges_of(START, definition)))
    cells = "".join(
        f"<tr><td>{_html(name)}</td><td>{_html(body)}</td><td>{'<br>'.join(map(_html, edges))}</td></tr>"
        for name, body, edges in rows
    )
    heading = _html(definition.get("name") or "graph")
    return f"<table><caption>{heading}</caption><tr><th>node</th><th>runs</th><th>then</th></tr>{cells}</table>"


def _html(text: str) -> str:
    return escape(printable(text))


class _Chart:
    """One graph in a flowchart; a nested graph is a subgraph of the same flowchart."""

    def __init__(self, definition: Mapping[str, Any], prefix: str) -> None:
        self.nodes = {entry["name"]: entry for entry in definition["nodes"]}
        self.arrows = [arrow for edge in definition["edges"] for arrow in arrows(edge)]
        ends = [name for arrow in self.arrows for name in (arrow.source, arrow.target)]
        names = dict.fromkeys([START, *self.nodes, *ends])
        self.ids = {name: f"{prefix}{place}" for place, name in enumerate(names)}

    def lines(self, indent: str) -> Iterator[str]:
        for name in self.ids:
            yield from (indent + line for line in self._node(name))
        for arrow in self.arrows:
            yield f"{indent}{self.ids[arrow.source]} {arrow} {self.ids[arrow.target]}"

    def _node(self, name: str) -> Iterator[str]:
        own, entry = self.ids[name], self.nodes.get(name, {})
        body = entry.get("signature", {})
        label = f'"{_label(name, entry)}"'
        if name in (START, END):
            yield f"{own}([{label}])"
        elif body.get("subtask_type") == "orchestrator.graph":
            yield f"subgraph {own}[{label}]"
            yield from _Chart(body["kwargs"], f"{own}_").lines("    ")
            yield "end"
        else:
            yield f"{own}{{{{{label}}}}}" if "approval" in entry else f"{own}[{label}]"


class Arrow(NamedTuple):
    """An edge in a flowchart."""

    source: str
    target: str
    label: str
    dotted: bool

    def __str__(self) -> str:
        line = "-.->" if self.dotted else "-->"
        return f'{line}|"{_escaped(self.label)}"|' if self.label else line


def arrows(edge: Mapping[str, Any]) -> Iterator[Arrow]:
    """Yield all edges of a declaration, with their condition in words as the label."""
    source = edge["from"]
    if "to" in edge:
        named = f"on {' or '.join(edge['error'])}" if edge.get("error") else "on error"
        yield Arrow(source, edge["to"], named if "error" in edge else "", "error" in edge)
    for condition, target in edge.get("when", ()):
        yield Arrow(source, target, _words(condition), False)
    for key, target in edge.get("keys", ()):
        yield Arrow(source, target, f"{edge['router']['task']}: {_key(key)}" if "router" in edge else _key(key), False)
    if "otherwise" in edge:
        yield Arrow(source, edge["otherwise"], "otherwise", False)


def _label(name: str, entry: Mapping[str, Any]) -> str:
    is_graph = entry.get("signature", {}).get("subtask_type") == "orchestrator.graph"
    lines = [_shown(name), "" if is_graph else _body(entry)]
    lines.append(f"for each of {_words(entry['map_over'])}" if "map_over" in entry else "")
    lines.append(f"join {entry['join']}" if "join" in entry else "")
    return "<br/>".join(_escaped(line) for line in lines if line)


def _shown(name: str) -> str:
    return {START: "START", END: "END"}.get(name, name)


def _body(entry: Mapping[str, Any]) -> str:
    """Describe a node's body in a few words."""
    if "approval" in entry:
        return entry["approval"].get("message") or "approval"
    return _cut(repr(entry["signature"])) if "signature" in entry else ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _words(json: Any) -> str:
    try:
        return words(json)
    except InvalidWorkflow:  # a graph with problems is drawn too
        return str(json)


def _key(key: Any) -> str:
    return key if isinstance(key, str) else dumps(key)


def _edges_of(name: str, definition: Mapping[str, Any]) -> list[str]:
    own = [arrow for edge in definition["edges"] if edge["from"] == name for arrow in arrows(edge)]
    return [f"{_shown(arrow.target)}: {arrow.label}" if arrow.label else _shown(arrow.target) for arrow in own]


def _escaped(text: str) -> str:
    """Escape a text between quotes; Mermaid has numeric entities of its own."""
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};", printable(" ".join(text.split())))

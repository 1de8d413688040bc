"""A graph as a document: plain JSON with a version, for files, editors and other languages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from orchestrator_celery.canvas.primitive import deadline_in_seconds, filing
from orchestrator_celery.errors import InvalidWorkflow

if TYPE_CHECKING:
    from orchestrator_celery.canvas.graph import ConditionalGraph

__all__ = ("VERSION", "document_of", "json_schema", "signature_of")

#: Of the form documents have now.
VERSION = 1

#: What a signature has beside its definition.
_BESIDE = ("args", "kwargs", "options", "immutable")

#: Options that name one run; a graph that is made of a document is another.
_OF_A_RUN = frozenset({"task_id", "root_id", "parent_id", "group_id", "group_index", "reply_to", "chord"})


def document_of(graph: ConditionalGraph) -> dict[str, Any]:
    """A graph as a document; what it does not have is left out."""
    args, kwargs = graph.given
    options = {name: value for name, value in graph.options.items() if name not in _OF_A_RUN}
    beside = {"args": args, "kwargs": kwargs, "options": options, "immutable": bool(graph.immutable)}
    given = {field: graph.kwargs[field] for field in graph.fields if field in graph.kwargs}
    found: dict[str, Any] = _plain({"version": VERSION, **given, **{k: v for k, v in beside.items() if v}})
    return found


def signature_of(document: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """The signature that a document stands for, as a dict.

    Raises:
        InvalidWorkflow: it is no document, of a version that is not known, or holds what is not.
    """
    if not isinstance(document, Mapping):
        raise InvalidWorkflow(f"{document!r:.100} is no graph's document: give the dict that to_dict() made.")
    version = document.get("version")
    if version != VERSION or isinstance(version, bool):
        raise InvalidWorkflow(
            f"version={version!r} of a graph's document is not known: this release reads version {VERSION}. "
            "Upgrade orchestrator-celery, or write the document with to_dict() of this release."
        )
    if unknown := document.keys() - {"version", *fields, *_BESIDE}:
        raise InvalidWorkflow(
            f"{', '.join(sorted(map(repr, unknown)))} is not known in a graph's document: its JSON Schema says "
            "what is, see ConditionalGraph.json_schema()."
        )
    if not isinstance(document.get("name", ""), str):
        raise InvalidWorkflow(f"name={document['name']!r} is not allowed: give a word.")
    definition = {field: document[field] for field in fields if field in document}
    definition.update(filing(document.get("category"), document.get("tags", ())))
    if "deadline" in document:
        definition["deadline"] = deadline_in_seconds(document["deadline"])
    beside = {name: document[name] for name in _BESIDE if name in document}
    return {**beside, "kwargs": {**beside.get("kwargs", {}), **definition}}


def json_schema() -> dict[str, Any]:
    """The JSON Schema of documents, as shipped in the package."""
    text = files("orchestrator_celery.canvas").joinpath("graph.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _plain(value: Any) -> Any:
    """A copy in which signatures are plain dicts, and every sequence is a list."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value

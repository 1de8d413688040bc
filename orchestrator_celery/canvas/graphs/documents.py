"""Graphs as documents: plain JSON with a version, for files, editors and other languages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from orchestrator_celery.canvas.primitive import category_and_tags, deadline_in_seconds
from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr

if TYPE_CHECKING:
    from orchestrator_celery.canvas.graphs.graph import ConditionalGraph

__all__ = ("VERSION", "document_of", "json_schema", "signature_of")

#: The version of the document format.
VERSION = 1

#: The fields of a signature that are not part of the graph's definition.
_SIGNATURE_FIELDS = ("args", "kwargs", "options", "immutable")

#: The form of the fields that no other check reads.
_FORMS: tuple[tuple[str, Any, str], ...] = (
    ("args", (list, tuple), "list"),
    ("kwargs", Mapping, "mapping"),
    ("options", Mapping, "mapping"),
)

#: Options that identify one run. A graph that is loaded from a document starts another run.
_RUN_OPTIONS = frozenset({"task_id", "root_id", "parent_id", "group_id", "group_index", "reply_to", "chord"})


def document_of(graph: ConditionalGraph) -> dict[str, Any]:
    """Convert a graph to a document; empty fields are left out."""
    args, kwargs = graph._partial_args
    options = {name: value for name, value in graph.options.items() if name not in _RUN_OPTIONS}
    signature = {"args": args, "kwargs": kwargs, "options": options, "immutable": bool(graph.immutable)}
    definition = {field: graph.kwargs[field] for field in graph._fields if field in graph.kwargs}
    found: dict[str, Any] = _plain({"version": VERSION, **definition, **{k: v for k, v in signature.items() if v}})
    return found


def signature_of(document: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """Convert a document to a signature, as a dict.

    Raises:
        InvalidWorkflow: the value is no document, or its version or a field is unknown.
    """
    if not isinstance(document, Mapping):
        raise InvalidWorkflow(f"{document!r:.100} is not a graph's document: give the dict that to_dict() made.")
    version = document.get("version")
    if version != VERSION or isinstance(version, bool):
        raise InvalidWorkflow(
            f"version={safe_repr(version)} of a graph's document is unknown: this release reads version {VERSION}. "
            "Upgrade orchestrator-celery, or write the document with to_dict() of this release."
        )
    if unknown := document.keys() - {"version", *fields, *_SIGNATURE_FIELDS}:
        raise InvalidWorkflow(
            f"{', '.join(sorted(map(repr, unknown)))} is unknown in a graph's document: its JSON Schema lists the "
            "allowed fields, see ConditionalGraph.json_schema()."
        )
    for field, kind, word in _FORMS:
        if field in document and not isinstance(document[field], kind):
            raise InvalidWorkflow(f"{field}={safe_repr(document[field])} of a graph's document is no {word}.")
    if not isinstance(document.get("name", ""), str):
        raise InvalidWorkflow(f"name={safe_repr(document['name'])} is not allowed: give a string.")
    definition = {field: document[field] for field in fields if field in document}
    definition.update(category_and_tags(document.get("category"), document.get("tags", ())))
    if "deadline" in document:
        definition["deadline"] = deadline_in_seconds(document["deadline"])
    signature = {name: document[name] for name in _SIGNATURE_FIELDS if name in document}
    return {**signature, "kwargs": {**signature.get("kwargs", {}), **definition}}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of documents, which the package contains."""
    text = files("orchestrator_celery.canvas.graphs").joinpath("graph.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _plain(value: Any) -> Any:
    """Return a copy in which signatures are plain dicts and every sequence is a list."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, (list, tuple)) else value

"""Saved graphs: lists, versions with their documents, saving, rolling back, running."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from orchestrator_celery import (
    GraphChanged,
    GraphNotFound,
    GraphVersion,
    Orchestrator,
    RunView,
    SavedGraph,
)
from orchestrator_celery.dashboard.server.access.roles import NEEDED, needs, visitor_of
from orchestrator_celery.dashboard.server.api.definitions.documents import (
    Document,
    plain_json,
    read_graph,
    without_secrets,
)
from orchestrator_celery.dashboard.server.api.definitions.starting import given_arguments
from orchestrator_celery.dashboard.server.context import Found, Id, Limit, Served
from orchestrator_celery.dashboard.server.cursors import offset_of, write_cursor

__all__ = ("router",)

router = APIRouter(prefix="/graphs", tags=["graphs"])

Note = Annotated[str, Field(max_length=2000)]
#: The number of a version.
Number = Annotated[int, Field(ge=1)]
#: The number of the version that was changed, 0 for a new graph; null does not compare.
Base = Annotated[int, Field(ge=0)]


class GraphPage(BaseModel):
    """A page of saved graphs with their newest versions; the graph that was saved last comes first.

    Args:
        graphs: the newest version of each graph.
        next: the cursor of the next page; None on the last page.
    """

    graphs: list[SavedGraph]
    next: str | None


class GraphDetail(BaseModel):
    """One version of a graph, with its document.

    Args:
        name: the name of the graph.
        version: the number of the version.
        newest: the number of the newest version.
        signature: the id of the stored signature of this version.
        author: who saved it.
        saved: when it was saved.
        note: what the author wrote about it.
        nodes: the number of its nodes.
        edges: the number of its declarations of edges.
        document: the graph as ConditionalGraph.to_dict() writes it. Without secrets for somebody who may not save.
        layout: where the editor draws the nodes.
    """

    name: str
    version: int
    newest: int
    signature: str
    author: str
    saved: datetime
    note: str
    nodes: int
    edges: int
    document: dict[str, Any]
    layout: dict[str, Any]


class SaveForm(BaseModel):
    """A new version: the document, where nodes are drawn, a note, and the number of the version that was changed."""

    document: Document
    layout: dict[str, Any] = {}
    note: Note = ""
    base: Base | None = None


class RollBackForm(BaseModel):
    """The version to save again as the newest one, a note, and the number of the newest version as it was read."""

    version: Number
    note: Note = ""
    base: Base | None = None


class RunGraphForm(BaseModel):
    """The arguments of a run, and the number of the version; by default the newest."""

    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    version: Number | None = None


class GraphStarted(BaseModel):
    """The run that was started.

    Args:
        run: the run.
    """

    run: RunView


class _Wanted(NamedTuple):
    """What a call wants to save: without a note, any note will do."""

    name: str
    base: int | None
    document: Any
    layout: dict[str, Any]
    note: str | None


def _detail(found: Orchestrator, version: GraphVersion, newest: int, request: Request) -> GraphDetail:
    served: Served = request.app.state.served
    document = plain_json(version.document)
    if served.read_only or visitor_of(request).role < NEEDED["save"]:
        document = without_secrets(document, served.redaction)
    return GraphDetail(**{**version.model_dump(), "document": document, "newest": newest})


@router.get("")
def list_graphs(
    found: Found,
    text: Annotated[str | None, Query(max_length=200)] = None,
    cursor: str | None = None,
    limit: Limit = 100,
) -> GraphPage:
    """List the saved graphs with their newest versions; the graph that was saved last comes first."""
    offset = offset_of(cursor)
    page = found.graphs.newest(text=text, offset=offset, limit=limit + 1)
    return GraphPage(graphs=page[:limit], next=write_cursor(offset + limit) if len(page) > limit else None)


@router.get("/{name}")
def read_saved_graph(
    name: Id, found: Found, request: Request, version: Annotated[int | None, Query(ge=1)] = None
) -> GraphDetail:
    """Return a version of a graph with its document, by default the newest."""
    newest = found.graphs.get(name)
    wanted = newest if version in (None, newest.version) else found.graphs.get(name, version)
    return _detail(found, wanted, newest.version, request)


@router.get("/{name}/versions")
def list_graph_versions(name: Id, found: Found) -> list[SavedGraph]:
    """List the versions of a graph, newest first."""
    return found.graphs.versions(name)


@router.post("/{name}/versions", dependencies=[needs("save")])
def save_graph(name: Id, found: Found, form: SaveForm, request: Request) -> GraphDetail:
    """Save a new version. If somebody else has saved one since `base`, nothing is saved, and the status is 409.

    A repeated call, after an answer that was lost, returns the version that the first call saved.
    """
    graph = read_graph(found, form.document)
    wanted = _Wanted(name, form.base, plain_json(graph.to_dict()), form.layout, form.note)
    saved = _saved_once(
        found,
        wanted,
        visitor_of(request).actor,
        lambda: found.graphs.save(graph, name=name, note=form.note, layout=form.layout, base=form.base),
    )
    return _detail(found, saved, saved.version, request)


def _saved_once(found: Orchestrator, wanted: _Wanted, actor: str, save: Callable[[], GraphVersion]) -> GraphVersion:
    """Save, unless an earlier call of the same person has saved the same after the same base."""
    before = _saved_before(found, wanted, actor)
    if before is not None:
        return before
    try:
        return save()
    except GraphChanged:  # perhaps by the first call, at this moment
        before = _saved_before(found, wanted, actor)
        if before is None:
            raise
        return before


def _saved_before(found: Orchestrator, wanted: _Wanted, actor: str) -> GraphVersion | None:
    """Return the newest version if it is what the call would save after its base, by the same person."""
    if wanted.base is None:
        return None
    try:
        newest = found.graphs.get(wanted.name)
    except GraphNotFound:
        return None
    same = plain_json(newest.document) == wanted.document and newest.layout == wanted.layout
    noted = wanted.note is None or newest.note == wanted.note
    return newest if same and noted and newest.version == wanted.base + 1 and newest.author == actor else None


@router.post("/{name}/roll-back", dependencies=[needs("save")])
def roll_back_graph(name: Id, found: Found, form: RollBackForm, request: Request) -> GraphDetail:
    """Save an old version as the newest one. If somebody else has saved one since `base`, nothing is saved: 409.

    A repeated call, after an answer that was lost, returns the version that the first call saved.
    """
    old = found.graphs.get(name, form.version)
    wanted = _Wanted(name, form.base, plain_json(old.document), old.layout, form.note or None)
    saved = _saved_once(
        found,
        wanted,
        visitor_of(request).actor,
        lambda: found.graphs.roll_back(name, form.version, form.note, base=form.base),
    )
    return _detail(found, saved, saved.version, request)


@router.post("/{name}/run", dependencies=[needs("run")])
def run_graph(name: Id, found: Found, form: RunGraphForm) -> GraphStarted:
    """Start a run of a version, by default of the newest."""
    stored = found.graphs.get(name, form.version).signature
    with given_arguments():
        return GraphStarted(run=found.signature(stored).run(*form.args, **form.kwargs).view)

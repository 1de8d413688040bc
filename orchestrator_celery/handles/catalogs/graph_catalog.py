"""Saves graphs under names, with a version for every save, and finds them again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from orchestrator_celery.canvas.async_twin import Twin
from orchestrator_celery.canvas.graphs.graph import ConditionalGraph
from orchestrator_celery.errors import GraphChanged, GraphNotFound, InvalidWorkflow, OrchestratorError, StoreUnavailable
from orchestrator_celery.handles.signature_catalog import SignatureCatalog
from orchestrator_celery.lifecycle.audit import record
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.ids import HasId, id_of
from orchestrator_celery.model.observe.saved_graphs import GraphVersion, SavedGraph
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.states import SignatureStatus
from orchestrator_celery.records.catalogs.graph_versions import Facts, StoredVersion
from orchestrator_celery.records.head.fields import HeadField

if TYPE_CHECKING:
    from orchestrator_celery.handles.async_twins import GraphCatalogAio
    from orchestrator_celery.handles.links import Handles
    from orchestrator_celery.handles.run import Run

__all__ = ("GraphCatalog",)

_LONGEST_NAME, _LONGEST_NOTE = 200, 2000
_PAGE = 100


class GraphCatalog:
    """The saved graphs of an app: `orchestrator.graphs`. Iterate over it for the newest version of each graph.

    Every save is a new version with a stored signature of its own. A version is deleted with its signature:
    `orchestrator.signature(version.signature).delete()`. The other versions stay, and a name without versions is free.

    Args:
        orchestrator: creates the handles.
    """

    def __init__(self, orchestrator: Handles) -> None:
        self._orchestrator = orchestrator
        self._container = orchestrator.container

    @property
    def aio(self) -> GraphCatalogAio:
        """The same methods for asyncio: `await orchestrator.graphs.aio.save(graph)`."""
        return cast("GraphCatalogAio", Twin(self))

    def save(
        self,
        graph: ConditionalGraph,
        *,
        name: str | None = None,
        note: str = "",
        layout: Mapping[str, Any] | None = None,
        base: int | None = None,
    ) -> GraphVersion:
        """Save a graph as a new version.

        Args:
            graph: the graph. It is compiled now, so later changes of your code do not change the version.
            name: the name; by default that of the graph.
            note: what you write about the version, at most 2000 characters.
            layout: where an editor draws the nodes, such as `{"nodes": {"charge": {"x": 10, "y": 20}}}`.
            base: the number of the version that you have changed, 0 for a new graph. If the newest version is another
                one, nothing is saved. None: do not compare.

        Raises:
            GraphChanged: `base` is not the newest version; the error carries the newest one.
            GraphInvalid: the graph has problems.
            InvalidWorkflow: the name is not allowed, or a part of the graph cannot be run.
            FormatTooNew: a later release has saved this graph.
            StoreUnavailable: the store did not answer.
        """
        called, note = _checked(graph, name, note, base)
        graph.validate()
        try:
            return self._saved(graph, called, note, dict(layout or {}), base)
        except StoreUnavailable:
            raise
        except OrchestratorError as exc:
            self._container.audit_stream.append(record("save", "", name=called, outcome=f"{exc}").model_dump_json())
            raise

    def get(self, name: str, version: int | None = None) -> GraphVersion:
        """Return a version with its document, by default the newest.

        Raises:
            GraphNotFound: there is no such graph or version.
            FormatTooNew: a later release has saved this graph.
        """
        found = self._find(name, version)
        key = self._container.store.keys.document(found.facts.signature)
        document, layout = self._container.store.client.hmget(key, "document", "layout")
        if document is None:
            raise GraphNotFound(f"The version {found.number} of the graph {name!r} was deleted.")
        codec = self._container.codec
        return GraphVersion(
            **_shown(name, found).model_dump(), document=codec.load(document), layout=codec.load(layout)
        )

    def versions(self, name: str) -> list[SavedGraph]:
        """List the versions of a graph, newest first.

        Raises:
            GraphNotFound: there is no such graph.
            FormatTooNew: a later release has saved this graph.
        """
        found = self._container.saved_graphs.versions(name)
        if not found:
            raise GraphNotFound(f"No graph has the name {safe_repr(name)}: it was never saved here, or was deleted.")
        return [_shown(name, version) for version in found]

    def names(self) -> list[str]:
        """List the names of the graphs; the graph that was saved last comes first."""
        return self._container.saved_graphs.names()

    def newest(self, *, text: str | None = None, offset: int = 0, limit: int = 100) -> list[SavedGraph]:
        """List the newest version of each graph; the graph that was saved last comes first.

        A graph that a later release has saved is left out.

        Args:
            text: part of the name, in upper or lower case.
            offset: number of graphs to leave out.
            limit: most graphs to return.
        """
        return list(islice(self._matching(text), offset, offset + limit))

    def __iter__(self) -> Iterator[SavedGraph]:
        """Yield the newest version of each graph; the graph that was saved last comes first."""
        return self._matching(None)

    def _matching(self, text: str | None) -> Iterator[SavedGraph]:
        names = [name for name in self.names() if text is None or text.casefold() in name.casefold()]
        for place in range(0, len(names), _PAGE):
            for name, version in self._container.saved_graphs.newest(names[place : place + _PAGE]):
                yield _shown(name, version)

    def run(self, name: str, /, *args: Any, version: int | None = None, **kwargs: Any) -> Run:
        """Start a run of a version, by default of the newest. `run.signature` is the signature of the version.

        Args:
            name: the name of the graph.
            *args: positional arguments for the first tasks.
            version: the number of the version.
            **kwargs: keyword arguments for the first tasks.

        Raises:
            GraphNotFound: there is no such graph or version.
            SignatureGone: the version is being deleted.
        """
        found = self._find(name, version)
        run: Run = SignatureCatalog(self._orchestrator).find(found.facts.signature).run(*args, **kwargs)
        return run

    def roll_back(self, name: str, version: int, note: str = "", *, base: int | None = None) -> GraphVersion:
        """Save an old version as the newest one.

        Args:
            name: the name of the graph.
            version: the number of the old version.
            note: what you write about it; by default the number of the old version.
            base: as for `save`.

        Raises:
            GraphNotFound: there is no such graph or version.
            GraphChanged: `base` is not the newest version; the error carries the newest one.
        """
        old = self.get(name, version)
        graph = ConditionalGraph.from_dict(old.document, app=self._orchestrator.app)
        words = note or f"Rolled back to version {version}"
        return self.save(graph, name=name, note=words, layout=old.layout, base=base)

    def version_of(self, signature: HasId | str) -> SavedGraph | None:
        """Return the version of a stored signature, such as `run.signature`; None if it is not that of a graph."""
        id = id_of(signature)
        raw = self._container.reader.head_field(id, HeadField.SAVED_AS)
        if raw is None:
            return None
        number = self._container.saved_graphs.number_of(raw.decode(), id)
        found = None if number is None else self._container.saved_graphs.version(raw.decode(), number)
        return None if found is None else _shown(raw.decode(), found)

    def _find(self, name: str, number: int | None) -> StoredVersion:
        found = self._container.saved_graphs.version(name, number)
        if found is None:
            which = "" if number is None else f" with the version {safe_repr(number)}"
            raise GraphNotFound(
                f"There is no graph {safe_repr(name)}{which}: it was never saved here, or was deleted. "
                "`orchestrator.graphs.names()` lists the graphs."
            )
        return found

    def _saved(
        self, graph: ConditionalGraph, name: str, note: str, layout: dict[str, Any], base: int | None
    ) -> GraphVersion:
        graphs, signatures, codec = (
            self._container.saved_graphs,
            self._container.store.signatures,
            self._container.codec,
        )
        if base is not None:  # most refusals come before anything is written
            self._compare(name, base)
        document = graph.to_dict()
        encoded = {"document": codec.dump(document, "json"), "layout": codec.dump(layout, "json")}
        definitions, head = SignatureCatalog(self._orchestrator).compiled(graph, name)
        head[HeadField.SAVED_AS] = name
        id, entry = f"s:{uuid4()}", record("save", "", name=name, after=SignatureStatus.ACTIVE, reason=note)
        # If this process dies before the version is added, a sweep deletes the signature, which no list shows.
        signatures.save_version(id, definitions.items(), head, encoded)
        facts = Facts(id, entry.actor, note, len(graph.nodes), len(graph.edges))
        added = graphs.add(name, base, facts)
        if isinstance(added, int):
            signatures.drop_unsaved(id)
            raise self._changed(name, base, added)
        signatures.list_version(id)
        said = entry.model_copy(update={"signature": id, "counts": {"version": added.number}})
        self._container.audit_stream.append(said.model_dump_json())
        return GraphVersion(**_shown(name, added).model_dump(), document=document, layout=layout)

    def _compare(self, name: str, base: int) -> None:
        newest = self._container.saved_graphs.version(name)
        if base != (0 if newest is None else newest.number):
            raise self._changed(name, base, 0 if newest is None else newest.number)

    def _changed(self, name: str, base: int | None, number: int) -> GraphChanged:
        if not number:
            return GraphChanged(
                f"The graph {name!r} has no version any more, and yours began with version {base}, so nothing was "
                "saved. Save it as a new graph, with 0 as its base."
            )
        try:
            newest = self.get(name, number)
        except GraphNotFound:  # it was deleted at this moment
            return GraphChanged(f"The graph {name!r} has changed twice meanwhile, so nothing was saved: read it again.")
        began = f"began with version {base}" if base else "is to be the first one"
        return GraphChanged(
            f"{newest.author} has saved version {number} of the graph {name!r}, and yours {began}, so nothing was "
            f"saved. Compare both, and save yours with version {number} as its base, or under another name.",
            newest,
        )


def _checked(graph: Any, name: str | None, note: Any, base: Any) -> tuple[str, str]:
    if not isinstance(graph, ConditionalGraph):
        raise InvalidWorkflow(f"{safe_repr(graph)} is not a graph: give a ConditionalGraph.")
    called = graph.label if name is None else name
    if not isinstance(called, str) or not 0 < len(called) <= _LONGEST_NAME or not called.isprintable():
        raise InvalidWorkflow(
            f"name={safe_repr(called)} is not allowed for a saved graph: give 1 to {_LONGEST_NAME} printable "
            "characters."
        )
    if not isinstance(note, str) or len(note) > _LONGEST_NOTE:
        raise InvalidWorkflow(f"note={safe_repr(note)} is not allowed: give at most {_LONGEST_NOTE} characters.")
    if base is not None and (isinstance(base, bool) or not isinstance(base, int) or base < 0):
        raise InvalidWorkflow(f"base={safe_repr(base)} is not allowed: give the number of a version, or 0.")
    return called, note


def _shown(name: str, version: StoredVersion) -> SavedGraph:
    return SavedGraph(name=name, version=version.number, saved=from_ms(version.saved), **version.facts._asdict())

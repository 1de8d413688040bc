"""Adds to events what people read: the names of nodes, and the tasks that they run."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.events import Event
from orchestrator_celery.model.ids import CLOSE
from orchestrator_celery.model.states import NodeKind
from orchestrator_celery.records.definitions import Definition, parse_definition
from orchestrator_celery.views.tree import node_name

if TYPE_CHECKING:
    from orchestrator_celery.records.payload import Codec
    from orchestrator_celery.store.reader import Reader

__all__ = ("EventNames",)

#: Most nodes whose names are remembered: events of one node come close together.
_REMEMBERED = 4096


class EventNames:
    """Names the nodes of one run in its events.

    Args:
        reader: reads the store.
        codec: reads definitions.
        run: id of the run.
    """

    def __init__(self, reader: Reader, codec: Codec, run: str) -> None:
        self._reader = reader
        self._codec = codec
        self._run = run
        self._known: dict[str, tuple[str, str]] = {}

    def named(self, events: Iterable[Event]) -> list[Event]:
        """Return the events with the names of their nodes; one call of the store for all nodes that are new."""
        found = list(events)
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        nodes = dict.fromkeys(event.node for event in found if event.node != CLOSE)
        if new := [node for node in nodes if node not in self._known]:
            self._learn(new)
        return [self._with_names(event) for event in found]

    def _with_names(self, event: Event) -> Event:
        name, task = self._known.get(event.node, ("", ""))
        return event.model_copy(update={"name": name, "task": task}) if name else event

    def _learn(self, nodes: list[str]) -> None:
        above = [node.rpartition(".")[0] for node in nodes]
        asked = list(dict.fromkeys([*nodes, *filter(None, above)]))
        with suppress(OrchestratorError):  # the tree of another release, or of another app: its events keep their ids
            raws = zip(asked, self._reader.definitions(self._run, asked), strict=True)
            found = {node: parse_definition(raw) for node, raw in raws if raw is not None}
            for node, parent in zip(nodes, above, strict=True):
                self._known[node] = self._names(found.get(node), found.get(parent))

    def _names(self, own: Definition | None, parent: Definition | None) -> tuple[str, str]:
        if own is None:
            return "", ""
        name = node_name(own, self._codec)
        task = name if own.kind is NodeKind.TASK else ""
        if parent is not None and parent.kind is NodeKind.NODE:  # a visit has the name of its node
            name = node_name(parent, self._codec)
        return name, task

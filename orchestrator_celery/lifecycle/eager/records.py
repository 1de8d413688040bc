"""The records of one eager run, in memory and in the formats of the store, so that all views read them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator_celery.model.ids import CLOSE, is_callback
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.definitions import Shape, parse_definition, shape_of
from orchestrator_celery.records.ended import Ended, ended_state, write_ended
from orchestrator_celery.records.graphs.graph import EMPTY_GRAPH, GraphRecord
from orchestrator_celery.records.head.fields import FORMAT, STATUS_FIELDS, HeadField
from orchestrator_celery.records.head.run_head import Head
from orchestrator_celery.records.names import Beside, Place
from orchestrator_celery.records.packed import SELF, unpack
from orchestrator_celery.records.pools.levels import parse_levels
from orchestrator_celery.records.progress import ProgressRecord, write_progress
from orchestrator_celery.records.statistics import Durations
from orchestrator_celery.records.streams.events import EventField
from orchestrator_celery.store.keys import Keys
from orchestrator_celery.store.reader import PAGE, Reader

__all__ = ("EagerRecords",)

Entry = tuple[bytes, dict[bytes, bytes]]


class EagerRecords(Reader):
    """Writes and reads the records of one eager run.

    A run is written while it is applied, by one thread. Afterwards its records never change. Nothing is live: a node
    has ended, or it never starts. The methods of `Reader` answer for this run alone.

    Args:
        run: the run.
        head: the fields with which the run starts.
        definitions: the compiled definitions by node.
    """

    def __init__(self, run: str, head: Mapping[Any, Any], definitions: Mapping[str, bytes]) -> None:
        super().__init__(None, Keys(""))
        self.run = run
        self.graphs: dict[str, GraphRecord] = {}
        self._definitions = dict(definitions)
        self._ended: dict[str, bytes] = {}
        self._events: list[Entry] = []
        self._checkpoints: dict[str, bytes] = {}
        self._progress: dict[str, ProgressRecord] = {}
        created = {HeadField.FORMAT: FORMAT, HeadField.STATUS: RunStatus.PENDING.value, HeadField.CREATED: now()}
        self._head = Head()
        self.set_head(head)
        self.set_head({**created, HeadField.DONE: 0, HeadField.FAILED: 0})
        self.emit("status", CLOSE, STATUS=RunStatus.PENDING.value)

    # -- writing ------------------------------------------------------------------------------------

    def set_head(self, fields: Mapping[Any, Any]) -> None:
        """Set fields of the head."""
        named = {str(getattr(name, "value", name)): value for name, value in fields.items()}
        self._head.update({n: v if isinstance(v, bytes) else str(v).encode() for n, v in named.items()})

    def count(self, field: HeadField, by: int, node: str) -> None:
        """Add to a number of the head; nodes of callbacks do not count."""
        if by and not is_callback(node):
            self.set_head({field: int(self._head[field]) + by})

    def set_status(self, status: RunStatus, **more: Any) -> None:
        """Change the status of the run, and other fields of its head."""
        self.set_head({HeadField.STATUS: status.value, **{HeadField[name.upper()]: v for name, v in more.items()}})
        self.emit("status", CLOSE, STATUS=status.value)

    def start(self, node: str) -> bytes:
        """Return the definition of a node that starts, with the definitions below it unpacked."""
        [raw] = self.definitions(self.run, [node])
        assert raw is not None, node
        if shape_of(raw) is Shape.PACKED:
            parts = unpack(raw)
            self._definitions.update({_below(node, path): part for path, part in parts.items()})
            return parts[SELF]
        return raw

    def define(self, node: str, definition: bytes) -> None:
        """Add the definition of a node that only exists once the run has come to it."""
        self._definitions[node] = definition

    def end(self, node: str, ended: Ended) -> None:
        """Write the record of a node that has ended."""
        self._ended[node] = write_ended(ended)

    def keep(self, node: str, beside: Beside, value: bytes) -> None:
        """Write a field beside the record of a node."""
        self._ended[node + beside.value] = value

    def emit(self, kind: str, node: str, **fields: Any) -> None:
        """Add an event; the fields are named as in `EventField`."""
        named = {EventField[name].value.encode(): str(value).encode() for name, value in fields.items()}
        place = f"{now()}-{len(self._events)}".encode()
        kept = {EventField.KIND.value.encode(): kind.encode(), EventField.NODE.value.encode(): node.encode(), **named}
        self._events.append((place, kept))

    def keep_checkpoint(self, node: str, blob: bytes) -> None:
        """Keep the checkpoint of a task that runs; the same one again changes nothing."""
        if self._checkpoints.get(node) != blob:
            self._checkpoints[node] = blob
            self.emit("checkpoint", node, ATTEMPT=1)

    def keep_progress(self, node: str, done: str, total: str, message: str) -> None:
        """Keep the newest progress of a task that runs."""
        self._progress[node] = ProgressRecord(now(), float(done), float(total) if total else None, message)

    def task_ended(self, node: str, succeeded: bool) -> None:
        """Tell the last progress of a task; only another attempt would read the checkpoint of one that succeeded."""
        if succeeded:
            self._checkpoints.pop(node, None)
        if (last := self._progress.get(node)) is not None:
            total = "" if last.total is None else last.total
            self.emit("progress", node, ATTEMPT=1, DONE=last.done, TOTAL=total, MESSAGE=last.message)
        self.emit("succeeded" if succeeded else "failed", node, ATTEMPT=1)

    # -- reading: the methods of `Reader` ---------------------------------------------------------------

    def head(self, run: str) -> Head:
        """Return every field of the head."""
        return self._head if run == self.run else Head()

    def heads(self, runs: Sequence[str]) -> list[Head]:
        """Return the heads of several runs, without arguments."""
        return [Head.of_status([self.head(run).get(f) for f in STATUS_FIELDS], _names(self.head(run))) for run in runs]

    def head_fields(self, run: str, *fields: str) -> list[bytes | None]:
        """Return several fields of the head."""
        return [self.head(run).get(field) for field in fields]

    def live(self, run: str) -> dict[str, bytes]:
        """Return no nodes: nothing is live."""
        return {}

    def live_leaf(self, run: str, node: str) -> bytes | None:
        """Return None: nothing is live."""
        return None

    def terminal(self, run: str, nodes: Sequence[str]) -> list[bytes | None]:
        """Return the records of ended nodes."""
        return [self._ended.get(node) for node in nodes]

    def pools(self, run: str, nodes: Sequence[str]) -> list[bytes | None]:
        """Return None for each node: no composite is active."""
        return [None] * len(nodes)

    def progress(self, run: str, nodes: Sequence[str]) -> list[bytes | None]:
        """Return the last progress of tasks."""
        found = (self._progress.get(node) for node in nodes)
        return [None if one is None else write_progress(one) for one in found]

    def durations(self, run: str, tasks: Sequence[str]) -> dict[str, Durations]:
        """Return nothing: a run that has ended needs no estimate."""
        return {}

    def items_ended(self, run: str, pool: str, state: str, start: int, end: int) -> tuple[list[int], int]:
        """Return the indexes of items that have ended in a state; '' for items without a record."""
        found = [(index, self._ended.get(f"{pool}.{index}")) for index in range(start, end)]
        return [index for index, raw in found if (ended_state(raw).value if raw else "") == state], end

    def failed_items(self, run: str, pool: str, start: int, end: int) -> tuple[list[int], int] | None:
        """Return None: there is no index of failed items."""
        return None

    def items_under_way(self, run: str, pool: str) -> list[int]:
        """Return no items: nothing is live."""
        return []

    def definitions(self, run: str, nodes: Sequence[str]) -> list[bytes | None]:
        """Return the definitions of nodes, by the rules of `definition.lua`."""
        return [self._definition(node) for node in nodes] if run == self.run else [None] * len(nodes)

    def _definition(self, node: str) -> bytes | None:
        own = self._definitions.get(node)
        if own is not None:
            return own
        parent, _, last = node.rpartition(".")
        above = self._definitions.get(parent)
        if last[:1] in {"s", "f", "c"}:  # a callback after an item, which the swarm keeps once for all items
            return self._definitions.get(f"{parent.rpartition('.')[0]}.{Place.EACH.value}{last}")
        if above is None:
            return None
        if shape_of(above) is Shape.POOL and parse_definition(above).kind.value == "map":
            parent = parent.rpartition(".")[0]
        elif shape_of(above) is not Shape.GRAPH_NODE:
            return None
        return self._definitions.get(f"{parent}.{Place.BODY.value}")

    def graph_state(self, run: str, graph: str) -> GraphRecord:
        """Return what is recorded of a graph."""
        return self.graphs.get(graph, EMPTY_GRAPH)

    def ended(self, runs: Sequence[str]) -> list[bool | None]:
        """Return whether runs have ended."""
        return [None if self.head(run).is_gone else self.head(run).status.ended for run in runs]

    def inner(self, run: str) -> list[str]:
        """Return no ids: a replacement in an eager run is no part of its tree."""
        return []

    def replaced(self, run: str, tasks: Sequence[str]) -> list[bool]:
        """Return False for each task: a replacement in an eager run is no part of its tree."""
        return [False] * len(tasks)

    def checkpoint(self, run: str, node: str) -> bytes | None:
        """Return the checkpoint of a task that has not succeeded."""
        return self._checkpoints.get(node)

    def events(self, run: str, after: str, block: int | None) -> list[Entry]:
        """Return the events after a place."""
        first = 0 if after == "0" else int(after.partition("-")[2]) + 1
        return self._events[first : first + PAGE] if run == self.run else []

    def logs(self, run: str, after: str, block: int | None) -> list[Entry]:
        """Return no lines: an eager task logs where its caller logs."""
        return []

    def levels(self, run: str, pool: str, indexes: Sequence[int]) -> dict[int, int]:
        """Return the priorities of items of a pool, as far as they are not MEDIUM."""
        levels = self.all_levels(pool)
        return {index: levels[index] for index in indexes if index in levels}

    def all_levels(self, pool: str) -> dict[int, int]:
        """Return the priorities of all items of a pool that have one."""
        return parse_levels(self._definitions.get(f"{pool}.{Place.PRIORITIES.value}", b"").decode())


def now() -> int:
    """Return the time in milliseconds."""
    return int(time.time() * 1000)


def _below(node: str, path: str) -> str:
    return node if path == SELF else f"{node}.{path}"


def _names(head: Head) -> list[bytes]:
    return [name.encode() for name in head]

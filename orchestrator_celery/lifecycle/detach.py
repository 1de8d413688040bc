"""Starts a detached node as a run of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from orchestrator_celery.engine.first_task import first_task
from orchestrator_celery.lifecycle.rerun.source import restartable_options
from orchestrator_celery.lifecycle.start import ROUTING, Starter
from orchestrator_celery.model.ids import is_callback
from orchestrator_celery.model.states import NodeKind, NodeState
from orchestrator_celery.records.definitions import (
    Attribute,
    Definition,
    Shape,
    parse_definition,
    shape_of,
    write_definition,
)
from orchestrator_celery.records.ended import parse_ended
from orchestrator_celery.records.head.fields import HeadField, HeadPrefix
from orchestrator_celery.records.leaf import read_leaf
from orchestrator_celery.records.names import Beside, Place
from orchestrator_celery.records.packed import SELF, unpack
from orchestrator_celery.views.tree import given_name, node_name

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("DetachedRun", "detached_id")

#: Fields of the head that the new run keeps: the options of its tasks, and its category and tags.
_KEPT = ("leaf", "category", "tags", "batch")
_PRIMITIVES = (NodeKind.SWARM, NodeKind.COMPLEX, NodeKind.GRAPH)
#: Places of callbacks, and the attributes that say how many there are.
_CALLED = {
    "l": Attribute.LINKS,
    "e": Attribute.ERRBACKS,
    "s": Attribute.OWN_SUCCESS,
    "f": Attribute.OWN_ERROR,
    "c": Attribute.OWN_CLEANUP,
    f"{Place.EACH.value}s": Attribute.EACH_SUCCESS,
    f"{Place.EACH.value}f": Attribute.EACH_ERROR,
    f"{Place.EACH.value}c": Attribute.EACH_CLEANUP,
}


def detached_id(run: str, node: str) -> str:
    """Return the id of the run of a detached node. It is always the same, so detaching twice gives one run."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{run}:{node}:detached"))


class DetachedRun:
    """Starts a detached node as a run of its own. Starting it twice is safe.

    Args:
        container: the parts of the orchestrator.
        run: the run that contained the node.
        node: the node.
    """

    def __init__(self, container: Container, run: str, node: str) -> None:
        self._container = container
        self._run = run
        self._node = node

    def start(self, new: str, given: str) -> None:
        """Start the new run, unless it exists or the old run is gone.

        Args:
            new: id of the new run.
            given: reference to its partial arguments.
        """
        parts, head = self._container, self._container.reader.head(self._run)
        if head.is_gone:
            return
        below = self._definitions()
        own = parse_definition(below["."])
        is_root = own.kind in _PRIMITIVES
        place = "0" if is_root else "0.0"
        definitions = {place if path == "." else f"{place}.{path}": raw for path, raw in below.items()}
        if not is_root:
            name = parts.codec.dump({"name": node_name(own, parts.codec)}, "json")
            definitions["0"] = write_definition(Shape.STEPS, name, size=1, kind=NodeKind.COMPLEX.value)
        records, counts = self._records(below, place)
        fields: dict[str, Any] = {name: head[name] for name in _KEPT if name in head}
        fields.update(self._facts(own, below), **counts, detached_from=self._run)
        if HeadField.DEADLINE in head:
            left = float(head[HeadField.DEADLINE]) - parts.store.now() * 1000
            fields[HeadField.LIMIT.value] = max(1, int(left))
        args, kwargs = parts.publisher.partial_arguments(self._run, given, self._node)
        if args or kwargs:
            fields["input"] = parts.codec.dump([args, kwargs])
        options = restartable_options(parts.codec.load(head[HeadField.CLOSE])) if HeadField.CLOSE in head else {}
        starter = Starter(parts)
        routing = {name: value for name, value in options.items() if name in ROUTING}
        token, ahead = parts.store.upload_records(new, records.items()), Beside.SIZE_BEFORE.value
        pools = [field.removesuffix(ahead) for field in records if field.endswith(ahead)]
        starter.start_compiled(new, definitions.items(), fields, routing, token, pools)

    def _facts(self, own: Definition, below: Mapping[str, bytes]) -> dict[str, Any]:
        codec = self._container.codec
        leaves = [
            raw for path, packed in below.items() if path[-1] != Place.RUNNER.value for raw in _all_inside(packed)
        ]
        names = {read_leaf(parse_definition(raw).payload, codec).task for raw in leaves if shape_of(raw) is Shape.LEAF}
        name = given_name(own, codec)
        first = "" if name else first_task(below, codec, SELF)
        return {
            "name": name,
            **({HeadField.FIRST.value: first} if first else {}),
            "kind": (own.kind if own.kind in _PRIMITIVES else NodeKind.COMPLEX).value,
            **{HeadPrefix.TASK.value + name: "" for name in names},
        }

    def _definitions(self) -> dict[str, bytes]:
        """Return the definitions of the node and all nodes below, by relative path. Packed items stay packed."""
        [raw] = self._container.reader.definitions(self._run, [self._node])
        found = unpack(raw or b"")
        level = _below(self._node, found["."]) if len(found) == 1 else []
        while level:
            following: list[str] = []
            for node, raw in zip(level, self._container.reader.definitions(self._run, level), strict=True):
                if raw is not None:
                    found[node.removeprefix(f"{self._node}.")] = raw
                    following += _below(node, raw)
            level = following
        return found

    def _records(self, below: Mapping[str, bytes], place: str) -> tuple[dict[str, bytes], dict[str, int]]:
        """Return the records of nodes that ended early (skipped, or kept by a retry), and the counts of tasks."""
        paths = [path for path in below if path != "." and not is_callback(path)]
        fields = [*paths, *(path + Beside.POOL_END.value for path in paths if shape_of(below[path]) is Shape.POOL)]
        raws = self._container.reader.terminal(self._run, [f"{self._node}.{field}" for field in fields])
        known = {field: raw for field, raw in zip(fields, raws, strict=True) if raw is not None}
        records = {f"{place}.{field}": raw for field, raw in known.items()}
        total, done, failed = sum(_leaves(path, raw) for path, raw in below.items()), 0, 0
        for path in known.keys() & set(paths):
            pool, record = path.rpartition(".")[0], parse_ended(known[path])
            if shape_of(below[pool or "."]) is Shape.POOL:
                records[f"{place}.{pool}".rstrip(".") + Beside.SIZE_BEFORE.value] = b""
            done += record.attempt > 0 and record.state is NodeState.SUCCEEDED
            failed += record.attempt > 0 and record.state is NodeState.FAILED
            total -= record.skipped_leaves
        return records, {"total": total, "done": done, "failed": failed}


def _all_inside(packed: bytes) -> Iterator[bytes]:
    """Yield the definitions in a packed definition, including those in packed bodies of graphs' nodes."""
    for path, raw in unpack(packed).items():
        yield from _all_inside(raw) if path.endswith(Place.BODY.value) else (raw,)


def _below(node: str, raw: bytes) -> list[str]:
    """Return the ids of definitions one level below a node: children, callbacks, and a swarm's data for its items."""
    if shape_of(raw) is Shape.GRAPH_NODE:
        return [f"{node}.{Place.BODY.value}"]
    if shape_of(raw) in (None, Shape.APPROVAL, Shape.PACKED):
        return []
    definition = parse_definition(raw)
    found = [f"{node}.{index}" for index in range(definition.number(Attribute.SIZE))]
    for place, count in _CALLED.items():
        found += [f"{node}.{place}{index}" for index in range(definition.number(count))]
    kept = {Place.PRIORITIES: Attribute.PRIORITIES, Place.RUNNER: Attribute.BATCH}
    return found + [f"{node}.{place.value}" for place, given in kept.items() if definition.has(given)]


def _leaves(path: str, packed: bytes) -> int:
    """Return the number of tasks that a definition adds to the run's total."""
    if is_callback(path) or path.endswith(Place.BODY.value):
        return 0  # the definition of the graph's node counts the tasks of its body
    found = 0
    for inner, raw in unpack(packed).items():
        if shape_of(raw) is Shape.GRAPH_NODE:
            found += parse_definition(raw).number(Attribute.LEAVES)
        elif not is_callback(inner) and not inner.endswith(Place.BODY.value):
            found += shape_of(raw) in (Shape.LEAF, Shape.APPROVAL)
    return found

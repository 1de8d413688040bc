"""Starts a detached node as a run of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from orchestrator_celery.lifecycle.rerun.source import restartable_options
from orchestrator_celery.lifecycle.start import ROUTING, Starter
from orchestrator_celery.model.ids import is_callback
from orchestrator_celery.model.states import NodeKind, NodeState
from orchestrator_celery.records.definitions import Spec, parse, spec, unpack
from orchestrator_celery.records.leaf import read_leaf
from orchestrator_celery.records.nodes import parse_terminal
from orchestrator_celery.views.tree import node_name

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("DetachedRun", "detached_id")

#: Fields of the head that the new run keeps: the options of its tasks, and its category and tags.
_KEPT = ("leaf", "category", "tags", "batch")
_PRIMITIVES = (NodeKind.SWARM, NodeKind.COMPLEX, NodeKind.GRAPH)
#: Letters of callbacks, and of a swarm's callbacks for each item.
_CALLED, _OF_ITEMS = "lesfc", ("as", "af", "ac")


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
        if not head or head["status"] == b"CANCELLED":
            return
        below = self._definitions()
        own = parse(below["."])
        is_root = own.kind in _PRIMITIVES
        place = "0" if is_root else "0.0"
        definitions = {place if path == "." else f"{place}.{path}": raw for path, raw in below.items()}
        if not is_root:
            name = parts.codec.dump({"name": node_name(own, parts.codec)}, "json")
            definitions["0"] = spec("C", name, n=1, k=NodeKind.COMPLEX.value)
        records, counts = self._records(below, place)
        fields: dict[str, Any] = {name: head[name] for name in _KEPT if name in head}
        fields.update(self._facts(own, below), **counts, detached_from=self._run)
        args, kwargs = parts.publisher.partial_arguments(self._run, given, self._node)
        if args or kwargs:
            fields["input"] = parts.codec.dump([args, kwargs])
        options = restartable_options(parts.codec.load(head["close"])) if "close" in head else {}
        starter = Starter(parts)
        routing = {name: value for name, value in options.items() if name in ROUTING}
        starter.start_compiled(
            new, definitions.items(), fields, routing, parts.store.upload_records(new, records.items())
        )

    def _facts(self, own: Spec, below: Mapping[str, bytes]) -> dict[str, Any]:
        codec = self._container.codec
        leaves = [raw for path, packed in below.items() if path[-1] != "b" for raw in _all_inside(packed)]
        names = {read_leaf(parse(raw).payload, codec).task for raw in leaves if raw.startswith(b"L")}
        return {
            "name": node_name(own, codec),
            "kind": (own.kind if own.kind in _PRIMITIVES else NodeKind.COMPLEX).value,
            **{f"task:{name}": "" for name in names},
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
        fields = [*paths, *(f"{path}:end" for path in paths if below[path].startswith(b"P "))]
        raws = self._container.reader.terminal(self._run, [f"{self._node}.{field}" for field in fields])
        known = {field: raw for field, raw in zip(fields, raws, strict=True) if raw is not None}
        records = {f"{place}.{field}": raw for field, raw in known.items()}
        total, done, failed = sum(_leaves(path, raw) for path, raw in below.items()), 0, 0
        for path in known.keys() & set(paths):
            pool, record = path.rpartition(".")[0], parse_terminal(known[path])
            if below[pool or "."].startswith(b"P "):
                records[f"{place}.{pool}".rstrip(".") + ":ahead"] = b""
            done += record.attempt > 0 and record.state is NodeState.SUCCEEDED
            failed += record.attempt > 0 and record.state is NodeState.FAILED
            total -= int(record.payload) if record.state is NodeState.SKIPPED else 0
        return records, {"total": total, "done": done, "failed": failed}


def _all_inside(packed: bytes) -> Iterator[bytes]:
    """Yield the definitions in a packed definition, including those in packed bodies of graphs' nodes."""
    for path, raw in unpack(packed).items():
        yield from _all_inside(raw) if path.endswith("p") else (raw,)


def _below(node: str, raw: bytes) -> list[str]:
    """Return the ids of definitions one level below a node: children, callbacks, and a swarm's data for its items."""
    if raw[:2] == b"N ":
        return [f"{node}.p"]
    if raw[:2] not in (b"L ", b"C ", b"P ", b"G "):
        return []
    attrs = parse(raw).attrs
    found = [f"{node}.{index}" for index in range(int(attrs.get("n", 0)))]
    for kind in (*_CALLED, *_OF_ITEMS):
        found += [f"{node}.{kind}{index}" for index in range(int(attrs.get(kind, 0)))]
    return found + [f"{node}.{name}" for name in ("lv", "b") if name in attrs]


def _leaves(path: str, packed: bytes) -> int:
    """Return the number of tasks that a definition adds to the run's total."""
    if is_callback(path) or path.endswith("p"):
        return 0  # the definition of the graph's node counts the tasks of its body
    found = 0
    for inner, raw in unpack(packed).items():
        if raw.startswith(b"N "):
            found += int(parse(raw).attrs["w"])
        elif not is_callback(inner) and not inner.endswith("p"):
            found += raw.startswith((b"L", b"A"))
    return found

"""A node of a run goes on as a run of its own: what it is made of, and starting it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from orchestrator_celery.lifecycle.rerun.source import without_surroundings
from orchestrator_celery.lifecycle.start import ROUTING, Starter
from orchestrator_celery.model.ids import is_callback
from orchestrator_celery.model.states import NodeKind, NodeState
from orchestrator_celery.records.definitions import Spec, parse, spec, unpack
from orchestrator_celery.records.leaf import read_leaf
from orchestrator_celery.records.nodes import parse_terminal
from orchestrator_celery.views.tree import node_name

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("Detachment", "detached_id")

#: Fields of a head the new run has as well: options of its tasks, and what it is found by.
_KEPT = ("leaf", "category", "tags", "batch")
#: Letters of callbacks, and what a swarm has for all of its items.
_PRIMITIVES = (NodeKind.SWARM, NodeKind.COMPLEX, NodeKind.GRAPH)
_CALLED, _OF_ITEMS = "lesfc", ("as", "af", "ac")


def detached_id(run: str, node: str) -> str:
    """Id of the run as which a node goes on: always the same, so that who asks again gets the same run."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{run}:{node}:detached"))


class Detachment:
    """Starts a node of a run as a run of its own; may be repeated.

    Args:
        container: the parts of the orchestrator.
        run: the run it was a node of.
        node: the node.
    """

    def __init__(self, container: Container, run: str, node: str) -> None:
        self._container = container
        self._run = run
        self._node = node

    def start(self, new: str, given: str) -> None:
        """Start it, unless it is.

        Args:
            new: id of the new run.
            given: where its partial arguments come from.
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
        options = without_surroundings(parts.codec.load(head["close"])) if "close" in head else {}
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
        """Definitions of the node and all below it, by path relative to it; packed items as they are."""
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
        """What of it has ended before its turn, skipped or kept by a retry; and how many tasks that leaves."""
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
    """Definitions in a packed one, and in the bodies of graphs' nodes that are packed in it."""
    for path, raw in unpack(packed).items():
        yield from _all_inside(raw) if path.endswith("p") else (raw,)


def _below(node: str, raw: bytes) -> list[str]:
    """Ids of definitions one level below a node: children, callbacks, and what a swarm keeps for its items."""
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
    """How many tasks a definition stands for that count."""
    if is_callback(path) or path.endswith("p"):
        return 0  # the body of a graph's node, whose tasks that knows
    found = 0
    for inner, raw in unpack(packed).items():
        if raw.startswith(b"N "):
            found += int(parse(raw).attrs["w"])
        elif not is_callback(inner) and not inner.endswith("p"):
            found += raw.startswith((b"L", b"A"))
    return found

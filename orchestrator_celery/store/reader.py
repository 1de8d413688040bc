"""Reads heads, nodes, definitions and lists; never writes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from orchestrator_celery.model.ids import CLOSE, is_callback, is_runner
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.nodes import parse_live
from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.keys import Keys

__all__ = ("PAGE", "GraphState", "Reader", "segments")

#: Most events, or fields, of one call.
PAGE = 1000
#: The distance between the scores of two priorities in a pool's queue, as in `order.lua`.
SPAN = 2**40


class GraphState(NamedTuple):
    """The tokens of a graph.

    Args:
        graph_input: the reference to the graph's input.
        state: the record; `graph.lua` describes its content.
    """

    graph_input: str
    state: dict[str, Any]

    @property
    def last(self) -> dict[str, str]:
        """The node of the newest result of each node, by the node's number."""
        return dict(self.state.get("last", {}))


@raises_store_unavailable
class Reader:
    """Reads the records of runs. Every call is one round trip, unless it reads pages.

    Args:
        client: a redis-py client that answers bytes.
        keys: the key names.
    """

    def __init__(self, client: Any, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def head(self, run: str) -> dict[str, bytes]:
        """Return all fields of the run's head; empty if the run does not exist."""
        return {key.decode(): value for key, value in self._client.hgetall(self._keys.root(run)).items()}

    def heads(self, runs: Sequence[str]) -> list[dict[str, bytes]]:
        """Return the heads of several runs."""
        with self._client.pipeline(transaction=False) as pipe:
            for run in runs:
                pipe.hgetall(self._keys.root(run))
            return [{k.decode(): v for k, v in head.items()} for head in pipe.execute()]

    def head_field(self, run: str, field: str) -> bytes | None:
        """Return one field of the head."""
        value: bytes | None = self._client.hget(self._keys.root(run), field)
        return value

    def head_fields(self, run: str, *fields: str) -> list[bytes | None]:
        """Return several fields of the head."""
        values: list[bytes | None] = self._client.hmget(self._keys.root(run), list(fields))
        return values

    def live(self, run: str) -> dict[str, bytes]:
        """Return all leaves that are queued or running; at most a window of each pool."""
        return {node.decode(): raw for node, raw in self._client.hgetall(self._keys.live(run)).items()}

    def running(self, run: str) -> int:
        """Return the number of nodes that workers have claimed, without callbacks."""
        live = self.live(run).items()
        return sum(raw.startswith((b"R", b"I")) for node, raw in live if node != CLOSE and not is_callback(node))

    def live_leaf(self, run: str, node: str) -> bytes | None:
        """Return one live leaf; None if it has ended."""
        raw: bytes | None = self._client.hget(self._keys.live(run), node)
        return raw

    def owner(self, run: str, node: str) -> str:
        """Return the process that runs a leaf; '' if none does."""
        raw = self.live_leaf(run, node)
        return parse_live(raw).owner if raw else ""

    def to_be_stopped(self, run: str, node: str, attempt: int) -> bool:
        """Whether an attempt of a leaf must stop: it was interrupted or superseded, or its run is gone."""
        raw = self.live_leaf(run, node)
        return raw is None or not raw.startswith(b"R|%d|" % attempt)

    def terminal(self, run: str, nodes: Sequence[str]) -> list[bytes | None]:
        """Return the records of ended nodes; None for a node that has not ended."""
        return self._fields(self._keys.terminal(run), nodes)

    def pools(self, run: str, nodes: Sequence[str]) -> list[bytes | None]:
        """Return the counters of active composites."""
        return self._fields(self._keys.pools(run), nodes)

    def progress(self, run: str, nodes: Sequence[str]) -> list[bytes | None]:
        """Return the last progress reports of leaves."""
        return self._fields(self._keys.progress(run), nodes)

    def pool_size(self, run: str, pool: str) -> int:
        """Return the number of items of a pool, now or when the pool ended."""
        [active] = self.pools(run, [pool])
        if active is not None:
            return int(active.split(b"|", 2)[1])
        [ended] = self.terminal(run, [f"{pool}:end"])
        return int(ended.split(b"|", 1)[0]) if ended else 0

    def delegated(self, run: str) -> list[str]:
        """Return the nodes whose tasks replaced themselves by a canvas; an inner run has taken the place of each."""
        return sorted(node for node, raw in self.live(run).items() if raw.startswith(b"D"))

    def sizes(self, run: str) -> dict[str, int]:
        """Return the memory of each key of the run in bytes, as Redis estimates it."""
        keys = self._keys
        tokens = (self.head_field(run, "segments") or b"").decode().split()
        found = [keys.root(run), keys.definitions(run), keys.live(run), keys.terminal(run), keys.pools(run)]
        found += [
            keys.events(run),
            keys.checkpoints(run),
            keys.progress(run),
            keys.registered(run),
            keys.inner(run),
            *(keys.upload(run, token) for token in tokens),
        ]
        sizes = {key: self._client.memory_usage(key) for key in found}
        return {key: int(size) for key, size in sizes.items() if size is not None}

    def definitions(self, run: str, nodes: Sequence[str]) -> list[bytes | None]:
        """Return the definitions of nodes; those of items that were added in bulk are read from their segments."""
        found = self._fields(self._keys.definitions(run), nodes)
        missing = [position for position, raw in enumerate(found) if raw is None]
        if missing:
            self._fill_from_segments(run, nodes, found, missing)
        for position in missing:
            if found[position] is None:
                found[position] = self._from_swarm(run, nodes[position])
        missing = [position for position in missing if found[position] is None and "." in nodes[position]]
        if missing:
            self._fill_from_graphs(run, nodes, found, missing)
        return found

    def graph_state(self, run: str, graph: str) -> GraphState:
        """Return the tokens of an active or ended graph; empty for a graph that has not begun."""
        [text] = self.pools(run, [graph])
        if text is None:
            [text] = self.terminal(run, [f"{graph}:g"])
        if text is None:
            return GraphState("", {})
        _, _, graph_input, state = text.decode().split("|", 3)
        return GraphState(graph_input, json.loads(state))

    def ended(self, runs: Sequence[str]) -> list[bool | None]:
        """Whether each run has ended; None for a cancelled run or one without a record."""
        with self._client.pipeline(transaction=False) as pipe:
            for run in runs:
                pipe.hget(self._keys.root(run), "status")
            found = pipe.execute()
        return [None if status in (None, b"CANCELLED") else RunStatus(status.decode()).ended for status in found]

    def inner(self, run: str) -> list[str]:
        """Return the ids of tasks that replaced themselves, by an inner run or by a task with that id.

        An id after `RESULT_ONLY` is an id under which Celery stores a copy of an error.
        """
        return sorted(found.decode() for found in self._client.smembers(self._keys.inner(run)))

    def newest_of(self, signature: str, offset: int, count: int) -> list[str]:
        """Return a page of the runs that were registered with a signature, newest first."""
        page = self._client.zrevrange(self._keys.registered(signature), offset, offset + count - 1)
        return [run.decode() for run in page]

    def saved(self, offset: int, count: int, low: float | None, high: float | None) -> list[str]:
        """Return a page of saved signatures, newest first; bounds as for `listed`."""
        return self._listed(self._keys.signatures, offset, count, low, high)

    def listed(self, offset: int, count: int, low: float | None, high: float | None) -> list[str]:
        """Return a page of run ids, newest first; the bounds are creation times in milliseconds."""
        return self._listed(self._keys.runs, offset, count, low, high)

    def _listed(self, index: str, offset: int, count: int, low: float | None, high: float | None) -> list[str]:
        page = self._client.zrevrangebyscore(
            index, "+inf" if high is None else high, "(-inf" if low is None else low, offset, count
        )
        return [found.decode() for found in page]

    def has_checkpoint(self, run: str, node: str) -> bool:
        """Whether a node has a checkpoint."""
        return bool(self._client.hexists(self._keys.checkpoints(run), node))

    def checkpoint(self, run: str, node: str) -> bytes | None:
        """Return the checkpoint of a node."""
        found: bytes | None = self._client.hget(self._keys.checkpoints(run), node)
        return found

    def reports(self, offset: int, count: int) -> list[bytes]:
        """Return a page of resume reports, newest first."""
        found: list[bytes] = self._client.lrange(self._keys.reports, offset, offset + count - 1)
        return found

    def events(self, run: str, after: str, block: int | None) -> list[tuple[bytes, dict[bytes, bytes]]]:
        """Return the events after a place in the stream; wait up to `block` milliseconds for the first one."""
        answer = self._client.xread({self._keys.events(run): after}, count=PAGE, block=block)
        if isinstance(answer, dict):  # RESP3
            return [entry for batches in answer.values() for batch in batches for entry in batch]
        return [entry for _, entries in answer for entry in entries]

    def _fields(self, key: str, nodes: Sequence[str]) -> list[bytes | None]:
        found: list[bytes | None] = []
        for start in range(0, len(nodes), PAGE):
            found.extend(self._client.hmget(key, list(nodes[start : start + PAGE])))
        return found

    def _from_swarm(self, run: str, node: str) -> bytes | None:
        """Read definitions that are stored once with the swarm: of the callbacks after items, and of runners."""
        item, _, callback = node.rpartition(".")
        if is_runner(node):
            return self._client.hget(self._keys.definitions(run), f"{item}.b")  # type: ignore[no-any-return]
        pool, _, index = item.rpartition(".")
        if callback[:1] not in ("s", "f", "c") or not index.isdigit():
            return None
        found: bytes | None = self._client.hget(self._keys.definitions(run), f"{pool}.a{callback}")
        return found

    def _fill_from_segments(
        self, run: str, nodes: Sequence[str], found: list[bytes | None], missing: Sequence[int]
    ) -> None:
        """Read items that were added in bulk: one call for each pool, and one for each segment with a wanted item."""
        wanted: dict[str, list[tuple[int, int]]] = {}
        for position in missing:
            pool, _, index = nodes[position].rpartition(".")
            if pool and index.isdigit():
                wanted.setdefault(pool, []).append((int(index), position))
        for pool, places in wanted.items():
            [raw_segments] = self.pools(run, [f"{pool}:segments"])
            for first, count, token in segments(raw_segments):
                inside = [(index - first, position) for index, position in places if first <= index < first + count]
                raws = self._fields(self._keys.upload(run, token), [str(offset) for offset, _ in inside])
                for (_, position), raw in zip(inside, raws, strict=True):
                    found[position] = raw

    def _fill_from_graphs(
        self, run: str, nodes: Sequence[str], found: list[bytes | None], missing: Sequence[int]
    ) -> None:
        """Read the bodies of visits of a graph's nodes and of mapped elements, which are stored once; two calls."""
        above = {position: nodes[position].rpartition(".")[0] for position in missing}
        owners = sorted(set(above.values()))
        specs = dict(zip(owners, self._fields(self._keys.definitions(run), owners), strict=True))
        bodies: dict[str, str] = {}
        for owner, raw in specs.items():
            if raw is not None and raw.startswith(b"N "):
                bodies[owner] = f"{owner}.p"
            elif raw is not None and raw.startswith(b"P ") and b" k=map" in raw.partition(b"\n")[0]:
                bodies[owner] = f"{owner.rpartition('.')[0]}.p"
        if not bodies:
            return
        kept = dict(zip(bodies, self._fields(self._keys.definitions(run), list(bodies.values())), strict=True))
        for position in missing:
            found[position] = kept.get(above[position])

    def levels(self, run: str, pool: str, first: int, last: int) -> dict[int, int]:
        """Return the priorities other than MEDIUM of a pool's items between two indexes."""
        if not self.head_field(run, "mixed"):
            return {}
        started = self._fields(self._keys.terminal(run), [f"{pool}.{index}:p" for index in range(first, last + 1)])
        found = {index: int(raw) for index, raw in enumerate(started, first) if raw is not None}
        key = self._keys.waiting(run, pool)
        with self._client.pipeline(transaction=False) as pipe:
            for floor in (SPAN * (3 - level) for level in (3, 1)):
                pipe.zrevrangebyscore(key, floor + first, floor, 0, 1)
                pipe.zrangebyscore(key, f"({floor + first}", floor + last)
            high_before, high, low_before, low = pipe.execute()
        for level, ranges in ((3, [*high_before, *high]), (1, [*low_before, *low])):
            for begin, _, end in (raw.decode().partition("-") for raw in ranges):
                found.update(dict.fromkeys(range(max(first, int(begin)), min(last, int(end)) + 1), level))
        return found


def segments(raw: bytes | None) -> Iterator[tuple[int, int, str]]:
    """Yield the segments of items that were added in bulk: first index, count, and the upload's token."""
    for part in (raw or b"").decode().split():
        first, count, token = part.split(":")
        yield int(first), int(count), token

"""Reads heads, nodes, definitions and lists; never writes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orchestrator_celery.model.ids import CLOSE, Fence, LeafId, RunPlace, is_callback
from orchestrator_celery.model.states import Priority, RunStatus
from orchestrator_celery.records.graphs.graph import GraphRecord
from orchestrator_celery.records.head.fields import STATUS_FIELDS, HeadField, check_app, check_format
from orchestrator_celery.records.head.run_head import Head
from orchestrator_celery.records.live import RUNNING, LiveState, live_state, parse_live
from orchestrator_celery.records.names import Beside
from orchestrator_celery.records.pool import Pool, PoolEnd, floor_of, parse_pool, parse_pool_end, parse_range
from orchestrator_celery.records.progress import durations_field, parse_durations
from orchestrator_celery.records.statistics import Durations
from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.graph_reader import read_graph
from orchestrator_celery.store.keys import Keys
from orchestrator_celery.store.node_records import PAGE, fields_of, full_records, live_of, live_pages
from orchestrator_celery.store.scripting.script_call import check_answer
from orchestrator_celery.store.scripting.scripts import load

__all__ = ("PAGE", "Reader")

#: Most items that one call finds, and that it looks at.
_ITEMS = (500, 2000)


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

    def head(self, run: str) -> Head:
        """Every field of the run's head; empty when there is no such run."""
        head = Head.of(self._client.hgetall(self._keys.root(run)))
        check_format(head.get(HeadField.FORMAT), run)
        check_app(head.get(HeadField.APP), head.get(HeadField.APP_NAME), run, self._keys.app)
        return head

    def status_head(self, run: str) -> Head:
        """Return the run's head as `heads` does, after the checks of `head`."""
        [head] = self.heads([run])
        check_format(head.get(HeadField.FORMAT), run)
        check_app(head.get(HeadField.APP), head.get(HeadField.APP_NAME), run, self._keys.app)
        return head

    def heads(self, runs: Sequence[str]) -> list[Head]:
        """Return the heads of several runs, without arguments and orders; they name the tasks, without their options.

        The arguments may have megabytes, and whoever asks how a run stands does not need them.
        """
        with self._client.pipeline(transaction=False) as pipe:
            for run in runs:
                pipe.hmget(self._keys.root(run), STATUS_FIELDS)
                pipe.hkeys(self._keys.root(run))
            found = pipe.execute()
        return [Head.of_status(values, names) for values, names in zip(found[::2], found[1::2], strict=True)]

    def head_field(self, run: str, field: str) -> bytes | None:
        """One field of the head."""
        [value] = self.head_fields(run, field)
        return value

    def head_fields(self, run: str, *fields: str) -> list[bytes | None]:
        """Several fields of the head."""
        values: list[bytes | None]
        checked = (HeadField.FORMAT, HeadField.APP, HeadField.APP_NAME)
        *values, version, app, name = self._client.hmget(self._keys.root(run), [*fields, *checked])
        check_format(version, run)
        check_app(app, name, run, self._keys.app)
        return values

    def live(self, run: str) -> dict[str, bytes]:
        """Return all leaves that are queued or running; at most a window of each pool."""
        pages = live_pages(self._client, self._keys.live(run))
        return {node.decode(): raw for page in pages for node, raw in page.items()}

    def live_of_runs(self, runs: Sequence[str]) -> list[Iterable[bytes]]:
        """Return the live records of several runs."""
        return [found.values() for found in live_of(self._client, [self._keys.live(run) for run in runs])]

    def running(self, run: str) -> int:
        """Return the number of nodes that workers have claimed, without callbacks."""
        live = self.live(run).items()
        return sum(live_state(raw) in RUNNING for node, raw in live if node != CLOSE and not is_callback(node))

    def live_leaf(self, run: str, node: str) -> bytes | None:
        """Return one live leaf; None if it has ended."""
        raw: bytes | None = self._client.hget(self._keys.live(run), node)
        return raw

    def live_leaves(self, run: str, nodes: Sequence[str]) -> list[bytes | None]:
        """Return several live leaves; None for each that has ended."""
        return self._fields(self._keys.live(run), nodes)

    def live_leaves_of(self, leaves: Sequence[LeafId]) -> list[bytes | None]:
        """Return live leaves of any runs; None for each that has ended."""
        if not leaves:
            return []
        with self._client.pipeline(transaction=False) as pipe:
            for leaf in leaves:
                pipe.hget(self._keys.live(leaf.run), leaf.node)
            found: list[bytes | None] = pipe.execute()
        return found

    def owner(self, run: str, node: str) -> str:
        """Return the process that runs a leaf; '' if none does."""
        raw = self.live_leaf(run, node)
        return parse_live(raw).owner if raw else ""

    def carried(self, leaf: LeafId) -> list[tuple[LeafId, Fence]]:
        """Return the running leaf with which the process of a leaf's message has gone on; empty if there is none."""
        carrier = f"{leaf.node}:{leaf.attempt}"
        found = ((node, parse_live(raw)) for node, raw in self.live(leaf.run).items() if live_state(raw) in RUNNING)
        return [(LeafId(leaf.run, node, live.attempt), live.fence) for node, live in found if live.runner == carrier]

    def to_be_stopped(self, run: str, node: str, attempt: int) -> bool:
        """Whether an attempt of a leaf must stop: its run was interrupted or is gone, or it was superseded."""
        with self._client.pipeline(transaction=False) as pipe:
            pipe.hget(self._keys.live(run), node)
            pipe.hget(self._keys.root(run), HeadField.STATUS)
            raw, status = pipe.execute()
        live = None if raw is None else parse_live(raw)
        is_interrupted = status == RunStatus.INTERRUPTED.value.encode()
        return live is None or live.phase not in RUNNING or live.attempt != attempt or is_interrupted

    def is_current(self, leaf: LeafId, fence: Fence) -> bool:
        """Whether a body still counts: no later attempt or message has taken its place, and the node has not ended."""
        raw = self.live_leaf(leaf.run, leaf.node)
        live = None if raw is None else parse_live(raw)
        return live is not None and live.phase in RUNNING and (live.attempt, live.fence) == (leaf.attempt, fence)

    def terminal(self, run: str, nodes: Sequence[str]) -> list[bytes | None]:
        """Return the records of ended nodes; None for a node that has not ended."""
        key = self._keys.terminal(run)
        return full_records(self._client, key, nodes, self._fields(key, nodes))

    def pools(self, run: str, nodes: Sequence[str]) -> list[bytes | None]:
        """Return the counters of active composites."""
        return self._fields(self._keys.pools(run), nodes)

    def progress(self, run: str, nodes: Sequence[str]) -> list[bytes | None]:
        """Return the last progress reports of leaves."""
        return self._fields(self._keys.progress(run), nodes)

    def durations(self, run: str, tasks: Sequence[str]) -> dict[str, Durations]:
        """Return how long the tasks of a run took, by name, as far as workers have told."""
        found = self._fields(self._keys.progress(run), [durations_field(task) for task in tasks])
        return {task: parse_durations(raw) for task, raw in zip(tasks, found, strict=True) if raw is not None}

    def pool_size(self, run: str, pool: str) -> int:
        """Return the number of items of a pool, now or when the pool ended."""
        return self._pool_end(run, pool).size

    def _pool_end(self, run: str, pool: str) -> Pool | PoolEnd:
        """Return the counters of a pool that is under way, or as it has ended."""
        [active] = self.pools(run, [pool])
        if active is not None:
            return parse_pool(active)
        # A retry has taken the end of a pool back that begins again.
        ended, before = self.terminal(run, [pool + Beside.POOL_END.value, pool + Beside.SIZE_BEFORE.value])
        return parse_pool_end(ended or before)

    def items_ended(self, run: str, pool: str, state: str, start: int, end: int) -> tuple[list[int], int]:
        """Return indexes of items of a pool that have ended in a state, and the index from which to go on.

        Args:
            run: the run's id.
            pool: the pool's id.
            state: an `EndedState`; '' for items that have not ended.
            start: the index of the first item to look at.
            end: the index behind the last one.
        """
        args = (pool, start, end, state, *_ITEMS, self._keys.app.id)
        word, _, *answer = load("items_in_state").run(self._client, self._keys.root(run), args)
        check_answer(word, answer, run, self._keys.app)
        return [int(index) for index in answer[0]], int(answer[1])

    def failed_items(self, run: str, pool: str, start: int, end: int) -> tuple[list[int], int] | None:
        """Return as `items_ended` the items that may have failed; None if an earlier release ended some."""
        key, found = self._keys.failed(run), (f"[{pool} {start:015}", f"({pool} {end:015}")
        with self._client.pipeline(transaction=False) as pipe:
            pipe.zlexcount(key, f"[{pool} ", f"({pool}!")
            pipe.zrangebylex(key, *found, 0, _ITEMS[0])
            count, members = pipe.execute()
        if count < self._pool_end(run, pool).failed:
            return None
        indexes = [int(member.rpartition(b" ")[2]) for member in members]
        return indexes, indexes[-1] + 1 if len(indexes) == _ITEMS[0] else end

    def items_under_way(self, run: str, pool: str) -> list[int]:
        """Return the indexes of the items of a pool that are queued, running or held; about as many as its window."""
        with self._client.pipeline(transaction=False) as pipe:
            pipe.hkeys(self._keys.live(run))
            pipe.hkeys(self._keys.pools(run))
            names = [name.decode() for found in pipe.execute() for name in found]
        below = f"{pool}."
        parts = {name[len(below) :].partition(".")[0] for name in names if name.startswith(below)}
        return sorted(int(part) for part in parts if part.isdecimal())

    def delegated(self, run: str) -> list[str]:
        """Nodes whose tasks replaced themselves by a canvas: each is stood in for by a run of its own."""
        return sorted(node for node, raw in self.live(run).items() if live_state(raw) is LiveState.DELEGATED)

    def sizes(self, run: str) -> dict[str, int]:
        """Return the memory of each key of the run in bytes, as Redis estimates it."""
        keys = self._keys
        tokens = (self.head_field(run, HeadField.SEGMENTS) or b"").decode().split()
        found = [keys.root(run), keys.definitions(run), keys.live(run), keys.terminal(run), keys.pools(run)]
        found += [
            keys.events(run),
            keys.checkpoints(run),
            keys.progress(run),
            keys.registered(run),
            keys.logs(run),
            keys.failed(run),
            keys.inner(run),
            *(keys.upload(run, token) for token in tokens),
        ]
        sizes = {key: self._client.memory_usage(key) for key in found}
        return {key: int(size) for key, size in sizes.items() if size is not None}

    def definitions(self, run: str, nodes: Sequence[str]) -> list[bytes | None]:
        """Definitions of nodes, wherever they are kept; of a tree that has not started, the packed tree."""
        script, found = load("definitions"), list[bytes | None]()
        for start in range(0, len(nodes), PAGE):
            args = (*nodes[start : start + PAGE], self._keys.app.id)
            word, _, *answer = script.run(self._client, self._keys.root(run), args)
            check_answer(word, answer, run, self._keys.app)
            found.extend(raw or None for raw in answer[0])
        return found

    def graph_state(self, run: str, graph: str) -> GraphRecord:
        """The tokens of a graph that is under way, or as it has ended; nothing of one that was not begun."""
        return read_graph(self, run, graph)

    def ended(self, runs: Sequence[str]) -> list[bool | None]:
        """Whether each run has ended; None for a cancelled run or one without a record."""
        with self._client.pipeline(transaction=False) as pipe:
            for run in runs:
                pipe.hget(self._keys.root(run), HeadField.STATUS)
            found = pipe.execute()
        return [None if status in (None, b"CANCELLED") else RunStatus(status.decode()).ended for status in found]

    def inner(self, run: str) -> list[str]:
        """Return the ids of tasks that replaced themselves, by an inner run or by a task with that id.

        An id after `RESULT_ONLY` is an id under which Celery stores a copy of an error.
        """
        return sorted(found.decode() for found in self._client.smembers(self._keys.inner(run)))

    def replaced(self, run: str, tasks: Sequence[str]) -> list[bool]:
        """Whether tasks with these ids have replaced themselves, by an inner run or by a task."""
        found = self._client.smismember(self._keys.inner(run), list(tasks)) if tasks else []
        return [bool(each) for each in found]

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

    def listed_after(
        self, after: RunPlace | None, count: int, low: float | None, high: float | None, index: str | None = None
    ) -> list[RunPlace]:
        """Return up to `count` runs of an index after a place, newest first; bounds as for `listed`."""
        bottom, top = "(-inf" if low is None else low, "+inf" if high is None else high
        if after is not None and (high is None or after.created <= high):
            top = after.created
        found: list[RunPlace] = []
        seen = 0
        while len(found) < count:
            page = self._client.zrevrangebyscore(
                index or self._keys.runs, top, bottom, seen, count + 1, withscores=True
            )
            places = [RunPlace(score, run.decode()) for run, score in page]
            # Redis orders runs of the same millisecond by the bytes of their ids.
            found += [place for place in places if after is None or _order(place) < _order(after)]
            seen += len(page)
            if len(page) <= count:
                break
        return found[:count]

    def has_checkpoint(self, run: str, node: str) -> bool:
        """Whether a node has a checkpoint."""
        return bool(self._client.hexists(self._keys.checkpoints(run), node))

    def with_checkpoint(self, run: str, nodes: Sequence[str]) -> set[str]:
        """Return the nodes that have a checkpoint. A checkpoint may be large, so none is read."""
        with self._client.pipeline(transaction=False) as pipe:
            for node in nodes:
                pipe.hexists(self._keys.checkpoints(run), node)
            return {node for node, exists in zip(nodes, pipe.execute(), strict=True) if exists}

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
        return self._entries(self._keys.events(run), after, block)

    def events_of(self, places: Mapping[str, str]) -> dict[str, list[tuple[bytes, dict[bytes, bytes]]]]:
        """Return the events of several runs, each after a place in its stream, a page of each at most."""
        with self._client.pipeline(transaction=False) as pipe:
            for run, after in places.items():
                pipe.xrange(self._keys.events(run), f"({after}", "+", PAGE)
            return dict(zip(places, pipe.execute(), strict=True)) if places else {}

    def logs(self, run: str, after: str, block: int | None) -> list[tuple[bytes, dict[bytes, bytes]]]:
        """Return the log lines after a place in the stream; wait up to `block` milliseconds for the first one."""
        return self._entries(self._keys.logs(run), after, block)

    def first_log(self, run: str) -> str:
        """Return the place of the oldest log line that a run has; '' without lines."""
        found = self._client.xrange(self._keys.logs(run), count=1)
        return found[0][0].decode() if found else ""

    def have_logs(self, runs: Sequence[str]) -> list[bool]:
        """Return of each run whether it has log lines."""
        with self._client.pipeline(transaction=False) as pipe:
            for run in runs:
                pipe.exists(self._keys.logs(run))
            return [bool(found) for found in pipe.execute()]

    def _entries(self, key: str, after: str, block: int | None) -> list[tuple[bytes, dict[bytes, bytes]]]:
        answer = self._client.xread({key: after}, count=PAGE, block=block)
        if isinstance(answer, dict):  # RESP3
            return [entry for batches in answer.values() for batch in batches for entry in batch]
        return [entry for _, entries in answer for entry in entries]

    def _fields(self, key: str, nodes: Sequence[str]) -> list[bytes | None]:
        return fields_of(self._client, key, nodes)

    def levels(self, run: str, pool: str, indexes: Sequence[int]) -> dict[int, int]:
        """Priorities of items of a pool, as far as they are not MEDIUM; the indexes are in ascending order."""
        if not self.head_field(run, HeadField.MIXED):
            return {}
        fields = [f"{pool}.{index}{Beside.PRIORITY.value}" for index in indexes]
        started = self._fields(self._keys.terminal(run), fields)
        found = {index: int(raw) for index, raw in zip(indexes, started, strict=True) if raw is not None}
        first, last = indexes[0], indexes[-1]
        key, asked = self._keys.waiting(run, pool), (Priority.HIGH, Priority.LOW)
        with self._client.pipeline(transaction=False) as pipe:
            for floor in map(floor_of, asked):
                pipe.zrevrangebyscore(key, floor + first, floor, 0, 1)
                pipe.zrangebyscore(key, f"({floor + first}", floor + last)
            high_before, high, low_before, low = pipe.execute()
        for level, entries in zip(asked, ([*high_before, *high], [*low_before, *low]), strict=True):
            for waiting in map(parse_range, entries):
                inside = indexes[bisect_left(indexes, waiting.start) : bisect_left(indexes, waiting.stop)]
                found.update(dict.fromkeys(inside, int(level)))
        return found


def _order(place: RunPlace) -> tuple[float, bytes]:
    return place.created, place.run.encode()

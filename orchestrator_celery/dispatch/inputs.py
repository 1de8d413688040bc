"""Resolves a task's arguments from the input reference in its record, see `orchestrator_celery.records.inputs`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from orchestrator_celery.canvas.conditions.language import Facts
from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.records.definitions import parse_definition
from orchestrator_celery.records.head import HeadField
from orchestrator_celery.records.inputs import InputRef, Source, parse_input, write_input
from orchestrator_celery.records.names import Beside
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.store.reader import Reader

__all__ = ("InputResolver", "as_one")

#: Most cached values, and most bytes of their records in the store.
_CACHED, _CACHED_BYTES = 16, 32 * 1024 * 1024
_NONE: tuple[list[Any], dict[str, Any]] = ([], {})


class _Meter:
    """Counts the bytes of the records of one value."""

    def __init__(self) -> None:
        self.size = 0

    def __call__(self, records: list[bytes | None]) -> list[bytes | None]:
        """Count records, and return them."""
        self.size += sum(len(record) for record in records if record is not None)
        return records


class InputResolver:
    """Resolves input references, and caches the last values for the next items of the same pool.

    Args:
        reader: reads records.
        codec: decodes records.
    """

    def __init__(self, reader: Reader, codec: Codec) -> None:
        self._reader = reader
        self._codec = codec
        #: Values with the sizes of their records.
        self._cache: OrderedDict[tuple[str, str, str], tuple[Any, int]] = OrderedDict()
        self._created: OrderedDict[str, str] = OrderedDict()

    def set_created(self, run: str, created: str) -> None:
        """Set a run's creation time for the cache, because a cancelled run may have had the same id."""
        self._created[run] = created
        while len(self._created) > _CACHED:
            with suppress(KeyError):
                self._created.popitem(last=False)

    def start_of(self, run: str, created: str) -> datetime | None:
        """Return the planned start of a run with a delay; None for a run without a delay."""
        self.set_created(run, created)
        eta: bytes | None = self._cached(run, "$eta", lambda _: self._reader.head_field(run, HeadField.ETA))
        return None if eta is None else from_ms(eta)

    def arguments(
        self, run: str, ref: str, node: str, known: Mapping[str, Any] | None = None
    ) -> tuple[list[Any], dict[str, Any]]:
        """Resolve a reference to positional and keyword arguments.

        Args:
            run: the run.
            ref: the input reference.
            node: the task's node, or the graph's node that passes the input on.
            known: results by node that need not be read.
        """
        source, of = parse_input(ref)
        if source is Source.NOTHING:
            return _NONE
        if source is Source.RUN:
            args, kwargs = self._cached(run, ref, lambda count: self._run_input(run, count))
            return list(args), dict(kwargs)
        if source is Source.VISIT:
            return self._of_visit(run, of, node, known)
        if source is Source.WITH_OWN:
            return self._with_own(run, of, node, known)
        if source in (Source.INPUTS, Source.ELEMENT):
            element = [self._element(run, of, node)] if source is Source.ELEMENT else []
            return element, self._inputs(run, of)
        return [self.value(run, ref, node, known)], {}

    def value(self, run: str, ref: str, node: str, known: Mapping[str, Any] | None = None) -> Any:
        """Resolve a reference to one value, as conditions of a graph read it; arguments as for `arguments`."""
        if known and ref in known:
            return known[ref]
        parsed = parse_input(ref)
        if parsed.source is Source.LIST:
            return [self.value(run, part, node, known) for part in parsed.elements]
        if parsed.source not in (Source.RESULT, Source.ERROR_VALUE):
            return as_one(*self.arguments(run, ref, node, known))
        return self._cached(run, ref, lambda count: self._outcome(run, count).values([ref])[0])

    def facts(
        self, run: str, graph: str, names: Mapping[str, str], last: Mapping[str, str], graph_input: str, **own: Any
    ) -> Facts:
        """Return the values that conditions of a graph may read.

        Args:
            run: the run.
            graph: the graph's node.
            names: the number of each node that the conditions name.
            last: the node of the newest result, by number.
            graph_input: the reference to the graph's input.
            **own: `result`, `error` and `visits`, if known; `known` holds results by node that need not be read.
        """

        def result_of(name: str) -> Any:
            ref = last.get(names[name])
            if ref is None:
                raise LookupError(f"Node {name!r} has no result.")
            return self.value(run, ref, graph, own.get("known"))

        return Facts(
            result=own.get("result"),
            error=own.get("error"),
            run_input=self.value(run, graph_input, graph) if graph_input else None,
            visits=own.get("visits", 0),
            node=result_of,
        )

    def visit_input(self, run: str, visit: str) -> str:
        """Return the input reference of a visit of a graph's node."""
        [raw] = self._reader.terminal(run, [visit + Beside.INPUT.value])
        return (raw or b"").decode()

    def _with_own(
        self, run: str, graph: str, node: str, known: Mapping[str, Any] | None
    ) -> tuple[list[Any], dict[str, Any]]:
        args, kwargs = self.arguments(run, self.visit_input(run, graph), node, known)
        [raw] = self._reader.definitions(run, [graph])
        own_args, own_kwargs = self._codec.load(parse_definition(raw or b"").payload)["own"]
        return [*args, *own_args], {**own_kwargs, **kwargs}

    def _of_visit(
        self, run: str, visit: str, node: str, known: Mapping[str, Any] | None
    ) -> tuple[list[Any], dict[str, Any]]:
        args, kwargs = self.arguments(run, self.visit_input(run, visit), node, known)
        return args, {**kwargs, **self._inputs(run, visit)}

    def _inputs(self, run: str, visit: str) -> dict[str, Any]:
        """Return the declared `inputs` of a visit, which were evaluated when it began."""
        key = write_input(InputRef(Source.INPUTS, visit))
        return dict(self._cached(run, key, lambda count: self._kept_inputs(run, visit, count)))

    def _kept_inputs(self, run: str, visit: str, count: _Meter) -> dict[str, Any]:
        [raw] = count(self._reader.terminal(run, [visit + Beside.INPUTS.value]))
        return dict(self._codec.load(raw)) if raw is not None else {}

    def _element(self, run: str, visit: str, node: str) -> Any:
        key = write_input(InputRef(Source.ELEMENT, visit))
        elements = self._cached(run, key, lambda count: self._list(run, visit, count))
        return elements[int(node[len(visit) + 1 :].split(".")[0])]

    def _list(self, run: str, visit: str, count: _Meter) -> list[Any]:
        [raw] = count(self._reader.terminal(run, [visit + Beside.ELEMENTS.value]))
        found: list[Any] = self._codec.load(raw or b"[]")
        return found

    def _run_input(self, run: str, count: _Meter) -> tuple[list[Any], dict[str, Any]]:
        [raw] = count([self._reader.head_field(run, HeadField.INPUT)])
        args, kwargs = self._codec.load(raw or b"[[], {}]")
        return args, kwargs

    def _outcome(self, run: str, count: _Meter) -> Outcome:
        return Outcome(run, lambda nodes: count(self._reader.terminal(run, nodes)), self._codec)

    def _cached(self, run: str, ref: str, read: Callable[[_Meter], Any]) -> Any:
        key = (run, self._created.get(run, ""), ref)
        found = self._cache.get(key)
        if found is None:
            count = _Meter()
            found = read(count), count.size
            if count.size > _CACHED_BYTES:
                return found[0]
            self._cache[key] = found
        with suppress(KeyError):  # another thread of the pool may remove the entry at any moment
            self._cache.move_to_end(key)
        while len(self._cache) > _CACHED or self._cached_bytes() > _CACHED_BYTES:
            with suppress(KeyError):
                self._cache.popitem(last=False)
        return found[0]

    def _cached_bytes(self) -> int:
        with suppress(RuntimeError):  # another thread has just changed the cache, and checks the limit too
            return sum(size for _, size in self._cache.values())
        return 0


def as_one(args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Return arguments as one value: the only argument, all positional ones, all keyword ones, or both in a dict."""
    if args and kwargs:
        return {"args": args, "kwargs": kwargs}
    if kwargs:
        return kwargs
    return args[0] if len(args) == 1 else (args or None)

"""Resolves a task's arguments from the input reference in its record, see `orchestrator_celery.records.inputs`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from datetime import datetime
from functools import partial
from typing import Any

from orchestrator_celery.canvas.conditions.language import Facts
from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.records.definitions import parse_definition
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.inputs import InputRef, Source, parse_input, write_input
from orchestrator_celery.records.names import Beside
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.store.reader import Reader

__all__ = ("InputResolver", "as_one")

#: Most cached values, and most bytes of their records in the store.
_CACHED, _CACHED_BYTES = 16, 32 * 1024 * 1024

#: Stands for a value that has not been decoded.
_UNKNOWN = object()


class _Records:
    """The records of one input. They are read once; the value is decoded from them for each body that may change it."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, ...], list[bytes | None]] = {}
        self.size = 0
        #: The decoded value for readers that do not change it.
        self.shared: Any = _UNKNOWN

    def __call__(self, names: Sequence[str], read: Callable[[], list[bytes | None]]) -> list[bytes | None]:
        """Return the records of the given names; `read` reads them the first time."""
        key = tuple(names)
        if key not in self._found:
            self._found[key] = read()
            self.size += sum(len(record) for record in self._found[key] if record is not None)
        return self._found[key]


class InputResolver:
    """Resolves input references, and caches the last records for the next items of the same pool.

    A value that is given to a body in this process has to be the body's own (`own=True`): the body may change it.

    Args:
        reader: reads records.
        codec: decodes records.
    """

    def __init__(self, reader: Reader, codec: Codec) -> None:
        self._reader = reader
        self._codec = codec
        self._cache: OrderedDict[tuple[str, str, str], _Records] = OrderedDict()
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
        eta: bytes | None = self._cached(run, "$eta", partial(self._head_field, run, HeadField.ETA))
        return None if eta is None else from_ms(eta)

    def arguments(
        self, run: str, ref: str, node: str, known: Mapping[str, Any] | None = None, own: bool = False
    ) -> tuple[list[Any], dict[str, Any]]:
        """Resolve a reference to positional and keyword arguments.

        Args:
            run: the run.
            ref: the input reference.
            node: the task's node, or the graph's node that passes the input on.
            known: results by node that need not be read.
            own: decode the arguments anew, because a body that runs in this process gets them.
        """
        source, of = parse_input(ref)
        if source is Source.NOTHING:
            return [], {}
        if source is Source.RUN:
            args, kwargs = self._cached(run, ref, partial(self._run_input, run), own)
            return list(args), dict(kwargs)
        if source is Source.VISIT:
            return self._of_visit(run, of, node, known, own)
        if source is Source.WITH_OWN:
            return self._with_own(run, of, node, known, own)
        if source in (Source.INPUTS, Source.ELEMENT):
            element = [self._element(run, of, node, own)] if source is Source.ELEMENT else []
            return element, self._inputs(run, of, own)
        return [self.value(run, ref, node, known, own)], {}

    def value(self, run: str, ref: str, node: str, known: Mapping[str, Any] | None = None, own: bool = False) -> Any:
        """Resolve a reference to one value, as conditions of a graph read it; arguments as for `arguments`."""
        if known and ref in known:
            return known[ref]
        parsed = parse_input(ref)
        if parsed.source is Source.LIST:
            return [self.value(run, part, node, known, own) for part in parsed.elements]
        if parsed.source not in (Source.RESULT, Source.ERROR_VALUE):
            return as_one(*self.arguments(run, ref, node, known, own))
        return self._cached(run, ref, lambda records: self._outcome(run, records).values([ref])[0], own)

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
        self, run: str, graph: str, node: str, known: Mapping[str, Any] | None, own: bool
    ) -> tuple[list[Any], dict[str, Any]]:
        args, kwargs = self.arguments(run, self.visit_input(run, graph), node, known, own)
        [raw] = self._reader.definitions(run, [graph])
        own_args, own_kwargs = self._codec.load(parse_definition(raw or b"").payload)["own"]
        return [*args, *own_args], {**own_kwargs, **kwargs}

    def _of_visit(
        self, run: str, visit: str, node: str, known: Mapping[str, Any] | None, own: bool
    ) -> tuple[list[Any], dict[str, Any]]:
        args, kwargs = self.arguments(run, self.visit_input(run, visit), node, known, own)
        return args, {**kwargs, **self._inputs(run, visit, own)}

    def _inputs(self, run: str, visit: str, own: bool) -> dict[str, Any]:
        """Return the declared `inputs` of a visit, which were evaluated when it began."""
        key = write_input(InputRef(Source.INPUTS, visit))
        return dict(self._cached(run, key, partial(self._kept_inputs, run, visit), own))

    def _kept_inputs(self, run: str, visit: str, records: _Records) -> dict[str, Any]:
        raw = self._beside(run, visit + Beside.INPUTS.value, records)
        return dict(self._codec.load(raw)) if raw is not None else {}

    def _element(self, run: str, visit: str, node: str, own: bool) -> Any:
        key = write_input(InputRef(Source.ELEMENT, visit))
        # The list is decoded once for all of its elements: a list for each would cost its length each time.
        element = self._cached(run, key, partial(self._list, run, visit))[int(node[len(visit) + 1 :].split(".")[0])]
        return deepcopy(element) if own else element

    def _list(self, run: str, visit: str, records: _Records) -> list[Any]:
        found: list[Any] = self._codec.load(self._beside(run, visit + Beside.ELEMENTS.value, records) or b"[]")
        return found

    def _beside(self, run: str, field: str, records: _Records) -> bytes | None:
        [raw] = records([field], lambda: self._reader.terminal(run, [field]))
        return raw

    def _head_field(self, run: str, field: HeadField, records: _Records) -> bytes | None:
        [raw] = records([field.value], lambda: [self._reader.head_field(run, field)])
        return raw

    def _run_input(self, run: str, records: _Records) -> tuple[list[Any], dict[str, Any]]:
        args, kwargs = self._codec.load(self._head_field(run, HeadField.INPUT, records) or b"[[], {}]")
        return args, kwargs

    def _outcome(self, run: str, records: _Records) -> Outcome:
        return Outcome(run, lambda nodes: records(nodes, lambda: self._reader.terminal(run, nodes)), self._codec)

    def _cached(self, run: str, ref: str, decode: Callable[[_Records], Any], own: bool = False) -> Any:
        key = (run, self._created.get(run, ""), ref)
        records = self._cache.get(key) or _Records()
        value = _UNKNOWN if own else records.shared
        if value is _UNKNOWN:
            value = decode(records)
        if not own:
            records.shared = value
        self._keep(key, records)
        return value

    def _keep(self, key: tuple[str, str, str], records: _Records) -> None:
        if records.size > _CACHED_BYTES:
            return
        self._cache[key] = records
        with suppress(KeyError):  # another thread of the pool may remove the entry at any moment
            self._cache.move_to_end(key)
        while len(self._cache) > _CACHED or self._cached_bytes() > _CACHED_BYTES:
            with suppress(KeyError):
                self._cache.popitem(last=False)

    def _cached_bytes(self) -> int:
        with suppress(RuntimeError):  # another thread has just changed the cache, and checks the limit too
            return sum(records.size for records in self._cache.values())
        return 0


def as_one(args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Return arguments as one value: the only argument, all positional ones, all keyword ones, or both in a dict."""
    if args and kwargs:
        return {"args": args, "kwargs": kwargs}
    if kwargs:
        return kwargs
    return args[0] if len(args) == 1 else (args or None)

"""Resolves the arguments of a task from the input reference in its record, see `orchestrator_celery.records.inputs`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from orchestrator_celery.canvas.conditions.language import Facts
from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.records.definitions import parse_definition
from orchestrator_celery.records.head import HeadField
from orchestrator_celery.records.inputs import InputRef, Source, parse_input, write_input
from orchestrator_celery.records.names import Beside
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.store.reader import Reader

__all__ = ("Givens", "as_one")

_CACHED = 16
_MISSING = object()
_NONE: tuple[list[Any], dict[str, Any]] = ([], {})


class Givens:
    """Reads what tasks are given; keeps the last ones, for the next item of the same pool.

    Args:
        reader: reads records.
        codec: decodes them.
    """

    def __init__(self, reader: Reader, codec: Codec) -> None:
        self._reader = reader
        self._codec = codec
        self._cache: OrderedDict[tuple[str, str, str], Any] = OrderedDict()
        self._born: OrderedDict[str, str] = OrderedDict()

    def meet(self, run: str, born: str) -> None:
        """What is asked next is asked of the run that was created then: one of the same id may have been cancelled."""
        self._born[run] = born
        while len(self._born) > _CACHED:
            with suppress(KeyError):
                self._born.popitem(last=False)

    def arguments(
        self, run: str, given: str, node: str, known: Mapping[str, Any] | None = None
    ) -> tuple[list[Any], dict[str, Any]]:
        """Positional and keyword arguments.

        Args:
            run: the run.
            given: where they come from.
            node: the task's node, or the graph's that passes them on.
            known: results by node that need not be read.
        """
        ref = parse_input(given)
        if ref.source is Source.NOTHING:
            return _NONE
        if ref.source is Source.RUN:
            args, kwargs = self._cached(run, given, lambda: self._input(run))
            return list(args), dict(kwargs)
        if ref.source is Source.VISIT:
            return self._of_visit(run, ref.of, node, known)
        if ref.source is Source.WITH_OWN:
            return self._with_own(run, ref.of, node, known)
        if ref.source in (Source.INPUTS, Source.ELEMENT):
            element = [self._element(run, ref.of, node)] if ref.source is Source.ELEMENT else []
            return element, self._inputs(run, ref.of)
        return [self.value(run, given, node, known)], {}

    def value(self, run: str, given: str, node: str, known: Mapping[str, Any] | None = None) -> Any:
        """The same as one value: what a graph's conditions call its input; arguments as of `arguments`."""
        if known and given in known:
            return known[given]
        ref = parse_input(given)
        if ref.source is Source.LIST:
            return [self.value(run, one, node, known) for one in ref.elements]
        if ref.source not in (Source.RESULT, Source.ERROR_VALUE):
            return as_one(*self.arguments(run, given, node, known))
        return self._cached(run, given, lambda: self._outcome(run).values([given])[0])

    def facts(
        self, run: str, graph: str, names: Mapping[str, str], last: Mapping[str, str], given: str, **own: Any
    ) -> Facts:
        """What conditions of a graph look at.

        Args:
            run: the run.
            graph: the graph's node.
            names: number of each node that conditions speak of.
            last: node of the newest result by number.
            given: what the graph was given.
            **own: `result`, `error` and `visits`, as far as they are known; as `known`, results by node that need not
                be read.
        """

        def result_of(name: str) -> Any:
            ref = last.get(names[name])
            if ref is None:
                raise LookupError(f"Node {name!r} has no result.")
            return self.value(run, ref, graph, own.get("known"))

        return Facts(
            result=own.get("result"),
            error=own.get("error"),
            run_input=self.value(run, given, graph) if given else None,
            visits=own.get("visits", 0),
            node=result_of,
        )

    def given_to(self, run: str, visit: str) -> str:
        """Where what a visit of a graph's node was given comes from."""
        [raw] = self._reader.terminal(run, [visit + Beside.INPUT.value])
        return (raw or b"").decode()

    def _with_own(
        self, run: str, graph: str, node: str, known: Mapping[str, Any] | None
    ) -> tuple[list[Any], dict[str, Any]]:
        args, kwargs = self.arguments(run, self.given_to(run, graph), node, known)
        [raw] = self._reader.definitions(run, [graph])
        own_args, own_kwargs = self._codec.load(parse_definition(raw or b"").payload)["own"]
        return [*args, *own_args], {**own_kwargs, **kwargs}

    def _of_visit(
        self, run: str, visit: str, node: str, known: Mapping[str, Any] | None
    ) -> tuple[list[Any], dict[str, Any]]:
        args, kwargs = self.arguments(run, self.given_to(run, visit), node, known)
        return args, {**kwargs, **self._inputs(run, visit)}

    def _inputs(self, run: str, visit: str) -> dict[str, Any]:
        """Inputs of a visit, worked out when it began."""
        return dict(
            self._cached(run, write_input(InputRef(Source.INPUTS, visit)), lambda: self._kept_inputs(run, visit))
        )

    def _kept_inputs(self, run: str, visit: str) -> dict[str, Any]:
        [raw] = self._reader.terminal(run, [visit + Beside.INPUTS.value])
        return dict(self._codec.load(raw)) if raw is not None else {}

    def _element(self, run: str, visit: str, node: str) -> Any:
        elements = self._cached(run, write_input(InputRef(Source.ELEMENT, visit)), lambda: self._list(run, visit))
        return elements[int(node[len(visit) + 1 :].split(".")[0])]

    def _list(self, run: str, visit: str) -> list[Any]:
        [raw] = self._reader.terminal(run, [visit + Beside.ELEMENTS.value])
        found: list[Any] = self._codec.load(raw or b"[]")
        return found

    def _input(self, run: str) -> tuple[list[Any], dict[str, Any]]:
        args, kwargs = self._codec.load(self._reader.head_field(run, HeadField.INPUT) or b"[[], {}]")
        return args, kwargs

    def _outcome(self, run: str) -> Outcome:
        return Outcome(run, lambda nodes: self._reader.terminal(run, nodes), self._codec)

    def _cached(self, run: str, given: str, read: Any) -> Any:
        key = (run, self._born.get(run, ""), given)
        value = self._cache.get(key, _MISSING)
        if value is _MISSING:
            value = self._cache[key] = read()
        with suppress(KeyError):  # in a pool of threads others crowd it out, at any moment
            self._cache.move_to_end(key)
        while len(self._cache) > _CACHED:
            with suppress(KeyError):
                self._cache.popitem(last=False)
        return value


def as_one(args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Arguments as one value: the only one of them, or all positional ones, or all keyword ones, or both by name."""
    if args and kwargs:
        return {"args": args, "kwargs": kwargs}
    if kwargs:
        return kwargs
    return args[0] if len(args) == 1 else (args or None)

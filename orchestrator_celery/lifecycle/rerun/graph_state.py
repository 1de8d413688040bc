"""Builds the initial graph state for a rerun from a visit of a graph's node.

The new run keeps the visits that the input of the node comes from, and all visits of nodes that are not downstream of
it. Inputs that these visits sent to downstream joins have arrived there, and inputs that they sent to END have reached
END. The node itself starts again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator_celery.lifecycle.rerun.graph_fields import graph_fields
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.records.definitions import Attribute, parse_definition
from orchestrator_celery.records.ended import parse_ended
from orchestrator_celery.records.graphs.graph import (
    EMPTY_GRAPH,
    VISIT,
    Undone,
    UndoneVisit,
)
from orchestrator_celery.records.graphs.layout import parse_graph_layout
from orchestrator_celery.records.inputs import InputRef, Source, write_input
from orchestrator_celery.records.names import Beside, Place
from orchestrator_celery.records.outcomes import OutcomeKind, parse_outcome

if TYPE_CHECKING:
    from orchestrator_celery.store.reader import Reader

__all__ = ("InitialGraphState",)


@dataclass
class _Draft:
    """Parts of the new record, as `GraphRecord` has them."""

    undone: dict[str, UndoneVisit]
    arrived: dict[str, dict[str, str]] = field(default_factory=dict)
    passages: dict[str, dict[str, int]] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    newest: dict[str, str] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)


class InitialGraphState:
    """The state with which a graph starts in a rerun from one visit.

    Args:
        reader: reads the records of the earlier run.
        run: the earlier run.
        graph: id of the graph.
        visit: the first visit of the new run, as `<node>.<visit>`, such as `3.2`.

    Raises:
        LookupError: the earlier run never started this visit.
    """

    def __init__(self, reader: Reader, run: str, graph: str, visit: str) -> None:
        self._reader, self._run, self._graph, self._visit = reader, run, graph, visit
        self._at, _, turn = visit.partition(".")
        self._given = self._field(f"{graph}.{visit}", Beside.INPUT)
        if self._given is None:
            raise LookupError(visit)
        [raw] = reader.definitions(run, [f"{graph}.{Place.LAYOUT.value}"])
        self._edges, self._joins = parse_graph_layout(raw or b"")
        self._old = reader.graph_state(run, graph)
        self._downstream = self._reach(self._at)
        self._turns = {
            at: set(range(int(count)))
            for at, count in self._old.turns.items()
            if at != self._at and at not in self._downstream
        }
        self._turns.setdefault(self._at, set()).update(range(int(turn)))
        self._trace(self._given)

    @property
    def visits(self) -> set[str]:
        """The kept visits, by node id. Everything below them is kept too."""
        return {f"{self._graph}.{at}.{turn}" for at, turns in self._turns.items() for turn in turns}

    @property
    def fields(self) -> set[str]:
        """The other fields to copy: the input of the node that starts again, and the targets of START."""
        own = f"{self._graph}.{self._visit}"
        value = f"{self._graph}.{Place.VALUE.value}"
        beside = {own + Beside.INPUT.value, own + Beside.INPUTS.value, self._graph + Beside.INPUT.value}
        return {*beside, self._start + Beside.TARGETS.value, value}

    def records(self) -> Iterator[tuple[str, bytes]]:
        """Return the records of the graph's initial state, by field."""
        turns = {at: max(own) + 1 for at, own in self._turns.items() if own}
        turns[self._at] = int(self._visit.partition(".")[2]) + 1
        draft = _Draft(undone={self._visit: UndoneVisit(Undone.NOT_BEGUN, "", {VISIT: 1})})
        for at in sorted(self._turns, key=int):
            for turn in sorted(self._turns[at]):
                self._send(draft, at, f"{self._graph}.{at}.{turn}")
        self._send(draft, Place.START.value, self._start)
        record = EMPTY_GRAPH._replace(
            input=self._old.input,
            turns=turns,
            arrived=draft.arrived,
            passages=draft.passages,
            starts=draft.starts,
            newest=draft.newest,
            ends=draft.ends,
            undone=draft.undone,
        )
        return graph_fields(self._graph, record, self._edges, self._names(draft.ends))

    @property
    def _start(self) -> str:
        """The visit that stands for START."""
        return f"{self._graph}.{Place.START.value}.0"

    def extra_tasks(self) -> int:
        """Return the number of tasks in all kept visits after the first visit of each node."""
        later = [(at, len(turns) - 1) for at, turns in self._turns.items() if len(turns) > 1]
        specs = self._reader.definitions(self._run, [f"{self._graph}.{at}" for at, _ in later])
        return sum(
            count * parse_definition(raw).number(Attribute.LEAVES)
            for (_, count), raw in zip(later, specs, strict=True)
            if raw
        )

    def _send(self, draft: _Draft, at: str, own: str) -> None:
        """Send the output of a kept visit to the joins that wait for it, and to END."""
        source, given, well = at, self._old.input, True
        if at != Place.START.value:
            [raw] = self._reader.terminal(self._run, [own])
            if raw is None:
                return
            record = parse_ended(raw)
            well = record.state is NodeState.SUCCEEDED
            read_here = record.ref is None or parse_outcome(record.ref).kind in (OutcomeKind.LIST, OutcomeKind.NAMED)
            ref = own if read_here or record.ref is None else record.ref
            given = ref if well else write_input(InputRef(Source.ERROR_VALUE, ref))
            if well:
                draft.newest[at] = ref
            asked = self._routed_node(at)
            if asked:
                source, given = asked, self._field(own, Beside.INPUT) or ""
        for target in (self._field(own, Beside.TARGETS) or "").split(","):
            self._arrive(draft, target, source, given)

    def _arrive(self, draft: _Draft, target: str, source: str, given: str) -> None:
        join = self._joins.get(target)
        if target == Place.CLOSE.value:
            draft.ends[source] = given
        elif target not in self._downstream or target == self._at:
            return
        elif join == "all":
            draft.arrived.setdefault(target, {})[source] = given
            draft.passages.setdefault(target, {VISIT: 1})
        elif join == "any" and target not in draft.starts:
            draft.starts[target] = 1
            draft.undone[f"{target}.0"] = UndoneVisit(Undone.JOIN, given, {target: 1})

    def _trace(self, given: str) -> None:
        """Keep all visits that an input comes from, directly or through other visits."""
        for at, turn in re.findall(rf"(?<![\w.]){re.escape(self._graph)}\.(\d+)\.(\d+)", given):
            if int(turn) not in self._turns.setdefault(at, set()):
                self._turns[at].add(int(turn))
                self._trace(self._field(f"{self._graph}.{at}.{turn}", Beside.INPUT) or "")

    def _reach(self, source: str) -> set[str]:
        found: set[str] = set()
        waiting = [source]
        while waiting:
            for target in self._edges.get(waiting.pop(), ()):
                if target not in found:
                    found.add(target)
                    waiting.append(target)
        return found

    def _routed_node(self, at: str) -> str:
        """Return the node that a router routes; '' for any other node."""
        [raw] = self._reader.definitions(self._run, [f"{self._graph}.{at}"])
        return parse_definition(raw).text(Attribute.ASKED_ABOUT) if raw else ""

    def _names(self, sources: Iterable[str]) -> dict[str, str]:
        """Return the percent-encoded names of nodes, and of START."""
        known = [at for at in sources if at != Place.START.value]
        raws = self._reader.definitions(self._run, [f"{self._graph}.{at}" for at in known])
        found = {at: parse_definition(raw or b"").text(Attribute.NAME) for at, raw in zip(known, raws, strict=True)}
        return {Place.START.value: "__start__", **found}

    def _field(self, node: str, beside: Beside) -> str | None:
        found: Sequence[bytes | None] = self._reader.terminal(self._run, [node + beside.value])
        return None if found[0] is None else found[0].decode()

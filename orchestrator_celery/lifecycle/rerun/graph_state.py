"""Builds the initial graph state for a rerun from a visit of a graph's node.

The new run keeps the visits that the input of the node comes from, and all visits of nodes that are not downstream of
it. Inputs that these visits sent to downstream joins have arrived there, and inputs that they sent to END have reached
END. The node itself starts again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orchestrator_celery.model.states import NodeState
from orchestrator_celery.records.definitions import parse
from orchestrator_celery.records.nodes import parse_terminal

if TYPE_CHECKING:
    from orchestrator_celery.store.reader import Reader

__all__ = ("InitialGraphState",)

_START, _END = "S", "$"


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
        self._given = self._field(f"{graph}.{visit}:in")
        if self._given is None:
            raise LookupError(visit)
        [raw] = reader.definitions(run, [graph])
        attrs = parse(raw or b"").attrs
        self._edges = {source: targets.split(",") for source, targets in re.findall(r"(\w+)>([^;]*)", attrs["t"])}
        self._joins = dict(re.findall(r"(\d+):(\w+)", attrs.get("j", "")))
        self._old = reader.graph_state(run, graph)
        self._downstream = self._reach(self._at)
        self._turns = {
            at: set(range(int(count)))
            for at, count in self._old.state["k"].items()
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
        return {f"{own}:in", f"{own}:kw", f"{self._graph}.S.0:to", f"{self._graph}.r", f"{self._graph}:in"}

    def record(self) -> tuple[str, bytes]:
        """Return the record of the graph's initial state, and its field."""
        state: dict[str, Any] = {part: {} for part in ("on", "v", "a", "al", "f", "last", "skip")}
        state["k"] = {at: max(turns) + 1 for at, turns in self._turns.items() if turns}
        state["k"][self._at] = int(self._visit.partition(".")[2]) + 1
        state["un"], state["ends"] = {self._visit: ["W", "", {"n": 1}]}, []
        for at in sorted(self._turns, key=int):
            for turn in sorted(self._turns[at]):
                self._send(state, at, f"{self._graph}.{at}.{turn}")
        self._send(state, _START, f"{self._graph}.S.0")
        text = f"G|0|{self._old.graph_input}|{json.dumps(state)}"
        return f"{self._graph}:g", text.encode()

    def extra_tasks(self) -> int:
        """Return the number of tasks in all kept visits after the first visit of each node."""
        later = [(at, len(turns) - 1) for at, turns in self._turns.items() if len(turns) > 1]
        specs = self._reader.definitions(self._run, [f"{self._graph}.{at}" for at, _ in later])
        return sum(
            count * int(parse(raw).attrs.get("w", 0)) for (_, count), raw in zip(later, specs, strict=True) if raw
        )

    def _send(self, state: dict[str, Any], at: str, own: str) -> None:
        """Send the output of a kept visit to the joins that wait for it, and to END."""
        source, given, well = at, self._old.graph_input, True
        if at != _START:
            [raw] = self._reader.terminal(self._run, [own])
            if raw is None:
                return
            record = parse_terminal(raw)
            well = record.state is NodeState.SUCCEEDED
            ref = own if record.ref is None or record.ref[:1] in "*+" else record.ref
            given = ref if well else f"w:{ref}"
            if well:
                state["last"][at] = ref
            asked = self._routed_node(at)
            if asked is not None:
                source, given = asked, self._field(f"{own}:in") or ""
        for target in (self._field(f"{own}:to") or "").split(","):
            self._arrive(state, target, source, given)

    def _arrive(self, state: dict[str, Any], target: str, source: str, given: str) -> None:
        join = self._joins.get(target)
        if target == _END:
            state["ends"] = [*(end for end in state["ends"] if end[0] != source), [source, given]]
        elif target not in self._downstream or target == self._at:
            return
        elif join == "all":
            state["a"].setdefault(target, {})[source] = given
            state["al"].setdefault(target, {"n": 1})
        elif join == "any" and target not in state["f"]:
            state["f"][target] = 1
            state["un"][f"{target}.0"] = ["V", given, {target: 1}]

    def _trace(self, given: str) -> None:
        """Keep all visits that an input comes from, directly or through other visits."""
        for at, turn in re.findall(rf"(?<![\w.]){re.escape(self._graph)}\.(\d+)\.(\d+)", given):
            if int(turn) not in self._turns.setdefault(at, set()):
                self._turns[at].add(int(turn))
                self._trace(self._field(f"{self._graph}.{at}.{turn}:in") or "")

    def _reach(self, source: str) -> set[str]:
        found: set[str] = set()
        waiting = [source]
        while waiting:
            for target in self._edges.get(waiting.pop(), ()):
                if target not in found:
                    found.add(target)
                    waiting.append(target)
        return found

    def _routed_node(self, at: str) -> str | None:
        [raw] = self._reader.definitions(self._run, [f"{self._graph}.{at}"])
        attrs: Mapping[str, str] = parse(raw).attrs if raw else {}
        return attrs.get("ps")

    def _field(self, name: str) -> str | None:
        found: Sequence[bytes | None] = self._reader.terminal(self._run, [name])
        return None if found[0] is None else found[0].decode()

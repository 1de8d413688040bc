"""From records of ended nodes to values: a node's result, a run's error.

The functions get `read`, which answers the terminal records of several
nodes, and touch nothing else. A leaf's record holds its payload; that of a
composite refers to where its outcome comes from:

"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from celery.exceptions import ChordError

from orchestrator_celery.canvas.retry import class_names
from orchestrator_celery.errors import GraphRecursion, NoRoute, SwarmFailed
from orchestrator_celery.model.ids import ROOT, LeafId
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.records.ended import Ended, EndedState, ended_state, parse_ended
from orchestrator_celery.records.names import Beside
from orchestrator_celery.records.outcomes import (
    OutcomeKind,
    OutcomeRef,
    parse_ends,
    parse_outcome,
    write_outcome,
)
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.records.pool import parse_pool_end

__all__ = ("Outcome",)

Read = Callable[[Sequence[str]], Sequence[bytes | None]]

_LISTED = 100
#: Outcomes of a composite itself, which come from no single leaf.
_OWN = (OutcomeKind.SWARM, OutcomeKind.LIST, OutcomeKind.NAMED)
_OF_GRAPHS = (OutcomeKind.RECURSION, OutcomeKind.NO_ROUTE)


class Outcome:
    """Results and errors of one run.

    Args:
        run: its id, for the words of a ChordError.
        read: terminal records of nodes, in the order asked.
        codec: decodes the payloads.
    """

    def __init__(self, run: str, read: Read, codec: Codec) -> None:
        self._run = run
        self._read = read
        self._codec = codec

    def result(self, node: str) -> Any:
        """The result of one ended node."""
        return self.values([node])[0]

    def values(self, nodes: Sequence[str]) -> list[Any]:
        """Results of ended nodes; None stands for one that failed, as in a tolerant swarm."""
        found: list[Any] = [None] * len(nodes)
        referred: list[tuple[int, str]] = []
        for position, raw in enumerate(self._read(nodes)):
            asked = parse_outcome(nodes[position])
            if asked.kind is OutcomeKind.ERROR_VALUE:
                found[position] = self.error_words(asked.of)
            if raw is None:
                continue
            record = parse_ended(raw)
            if record.state is not NodeState.SUCCEEDED:
                continue
            ref = None if record.ref is None else parse_outcome(record.ref)
            if ref is None:
                found[position] = self._codec.load(record.payload)
            elif ref.kind is OutcomeKind.LIST:
                found[position] = self._list(nodes[position], ref.number)
            elif ref.kind is OutcomeKind.NAMED:
                found[position] = self._dict(nodes[position])
            else:
                referred.append((position, write_outcome(ref)))
        if referred:
            for (position, _), value in zip(referred, self.values([ref for _, ref in referred]), strict=True):
                found[position] = value
        return found

    def error(self, ref: str) -> BaseException:
        """The exception a reference stands for."""
        read = parse_outcome(ref)
        if read.kind is OutcomeKind.CHORD:
            cause = self.error(read.of)
            failed: BaseException = ChordError(f"Dependency {self._leaf(ref)} raised {cause!r}")
            return failed
        if read.kind is OutcomeKind.SWARM:
            return self._swarm_error(read.of)
        if read.kind in _OF_GRAPHS:
            return _graph_error(read)
        record = self._record(ref)
        if record.ref is not None:
            return self.error(record.ref)
        return self._codec.load_error(record.payload)

    def error_words(self, ref: str) -> dict[str, str]:
        """The error a reference stands for, as type, message and traceback."""
        if parse_outcome(ref).kind is OutcomeKind.NODE:
            record = self._record(ref)
            return self.error_words(record.ref) if record.ref else self._codec.load_error_words(record.payload)
        exc = self.error(ref)
        return {"type": type(exc).__name__, "message": str(exc), "traceback": ""}

    def error_names(self, ref: str) -> list[str]:
        """Names of the error's class and of its bases, with and without their module."""
        if parse_outcome(ref).kind is OutcomeKind.NODE:
            record = self._record(ref)
            return self.error_names(record.ref) if record.ref else self._codec.load_error_names(record.payload)
        return class_names(self.error(ref))

    def leaf_of(self, ref: str) -> LeafId:
        """Whose failure a reference comes down to."""
        return self._leaf(ref)

    def _list(self, pool: str, count: int) -> list[Any]:
        return self.values([f"{pool}.{index}" for index in range(count)])

    def _dict(self, graph: str) -> dict[str, Any]:
        """Results by name of a graph's nodes, START among them where it led to END."""
        [raw] = self._read([graph + Beside.ENDS.value])
        ends = parse_ends(raw)
        values = self.values([ref for _, ref in ends])
        return {name: value for (name, _), value in zip(ends, values, strict=True)}

    def _leaf(self, ref: str) -> LeafId:
        read = parse_outcome(ref)
        if read.kind in _OF_GRAPHS:
            return LeafId(self._run, ROOT, 1)
        if read.kind in (OutcomeKind.CHORD, OutcomeKind.ERROR_VALUE):
            return self._leaf(read.of)
        node = read.of
        record = self._read([node])[0]
        terminal = parse_ended(record) if record else None
        if terminal is not None and terminal.ref and parse_outcome(terminal.ref).kind not in _OWN:
            return self._leaf(terminal.ref)
        return LeafId(self._run, node, terminal.attempt if terminal else 1)

    def _record(self, node: str) -> Ended:
        raw = self._read([node])[0]
        if raw is None:
            raise LookupError(f"Node {node} of run {self._run} has not ended.")
        return parse_ended(raw)

    def _swarm_error(self, pool: str) -> SwarmFailed:
        total, _, failed = parse_pool_end(self._read([pool + Beside.POOL_END.value])[0])
        listed: list[dict[str, Any]] = []
        for start in range(0, total, 1000):
            nodes = [f"{pool}.{index}" for index in range(start, min(start + 1000, total))]
            for index, raw in enumerate(self._read(nodes), start):
                if raw is not None and ended_state(raw) is EndedState.FAILED and len(listed) < _LISTED:
                    listed.append({"index": index, **self._short(f"{pool}.{index}")})
            if len(listed) >= min(failed, _LISTED):
                break
        first = f"; the first: {listed[0]['type']}: {listed[0]['message']}" if listed else ""
        return SwarmFailed(f"{failed} of {total} items failed{first}", listed)

    def _short(self, node: str) -> dict[str, str]:
        words = self.error_words(node)
        return {"type": words["type"], "message": words["message"]}


def _graph_error(ref: OutcomeRef) -> BaseException:
    """Why a graph could not go on."""
    node = ref.of
    if ref.kind is OutcomeKind.NO_ROUTE:
        return NoRoute(
            f"Nothing leads on from {node!r}: none of its conditions held and no key was known. Add otherwise(...), or "
            "default=; a path that is to end there says so with END."
        )
    return GraphRecursion(
        f"{node!r} was to be visited more often than its {ref.number} times: look for a loop that does not end, or "
        "raise max_visits."
    )

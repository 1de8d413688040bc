"""Reads values from the records of ended nodes: a node's result, a run's error.

The functions only call `read`, which returns the terminal records of several
nodes. A leaf's record holds its payload. A composite's record refers to the
source of its outcome, see `orchestrator_celery.records.outcomes`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from celery.exceptions import ChordError

from orchestrator_celery.canvas.retry import class_names
from orchestrator_celery.errors import GraphRecursion, NoRoute, SwarmFailed
from orchestrator_celery.model.ids import ROOT, LeafId
from orchestrator_celery.model.printing.safe_text import safe_repr, safe_str
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.records.ended import Ended, EndedState, ended_state, parse_ended
from orchestrator_celery.records.names import Beside
from orchestrator_celery.records.outcomes import OutcomeKind, OutcomeRef, parse_ends, parse_outcome, write_outcome
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.records.pool import parse_pool_end

__all__ = ("Outcome",)

Read = Callable[[Sequence[str]], Sequence[bytes | None]]

#: The most failures that a SwarmFailed lists.
_LISTED = 100
_PAGE = 1000
_OF_GRAPHS = (OutcomeKind.RECURSION, OutcomeKind.NO_ROUTE)
#: Outcomes of a composite itself, which come from no single leaf.
_OWN = (OutcomeKind.SWARM, OutcomeKind.LIST, OutcomeKind.NAMED)


class Outcome:
    """The results and errors of one run.

    Args:
        run: the run's id, for the text of a ChordError.
        read: returns the terminal records of nodes, in the given order.
        codec: decodes the payloads.
    """

    def __init__(self, run: str, read: Read, codec: Codec) -> None:
        self._run = run
        self._read = read
        self._codec = codec

    def result(self, node: str) -> Any:
        """Return the result of one ended node."""
        return self.values([node])[0]

    def values(self, nodes: Sequence[str]) -> list[Any]:
        """Return the results of ended nodes; None for a failed node, as in a tolerant swarm."""
        found: list[Any] = [None] * len(nodes)
        referred: list[tuple[int, str]] = []
        for position, raw in enumerate(self._read(nodes)):
            asked = parse_outcome(nodes[position])
            if asked.kind is OutcomeKind.ERROR_VALUE:
                found[position] = self.error_dict(asked.of)
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
                found[position] = self._dict(nodes[position]) or None  # no token reached END
            else:
                referred.append((position, write_outcome(ref)))
        if referred:
            for (position, _), value in zip(referred, self.values([ref for _, ref in referred]), strict=True):
                found[position] = value
        return found

    def error(self, ref: str) -> BaseException:
        """Return the exception of a reference as Celery stores it; for a chord, a `ChordError` with its cause."""
        parsed = parse_outcome(ref)
        if parsed.kind is OutcomeKind.CHORD:
            cause = self.cause(ref)
            failed: BaseException = ChordError(f"Dependency {self._leaf(ref)} raised {safe_repr(cause)}")
            failed.__cause__ = cause
            return failed
        if parsed.kind is OutcomeKind.SWARM:
            return self._swarm_error(parsed.of)
        if parsed.kind in _OF_GRAPHS:
            return _graph_error(parsed)
        record = self._failure(ref)
        if record.ref is not None:
            return self.error(record.ref)
        return self._codec.load_error(record.payload)

    def cause(self, ref: str) -> BaseException:
        """Return the exception of a reference as a native chord's handle raises it: the error of the failed task."""
        return self.error(self._below_chords(ref))

    def error_dict(self, ref: str) -> dict[str, str]:
        """Return the error of a reference, for a chord of the failed task, as type, message and traceback."""
        ref = self._below_chords(ref)
        parsed = parse_outcome(ref)
        if parsed.kind is OutcomeKind.NODE:
            return self._codec.load_error_words(self._failure(ref).payload)
        exc, traceback = self.error(ref), ""
        if parsed.kind is OutcomeKind.SWARM:
            traceback = next((self.error_dict(node)["traceback"] for node in self._failed(parsed.of)), "")
        return {"type": type(exc).__name__, "message": safe_str(exc), "traceback": traceback}

    def error_names(self, ref: str) -> list[str]:
        """Return the names of the error's class and base classes, with and without their module.

        The names of wrapping errors are included. A chord's failure has the names of its cause and of `ChordError`. A
        swarm's failure has the names of `SwarmFailed` and of its first failed item.
        """
        below = self._below_chords(ref)
        names = class_names(ChordError()) if below != self.followed(ref) else []
        parsed = parse_outcome(below)
        if parsed.kind is OutcomeKind.NODE:
            return [*self._codec.load_error_names(self._failure(below).payload), *names]
        names = [*class_names(self.error(below)), *names]
        if parsed.kind is OutcomeKind.SWARM:
            names += next((self.error_names(node) for node in self._failed(parsed.of)), [])
        return list(dict.fromkeys(names))

    def followed(self, ref: str) -> str:
        """Follow the references in the records of composites, and return the last one."""
        while parse_outcome(ref).kind is OutcomeKind.NODE and (further := self._record(ref).ref):
            ref = further
        return ref

    def _below_chords(self, ref: str) -> str:
        """Follow a reference through the chords that failed because of it."""
        while (parsed := parse_outcome(ref := self.followed(ref))).kind is OutcomeKind.CHORD:
            ref = parsed.of
        return ref

    def leaf_of(self, ref: str) -> LeafId:
        """Return the leaf whose failure caused the error of a reference."""
        return self._leaf(ref)

    def _list(self, pool: str, count: int) -> list[Any]:
        return self.values([f"{pool}.{index}" for index in range(count)])

    def _dict(self, graph: str) -> dict[str, Any]:
        """Return the results by name of a graph's nodes; START is among them if it leads to END."""
        [raw] = self._read([graph + Beside.ENDS.value])
        ends = parse_ends(raw)
        values = self.values([ref for _, ref in ends])
        return {name: value for (name, _), value in zip(ends, values, strict=True)}

    def _leaf(self, ref: str) -> LeafId:
        parsed = parse_outcome(ref)
        if parsed.kind in _OF_GRAPHS:
            return LeafId(self._run, ROOT, 1)
        if parsed.kind in (OutcomeKind.CHORD, OutcomeKind.ERROR_VALUE):
            return self._leaf(parsed.of)
        node = parsed.of
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

    def _failure(self, node: str) -> Ended:
        """Return the record of a failed node.

        Raises:
            LookupError: the node has no error. A retry took it back after the caller had read the reference to it, and
                the node may have succeeded since.
        """
        record = self._record(node)
        if record.state is not NodeState.FAILED:
            raise LookupError(f"Node {node} of run {self._run} has not failed.")
        return record

    def _swarm_error(self, pool: str) -> SwarmFailed:
        total, failed = self._counted(pool)
        nodes = islice(self._failed(pool), min(failed, _LISTED))
        listed: list[dict[str, Any]] = [{"index": int(node.rpartition(".")[2]), **self._short(node)} for node in nodes]
        first = f"; the first: {listed[0]['type']}: {listed[0]['message']}" if listed else ""
        return SwarmFailed(f"{failed} of {total} items failed{first}", listed)

    def _counted(self, pool: str) -> tuple[int, int]:
        """Return the numbers of items and of failed items of an ended pool."""
        end = parse_pool_end(self._read([pool + Beside.POOL_END.value])[0])
        return end.size, end.failed

    def _failed(self, pool: str) -> Iterator[str]:
        """Yield the failed items of an ended pool in order, read page by page."""
        total, _ = self._counted(pool)
        for start in range(0, total, _PAGE):
            nodes = [f"{pool}.{index}" for index in range(start, min(start + _PAGE, total))]
            records = zip(nodes, self._read(nodes), strict=True)
            yield from (node for node, raw in records if raw and ended_state(raw) is EndedState.FAILED)

    def _short(self, node: str) -> dict[str, str]:
        words = self.error_dict(node)
        return {"type": words["type"], "message": words["message"]}


def _graph_error(ref: OutcomeRef) -> BaseException:
    """Return the error of a graph that could not continue."""
    node = ref.of
    if ref.kind is OutcomeKind.NO_ROUTE:
        return NoRoute(
            f"No edge of {node!r} matches its result: no condition was true and no key was known. Add otherwise(...) "
            "or default=. Use END as the target of a path that ends there."
        )
    return GraphRecursion(
        f"{node!r} would be visited more often than {ref.number} times: look for a loop that does not end, or raise "
        "max_visits."
    )

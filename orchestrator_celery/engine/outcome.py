"""Reads values from the records of ended nodes: a node's result, a run's error.

The functions only call `read`, which returns the terminal records of several
nodes. A leaf's record holds its payload. A composite's record refers to the
source of its outcome:

    <node>          the result or error of that node
    *<n>            the list of the results of children 0 to n-1
    +               the dict of the results of several nodes at which a graph ended
    w:<ref>         an error as a dict, for the target of an error edge
    chord:<ref>     the error of a chord's body after a failure in its header
    swarm:<pool>    more items of the pool failed than it tolerates
    recursion:<name>:<limit>  a node of a graph would have exceeded its visit limit
    noroute:<name>  no edge of a graph's node matched
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any
from urllib.parse import unquote

from celery.exceptions import ChordError

from orchestrator_celery.canvas.retry import class_names
from orchestrator_celery.errors import GraphRecursion, NoRoute, SwarmFailed
from orchestrator_celery.model.ids import ROOT, LeafId
from orchestrator_celery.model.safe_text import safe_repr, safe_str
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.records.nodes import Terminal, parse_terminal
from orchestrator_celery.records.payload import Codec

__all__ = ("Outcome",)

Read = Callable[[Sequence[str]], Sequence[bytes | None]]

#: The most failures that a SwarmFailed lists.
_LISTED = 100
_PAGE = 1000
_CHORD, _SWARM = "chord:", "swarm:"
_OF_GRAPHS = ("recursion:", "noroute:")


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
            if nodes[position].startswith("w:"):
                found[position] = self.error_dict(nodes[position][2:])
            if raw is None:
                continue
            record = parse_terminal(raw)
            if record.state is not NodeState.SUCCEEDED:
                continue
            if record.ref is None:
                found[position] = self._codec.load(record.payload)
            elif record.ref.startswith("*"):
                found[position] = self._list(nodes[position], int(record.ref[1:]))
            elif record.ref == "+":
                found[position] = self._dict(nodes[position])
            else:
                referred.append((position, record.ref))
        if referred:
            for (position, _), value in zip(referred, self.values([ref for _, ref in referred]), strict=True):
                found[position] = value
        return found

    def error(self, ref: str) -> BaseException:
        """Return the exception of a reference as Celery stores it; for a chord, a `ChordError` with its cause."""
        if ref.startswith(_CHORD):
            cause = self.cause(ref)
            failed: BaseException = ChordError(f"Dependency {self._leaf(ref)} raised {safe_repr(cause)}")
            failed.__cause__ = cause
            return failed
        if ref.startswith(_SWARM):
            return self._swarm_error(ref[len(_SWARM) :])
        if ref.startswith(_OF_GRAPHS):
            return _graph_error(ref)
        record = self._record(ref)
        if record.ref is not None:
            return self.error(record.ref)
        return self._codec.load_error(record.payload)

    def cause(self, ref: str) -> BaseException:
        """Return the exception of a reference as a native chord's handle raises it: the error of the failed task."""
        return self.error(self._below_chords(ref))

    def error_dict(self, ref: str) -> dict[str, str]:
        """Return the error of a reference, for a chord of the failed task, as type, message and traceback."""
        ref = self._below_chords(ref)
        if ":" not in ref:
            return self._codec.load_error_words(self._record(ref).payload)
        exc, traceback = self.error(ref), ""
        if ref.startswith(_SWARM):
            traceback = next((self.error_dict(node)["traceback"] for node in self._failed(ref[len(_SWARM) :])), "")
        return {"type": type(exc).__name__, "message": safe_str(exc), "traceback": traceback}

    def error_names(self, ref: str) -> list[str]:
        """Return the names of the error's class and base classes, with and without their module.

        The names of wrapping errors are included. A chord's failure has the names of its cause and of `ChordError`. A
        swarm's failure has the names of `SwarmFailed` and of its first failed item.
        """
        below = self._below_chords(ref)
        names = class_names(ChordError()) if below != self.followed(ref) else []
        if ":" not in below:
            return [*self._codec.load_error_names(self._record(below).payload), *names]
        names = [*class_names(self.error(below)), *names]
        if below.startswith(_SWARM):
            names += next((self.error_names(node) for node in self._failed(below[len(_SWARM) :])), [])
        return list(dict.fromkeys(names))

    def followed(self, ref: str) -> str:
        """Follow the references in the records of composites, and return the last one."""
        while ":" not in ref and (further := self._record(ref).ref):
            ref = further
        return ref

    def _below_chords(self, ref: str) -> str:
        """Follow a reference through the chords that failed because of it."""
        while (ref := self.followed(ref)).startswith(_CHORD):
            ref = ref[len(_CHORD) :]
        return ref

    def leaf_of(self, ref: str) -> LeafId:
        """Return the leaf whose failure caused the error of a reference."""
        return self._leaf(ref)

    def _list(self, pool: str, count: int) -> list[Any]:
        return self.values([f"{pool}.{index}" for index in range(count)])

    def _dict(self, graph: str) -> dict[str, Any]:
        """Return the results by name of a graph's nodes; START is among them if it leads to END."""
        [raw] = self._read([f"{graph}:ends"])
        pairs = [line.split(" ", 1) for line in (raw or b"").decode().splitlines()]
        values = self.values([ref for _, ref in pairs])
        return {unquote(name): value for (name, _), value in zip(pairs, values, strict=True)}

    def _leaf(self, ref: str) -> LeafId:
        if ref.startswith(_OF_GRAPHS):
            return LeafId(self._run, ROOT, 1)
        node = ref.rpartition(":")[2]
        record = self._read([node])[0]
        terminal = parse_terminal(record) if record else None
        if terminal is not None and terminal.ref and not terminal.ref.startswith(("swarm:", "*", "+")):
            return self._leaf(terminal.ref)
        return LeafId(self._run, node, terminal.attempt if terminal else 1)

    def _record(self, node: str) -> Terminal:
        raw = self._read([node])[0]
        if raw is None:
            raise LookupError(f"Node {node} of run {self._run} has not ended.")
        return parse_terminal(raw)

    def _swarm_error(self, pool: str) -> SwarmFailed:
        total, failed = self._counted(pool)
        nodes = islice(self._failed(pool), min(failed, _LISTED))
        listed: list[dict[str, Any]] = [{"index": int(node.rpartition(".")[2]), **self._short(node)} for node in nodes]
        first = f"; the first: {listed[0]['type']}: {listed[0]['message']}" if listed else ""
        return SwarmFailed(f"{failed} of {total} items failed{first}", listed)

    def _counted(self, pool: str) -> tuple[int, int]:
        """Return the numbers of items and of failed items of an ended pool."""
        counters = self._read([f"{pool}:end"])[0]
        total, _, failed = (int(part) for part in (counters or b"0|0|0").decode().split("|"))
        return total, failed

    def _failed(self, pool: str) -> Iterator[str]:
        """Yield the failed items of an ended pool in order, read page by page."""
        total, _ = self._counted(pool)
        for start in range(0, total, _PAGE):
            nodes = [f"{pool}.{index}" for index in range(start, min(start + _PAGE, total))]
            yield from (
                node for node, raw in zip(nodes, self._read(nodes), strict=True) if raw and raw.startswith(b"F")
            )

    def _short(self, node: str) -> dict[str, str]:
        words = self.error_dict(node)
        return {"type": words["type"], "message": words["message"]}


def _graph_error(ref: str) -> BaseException:
    """Return the error of a graph that could not continue."""
    kind, name, *limit = ref.split(":")
    node = unquote(name)
    if kind == "noroute":
        return NoRoute(
            f"No edge of {node!r} matches its result: no condition was true and no key was known. Add otherwise(...) "
            "or default=. Use END as the target of a path that ends there."
        )
    return GraphRecursion(
        f"{node!r} would be visited more often than {limit[0]} times: look for a loop that does not end, or raise "
        "max_visits."
    )

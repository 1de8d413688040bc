"""Finds the tasks whose branches meet in a task: the header of a chord, the branches before a join, a swarm's item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.model.ids import parse_leaf_id
from orchestrator_celery.records.ended import parse_ended
from orchestrator_celery.records.inputs import Source, parse_input
from orchestrator_celery.records.names import Beside
from orchestrator_celery.records.outcomes import OutcomeKind, parse_ends, parse_outcome

if TYPE_CHECKING:
    from orchestrator_celery.records.payload import Codec
    from orchestrator_celery.store.reader import Reader

__all__ = ("MOST_JOINS", "Joins")

#: Most links of a task: a span of OpenTelemetry keeps 128 by default.
MOST_JOINS = 100


class Joins:
    """Reads which tasks have given a task its input.

    Args:
        reader: reads records.
        codec: decodes records.
    """

    def __init__(self, reader: Reader, codec: Codec) -> None:
        self._reader = reader
        self._codec = codec

    def of(self, run: str, ref: str) -> list[tuple[str, int]]:
        """Return nodes and attempts; none for a task that follows a single other task, or the start of its run.

        Args:
            run: the run.
            ref: the input reference of the task.
        """
        parsed = parse_input(ref)
        if parsed.source is Source.ERROR:
            leaf = Outcome(run, lambda nodes: self._reader.terminal(run, nodes), self._codec).leaf_of(parsed.of)
            return [(leaf.node, leaf.attempt)] if leaf.run == run else []
        if parsed.source in (Source.VISIT, Source.WITH_OWN):
            [raw] = self._reader.terminal(run, [parsed.of + Beside.INPUT.value])
            return self.of(run, raw.decode()) if raw else []
        if parsed.source is Source.LIST:
            return list(islice(self._leaves(run, [ref.removeprefix("w:") for ref in parsed.elements]), MOST_JOINS))
        if parsed.source is Source.ITEM:
            return list(self._leaves(run, [parsed.of]))
        if parsed.source is Source.RESULT and parse_leaf_id(f"{run}:{parsed.of}:1") is not None:
            found = list(islice(self._leaves(run, [parsed.of]), MOST_JOINS))
            return [] if [node for node, _ in found] == [parsed.of] else found
        return []

    def _leaves(self, run: str, nodes: Sequence[str]) -> Iterator[tuple[str, int]]:
        """Yield the tasks whose results make up the results of nodes, with their attempts."""
        nodes = nodes[:MOST_JOINS]
        for node, raw in zip(nodes, self._reader.terminal(run, nodes), strict=True):
            if raw is None:
                continue
            record = parse_ended(raw)
            outcome = None if record.ref is None else parse_outcome(record.ref)
            if outcome is None:
                if record.attempt:
                    yield node, record.attempt
            elif outcome.kind is OutcomeKind.LIST:
                yield from self._leaves(run, [f"{node}.{index}" for index in range(min(outcome.number, MOST_JOINS))])
            elif outcome.kind is OutcomeKind.NAMED:
                [ends] = self._reader.terminal(run, [node + Beside.ENDS.value])
                yield from self._leaves(run, [ref for _, ref in parse_ends(ends)])
            elif outcome.kind is OutcomeKind.NODE:
                yield from self._leaves(run, [outcome.of])

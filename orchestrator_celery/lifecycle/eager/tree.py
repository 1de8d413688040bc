"""Runs the tree of a run in this process, one node after the other, by the rules of the store's transitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator_celery.canvas.approval import timeout_result
from orchestrator_celery.lifecycle.eager.bodies import Bodies
from orchestrator_celery.lifecycle.eager.endings import BodyEnd, Ending
from orchestrator_celery.lifecycle.eager.graph import GraphRun
from orchestrator_celery.lifecycle.eager.pool import PoolRun
from orchestrator_celery.lifecycle.eager.records import now
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.ids import CLOSE, ROOT, LeafId
from orchestrator_celery.model.states import NodeState, RunStatus
from orchestrator_celery.records.definitions import Attribute, Definition, Shape, parse_definition
from orchestrator_celery.records.ended import Ended
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.inputs import NAMED, InputRef, Source, parse_input, write_input
from orchestrator_celery.records.outcomes import OutcomeKind, OutcomeRef, parse_outcome, write_outcome
from orchestrator_celery.records.owner import Waits

if TYPE_CHECKING:
    from orchestrator_celery.lifecycle.eager.parts import EagerParts

__all__ = ("TreeRun",)


class TreeRun:
    """Runs the nodes of one eager run and writes their records.

    Args:
        parts: the parts of the run.
    """

    def __init__(self, parts: EagerParts) -> None:
        self.records = parts.reader
        self.codec = parts.codec
        self.run = self.records.run
        self.bodies = Bodies(parts)
        self.outcome = parts.results.of(self.run)
        self._started = False

    def go(self) -> Ending:
        """Run the whole tree and write the end of the run."""
        given = Source.RUN.value if HeadField.INPUT in self.records.head(self.run) else ""
        ending = self.activate(ROOT, given)
        status = RunStatus.SUCCEEDED if ending.succeeded else RunStatus.FAILED
        self.records.set_status(status, finished=now(), ref=ending.reference)
        self.records.set_head({HeadField.CLOSED: now()})
        self.records.emit("started", CLOSE, ATTEMPT=1, WORKER="")
        self.records.emit("closed", CLOSE)
        return ending

    def activate(self, node: str, given: str) -> Ending:
        """Run one node with everything below it.

        Args:
            node: its id.
            given: the reference to its input.
        """
        raw, since = self.records.start(node), now()
        spec = parse_definition(raw)
        if spec.shape is Shape.LEAF:
            return self._leaf(node, spec, raw, given)
        if spec.shape is Shape.APPROVAL:
            return self._approval(node, spec)
        if spec.has(Attribute.IMMUTABLE):
            given = _input_for_immutable(given)
        if spec.shape is Shape.GRAPH:
            ending = GraphRun(self, node, spec, given).go()
        elif spec.shape is Shape.POOL:
            ending = PoolRun(self, node, spec).go(given)
        else:
            ending = self._steps(node, spec, given)
        return self._complete(node, spec, ending, since)

    # -- kinds of nodes ----------------------------------------------------------------------------------

    def _leaf(self, node: str, spec: Definition, raw: bytes, given: str) -> Ending:
        self.set_running()
        since, attempt = now(), 1
        self.records.emit("started", node, ATTEMPT=attempt, WORKER="")
        return self.settle(node, spec, self.bodies.run(LeafId(self.run, node, attempt), raw, given), since)

    def _approval(self, node: str, spec: Definition) -> Ending:
        """End an approval as its timeout does: nobody can answer an eager run."""
        self.set_running()
        since = now()
        self.records.emit("awaiting", node)
        try:
            end = BodyEnd(True, self.codec.dump_result(timeout_result(self.codec.load(spec.payload))))
        except Exception as exc:
            end = BodyEnd(False, self.codec.dump_error(exc))
        return self.settle(node, spec, end, since)

    def _steps(self, node: str, spec: Definition, given: str) -> Ending:
        size = spec.number(Attribute.SIZE)
        for index in range(size):
            step = f"{node}.{index}"
            ending = self.activate(step, given)
            if not ending.succeeded:
                return self._failed_step(ending, step, f"{node}.{index + 1}" if index + 1 < size else None)
            given = ending.reference
        return Ending(True, given)

    def _failed_step(self, ending: Ending, step: str, following: str | None) -> Ending:
        """Return how a composite fails after a step; a chord's header fails its body, and calls its error callbacks."""
        if following is None or not parse_definition(self.records.start(step)).has(Attribute.CHORD_HEADER):
            return ending
        failed = Ending(False, write_outcome(OutcomeRef(OutcomeKind.CHORD, ending.reference)))
        body = parse_definition(self.records.start(following))
        self.records.emit("skipped", following)
        self.call_back(following, body, failed)
        return failed

    # -- the end of a node ---------------------------------------------------------------------------------

    def settle(self, node: str, spec: Definition, end: BodyEnd, since: int) -> Ending:
        """Write the end of a leaf, and call its callbacks."""
        state = NodeState.SUCCEEDED if end.succeeded else NodeState.FAILED
        times = from_ms(since), from_ms(now())
        self.records.end(node, Ended(state, 1, *times, "", None, end.payload, Waits(0, 0)))
        self.records.count(HeadField.DONE if end.succeeded else HeadField.FAILED, 1, node)
        self.records.task_ended(node, end.succeeded)
        ending = Ending(end.succeeded, node)
        self.call_back(node, spec, ending)
        return ending

    def _complete(self, node: str, spec: Definition, ending: Ending, since: int) -> Ending:
        """Write the end of a composite, and call its callbacks."""
        state = NodeState.SUCCEEDED if ending.succeeded else NodeState.FAILED
        self.records.end(node, Ended(state, 0, from_ms(since), from_ms(now()), "", ending.reference, b""))
        self.records.emit("succeeded" if ending.succeeded else "failed", node)
        if parse_outcome(ending.reference).kind in (OutcomeKind.LIST, OutcomeKind.NAMED):
            ending = ending._replace(reference=node)  # read through the node that it belongs to
        self.call_back(node, spec, ending)
        return ending

    def call_back(self, node: str, spec: Definition, ending: Ending) -> None:
        """Call the callbacks of a node; their failures change nothing."""
        letter, count = ("l", Attribute.LINKS) if ending.succeeded else ("e", Attribute.ERRBACKS)
        given = ending.reference if ending.succeeded else f"{Source.ERROR.value}{ending.reference}"
        for index in range(spec.number(count)):
            self.activate(f"{node}.{letter}{index}", given)

    def set_running(self) -> None:
        """Set the status of the run when its first task starts."""
        if not self._started:
            self._started = True
            self.records.set_status(RunStatus.RUNNING, started=now())

    def skip(self, node: str, leaves: int) -> None:
        """Note that a node will never start, and take its tasks out of the total."""
        self.records.emit("skipped", node)
        self.records.count(HeadField.TOTAL, -leaves, node)


def _input_for_immutable(given: str) -> str:
    """Return what an immutable composite is given: the inputs that its graph's node names, or nothing."""
    source, of = parse_input(given)
    return write_input(InputRef(Source.INPUTS, of)) if source in NAMED else ""

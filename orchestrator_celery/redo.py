"""Going on after a failure: what failed starts again, and what ended well is kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from vine import promise

from orchestrator_celery.again import Again
from orchestrator_celery.control import check
from orchestrator_celery.debts import Debts
from orchestrator_celery.errors import InvalidTransition, NodeNotFound
from orchestrator_celery.model.states import NodeState, RunStatus
from orchestrator_celery.store import Refused
from orchestrator_celery.store.copies import Copies
from orchestrator_celery.takeover import Takeover

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from orchestrator_celery.orchestrator import Orchestrator
    from orchestrator_celery.run import Run
    from orchestrator_celery.store import Effects
    from orchestrator_celery.stored import StoredSignature

__all__ = ("NodeVerbs", "Redo")

#: Seconds a retry waits while Celery is being told of the end, which takes a moment, unless its worker dies.
_TELLING = 10.0
_LOOK = 0.02

#: Why a failed node cannot go on by itself.
_STAYS = {
    "callback": "is a callback, and no part of the tree: it is called again if what it follows ends once more",
    "header": "has FAILED without having started, because the header of its chord has: retry what failed there",
    "tolerated": "has FAILED, which was tolerated: what it is part of has ended well without it",
}


class NodeVerbs:
    """Verbs of a run that may be about one of its nodes; part of `Run`."""

    if TYPE_CHECKING:
        id: str
        _cache: Any
        _on_fulfilled: Callable[..., Any]

        @property
        def signature(self) -> StoredSignature:
            """What it is a run of."""

        @property
        def _orchestrator(self) -> Orchestrator: ...

        _audited: Callable[..., AbstractContextManager[dict[str, Any]]]

    def retry(self, node: str | None = None) -> None:
        """A FAILED run goes on from what failed; what ended well is kept.

        Failed tasks start under a new attempt, from their last checkpoint if they have one, and what never started
        because of them follows in its turn; a swarm keeps to its bounds, and takes no more items. Deadline and
        retention begin anew, and so does `get`. A native chain or chord around the run was told of the failure,
        and does not go on.

        Args:
            node: id of the one failed node that is to go on, as `tree()` has it; by default all of them.

        Raises:
            RunNotFound: the run has no record.
            InvalidTransition: it has not failed, or the node has not.
            NodeNotFound: it has no such node.
        """
        with self._audited("retry", RunStatus.RUNNING, node=node or ""):
            Redo(self._orchestrator).retry(self.id, node)
        self._wait_anew()

    def rerun(self, from_node: str | None = None) -> Run:
        """Start a new run of the same, with the same input; it says so in `rerun_of`. This one is left as it is.

        Args:
            from_node: id of the node the new run starts with, as `tree()` has it. What lies before it is taken over
                with its records: the earlier steps of every chain it is in, and whatever has succeeded beside it
                in groups and swarms. By default everything runs.

        Raises:
            RunNotFound: the run has no record.
            SignatureGone: its signature was deleted, or the purge of it has begun.
            NodeNotFound: it has no such node.
            InvalidTransition: the node is a callback, or something before it has not succeeded.
        """
        if from_node is None:
            return self.signature.rerun(self)  # type: ignore[arg-type]
        with self._audited("rerun", node=from_node) as facts:
            new = facts["made"] = Redo(self._orchestrator).rerun(self.id, from_node)
        return self._orchestrator.result(new)

    def _wait_anew(self) -> None:
        """This handle may have seen the end, which is none any more."""
        self._cache = None
        self.on_ready = promise(self._on_fulfilled, weak=True)


class Redo:
    """Lets runs of one orchestrator go on.

    Args:
        orchestrator: whose runs.
    """

    def __init__(self, orchestrator: Orchestrator) -> None:
        self._orchestrator = orchestrator
        self._store = orchestrator.store

    def retry(self, run: str, node: str | None) -> None:
        """A failed run goes on from what failed.

        Args:
            run: its id.
            node: the one failed node that is to go on; None for all.

        Raises:
            RunNotFound: there is no such run.
            InvalidTransition: it has not failed, or the node has not, or cannot go on by itself.
            NodeNotFound: it has no such node.
        """
        until = time.monotonic() + _TELLING
        effects = self._store.retry(run, node or "")
        while effects.refused is Refused.HELD and time.monotonic() < until:
            time.sleep(_LOOK)
            effects = self._store.retry(run, node or "")
        check(effects, run, "retry")
        if effects.refused is Refused.HELD:
            raise InvalidTransition(
                f"The run {run} is FAILED, and Celery is just being told: retry it in a moment. If the worker that "
                "tells it is gone, another one does so first."
            )
        if effects.refused is Refused.NODE:
            raise _refused(run, node or "", "retried", effects, "only what has failed can be")
        Debts(self._orchestrator).settle(run)
        self._orchestrator.publisher.act(effects.todo)

    def rerun(self, run: str, node: str) -> str:
        """Start a new run that takes over what lies before a node; returns its id. Raises as `Run.rerun`."""
        orchestrator = self._orchestrator
        again = Again(orchestrator)
        source = again.source(run)
        copies = Copies(self._store.client, self._store.keys)
        takeover = Takeover(orchestrator.reader, copies, run, node)
        signature = orchestrator.reader.head_field(run, "signature")
        return again.start(source._replace(takeover=takeover), signature.decode() if signature else run, rerun_of=run)


def _refused(run: str, node: str, done: str, effects: Effects, rule: str) -> NodeNotFound | InvalidTransition:
    """What the refusal of a node means.

    Args:
        run: the run.
        node: the node.
        done: what it cannot be.
        effects: what the store answered.
        rule: which nodes can.
    """
    why = effects.detail.decode()
    if why == "unknown":
        return NodeNotFound(f"The run {run} has no node {node!r}: `run.tree()` shows the ids there are.")
    if why in NodeState.__members__:
        return InvalidTransition(f"The node {node} of the run {run} is {why} and cannot be {done}: {rule}.")
    return InvalidTransition(f"The node {node} of the run {run} cannot be {done}: it {_STAYS[why]}.")

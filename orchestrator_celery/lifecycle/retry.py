"""Going on after a failure: what failed starts again, and what ended well is kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from vine import promise

from orchestrator_celery.errors import InvalidTransition, NodeNotFound, RunNotFound
from orchestrator_celery.lifecycle.detach import detached_id
from orchestrator_celery.lifecycle.rerun.records import Takeover
from orchestrator_celery.lifecycle.rerun.source import Again
from orchestrator_celery.lifecycle.side_effects import Debts
from orchestrator_celery.lifecycle.suspend import check
from orchestrator_celery.model.lifecycle import refusal_of_nodes
from orchestrator_celery.model.states import NodeState, RunStatus
from orchestrator_celery.store import Refused
from orchestrator_celery.store.run_contents import Copies

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from orchestrator_celery.handles.run import Run
    from orchestrator_celery.handles.stored_signature import StoredSignature
    from orchestrator_celery.orchestrator import Orchestrator
    from orchestrator_celery.store import Effects

__all__ = ("NodeVerbs", "Redo")

#: Seconds a retry waits while Celery is being told of the end, which takes a moment, unless its worker dies.
_TELLING = 10.0
_LOOK = 0.02

#: Why a node is left as it is, where its state alone does not say it.
_STAYS = {
    "callback": "is a callback, and no part of the tree; it follows what it was hung on",
    "approval": "waits for a person, and is no task that could run by itself: answer it, or skip it",
    "root": "is the whole run: cancel that, or skip what it consists of",
    "early": "waits for what is before it, so it is not known what it would be given: wait for that, or skip it",
    "header": "is SKIPPED, because the header of its chord has FAILED: retry what failed there",
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

    def skip(self, node: str) -> None:
        """Take a node out that has not started, with all that is below it: it becomes SKIPPED, and counts no more.

        What follows goes on as if it were not there: the next step of a chain gets what this one would have got,
        and in the result of a group or swarm its place holds None. None of its callbacks is called.

        Args:
            node: its id, as `tree()` has it; of what waits inside an item that has not started, none is known.

        Raises:
            RunNotFound: the run has no record.
            InvalidTransition: the run has ended, or the node has started; or it is the whole run, or a callback.
            NodeNotFound: it has no such node.
        """
        with self._audited("skip", node=node):
            Redo(self._orchestrator).skip(self.id, node)

    def detach(self, node: str) -> Run:
        """As `skip`, and the node goes on as a run of its own, with what it would have been given.

        Of that run's outcome this one knows nothing. Asking again for the same node gives the same run.

        Args:
            node: its id, as `tree()` has it.

        Raises:
            InvalidTransition: as `skip`; or it is not known yet what the node would be given.
            RunNotFound, NodeNotFound: as `skip`.
        """
        with self._audited("detach", node=node) as facts:
            new = facts["made"] = Redo(self._orchestrator).detach(self.id, node)
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

    def skip(self, run: str, node: str, to: str = "") -> None:
        """Take a node out that has not started.

        Args:
            run: its run.
            node: its id.
            to: id of the run as which it goes on.

        Raises: as `Run.skip` and `Run.detach`.
        """
        effects, done = self._store.skip(run, node, to), "detached" if to else "skipped"
        if effects.refused is Refused.GONE:
            raise RunNotFound(f"No run has the id {run!r}: no node of it can be {done}.")
        if effects.refused is Refused.STATE:
            raise InvalidTransition(refusal_of_nodes(run, done, RunStatus(effects.detail.decode())))
        if effects.refused is Refused.NODE:
            raise _refused(run, node, done, effects, "only what has not started can be")
        if to:
            Debts(self._orchestrator).settle(run)
        self._orchestrator.publisher.act(effects.todo)

    def detach(self, run: str, node: str) -> str:
        """Let a node go on as a run of its own; returns its id. Raises as `Run.detach`."""
        new = detached_id(run, node)
        self.skip(run, node, to=new)
        return new


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

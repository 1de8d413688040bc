"""Run: the handle of one execution of a primitive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, cast

from celery.result import AsyncResult

from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.errors import OrchestratorError, RunNotFound
from orchestrator_celery.handles.async_twins import RunTwin
from orchestrator_celery.lifecycle.approve import Answer
from orchestrator_celery.lifecycle.audit import audited
from orchestrator_celery.lifecycle.cancel import Cancellation
from orchestrator_celery.lifecycle.interrupt import Interruption
from orchestrator_celery.lifecycle.retry import NodeVerbs
from orchestrator_celery.lifecycle.suspend import Control
from orchestrator_celery.model.events import Event, RunClosed
from orchestrator_celery.model.ids import ROOT
from orchestrator_celery.model.states import NodeKind, NodeState, Priority, RunStatus
from orchestrator_celery.model.views import ApprovalView, ItemView, NodeView, Progress, RunView
from orchestrator_celery.records.definitions import parse_definition
from orchestrator_celery.records.events import parse_event
from orchestrator_celery.views.approvals import WaitingApprovals
from orchestrator_celery.views.items import ItemPages
from orchestrator_celery.views.runs import run_view
from orchestrator_celery.views.status_message import explain
from orchestrator_celery.views.tree import TreeReader

if TYPE_CHECKING:
    from orchestrator_celery.handles.async_twins import RunAio
    from orchestrator_celery.handles.running_swarm import RunningSwarm
    from orchestrator_celery.handles.stored_signature import StoredSignature
    from orchestrator_celery.model.audit import CancelPlan
    from orchestrator_celery.model.reports import InterruptReport
    from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("Run",)

_NATIVE = {"SUCCESS": RunStatus.SUCCEEDED, "FAILURE": RunStatus.FAILED, "REVOKED": RunStatus.CANCELLED}
_POOLS = (NodeKind.SWARM, NodeKind.GROUP, NodeKind.MAP)
_BLOCK = 1000


class Run(NodeVerbs, AsyncResult):
    """One execution of a Swarm, ConditionalGraph or ComplexSignature; an `AsyncResult` of the signature's own task id.

    `get`, `ready`, `state`, `then` and the like are Celery's own. `status` is
    ours: the run's own record, which is a moment ahead of `state`, because
    Celery is told the outcome by a message of its own.
    """

    @property
    def _orchestrator(self) -> Orchestrator:
        found: Orchestrator = self.app.orchestrator
        return found

    # -- where it stands ----------------------------------------------------------------------------

    @property
    def status(self) -> RunStatus:
        """Status of the run; where the record is gone (or not there yet), what Celery's result says."""
        found = self._recorded_status()
        if found is None:  # a handle that has seen a success would say so for ever
            found = _NATIVE.get(self.backend.get_task_meta(self.id, cache=False)["status"], RunStatus.PENDING)
        return found

    @property
    def status_message(self) -> str:
        """One sentence: how the run stands, and if it does not move, why and what to do.

        Names the error of a failed run, and of a running one tasks that wait for a worker, a worker that
        lacks the extension, a queue nobody consumes. May ask the workers, so it takes up to a second.
        """
        return explain(self._orchestrator, self.id)

    @property
    def view(self) -> RunView:
        """Status, times and counts, as a line of `orchestrator.runs()`."""
        return run_view(self.id, self._head())

    def progress(self) -> Progress:
        """How far it is, in tasks.

        Raises:
            RunNotFound: the run has no record.
        """
        head = self._head()
        total, done, failed = (int(head[name]) for name in ("total", "done", "failed"))
        status = RunStatus(head["status"].decode())
        running = 0 if status.ended else self._orchestrator.reader.running(self.id)
        ended = done + failed
        end = float(head["finished"]) / 1000 if "finished" in head else self._orchestrator.store.now()
        seconds = max(end - float(head["started"]) / 1000, 0.001) if "started" in head else 0.0
        rate = ended / seconds if seconds else 0.0
        left = 0 if status.ended else total - ended
        return Progress(
            total=total,
            done=done,
            failed=failed,
            running=running,
            waiting=max(0, left - running),
            fraction=1.0 if status is RunStatus.SUCCEEDED or not total else ended / total,
            rate=rate,
            eta=0.0 if status.ended else (left / rate if rate else None),
        )

    def tree(self, *, limit: int = 100, depth: int | None = None) -> NodeView:
        """The run's tree with the state of every node.

        Args:
            limit: most children listed of each node; `children_total` says how many there are.
            depth: how many levels below the root; None for all.

        Raises:
            RunNotFound: the run has no record.
        """
        head = self._head()
        reader = TreeReader(
            self._orchestrator.reader, self._orchestrator.codec, self.id, RunStatus(head["status"].decode())
        )
        return reader.view(ROOT, limit, depth)

    @property
    def signature(self) -> StoredSignature:
        """What it is a run of: to run it again, and to delete it.

        Raises:
            RunNotFound: the run has no record.
        """
        return self._orchestrator.signature_of(self.id, self._head())

    @property
    def aio(self) -> RunAio:
        """The same methods for asyncio: `await run.aio.suspend()`; none blocks the event loop."""
        return cast("RunAio", RunTwin(self))

    # -- steering -----------------------------------------------------------------------------------

    def suspend(self) -> None:
        """Nothing more starts; what runs may finish. Holds with no worker up and through restarts of everything.

        Raises:
            RunNotFound: the run has no record.
            InvalidTransition: it is neither pending nor running.
        """
        with self._audited("suspend", RunStatus.SUSPENDED):
            self._control.suspend(self.id)

    def interrupt(self, signal: str = "SIGTERM", grace: float = 10.0) -> InterruptReport:
        """As `suspend`, and what runs is stopped; `resume` starts it again from its last checkpoint.

        Processes get the signal (a task's `TaskPolicy.interrupt_signal` goes first), and SIGKILL after the grace;
        greenlets are killed. Threads and solo cannot be: their tasks look for themselves
        (`current_node().raise_if_interrupted()`). Waits until everything has stopped, at most a little longer than
        the grace. An end that comes first counts; no callback is called for what is held.

        Args:
            signal: its name.
            grace: seconds.

        Returns:
            What became of each task that ran. A task whose worker does not answer is `unreachable`: whatever it still
            reports is refused, and it starts again with `resume`.

        Raises:
            RunNotFound: the run has no record.
            InvalidTransition: it has ended, or is interrupted and nothing of it runs any more.
            OrchestratorError: there is no such signal, or the grace is negative.
        """
        with self._audited("interrupt", RunStatus.INTERRUPTED):
            return Interruption(self._orchestrator).interrupt(self.id, signal, grace)

    def resume(self) -> None:
        """Go on after `suspend` or `interrupt`; also starts tasks again that a rule of auto-resume holds back.

        A task that was stopped starts under a new attempt, with what it kept last as `current_node().last_checkpoint`;
        the event `NodeResumed` says whether there was something.

        Raises:
            RunNotFound: the run has no record.
            InvalidTransition: it is neither suspended nor interrupted, and no task of it is held back.
        """
        with self._audited("resume"):
            self._control.resume(self.id)

    def cancel_plan(self) -> CancelPlan:
        """What `cancel` would stop and delete; nothing is done.

        Raises:
            RunNotFound: the run has no record.
        """
        return Cancellation(self._orchestrator).plan(self.id)

    def cancel(self, confirm: bool | str | None = None, reason: str = "") -> None:
        """Stop the run and delete everything it holds: records, results, callbacks, events, checkpoints.

        Nothing more of it starts; bodies that run are terminated (prefork and gevent; elsewhere they go on, and
        what they return is thrown away). `get` raises `RunCancelled`; the rest of a native chain or chord around
        the run fails with it. One entry of the audit trail is left, and Celery's own result of the run's id, which
        holds that error for those who wait until `result_expires`.

        Args:
            confirm: True, or the token of `cancel_plan()`; then the run must still be what the plan says.
            reason: for the audit trail.

        Raises:
            ConfirmationRequired: not confirmed, or the plan is out of date; nothing is done.
            RunNotFound: the run has no record.
        """
        Cancellation(self._orchestrator).cancel(self.id, confirm, reason)
        self._cache = None  # what it had been is no longer so

    def approve(self, node: str, *, by: str | None = None, note: str = "") -> None:
        """Answer an approval that waits: the graph goes on along the edges of `approved`. The first answer counts.

        Args:
            node: the name of the graph's node, or its id, as `orchestrator.approvals()` lists them.
            by: who answers; by default the actor of this call, see `acting`.
            note: why; the node's result and the audit trail hold it.

        Raises:
            RunNotFound: the run has no record.
            InvalidTransition: no such approval waits: it was answered, its time is over, or its turn has not come.
        """
        Answer(self._orchestrator).give(self.id, node, "approved", by, note)

    def reject(self, node: str, *, by: str | None = None, note: str = "") -> None:
        """Answer an approval that waits with a no; arguments and errors as of `approve`."""
        Answer(self._orchestrator).give(self.id, node, "rejected", by, note)

    def approvals(self) -> list[ApprovalView]:
        """Approvals of this run that wait for an answer."""
        return WaitingApprovals(self._orchestrator).of(self.id)

    def _audited(
        self, verb: str, after: RunStatus | None = None, **facts: Any
    ) -> AbstractContextManager[dict[str, Any]]:
        return audited(self._orchestrator.trail, verb, self.id, lambda: self._recorded_status(), after, **facts)

    def _recorded_status(self) -> RunStatus | None:
        status = self._orchestrator.reader.head_field(self.id, "status")
        return RunStatus(status.decode()) if status else None

    @property
    def _control(self) -> Control:
        return Control(self._orchestrator.store, self._orchestrator.publisher)

    # -- of a swarm ---------------------------------------------------------------------------------

    @property
    def swarm(self) -> RunningSwarm:
        """Handle that adds to the swarm and closes it, from any process."""
        return self._orchestrator.swarm(self.id)

    def set_priority(
        self, which: int | Iterable[int] | str, priority: Priority | str | int, *, node: str = ROOT
    ) -> int:
        """Give waiting items of the swarm another priority, while others are being started.

        Args:
            which: an index, several of them, or a task's name.
            priority: HIGH, MEDIUM or LOW.
            node: id of the swarm, where it is not the whole run.

        Returns:
            How many items got it: those that were waiting with another one. What has started keeps its own.

        Raises:
            RunNotFound: the run has no record.
            SwarmClosed: the swarm has ended.
            InvalidWorkflow: an index no item has, or a priority that is none of the three.
        """
        with self._audited("set_priority"):
            return self._orchestrator.swarm(self.id, node=node).set_priority(which, priority)

    def items(
        self,
        state: NodeState | str | None = None,
        *,
        node: str = ROOT,
        offset: int = 0,
        limit: int | None = None,
    ) -> Iterator[ItemView]:
        """Items of the swarm in their order, read page by page.

        Args:
            state: only items in this state.
            node: id of the swarm, where it is not the whole run.
            offset: index to begin with.
            limit: most items to yield.

        Raises:
            RunNotFound: the run has no record.
            OrchestratorError: the node is not a swarm (or group).
        """
        wanted = None if state is None else NodeState(state)
        return self._pages(node).items(wanted, offset, limit)

    def results(self, *, node: str = ROOT) -> Iterator[Any]:
        """Results of the swarm's items in their order, read page by page; None where an item has none.

        Raises: as `items`.
        """
        return self._pages(node).results()

    # -- what happens -------------------------------------------------------------------------------

    def watch(self, *, after: str = "0") -> Iterator[Event]:
        """Events as they happen, from any process, until the run is closed.

        Args:
            after: id of an event already seen; by default the stream is read from its beginning, as far
                as it is kept (`orchestrator_max_events`).

        Raises:
            RunNotFound: the run has no record.
        """
        reader = self._orchestrator.reader
        self._head()
        while True:
            entries = reader.events(self.id, after, _BLOCK)
            for place, fields in entries:
                event = parse_event(self.id, place, fields)
                after = event.id
                yield event
                if isinstance(event, RunClosed):
                    return
            if not entries and reader.head_field(self.id, "status") in (None, b"CANCELLED"):
                return

    def events(self, *, after: str = "0") -> list[Event]:
        """Events that have happened, oldest first, as far as they are kept (`orchestrator_max_events`).

        Args:
            after: id of an event already seen.
        """
        found: list[Event] = []
        while entries := self._orchestrator.reader.events(self.id, after, None):
            found += [parse_event(self.id, place, fields) for place, fields in entries]
            after = found[-1].id
        return found

    def outcome(self) -> Any:
        """The result out of the run's own record, without Celery's; raises the error of a failed run.

        Raises:
            OrchestratorError: the run has not ended.
            RunNotFound: the run has no record.
        """
        status = RunStatus(self._head()["status"].decode())
        if not status.ended:
            raise OrchestratorError(f"The run {self.id} is {status}: it has no outcome yet. Wait with `run.get()`.")
        return self._orchestrator.outcome(self.id)

    def _head(self) -> dict[str, bytes]:
        head = self._orchestrator.reader.head(self.id)
        if not head or head["status"] == b"CANCELLED":
            raise RunNotFound(
                f"No run has the id {self.id!r}: it has not started yet, was cancelled, or its retention is over."
            )
        return head

    def _pages(self, node: str) -> ItemPages:
        head, orchestrator = self._head(), self._orchestrator
        [definition] = orchestrator.reader.definitions(self.id, [node])
        if definition is None or parse_definition(definition).kind not in _POOLS:
            raise OrchestratorError(
                f"Node {node} of the run {self.id} is no swarm: it has no items. `run.tree()` shows the ids of nodes."
            )
        status = RunStatus(head["status"].decode())
        outcome = Outcome(self.id, lambda nodes: orchestrator.reader.terminal(self.id, nodes), orchestrator.codec)
        return ItemPages(orchestrator.reader, orchestrator.codec, outcome, self.id, status, node)

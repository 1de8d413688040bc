"""Turns: after a task of a run, its process may go on with the next one of the run, without a message in between.

The report of a task's end may answer with a leaf, which is claimed already. Once Celery has done everything that it
does after the first task, the same process runs the leaf through Celery's own tracer, as a message would. A turn ends
after a short time, so that other messages get the process.

A turn holds one claim at a time. If the process dies, its leaf is lost as any running task is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any

from celery.app.trace import trace_task
from celery.exceptions import Reject

from orchestrator_celery.dispatch.continuing import Continuing, Place
from orchestrator_celery.dispatch.publisher import NO_ORIGIN, Origin
from orchestrator_celery.dispatch.traces.context import TRACE_HEADER, mark_request
from orchestrator_celery.engine.batching import Batching
from orchestrator_celery.model.effects import EdgeContext
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.store.transitions.continuation import NOTHING_NEXT, Next, Offer
from orchestrator_celery.worker.bodies.body_spans import BodySpans
from orchestrator_celery.worker.bodies.claimed_message import ClaimedMessage, claimed_by, owner_of
from orchestrator_celery.worker.bodies.inner_request import inner_request, shown
from orchestrator_celery.worker.bodies.task_counts import TaskCounts
from orchestrator_celery.worker.recovery.patience import patiently
from orchestrator_celery.worker.turn_events import TurnEvents
from orchestrator_celery.worker.turn_gate import TurnGate

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.records.leaf import Leaf
    from orchestrator_celery.worker.bodies.reporter import Reporter

__all__ = ("Tracer", "Turn", "Turns", "take_turn")

logger = safe_logger(__name__)

#: Seconds of a turn, at most; a body that has begun runs to its end.
_LONGEST_TURN = 1.0
#: The same with "auto". If many long chains wait, each of their messages takes a turn before a message behind them gets
#: its process. A turn of this length has room for so many short bodies that the cost of its message no longer counts.
_LONGEST_TURN_OF_SHORT = 0.2
#: With "auto", a task whose bodies take less than this many seconds on average is short.
_SHORT = 0.05
#: Weight of the last body in that average.
_WEIGHT = 0.25
#: Most tasks to offer.
_MOST_TASKS = 64


#: The turn of the message that this thread or greenlet handles, until the message is claimed. It is no part of the
#: request: Celery sends unknown parts of a request on as headers.
_unclaimed: ContextVar[Turn | None] = ContextVar("orchestrator_turn", default=None)


def take_turn() -> Turn | None:
    """Return the turn of the message that this thread handles; None if there is none, or if it was taken before."""
    turn = _unclaimed.get()
    _unclaimed.set(None)
    return turn


class Turns:
    """The turns of one process, and what the process knows of the tasks that it has run.

    Args:
        container: the parts of the orchestrator.
        reporter: reports to the store.
    """

    def __init__(self, container: Container, reporter: Reporter) -> None:
        self.container = container
        self.reporter = reporter
        self.counts = TaskCounts(container)
        self.spans = BodySpans(container)
        self._average: dict[str, float] = {}
        self._offered: dict[Place, str] = {}
        self.gate = TurnGate(container.app)

    @cached_property
    def continuing(self) -> Continuing | None:
        """Decides which tasks may follow others; None if none may."""
        choice = self.container.settings.continue_
        found = Continuing(self.container.app, Batching(self.container.app, self.container.settings), choice == "auto")
        return found if choice and found.is_possible() else None

    @property
    def _only_short(self) -> bool:
        return self.container.settings.continue_ == "auto"

    @property
    def longest(self) -> float:
        """The seconds after which a turn ends."""
        return _LONGEST_TURN_OF_SHORT if self._only_short else _LONGEST_TURN

    def traced(self, tracer: Callable[..., Any]) -> Callable[..., Any]:
        """Return a tracer of a task's messages that begins a turn for each message of a run."""

        @wraps(tracer)
        def trace(uuid: str, args: Any, kwargs: Any, request: Any = None) -> Any:
            if request and TRACE_HEADER in request:
                mark_request(uuid, request)
            # The parent of a run's task is the run. An item of a batch, or of a turn, is claimed already.
            is_candidate = self.gate.allows_turns and request and request.get("parent_id")
            if not is_candidate or "_orchestrator_message" in request:
                return tracer(uuid, args, kwargs, request)
            turn = Turn(self)
            _unclaimed.set(turn)
            try:
                outcome = tracer(uuid, args, kwargs, request)
            except Reject:  # by the task's `after_return`, when the end of its body was reported already
                turn.go_on()
                raise
            finally:
                _unclaimed.set(None)
            turn.go_on()
            return outcome

        return trace

    def note(self, task: str, seconds: float) -> None:
        """Note how long a body of a task took."""
        known = self._average.get(task)
        if known is None and len(self._average) >= _MOST_TASKS:
            return
        average = seconds if known is None else known + _WEIGHT * (seconds - known)
        self._average[task] = average
        if known is None or (known < _SHORT) is not (average < _SHORT):
            self._offered.clear()

    def tasks_for(self, place: Place) -> str:
        """Return the tasks with which a turn may go on whose message came from a place, as an `Offer` lists them."""
        if place not in self._offered:
            self._offered[place] = self._list(place)
        return self._offered[place]

    def _list(self, place: Place) -> str:
        tasks, continuing = self.container.app.tasks, self.continuing
        if continuing is None:
            return ""
        names = [
            name
            for name, average in self._average.items()
            if (average < _SHORT or not self._only_short)
            and name in tasks
            and continuing.may_follow(tasks[name], place)
        ]
        return f",{','.join(names)}," if names else ""


class Turn:
    """One message of a run, and the leaves with which its process goes on. It receives the outcomes of their bodies.

    Args:
        turns: those of the process.
    """

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._begun = self._body_begun = time.monotonic()
        self._request: Any = None
        self._place: Place | None = None
        self._carrier = ""
        self._task = ""
        self._next: Next | None = None
        self._events: TurnEvents | None = None

    def begin(self, task: Any, request: Any, leaf: LeafId) -> bool:
        """Note the message that the process has claimed; return whether the turn may go on after it."""
        continuing = self._turns.continuing
        if continuing is None or any(request.timelimit or ()) or not continuing.may_carry(task):
            return False
        self._request, self._place = request, Place.of(request.delivery_info)
        self._carrier = f"{leaf.node}:{leaf.attempt}"
        self._task, self._body_begun = task.name, time.monotonic()
        return True

    def go_on(self) -> None:
        """Run the leaves that the reports answer with, one after the other."""
        while self._next is not None:
            leaf, self._next = self._next, None
            if self._events is None and self._turns.gate.is_watched:
                self._events = TurnEvents(self._turns.container.app, self._request.hostname)
            self._run(leaf)
        if self._events is not None:
            self._events.send()

    # -- the sink: outcomes of bodies, from the task signals ---------------------------------------

    def finished(
        self, leaf: LeafId, fence: Fence, result: Any, origin: Origin, routing: EdgeContext | None = None
    ) -> None:
        """Report that a body returned, and keep the leaf to go on with."""
        self._turns.note(self._task, time.monotonic() - self._body_begun)
        self._next = self._turns.reporter.finished(leaf, fence, result, origin, routing, self._offer())

    def failed(
        self, leaf: LeafId, fence: Fence | None, exc: BaseException, trace: str | None, origin: Origin = NO_ORIGIN
    ) -> None:
        """Report that a body raised."""
        self._turns.reporter.failed(leaf, fence, exc, trace, origin)

    def _offer(self) -> Offer:
        spent = time.monotonic() - self._begun
        if self._place is None or spent >= self._turns.longest or not self._turns.gate.is_open():
            return NOTHING_NEXT
        tasks = self._turns.tasks_for(self._place)
        if not tasks:
            return NOTHING_NEXT
        return Offer(self._carrier, owner_of(self._turns.container, self._request), tasks, int(spent * 1000))

    # -- the bodies --------------------------------------------------------------------------------

    def _run(self, following: Next) -> None:
        container, dispatch = self._turns.container, following.dispatch
        claimed = claimed_by(self._request)
        assert claimed is not None
        known = Origin(known=following.known)
        self._body_begun = time.monotonic()
        try:
            leaf = patiently(container, container.publisher.with_arguments, dispatch, known, True)
        except UNREACHABLE as exc:
            # Its claim stands, and no message of this worker belongs to it any more: the reconciler starts it again.
            extra = {"action": "continue", "run": dispatch.leaf.run, "node": dispatch.leaf.node}
            logger.error("A task does not start now, because the store is unavailable: %r", exc, extra=extra)
            return
        except Exception as exc:
            self.failed(dispatch.leaf, dispatch.fence, exc, None)
            return
        self._task = leaf.task
        task_id = str(dispatch.leaf)
        request = inner_request(self._request, leaf, task_id)
        amqp = container.app.amqp
        request["argsrepr"] = shown(tuple(leaf.args), amqp.argsrepr_maxsize)
        request["kwargsrepr"] = shown(leaf.kwargs, amqp.kwargsrepr_maxsize)
        request["_orchestrator_message"] = ClaimedMessage(
            [(dispatch.leaf, dispatch.fence)],
            claimed.origin,
            following.checkpoint,
            sink=self,
            routing=following.routing,
            category=claimed.category,
        )
        self._turns.spans.mark(request, dispatch)
        self._turns.counts.begun(leaf.task, claimed.category)
        self._trace(container.app.tasks[leaf.task], task_id, leaf, request)

    def _trace(self, task: Any, task_id: str, leaf: Leaf, request: dict[str, Any]) -> None:
        if self._events is not None:
            self._events.begun(task, request)
        args: Any = leaf.args  # a list, as `request.args` is in a task that came with a message
        try:
            outcome = trace_task(task, task_id, args, leaf.kwargs, request, app=self._turns.container.app)
        except Reject:
            logger.debug("A task was rejected; its signals have reported it.", extra={"action": "continue"})
            return
        if self._events is not None:
            self._events.ended(task, task_id, outcome)


class Tracer:
    """The attribute `__trace__` of a task's class. Celery sets it on the task in each process that runs tasks.

    Args:
        turns: those of the process.
    """

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def __get__(self, task: Any, owner: Any = None) -> Any:
        return None if task is None else task.__dict__.get("__trace__")

    def __set__(self, task: Any, tracer: Callable[..., Any] | None) -> None:
        task.__dict__["__trace__"] = tracer and self._turns.traced(tracer)

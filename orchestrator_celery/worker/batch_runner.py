"""The batch runner: one message that runs several items of a batched swarm.

It takes items with one call to the store and runs the body of each item
through Celery's own tracer. The call that takes the next items also reports
the finished ones; between two calls they are reported as `UnreportedEnds` says,
while a long item runs by a second thread. Each item keeps its own record, attempts, callbacks and result. An
item that retries or replaces itself continues in a message of its own.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from celery.app.trace import trace_task
from celery.exceptions import Reject
from kombu.exceptions import EncodeError

from orchestrator_celery.dispatch.publisher import NO_ORIGIN, Origin
from orchestrator_celery.errors import PayloadTooLarge
from orchestrator_celery.model.effects import Dispatch, EdgeContext
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.store import Effects, Refused
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.store.transitions.outbox import FAILED
from orchestrator_celery.store.transitions.swarms import Ended, Taken, taken_items
from orchestrator_celery.worker.batch_reports import UnreportedEnds
from orchestrator_celery.worker.bodies.body_spans import BodySpans
from orchestrator_celery.worker.bodies.claimed_message import ClaimedMessage, claimed_by, owner_of
from orchestrator_celery.worker.bodies.inner_request import OF_THE_RUNNER, inner_request
from orchestrator_celery.worker.bodies.reporter import Reporter
from orchestrator_celery.worker.bodies.task_counts import TaskCounts
from orchestrator_celery.worker.recovery.patience import patiently
from orchestrator_celery.worker.recovery.unknown_tasks import UnknownTasks, missing_task

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("Runner",)

logger = safe_logger(__name__)

#: Seconds of work to take at once, and between two questions whether the runner may go on.
_INTERVAL = 0.1
#: Seconds between two looks of the second thread.
_TICK = 0.025
#: If an item runs longer than this many seconds, the other taken items are returned to the pool.
_LONG_ITEM = 0.5
#: Seconds after which a runner without a fixed item count ends, so that other tasks get the process.
_LONGEST_TURN = 1.0
#: Most items to take at once.
_MAX_ITEMS = 256


class Runner:
    """Runs items of a batched swarm in the process of its own message.

    Args:
        container: the parts of the orchestrator.
        request: the request of the runner's own message, which is claimed.
        batch: most items to run; None for as many as fit in `_LONGEST_TURN` seconds.
    """

    def __init__(self, container: Container, request: Any, batch: int | None) -> None:
        message = claimed_by(request)
        assert message is not None
        self._container = container
        self._reporter = Reporter(container)
        self._request = request
        self._left = batch
        self._message = message
        self._origin = message.origin
        self._leaf, self._fence = message.claims[-1]
        self._owner = owner_of(container, request)
        #: Guards the attributes below: a second thread reports finished items while a long item runs.
        self._lock = threading.Lock()
        self._taken: deque[Taken] = deque()
        self._ended = UnreportedEnds()
        #: Taken items that go back to the pool with the next call.
        self._back: list[str] = []
        self._begun, self._born = 0.0, ""
        self._halted = False
        self._unknown = UnknownTasks(container, self._reporter)
        self._counts = TaskCounts(container)
        self._spans = BodySpans(container)
        #: Whether the runner is in the outbox again, so that the end of this body does not count.
        self.is_postponed = False
        self._over = threading.Event()

    def work(self) -> int:
        """Take and run items until the pool is empty or this runner's turn is over.

        Returns:
            The number of items run.
        """
        watch = threading.Thread(target=self._watch, name="orchestrator-batch", daemon=True)
        watch.start()
        started, count, want = time.monotonic(), 0, 1
        try:
            while self._take(want if self._left is None else min(want, self._left)):
                begun = time.monotonic()
                done = self._run_taken()
                count += done
                want = _next_count(want, done, time.monotonic() - begun)
                if self._left is not None:
                    self._left -= done
                if self._left == 0 or (self._left is None and time.monotonic() - started > _LONGEST_TURN):
                    break
        finally:
            self._over.set()
            watch.join()
            with self._lock:
                self._exchange(0)
        return count

    # -- the sink: outcomes of items, from the task signals ----------------------------------------

    def finished(
        self, leaf: LeafId, fence: Fence, result: Any, origin: Origin, routing: EdgeContext | None = None
    ) -> None:
        """Record that the body of an item returned."""
        try:
            blob = self._container.codec.dump_result(result)
        except (EncodeError, PayloadTooLarge) as exc:
            self.failed(leaf, fence, exc, None, origin)
            return
        self._note(Ended(leaf, fence, True, blob))

    def failed(
        self, leaf: LeafId, fence: Fence | None, exc: BaseException, trace: str | None, origin: Origin = NO_ORIGIN
    ) -> None:
        """Record that the body of an item raised, or can never run."""
        self._note(Ended(leaf, fence or Fence(), False, self._container.codec.dump_error(exc, trace)))

    def _note(self, ended: Ended) -> None:
        with self._lock:
            self._ended.add(ended)

    # -- the bodies of items -----------------------------------------------------------------------

    def _run_taken(self) -> int:
        done = 0
        while True:
            with self._lock:
                if not self._taken:
                    return done  # the call that takes the next items reports the ends
                if done and self._ended.are_due(time.monotonic() - self._begun):
                    self._exchange(0)
                if not self._taken:
                    return done  # the run is suspended
                item = self._taken.popleft()
                self._begun = time.monotonic()
            self._run_one(item)
            done += 1

    def _run_one(self, taken: Taken) -> None:
        container = self._container
        named = LeafId(self._leaf.run, taken.node, taken.attempt)
        item = Dispatch(named, Fence(), taken.input, taken.definition, created=self._born)
        try:
            leaf = container.publisher.with_arguments(item, own=True)
        except UNREACHABLE:
            raise
        except Exception as exc:
            self.failed(item.leaf, item.fence, exc, None)
            return
        missing = missing_task(container.app, leaf.task, leaf.args, leaf.kwargs)
        if missing is not None:
            self._postpone(item, missing)
            return
        task = container.app.tasks[leaf.task]
        category = self._message.category
        message = ClaimedMessage(
            [(item.leaf, item.fence)], self._origin, taken.checkpoint, sink=self, category=category
        )
        self._counts.begun(leaf.task, category)
        request = inner_request(self._request, leaf, str(item.leaf), *OF_THE_RUNNER)
        request["_orchestrator_message"] = message
        self._spans.mark(request, item)
        args: Any = leaf.args  # a list, as `request.args` is in a task that came with a message
        try:
            trace_task(task, str(item.leaf), args, leaf.kwargs, request, app=container.app)
        except Reject:
            logger.debug(
                "An item was rejected; its signals have reported it.", extra={"action": "batch", "node": item.leaf.node}
            )

    def _postpone(self, item: Dispatch, task: str) -> None:
        """Give back an item whose task this process lacks, and the runner itself, so that another worker gets both.

        Otherwise this runner would move all items of the pool into messages of their own, one after the other.
        """
        with self._lock:
            back = [item.leaf.node, *(other.node for other in self._taken)]
            answer = self._unknown.postpone(self._leaf, self._fence, task, back)
            over = answer is not None and answer.refused is None and answer.detail == FAILED
            if not over:
                self._halted = True
                self._taken.clear()
                self.is_postponed = answer is not None and answer.refused is None
                self._message.handed_over = self.is_postponed
                if answer is not None and answer.refused is Refused.HELD:
                    self._back += back
                    self._exchange(0)
        if over:
            self._note(Ended(item.leaf, item.fence, False, self._unknown.error(task)))

    # -- calls to the store ------------------------------------------------------------------------

    def _take(self, want: int) -> bool:
        with self._lock:
            if self._halted or want < 1:
                return False
            taken = self._exchange(want)
            self._taken.extend(taken)
            return bool(taken)

    def _watch(self) -> None:
        """While a long item runs, report the finished items and return the taken ones to the pool."""
        helped = asked = 0.0
        while not self._over.wait(_TICK):
            with self._lock:
                now = time.monotonic()
                busy = self._begun > helped and now - self._begun > _LONG_ITEM
                if busy:
                    self._give_back()
                    helped = self._begun
                # Between short items the main thread reports; it would only wait for this call.
                asks = bool(self._taken) and now - asked > _INTERVAL
                if not (busy or asks or self._back or (now - self._begun > _TICK and self._ended.are_due())):
                    continue
                asked = now
                try:
                    self._exchange(0, busy=busy, asks=asks)
                except Exception as exc:  # nothing is forgotten, and this thread has to report what comes
                    logger.warning("Finished items cannot be reported now: %r", exc, extra={"action": "batch"})

    def _exchange(self, want: int, busy: bool = False, asks: bool = False) -> list[Taken]:
        """Report finished items and take new ones in one call. The caller holds the lock.

        Args:
            want: number of items to take.
            busy: whether a long item runs.
            asks: make the call even if there is nothing to report, to learn whether the runner may continue.
        """
        store, again = self._container.store, False
        if not (want or self._ended or self._back or busy or asks):
            return []
        with self._ended.reporting() as ended:

            def call() -> Effects:
                nonlocal again
                known, again = again, want > 0
                return store.swarms.take(
                    self._leaf, self._fence, self._owner, want, ended=ended, back=self._back, again=known, busy=busy
                )

            answer = patiently(self._container, call)
        self._back = []
        extra = {"action": "take", "run": self._leaf.run, "node": self._leaf.node}
        self._reporter.send(answer, self._origin, extra)
        if answer.refused is not None:
            if answer.refused is Refused.HELD:
                self._taken.extend(taken_items(answer))  # by an earlier call, whose answer was lost
            self._halt(answer.refused)
            return []
        self._born = answer.more[0].decode()
        return taken_items(answer)

    def _halt(self, refused: Refused) -> None:
        """Start no more items: the run is suspended or gone, or another runner has replaced this one."""
        self._halted = True
        self._give_back()
        if refused is Refused.HELD:
            self._exchange(0)
        else:
            self._back = []  # they are no longer this runner's

    def _give_back(self) -> None:
        """Take note that the taken items go back to the pool with the next call."""
        self._back += [item.node for item in self._taken]
        self._taken.clear()


def _next_count(want: int, done: int, seconds: float) -> int:
    """Return how many items to take next: at most twice as many, and no more than fit into `_INTERVAL`."""
    fit = int(_INTERVAL * done / seconds) if seconds else _MAX_ITEMS
    return max(1, min(want * 2, fit, _MAX_ITEMS))

"""A runner: one message that works off several items of a batched swarm.

It takes items by one call to the store, runs the body of each through
Celery's own tracer, and tells how they ended with the call that takes the
next ones, or a tenth of a second later at the latest. Each item keeps its own
record, attempts, callbacks and result; one that retries or replaces itself
goes on by a message of its own.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from celery.app.trace import trace_task
from celery.exceptions import NotRegistered, Reject
from kombu.exceptions import EncodeError

from orchestrator_celery.dispatch.publisher import NO_ORIGIN, Origin
from orchestrator_celery.errors import PayloadTooLarge
from orchestrator_celery.model.effects import Dispatch, EdgeContext
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.model.safe_log import safe_logger
from orchestrator_celery.records.leaf import Leaf
from orchestrator_celery.store import Effects, Refused
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.store.swarm_transitions import Ended
from orchestrator_celery.worker.claimed_message import ClaimedMessage, claimed_by, owner_of
from orchestrator_celery.worker.patience import patiently
from orchestrator_celery.worker.reporter import Reporter

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("Runner",)

logger = safe_logger(__name__)

#: Seconds of work that are taken at once, and after which at the latest is told how items ended.
_SHARE = 0.1
#: Seconds one item may take before others can have those that were taken with it.
_LONG = 0.5
#: Seconds after which a runner without a number of its own ends, so that other tasks have their turn.
_TURN = 1.0
#: Most items that are taken at once.
_MOST = 256


class Runner:
    """Works off items, in the process and the context of its own message.

    Args:
        container: the parts of the orchestrator.
        request: of its own message, which has been claimed.
        batch: how many items it may work off; None for as many as fit in its turn.
    """

    def __init__(self, container: Container, request: Any, batch: int | None) -> None:
        held = claimed_by(request)
        assert held is not None
        self._container = container
        self._reporter = Reporter(container)
        self._request = request
        self._left = batch
        self._origin = held.origin
        self._leaf, self._fence = held.claims[-1]
        self._owner = owner_of(container, request)
        #: Guards what follows: a second thread tells how items ended while a long one runs.
        self._lock = threading.Lock()
        self._todo: deque[tuple[str, bytes, str]] = deque()
        self._ended: list[Ended] = []
        self._begun, self._born = 0.0, ""
        self._halted = False
        self._over = threading.Event()

    def work(self) -> int:
        """Take and run items until none is left, or it is time for others; returns how many."""
        watch = threading.Thread(target=self._watch, name="orchestrator-batch", daemon=True)
        watch.start()
        started, count, want = time.monotonic(), 0, 1
        try:
            while self._take(want if self._left is None else min(want, self._left)):
                begun = time.monotonic()
                done = self._run_taken()
                count += done
                want = _next_share(want, done, time.monotonic() - begun)
                if self._left is not None:
                    self._left -= done
                if self._left == 0 or (self._left is None and time.monotonic() - started > _TURN):
                    break
        finally:
            self._over.set()
            watch.join()
            with self._lock:
                self._tell(0)
        return count

    # -- what hooks tell of an item's body ----------------------------------------------------------

    def finished(
        self, leaf: LeafId, fence: Fence, result: Any, origin: Origin, told: EdgeContext | None = None
    ) -> None:
        """The body of an item returned."""
        try:
            blob = self._container.codec.dump_result(result)
        except (EncodeError, PayloadTooLarge) as exc:
            self.failed(leaf, fence, exc, None, origin)
            return
        self._note(Ended(leaf, fence, True, blob))

    def failed(
        self, leaf: LeafId, fence: Fence | None, exc: BaseException, trace: str | None, origin: Origin = NO_ORIGIN
    ) -> None:
        """The body of an item raised, or can never run."""
        self._note(Ended(leaf, fence or Fence(), False, self._container.codec.dump_error(exc, trace)))

    def _note(self, ended: Ended) -> None:
        with self._lock:
            self._ended.append(ended)

    # -- the bodies ---------------------------------------------------------------------------------

    def _run_taken(self) -> int:
        done = 0
        while True:
            with self._lock:
                if not self._todo:
                    return done
                node, definition, given = self._todo.popleft()
                self._begun = time.monotonic()
            self._run_one(Dispatch(LeafId(self._leaf.run, node, 1), Fence(), given, definition, created=self._born))
            done += 1

    def _run_one(self, item: Dispatch) -> None:
        container = self._container
        try:
            leaf = container.publisher.with_arguments(item)
        except UNREACHABLE:
            raise
        except Exception as exc:
            self.failed(item.leaf, item.fence, exc, None)
            return
        task = container.app.tasks.get(leaf.task)
        if task is None:
            self.failed(item.leaf, item.fence, NotRegistered(leaf.task), "")
            return
        held = ClaimedMessage([(item.leaf, item.fence)], self._origin, sink=self)
        request = _request_of(self._request, leaf, str(item.leaf))
        request["_orchestrator_held"] = held
        try:
            trace_task(task, str(item.leaf), leaf.args, leaf.kwargs, request, app=container.app)
        except Reject:
            logger.debug(
                "An item was rejected; its hooks have told.", extra={"action": "batch", "node": item.leaf.node}
            )

    # -- the store ----------------------------------------------------------------------------------

    def _take(self, want: int) -> bool:
        with self._lock:
            if self._halted or want < 1:
                return False
            taken = self._tell(want)
            self._todo.extend(taken)
            return bool(taken)

    def _watch(self) -> None:
        """While a long item runs: tell of those before it, and let others have those after it."""
        helped = 0.0
        while not self._over.wait(_SHARE):
            with self._lock:
                back: list[str] = []
                busy = self._begun > helped and time.monotonic() - self._begun > _LONG
                if busy:
                    back, helped = self._give_back(), self._begun
                if self._ended or busy or self._todo:
                    try:
                        self._tell(0, back, busy=busy, asks=True)
                    except UNREACHABLE as exc:
                        logger.warning("Ends of items are told later: %r", exc, extra={"action": "batch"})

    def _tell(
        self, want: int, back: list[str] | None = None, busy: bool = False, asks: bool = False
    ) -> list[tuple[str, bytes, str]]:
        """One call, with the lock held; `asks` whether to go on, though there may be nothing to tell."""
        store, again = self._container.store, False
        ended, self._ended = self._ended, []
        if not (want or ended or back or asks):
            return []

        def call() -> Effects:
            nonlocal again
            known, again = again, want > 0
            return store.swarms.take(
                self._leaf, self._fence, self._owner, want, ended=ended, back=back or (), again=known, busy=busy
            )

        try:
            answer = patiently(self._container, call)
        except UNREACHABLE:
            self._ended = [*ended, *self._ended]
            raise
        extra = {"action": "take", "run": self._leaf.run, "node": self._leaf.node}
        self._reporter.send(answer, self._origin, extra)
        if answer.refused is not None:
            self._halt(answer.refused)
            return []
        flat = answer.detail or []
        self._born = answer.more[0].decode()
        return [(flat[i].decode(), flat[i + 1], flat[i + 2].decode()) for i in range(0, len(flat), 3)]

    def _halt(self, refused: Refused) -> None:
        """Nothing more is begun: the run is suspended, gone, or has another runner in place of this one."""
        self._halted = True
        back = self._give_back()
        if back and refused is Refused.HELD:
            self._tell(0, back)

    def _give_back(self) -> list[str]:
        back = [node for node, _, _ in self._todo]
        self._todo.clear()
        return back


def _next_share(want: int, done: int, seconds: float) -> int:
    """How many to take next: at most twice as many as before, and no more than fit into a share."""
    fit = int(_SHARE * done / seconds) if seconds else _MOST
    return max(1, min(want * 2, fit, _MOST))


def _request_of(runner: Any, leaf: Leaf, task_id: str) -> dict[str, Any]:
    """The request of an item: what its own message would have brought, by way of the runner's."""
    kept = ("hostname", "delivery_info", "root_id", "parent_id", "origin", "lang", "utc", "stamped_headers", "stamps")
    headers = leaf.options.get("headers") or {}
    return {
        **{name: getattr(runner, name, None) for name in kept}, **headers, "headers": dict(headers), "id": task_id,
        "task": leaf.task, "args": leaf.args, "kwargs": leaf.kwargs, "retries": 0, "is_eager": False,
        "ignore_result": True, "correlation_id": task_id, "timelimit": [None, None], "replaced_task_nesting": 0,
    }  # fmt: skip

"""One message that works off several items of a swarm, each with a record of its own."""

from __future__ import annotations

import os
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from celery.app.trace import build_tracer
from celery.exceptions import NotRegistered
from kombu.exceptions import EncodeError

from orchestrator_celery.errors import PayloadTooLarge
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.publish import PASSING, Origin
from orchestrator_celery.worker.held import Held

if TYPE_CHECKING:
    from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("BatchRunner",)

#: Seconds of work after which the store is told, and asked whether to go on.
_STEP = 0.1
#: Most items that are claimed at once.
_MOST = 100

#: Seconds a body takes, by the task's name: what this process has seen of late.
_seconds: dict[str, float] = {}


class BatchRunner:
    """Claims items a few at a time, runs them one by one, and reports them together.

    Args:
        orchestrator: whose runs.
        request: of the message that named the items.
        run: their run.
        route: options of a further message, to which items go that would keep this process too long; None to
            keep all of them.
    """

    def __init__(self, orchestrator: Orchestrator, request: Any, run: str, route: dict[str, Any] | None) -> None:
        self._orchestrator = orchestrator
        self._request = request
        self._run = run
        self._route = route
        self._owner = f"{request.hostname}/{os.getpid()}/{orchestrator.incarnation}"
        self._ended: list[tuple[str, bool, bytes]] = []
        self._tracers: dict[str, Any] = {}

    def work(self, items: list[Any]) -> None:
        """Work off everything that may run; what may not stays in the outbox.

        Args:
            items: node, name of the task, positional and keyword arguments of each.
        """
        waiting, claimed = deque(items), deque[Any]()
        while waiting or claimed or self._ended:
            if not claimed:
                claimed.extend(waiting.popleft() for _ in range(min(len(waiting), self._at_once(waiting))))
                self._hand_on(waiting)
            words = self._step([node for node, *_ in claimed])
            if words is None:
                return
            if b"held" in words:
                waiting.clear()
            claimed = deque(item for item, word in zip(claimed, words, strict=True) if word == b"ok")
            until = time.monotonic() + _STEP
            while claimed and time.monotonic() < until:
                self._body(*claimed.popleft())

    # -- told by the hooks ----------------------------------------------------------------------

    def finished(self, leaf: LeafId, result: Any) -> None:
        """The body returned `result`."""
        try:
            self._ended.append((leaf.node, True, self._orchestrator.codec.dump_result(result)))
        except (EncodeError, PayloadTooLarge) as exc:
            self.failed(leaf, exc, None)

    def failed(self, leaf: LeafId, exc: BaseException, trace: str | None) -> None:
        """The body raised `exc`."""
        self._ended.append((leaf.node, False, self._orchestrator.codec.dump_error(exc, trace)))

    # -- steps ----------------------------------------------------------------------------------

    def _at_once(self, waiting: deque[Any]) -> int:
        """How many fit into one step; one, of a task this process has not seen yet."""
        if not waiting:
            return 0
        seconds = _seconds.get(waiting[0][1], _STEP)
        return max(1, min(_MOST, int(_STEP / max(seconds, 1e-4))))

    def _hand_on(self, waiting: deque[Any]) -> None:
        """Spread long items over other processes."""
        size = self._at_once(waiting)
        if self._route is None or not waiting or waiting[0][1] not in _seconds or len(waiting) <= 2 * size:
            return
        rest = list(waiting)
        parts = [rest[start : start + size] for start in range(0, len(rest), size)]
        try:
            self._orchestrator.publisher.send_batches(self._run, parts, True, self._route)
        except PASSING:
            return  # this process does them itself; what was sent all the same is vetoed
        waiting.clear()

    def _step(self, wanted: list[str]) -> list[bytes] | None:
        ended, self._ended = self._ended, []
        origin = Origin(route=self._request.delivery_info or {})
        answer = self._orchestrator.hooks.reports.batch(self._run, self._owner, ended, wanted, origin)
        if answer is None or answer.refused is not None:
            return None
        words: list[bytes] = answer.detail
        return words

    def _body(self, node: str, name: str, args: list[Any], kwargs: dict[str, Any]) -> None:
        leaf = LeafId(self._run, node, 1)
        if name not in self._orchestrator.app.tasks:
            self.failed(leaf, NotRegistered(name), "")
            return
        begun = time.monotonic()
        self._tracer(name)(str(leaf), args, kwargs, self._request_of(leaf, name))
        seconds = time.monotonic() - begun
        _seconds[name] = seconds if name not in _seconds else 0.8 * _seconds[name] + 0.2 * seconds

    def _tracer(self, name: str) -> Any:
        if name not in self._tracers:
            app = self._orchestrator.app
            self._tracers[name] = build_tracer(name, app.tasks[name], app.loader, self._request.hostname, app=app)
        return self._tracers[name]

    def _request_of(self, leaf: LeafId, name: str) -> dict[str, Any]:
        """What the item's own message would have said."""
        info = self._request.delivery_info or {}
        return {
            "id": str(leaf),
            "task": name,
            "root_id": self._run,
            "parent_id": self._run,
            "correlation_id": str(leaf),
            "retries": 0,
            "replaced_task_nesting": 0,
            "timelimit": (None, None),
            "hostname": self._request.hostname,
            "delivery_info": info,
            "origin": self._request.origin,
            "ignore_result": True,
            "headers": {},  # or Celery takes what is ours for custom headers, and sends it with a retry
            "_orchestrator_held": Held([(leaf, Fence())], Origin(route=info), batch=self),
        }

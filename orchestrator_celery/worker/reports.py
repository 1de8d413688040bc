"""Reports to the store, and acting on what it answers; patient while the store is away."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kombu.exceptions import EncodeError

from orchestrator_celery.errors import PayloadTooLarge, PoisonedTask
from orchestrator_celery.model.ids import CLOSE, Fence, LeafId
from orchestrator_celery.publish import NOWHERE, PASSING, Origin
from orchestrator_celery.settings import TaskPolicy
from orchestrator_celery.store import Effects, Refused
from orchestrator_celery.store.transitions import UNREACHABLE

if TYPE_CHECKING:
    from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("Reports",)

logger = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0


class Reports:
    """What a worker tells of one leaf; no method raises, for there is nobody to tell.

    Args:
        orchestrator: whose runs.
    """

    def __init__(self, orchestrator: Orchestrator) -> None:
        self._orchestrator = orchestrator

    def finished(self, leaf: LeafId, fence: Fence, result: Any, origin: Origin) -> None:
        """The body returned `result`."""
        store = self._orchestrator.store
        if leaf.node == CLOSE:
            self._tell(leaf, NOWHERE, store.ended, leaf.run)
            return
        try:
            blob = self._orchestrator.codec.dump_result(result)
        except (EncodeError, PayloadTooLarge) as exc:
            self.failed(leaf, fence, exc, None, origin)
            return
        self._tell(leaf, origin._replace(known={leaf.node: result}), store.finish, leaf, fence, blob)

    def failed(
        self, leaf: LeafId, fence: Fence | None, exc: BaseException, trace: str | None, origin: Origin = NOWHERE
    ) -> None:
        """The body raised `exc`, or the message can never become one."""
        store = self._orchestrator.store
        if leaf.node == CLOSE:
            self._tell(leaf, NOWHERE, store.ended, leaf.run)
            return
        self._tell(leaf, origin, store.fail, leaf, fence, self._orchestrator.codec.dump_error(exc, trace))

    def requeued(self, leaf: LeafId, fence: Fence, later: Fence, why: str) -> None:
        """A later message runs the leaf."""
        self._tell(leaf, NOWHERE, self._orchestrator.store.requeue, leaf, fence, later, why)

    def lost(self, task: Any, leaf: LeafId, fence: Fence) -> None:
        """The process that ran the leaf is gone."""
        policy = getattr(task, "orchestrator", None)
        limit = policy.max_resumes if isinstance(policy, TaskPolicy) else None
        if limit is None:
            limit = self._orchestrator.settings.max_resumes
        answer = self._tell(leaf, NOWHERE, self._orchestrator.store.lost, leaf, fence, limit)
        if answer is not None and answer.refused is Refused.POISONED:
            poisoned = PoisonedTask(
                f"{task.name} took its worker process down {leaf.attempt} times; it is not started once more. "
                "Look at the worker's log for the cause (memory, a native crash), then retry the run."
            )
            self.failed(leaf, fence, poisoned, "")

    def patiently(self, call: Callable[..., Effects], *args: Any) -> Effects:
        """Call the store, and again while it cannot be reached, up to `orchestrator_store_patience`.

        Raises:
            redis.exceptions.ConnectionError, redis.exceptions.TimeoutError: it stayed away.
        """
        deadline, pause = time.monotonic() + self._orchestrator.settings.store_patience, _FIRST_PAUSE
        while True:
            try:
                return call(*args)
            except UNREACHABLE:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _tell(self, leaf: LeafId, origin: Origin, call: Callable[..., Effects], *args: Any) -> Effects | None:
        extra = {"action": getattr(call, "__name__", "report"), "run": leaf.run, "node": leaf.node}
        try:
            answer = self.patiently(call, *args)
        except Exception:
            logger.exception(
                "A report to the store was lost; the task counts as running until its lease ends.", extra=extra
            )
            return None
        try:
            self._orchestrator.publisher.act(answer.todo, origin)
        except PASSING as exc:
            logger.warning("Messages could not be sent now and stay in the outbox: %r", exc, extra=extra)
        except Exception:
            logger.exception("What follows a task could not be sent.", extra=extra)
        return answer

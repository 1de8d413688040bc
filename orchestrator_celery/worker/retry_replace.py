"""A body hands its node to a later message while the broker, or the store, is away.

Celery publishes a retry or a replacement at once, in the body, and fails the
task where it cannot. Here the message of a retry, or of a plain replacement,
is left to the outbox; a canvas, which becomes a run of its own, is waited for.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from celery.canvas import Signature
from celery.exceptions import Ignore, Reject

from orchestrator_celery.canvas import Primitive
from orchestrator_celery.dispatch.publisher import PASSING

if TYPE_CHECKING:
    from orchestrator_celery.engine.compile.compiler import Compiler
    from orchestrator_celery.worker.claimed_message import Held
    from orchestrator_celery.worker.reporter import Reports

__all__ = ("Handover",)

logger = logging.getLogger(__name__)


class Handover:
    """What becomes of `retry` and `replace` of tasks of runs.

    Args:
        held_by: what a request holds, None where it is no task of a run.
        reports: tells the store, patiently.
        compiler: makes definitions; asked for when it is needed.
    """

    def __init__(
        self, held_by: Callable[[Any], Held | None], reports: Reports, compiler: Callable[[], Compiler]
    ) -> None:
        self._held_by = held_by
        self._reports = reports
        self._compiler = compiler

    def replace(self, task: Any, sig: Any, original: Callable[..., Any]) -> Any:
        """Send a replacement, as `Task.on_replace` does.

        Raises:
            celery.exceptions.Ignore: as Celery's own, it was sent; or it is in the outbox.
            celery.exceptions.OperationalError, StoreUnavailable: a canvas could not be started for as long as
                `orchestrator_store_patience` allows.
        """
        if self._held_by(task.request) is None:
            return original(task, sig)
        if isinstance(sig, Primitive):
            return self._reports.patiently(original, task, sig, passing=PASSING)
        try:
            return original(task, sig)
        except PASSING as exc:
            self._say("replacement", task, exc)
            raise Ignore("the replacement waits in the outbox") from exc

    def retry(self, task: Any, original: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Send a retry, as `Task.retry` does.

        Raises:
            celery.exceptions.Ignore: it could not be sent, and is in the outbox.
        """
        held = self._held_by(task.request)
        try:
            return original(task, *args, **kwargs)
        except Reject as rejected:
            if held is None or not isinstance(rejected.reason, PASSING):
                raise
            self._say("retry", task, rejected.reason)
            self._reports.last_words(held)
            given = inspect.signature(original).bind(task, *args, **kwargs).arguments
            for leaf, fence in held.claims:
                later = fence._replace(retries=fence.retries + 1)
                self._reports.requeued(leaf, fence, later, "retry", _pause(task, given), self._changed(task, given))
            held.handed_over = True
            raise Ignore("the retry waits in the outbox") from rejected

    def _changed(self, task: Any, given: Any) -> bytes:
        args, kwargs = given.get("args"), given.get("kwargs")
        if args is None and kwargs is None:
            return b""
        request = task.request
        sig = Signature(
            task.name,
            request.args if args is None else args,
            request.kwargs if kwargs is None else kwargs,
            immutable=True,
        )
        return self._compiler().leaf(sig)

    def _say(self, what: str, task: Any, exc: BaseException) -> None:
        logger.warning(
            "The %s of %s cannot be sent now and waits in the outbox: %r",
            what,
            task.name,
            exc,
            extra={"action": "handover", "task": task.request.id},
        )


def _pause(task: Any, given: Any) -> float:
    """Seconds until a retry is due, as Celery counts them."""
    eta, countdown = given.get("eta"), given.get("countdown")
    if isinstance(eta, datetime):
        now = datetime.now(timezone.utc)
        return max(0.0, ((eta if eta.tzinfo else eta.replace(tzinfo=timezone.utc)) - now).total_seconds())
    return float(task.default_retry_delay if countdown is None else countdown)

"""Signs of life: a worker with the extension is in a sorted set as long as its lease holds."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError

if TYPE_CHECKING:
    from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("Heartbeat",)

logger = logging.getLogger(__name__)


class Heartbeat:
    """Renews the lease of one worker from a thread of its own.

    A thread and not a timer of the worker's event loop, because the solo pool
    blocks that loop while a task runs.

    Args:
        orchestrator: whose store.
    """

    def __init__(self, orchestrator: Orchestrator) -> None:
        self._orchestrator = orchestrator
        self._stopped = threading.Event()
        self._member: str | None = None

    def start(self, sender: Any = None, **_: Any) -> None:
        """Begin, once the worker is ready; returns at once."""
        if sender is None or sender.app is not self._orchestrator.app or not self._orchestrator.has_store:
            return
        self._member = f"{sender.hostname}/{self._orchestrator.incarnation}"
        threading.Thread(target=self._beat, name="orchestrator-heartbeat", daemon=True).start()

    def stop(self, **_: Any) -> None:
        """Give the lease back at a warm shutdown."""
        if self._member is None:
            return
        self._stopped.set()
        try:
            self._orchestrator.store.sign_off(self._member)
        except RedisError:
            logger.debug("The lease could not be given back and will run out.", extra={"action": "heartbeat"})

    def _beat(self) -> None:
        settings = self._orchestrator.settings
        member = str(self._member)
        while True:
            try:
                self._orchestrator.store.sign_on(member, settings.lease)
            except RedisError as exc:
                logger.warning("No sign of life could be given: %r", exc, extra={"action": "heartbeat"})
            if self._stopped.wait(settings.heartbeat):
                return

"""Topics without a stream in the store: they are read now and then, once for all pages, and compared."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from orchestrator_celery import Orchestrator

__all__ = ("SNAPSHOTS", "Snapshots")

#: Seconds between two readings.
_EVERY = 5.0


def _stats(found: Orchestrator) -> object:
    return found.stats(since="1h").model_dump(exclude={"since", "until"})


def _workers(found: Orchestrator) -> object:
    """The workers without the time of their newest heartbeat, which says no more than that they are alive."""
    return [worker.model_dump(exclude={"seen"} if worker.alive else set()) for worker in found.workers()]


#: How each topic is read.
SNAPSHOTS: Mapping[str, Callable[[Orchestrator], object]] = {"stats": _stats, "workers": _workers}


class Snapshots:
    """Compares what it reads with what it read before.

    Args:
        orchestrator: the orchestrator of the project.
        every: seconds between two readings.
    """

    def __init__(self, orchestrator: Orchestrator, every: float = _EVERY) -> None:
        self._orchestrator = orchestrator
        self._every = every
        self._seen: dict[str, Any] = {}
        self._next = 0.0

    def changed(self, topics: Collection[str]) -> set[str]:
        """Return the topics that have changed since the last reading. Most calls read nothing."""
        if time.monotonic() < self._next:
            return set()
        found = {topic: read(self._orchestrator) for topic, read in SNAPSHOTS.items() if topic in topics}
        self._next = time.monotonic() + self._every
        before, self._seen = self._seen, found
        return {topic for topic, value in found.items() if topic in before and before[topic] != value}

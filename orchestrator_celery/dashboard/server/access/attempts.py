"""Limits failed attempts, so that tokens and passwords cannot be guessed and the audit trail cannot be flooded."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from orchestrator_celery.dashboard.server.problems import RefusedByAccess

__all__ = ("Attempts",)

#: Most addresses that are remembered.
_REMEMBERED = 10_000


class Attempts:
    """Counts failed attempts by address, or by name, within a time.

    Args:
        most: attempts that may fail.
        seconds: the time.
        clock: returns seconds.
    """

    def __init__(self, most: int = 10, seconds: float = 300.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, *keys: str) -> None:
        """Refuse a further attempt if too many have failed.

        Raises:
            RefusedByAccess: with the seconds to wait.
        """
        with self._lock:
            waits = [self._wait(key) for key in keys]
        if (wait := max(waits, default=0.0)) > 0:
            raise RefusedByAccess(
                429, f"Too many attempts failed. Try again in {wait:.0f} s.", {"Retry-After": f"{wait + 1:.0f}"}
            )

    def fail(self, *keys: str) -> bool:
        """Count a failed attempt. Return whether it is still below the limit, so that it is worth a note."""
        with self._lock:
            for key in keys:
                self._failed.setdefault(key, deque(maxlen=self._most)).append(self._clock())
                self._failed.move_to_end(key)
            while len(self._failed) > _REMEMBERED:
                self._failed.popitem(last=False)
            return all(self._wait(key) <= 0 for key in keys)

    def _wait(self, key: str) -> float:
        times = self._failed.get(key)
        if times is None or len(times) < self._most:
            return 0.0
        return times[0] + self._seconds - self._clock()

"""Turns Ctrl-C and requests to end into one exception that cannot get lost."""

from __future__ import annotations

import signal
from types import FrameType

__all__ = ("StopSignals",)


class StopSignals:
    """Raises KeyboardInterrupt at SIGINT, SIGTERM and SIGHUP, and again at each `check`.

    Python prints and drops an exception that a signal handler raises inside a finalizer or a weakref callback. A loop
    that calls `check` ends in this case too.
    """

    def __init__(self) -> None:
        self._received = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._receive)

    def check(self) -> None:
        """Raise KeyboardInterrupt if one of the signals has arrived."""
        if self._received:
            raise KeyboardInterrupt

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        self._received = True
        raise KeyboardInterrupt

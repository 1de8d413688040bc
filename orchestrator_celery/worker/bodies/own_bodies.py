"""The bodies that this process claims or runs, so that it knows a claim of its own whose answer was lost."""

from __future__ import annotations

import threading
from weakref import WeakValueDictionary

from orchestrator_celery.model.ids import Fence, LeafId

__all__ = ("Bodies", "Body")


class Body:
    """Stands for one body. The message of the body refers to it, so it goes with the message."""


class Bodies:
    """The bodies of a process. A thread pool may get the same message twice at the same time.

    >>> bodies, first, second = Bodies(), Body(), Body()
    >>> key = LeafId("r", "0", 1), Fence()
    >>> bodies.add(key, first), bodies.add(key, second), bodies.add(key, first)
    (True, False, True)
    >>> del first
    >>> bodies.add(key, second)
    True
    """

    def __init__(self) -> None:
        self._known: WeakValueDictionary[tuple[LeafId, Fence], Body] = WeakValueDictionary()
        self._lock = threading.Lock()

    def add(self, key: tuple[LeafId, Fence], body: Body) -> bool:
        """Add the body of a message; return whether the process has no other body of this message."""
        with self._lock:
            return self._known.setdefault(key, body) is body

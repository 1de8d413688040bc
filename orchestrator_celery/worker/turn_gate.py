"""Whether the processes of a worker may go on with tasks without messages at this moment.

The worker's main process knows whether it shuts down, whether an operator has limited tasks, and whether a monitor
watches its tasks. Its children read that from memory which they share with it.
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Any

from billiard.compat import mem_rss

if TYPE_CHECKING:
    from celery import Celery

__all__ = ("TurnGate",)

#: The shared bytes; each is 0 or 1.
_CLOSING, _LIMITED, _WATCHED, _SIZE = range(4)
_LIMITS = ("rate_limit", "time_limit", "soft_time_limit")


class TurnGate:
    """Closes the turns of one worker and opens them again.

    Args:
        app: the Celery app.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        #: None in a process that is no worker, and in a worker that limits each message.
        self._flags: mmap.mmap | None = None
        self._most_memory = 0
        #: The limits of each task when this object saw it first.
        self._limits: dict[str, tuple[Any, ...]] = {}

    def on_worker_init(self, sender: Any, **_: Any) -> None:
        """Allow turns in a worker that neither limits the time of its tasks nor counts them."""
        if getattr(sender, "app", None) is not self._app:
            return
        limits = ("time_limit", "soft_time_limit", "max_tasks_per_child")
        is_limited = any(getattr(sender, name, None) for name in limits)
        self._flags = None if is_limited else mmap.mmap(-1, _SIZE)
        self._most_memory = getattr(sender, "max_memory_per_child", None) or 0
        self._limits = {}
        self._set(_WATCHED, bool(getattr(sender, "task_events", False)))

    def on_worker_shutting_down(self, **_: Any) -> None:
        """Begin no more bodies in turns, in the children either."""
        self._set(_CLOSING, True)

    def look(self, consumer: Any) -> None:
        """Look at what remote control commands may change; the worker does it with each heartbeat.

        Args:
            consumer: the worker's consumer.
        """
        self._set(_LIMITED, self._were_limits_changed())
        events = getattr(consumer, "event_dispatcher", None)
        if events is not None:  # it is None for a moment while the worker connects again
            self._set(_WATCHED, bool(events.enabled and (not events.groups or "task" in events.groups)))

    @property
    def allows_turns(self) -> bool:
        """Whether this is a process of a worker that may have turns at all."""
        return self._flags is not None

    @property
    def is_watched(self) -> bool:
        """Whether the worker sends events of tasks."""
        return self._flags is not None and bool(self._flags[_WATCHED])

    def is_open(self) -> bool:
        """Whether a process may go on without a message now."""
        flags = self._flags
        if flags is None or flags[_CLOSING] or flags[_LIMITED]:
            return False
        # Celery replaces a process that has grown too large between two messages.
        return not self._most_memory or mem_rss() <= self._most_memory

    def _set(self, flag: int, value: bool) -> None:
        if self._flags is not None:
            self._flags[flag] = value

    def _were_limits_changed(self) -> bool:
        return any(
            self._limits.setdefault(name, limits) != limits
            for name, task in list(self._app._tasks.items())  # type: ignore[attr-defined, unused-ignore]
            for limits in [tuple(getattr(task, limit, None) or None for limit in _LIMITS)]
        )

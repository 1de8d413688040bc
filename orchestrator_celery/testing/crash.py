"""Ends a process at a chosen point, for tests of projects that use the extension.

    from orchestrator_celery.testing import crash_points
    crash_points()          # in the project's module, after `Orchestrator(app)`

    ORCHESTRATOR_CRASH="store.finish.after" ORCHESTRATOR_CRASH_ONCE=/tmp/mark celery -A proj worker

The first process that reaches the point ends there like in a crash, with
`os._exit`: no handler runs, and no buffer is flushed. The file named by
`ORCHESTRATOR_CRASH_ONCE` records that the crash has happened, so that the
worker that is started next continues. `#3` after the name means the third
time a process reaches the point. `@all` ends the worker's main process too.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

from billiard import current_process

from orchestrator_celery.dispatch.publisher import Publisher
from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.lifecycle.side_effects.notices import Notices
from orchestrator_celery.store.due_index import DueIndex
from orchestrator_celery.store.scripting import scripts

__all__ = ("CrashPoint", "crash_points", "points")

_STATUS = 86


class CrashPoint(NamedTuple):
    """The point at which to end the process.

    >>> CrashPoint.parse("store.finish.after#2@all")
    CrashPoint(name='store.finish.after', nth=2, everything=True)
    """

    name: str
    nth: int = 1
    everything: bool = False

    @classmethod
    def parse(cls, text: str) -> CrashPoint:
        """Read `name`, `name#nth`, `name@all`, `name#nth@all`.

        Raises:
            OrchestratorError: the point does not exist; the message lists the points.
        """
        rest, _, scope = text.partition("@")
        name, _, nth = rest.partition("#")
        if name not in points():
            raise OrchestratorError(f"There is no crash point {name!r}: use one of {', '.join(points())}.")
        return cls(name, int(nth or 1), scope == "all")


def points() -> list[str]:
    """Return the names of all points: before and after every store call, publication and acknowledgement."""
    named = [f"store.{verb}" for verb in scripts.names() if verb not in scripts.READING]
    return [
        f"{name}.{side}"
        for name in [*named, "publish.task", "publish.close", "publish.notice", "ack"]
        for side in ("before", "after")
    ]


def crash_points() -> None:
    """Make this process end at the point named by `ORCHESTRATOR_CRASH`; without the variable nothing happens.

    Raises:
        OrchestratorError: the variable names an unknown point, or `ORCHESTRATOR_CRASH_ONCE` is not set.
    """
    text = os.environ.get("ORCHESTRATOR_CRASH")
    if not text:
        return
    mark = os.environ.get("ORCHESTRATOR_CRASH_ONCE")
    if not mark:
        raise OrchestratorError("Set ORCHESTRATOR_CRASH_ONCE to a path: its file records that the crash has happened.")
    crash = _Crash(CrashPoint.parse(text), Path(mark))
    from celery.worker.request import Request

    _wrap(scripts.Script, "run", crash, lambda script, *args: f"store.{script.name}")
    _wrap(DueIndex, "check", crash, lambda *args: "store.sweep")  # in a pipeline
    _wrap(Publisher, "_send_task", crash, lambda *args: "publish.task")
    _wrap(Publisher, "_send_close", crash, lambda *args: "publish.close")
    _wrap(Notices, "_send_one", crash, lambda *args: "publish.notice")
    _wrap(Request, "acknowledge", crash, lambda *args: "ack")


class _Crash:
    """Counts how often points are reached, and ends the process at the chosen point."""

    def __init__(self, point: CrashPoint, mark: Path) -> None:
        self._point = point
        self._mark = mark
        self._reached: Counter[str] = Counter()

    def reach(self, name: str) -> None:
        self._reached[name] += 1
        if name != self._point.name or self._reached[name] < self._point.nth:
            return
        try:
            self._mark.touch(exist_ok=False)
        except FileExistsError:
            return
        if self._point.everything and current_process().name != "MainProcess":
            # Only in a child of a pool is the parent the worker's main process; other parents must not be killed.
            os.kill(os.getppid(), signal.SIGKILL)
        os._exit(_STATUS)


def _wrap(owner: Any, attribute: str, crash: _Crash, name_of: Callable[..., str]) -> None:
    original = getattr(owner, attribute)

    @wraps(original)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        name = name_of(*args)
        crash.reach(f"{name}.before")
        result = original(*args, **kwargs)
        crash.reach(f"{name}.after")
        return result

    setattr(owner, attribute, wrapped)

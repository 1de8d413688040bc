"""Finds processes that a test session left behind, orphans among them: all inherit a mark in their environment."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from uuid import uuid4

import psutil

_MARK = "ORCHESTRATOR_TEST_SESSION"


def mark_session():
    """Mark this process; what it starts from now on carries the mark, and so does what that starts."""
    mark = os.environ[_MARK] = uuid4().hex
    return mark


def left_running(mark, patience=10.0):
    """What still runs of a marked session, after a while in which it may end; a name and a command line of each."""
    deadline = time.monotonic() + patience
    while True:
        found = _marked(mark)
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def _marked(mark):
    found = []
    for process in psutil.process_iter():
        # It ended meanwhile, or is somebody else's.
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(_MARK) == mark:
                found.append(f"{process.pid} {' '.join(process.cmdline())}")
    return found

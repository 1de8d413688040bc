"""The mechanism of all buffers: state of one process, and the thread that takes it to the store."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from abc import ABC, abstractmethod
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import ClassVar

__all__ = ("ProcessBuffer",)


class ProcessBuffer(ABC):
    """What one process has to take to the store, and the thread that does it.

    Nothing that fills a buffer ever waits. The thread starts with the first entry, and ends when nobody has the buffer
    any more. A forked process has neither the thread nor the entries of its parent: it begins with its own.
    """

    #: Name of the thread.
    _name: ClassVar[str]
    #: Seconds for which entries are collected, and seconds after a write that did not reach the store.
    _every: ClassVar[float]
    _later: ClassVar[float]

    def __init__(self) -> None:
        self._begin()

    @abstractmethod
    def flush(self) -> bool:
        """Write all entries, and return whether none is left."""

    @abstractmethod
    def _clear(self) -> None:
        """Make the state of the subclass, empty."""

    def _work(self) -> bool:
        """Do what the thread does, and return whether nothing is left."""
        return self.flush()

    def _adopt(self) -> None:
        """Begin anew in a forked process; the subclass calls this before it touches its state."""
        if self._pid != os.getpid():
            self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._writing = threading.Lock()
        # A SimpleQueue, unlike an Event, may be used by a signal handler that interrupts another use of it.
        # The thread has the buffer only while there is something to write, and so does not keep it alive.
        self._filled: SimpleQueue[ProcessBuffer | None] = SimpleQueue()
        self._full: SimpleQueue[None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        weakref.finalize(self, self._filled.put, None).atexit = False
        self._clear()

    def _wake(self, *, at_once: bool = False) -> None:
        """Have the entries written: after `_every` seconds, or at once."""
        if self._filled.empty():
            self._filled.put(self)
        if at_once and self._full.empty():
            self._full.put(None)
        if self._thread is None:
            self._thread = threading.Thread(target=_serve, args=(self._filled,), name=self._name, daemon=True)
            self._thread.start()

    def _write_all(self) -> None:
        full = self._full
        _wait(full, self._every)
        while not self._work():
            _wait(full, self._later)

    def _flush_at_exit(self) -> None:
        """Write what is left when a client ends; a store that is away keeps it no longer than one call."""
        own = weakref.ref(self)

        def flush() -> None:
            found = own()
            if found is not None and found._pid == os.getpid():
                with suppress(Exception):
                    found.flush()

        atexit.register(flush)


def _serve(filled: SimpleQueue[ProcessBuffer | None]) -> None:
    """Write what is in the buffer whenever it has been filled, until it is gone."""
    while (buffer := filled.get()) is not None:
        buffer._write_all()
        del buffer


def _wait(full: SimpleQueue[None], seconds: float) -> None:
    if seconds:
        with suppress(Empty):
            full.get(timeout=seconds)

"""Numbers of the calls to scripts that must not be repeated, so that the store knows a call that is sent again.

A client whose connection breaks, or whose time-out is over, sends the same command again (`redis_retry_on_timeout`, and
always in a cluster). The store keeps the last answer for each thread of a client, see `lua/lib/asked.lua`. A thread
takes the name of a thread that makes no call now, so there are only as many names as calls at the same time.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ("call_number", "event_number")


class _Thread:
    """A name for calls that are made one after the other, and the number of the last one."""

    def __init__(self) -> None:
        self.name = secrets.token_hex(6)
        self.last = 0


_free: deque[_Thread] = deque()
if hasattr(os, "register_at_fork"):  # a child must not have the names of its parent
    os.register_at_fork(after_in_child=_free.clear)


@contextmanager
def call_number() -> Iterator[str]:
    """Number one call to the store; the commands that it sends carry the number, also those that are sent again.

    >>> with call_number() as first:
    ...     pass
    >>> with call_number() as second:
    ...     first.partition(":")[0] == second.partition(":")[0], first == second
    (True, False)
    """
    try:
        thread = _free.pop()
    except IndexError:
        thread = _Thread()
    thread.last += 1
    try:
        yield f"{thread.name}:{thread.last}"
    finally:
        _free.append(thread)


def event_number(event: str) -> str:
    """Number the call that tells of an event, so that it is one call whoever makes it.

    >>> event_number("a") == event_number("a") != event_number("b")
    True
    """
    return f"{hashlib.sha1(event.encode()).hexdigest()}:1"

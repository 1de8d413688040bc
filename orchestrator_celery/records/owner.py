"""The owner in the record of a live or ended node: the worker, and how long the node waited for it.

owner     = [ runner " " ] [ waits " " ] worker
runner    = node ":" attempt            ; of a live node: the message that processes it, see `live.py`
waits     = "+" queued [ "," published ]
queued    = milliseconds from its turn to the begin of its body
published = milliseconds from the last publication of its message, or from its planned start, to the begin of its body;
            the same as `queued` if it is left out

Records of earlier releases have no waits. Earlier releases take the waits for a part of the worker's name, or for a
runner without an attempt, which no node has.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ("Owner", "Waits", "parse_owner", "write_owner")

_MARK = "+"


class Waits(NamedTuple):
    """How long a node waited for its body, in milliseconds.

    Args:
        queued: since its turn.
        published: since the last publication of its message.
    """

    queued: int
    published: int


class Owner(NamedTuple):
    """The owner of a node.

    Args:
        worker: the process.
        runner: `<node>:<attempt>` of the message that processes it; '' if it has a message of its own.
        waits: None if the record does not tell them.
    """

    worker: str
    runner: str = ""
    waits: Waits | None = None


def parse_owner(text: str) -> Owner:
    """Read an owner.

    >>> parse_owner("+12,3 host/7/a").waits
    Waits(queued=12, published=3)
    >>> parse_owner("0.b1:1 host/7/a")
    Owner(worker='host/7/a', runner='0.b1:1', waits=None)
    """
    before, _, worker = text.rpartition(" ")
    runner, _, waits = before.rpartition(" ")
    if not waits.startswith(_MARK):
        return Owner(worker, before)
    queued, _, published = waits.removeprefix(_MARK).partition(",")
    return Owner(worker, runner, Waits(int(queued), int(published or queued)))


def write_owner(owner: Owner) -> str:
    """Write an owner; the opposite of `parse_owner`."""
    parts = [owner.runner] if owner.runner else []
    if owner.waits is not None:
        queued, published = owner.waits
        parts.append(f"{_MARK}{queued}" + (f",{published}" if published != queued else ""))
    return " ".join([*parts, owner.worker])

"""An entry of the feed of all runs, `orc:feed:<app>`.

    entry = "n" number "e" text                   ; a Redis stream entry; each number is one more than that before it
    text  = JSON list of strings: kind, run, node, value, place, view, and whatever a later release adds
    kind  = "status" | "awaiting" | "report" | "lost"
    value = the new status; of "report" the resume report, JSON; of "lost" the reason, in words
    place = id of the event in the run's own stream, or a time in milliseconds

The feed is derived: an entry is written after the transition that it tells of, by the process that made the transition.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from orchestrator_celery.model.printing.unreadable import UNREADABLE

__all__ = ("DAMAGED", "FeedEntry", "FeedField", "FeedKind", "parse_feed_entry", "write_feed_entry")


#: What a reader is told instead of an entry that cannot be read.
DAMAGED = "an entry of the feed is damaged and cannot be read"


class FeedKind(str, Enum):
    """Kinds of entries."""

    STATUS = "status"  #: the status of a run changed
    AWAITING = "awaiting"  #: an approval waits for an answer
    REPORT = "report"  #: a sweep changed something
    LOST = "lost"  #: entries before this one may be missing


class FeedField(str, Enum):
    """Fields of an entry in the stream."""

    NUMBER = "n"
    ENTRY = "e"


class FeedEntry(NamedTuple):
    """One entry.

    Args:
        kind: a `FeedKind`, or a kind of a later release.
        run: the run; '' where it concerns several.
        node: of "awaiting", the approval's node.
        value: see the grammar.
        place: the place in the run's own stream, or the time in milliseconds.
        view: the run's view, JSON, where its record is gone.
    """

    kind: str
    run: str = ""
    node: str = ""
    value: str = ""
    place: str = ""
    view: str = ""


def write_feed_entry(entry: FeedEntry) -> bytes:
    """Return the text of an entry.

    >>> write_feed_entry(FeedEntry("status", "r1", "$", "FAILED", "5-1"))
    b'["status", "r1", "$", "FAILED", "5-1", ""]'
    """
    return json.dumps(entry).encode()


def parse_feed_entry(fields: Mapping[bytes, bytes]) -> tuple[int, FeedEntry]:
    """Return the number of an entry, and the entry; for a damaged one, an entry that says so.

    The number is 0 if it cannot be read.

    >>> parse_feed_entry({b"n": b"7", b"e": b'["status", "r1", "$", "FAILED", "5-1", "", "new"]'})[1].value
    'FAILED'
    """
    number = fields.get(FeedField.NUMBER.value.encode(), b"")
    try:
        known = json.loads(fields[FeedField.ENTRY.value.encode()])
        kind, run, node, value, place, *view = map(_text, known[: len(FeedEntry._fields)])
        return int(number), FeedEntry(kind, run, node, value, place, *view)
    except UNREADABLE:
        return int(number) if number.isdigit() else 0, FeedEntry(FeedKind.LOST.value, value=DAMAGED)


def _text(fact: object) -> str:
    if not isinstance(fact, str):
        raise TypeError(fact)
    return fact

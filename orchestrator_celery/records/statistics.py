"""Statistics of tasks: for each hour, and each task in each category, one hash of counters.

key     = base ":" hour                  ; set: the members of the hour; see `store/keys.py` for the base
        | base ":" hour ":" digest       ; hash: the counters of one member
member  = JSON [task, category]          ; category: '' for none; task: '' for what belongs to no task
hour    = whole hours since the epoch, by the store's clock
        | "all"                          ; everything since the task was counted first, if that was not long ago
digest  = the first 16 hexadecimal digits of the member's SHA-1
field   = a value of `Counted`           ; a number of bodies, or a sum of milliseconds
        | ( "d" | "w" ) bucket           ; number of durations, or of waits, in this bucket
bucket  = whole number; a time t in seconds lies in bucket floor(log(t / 0.0001) / log(1.05)), or in 0 if it is shorter

Each bucket is 5 % wide. The middle of a bucket is at most 2.5 % from each time in it.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

__all__ = (
    "Counted",
    "Durations",
    "Kind",
    "Timed",
    "bucket_of",
    "buckets_in",
    "digest_of",
    "middle_of",
    "parse_kind",
    "write_kind",
)

#: Seconds at which the first bucket begins, and the width of a bucket.
_FIRST, _WIDTH = 1e-4, math.log(1.05)
#: The last bucket, which begins at some centuries.
_LAST = 700


class Counted(str, Enum):
    """Counters of one task in one category."""

    STARTED = "s"  #: bodies that have begun
    SUCCEEDED = "o"  #: bodies that returned
    FAILED = "f"  #: bodies that raised, and messages that can never run a body
    RETRIED = "r"  #: bodies that asked for another try
    LOST = "l"  #: bodies whose process was gone
    RESUMED = "u"  #: bodies that were started again after their process was gone
    VETOED = "v"  #: messages whose body a claim did not let begin
    DROPPED = "x"  #: log lines that were dropped; of no task
    DURATION = "D"  #: sum of all durations
    WAIT = "W"  #: sum of all waits


class Timed(str, Enum):
    """What is counted in buckets."""

    DURATION = "d"  #: seconds from the begin to the end of a body that returned
    WAIT = "w"  #: seconds from the publication of a message to the begin of its body


class Kind(NamedTuple):
    """Bodies that are counted together.

    Args:
        task: the task's name.
        category: the category of their run; '' for none.
    """

    task: str
    category: str = ""


class Durations(NamedTuple):
    """Durations of bodies that have ended, in seconds.

    Args:
        number: how many.
        total: their sum.
        squares: the sum of their squares.
    """

    number: float = 0.0
    total: float = 0.0
    squares: float = 0.0

    def plus(self, other: Durations) -> Durations:
        """Return both together."""
        return Durations(*(mine + its for mine, its in zip(self, other, strict=True)))


def bucket_of(seconds: float) -> int:
    """Return the bucket of a time.

    >>> bucket_of(0), bucket_of(0.0001), bucket_of(1.0)
    (0, 0, 188)
    """
    return 0 if seconds <= _FIRST else min(_LAST, int(math.log(seconds / _FIRST) / _WIDTH))


def middle_of(bucket: int) -> float:
    """Return the middle of a bucket in seconds.

    >>> abs(middle_of(bucket_of(42.0)) / 42.0 - 1) < 0.025
    True
    """
    return _FIRST * math.exp((bucket + 0.5) * _WIDTH)


def write_kind(kind: Kind) -> bytes:
    """Write a member of an hour."""
    return json.dumps(kind, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def parse_kind(raw: bytes) -> Kind:
    """Read a member of an hour; the opposite of `write_kind`."""
    task, category = json.loads(raw)
    if not (isinstance(task, str) and isinstance(category, str)):
        raise TypeError(raw)
    return Kind(task, category)


def digest_of(raw: bytes) -> str:
    """Return the part of a key that stands for a member."""
    return hashlib.sha1(raw).hexdigest()[:16]


def buckets_in(counters: Iterable[tuple[str, int]], timed: Timed) -> dict[int, int]:
    """Return the numbers in the buckets among counters."""
    return {int(name[1:]): count for name, count in counters if name[0] == timed.value and len(name) > 1}

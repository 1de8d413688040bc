"""The records of a pool: a group, a swarm, or a graph's node that is mapped over a list.

While it is under way, in `:m` under the pool's id:

    record  = "P|" size "|" next "|" done "|" failed "|" first_error "|" open "|" stopped "|" since "|" input
              "|" held "|" runners
    open    = "0" | "1" | "2"                   ; 2: until it has no items left
    stopped = "0" | "1"                         ; it starts nothing more
    held    = "" | low "," medium "," high      ; live items by priority; "" unless items differ in priority
    runners = "" | live "," called "," singly   ; "" unless it has called a runner

`next` is the number of items that have started; live items are `next - done`. `first_error` is the lowest index of a
failed item, or empty. `singly` is 1 after a runner has failed: items then go by messages of their own.

In `:m` under `<pool>:segments`, where items were added in bulk:

    segments = *( first ":" size ":" token " " )

After its end, in `:t` under `<pool>:end`:

    end = size "|" done "|" failed "|" open "|" called   ; the last two are as in the record above

In `:m` under `<pool>:returned`, items that runners have taken and returned. Each is in the outbox, without a message:

    returned = *( index " " )

In `:m` under `<pool>:runners`, runners that have not ended, and under `<runner>:taken`, the items of a claimed runner:

    listed = *( number " " )                    ; no field: an earlier release has called them
    taken  = attempt *( " " index )             ; items may have ended; no field: an earlier release has claimed it

Priorities of items, by index:

    priorities = [ range *( " " range ) ]
    range      = level ":" first "-" last       ; level: 1 low, 2 medium, 3 high

Waiting items whose priorities differ are ranges `first-last` in the sorted set `:q:<pool>`; the score of a range is
`(3 - level) * SPAN + first`, so that the first range has the highest priority.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.states import Priority

__all__ = (
    "SPAN",
    "Held",
    "Openness",
    "Pool",
    "PoolEnd",
    "Runners",
    "Segment",
    "floor_of",
    "is_pool",
    "parse_pool",
    "parse_pool_end",
    "parse_range",
    "parse_segments",
    "write_pool",
    "write_pool_end",
    "write_segments",
)

#: Distance between the scores of two priorities in the line of a pool.
SPAN = 2**40
_PREFIX = "P|"


class Openness(str, Enum):
    """Whether a pool takes items."""

    CLOSED = "0"  #: no
    OPEN = "1"  #: yes
    DRAINING = "2"  #: until it has no items left


class Held(NamedTuple):
    """Live items of a pool by priority."""

    low: int = 0
    medium: int = 0
    high: int = 0


class Runners(NamedTuple):
    """Runner messages of a batched pool.

    Args:
        live: how many are under way.
        called: how many there have been.
        singly: items go by messages of their own from now on.
    """

    live: int
    called: int
    singly: bool = False


class Pool(NamedTuple):
    """A pool under way.

    Args:
        size: number of items.
        next: number of items that have started.
        done: number of items that have ended.
        failed: how many of them failed.
        first_error: lowest index of a failed item.
        open: whether it takes items.
        stopped: it starts nothing more.
        since: when it began.
        input: reference to the input of its items.
        held: live items by priority; None unless items differ in priority.
        runners: None unless it has called a runner.
    """

    size: int
    next: int
    done: int
    failed: int
    first_error: int | None
    open: Openness
    stopped: bool
    since: datetime
    input: str
    held: Held | None = None
    runners: Runners | None = None


class PoolEnd(NamedTuple):
    """A pool that has ended.

    Args:
        size: number of items.
        done: number of items that ended.
        failed: how many of them failed.
        open: whether it took items when it ended.
        called: number of runners that it has called.
    """

    size: int
    done: int
    failed: int
    open: Openness = Openness.CLOSED
    called: int = 0


class Segment(NamedTuple):
    """Items that were added in bulk.

    Args:
        first: index of the first of them.
        size: how many.
        token: names the upload with their definitions.
    """

    first: int
    size: int
    token: str


def is_pool(raw: bytes) -> bool:
    """Whether a record in `:m` is that of a pool.

    >>> is_pool(b"C|0")
    False
    """
    return raw.startswith(_PREFIX.encode())


def parse_pool(raw: bytes) -> Pool:
    """Read the record of a pool under way."""
    fields = raw.decode().removeprefix(_PREFIX).split("|")
    size, started, done, failed, error, open_, stopped, since, given, held, runners = fields
    return Pool(
        int(size),
        int(started),
        int(done),
        int(failed),
        int(error) if error else None,
        Openness(open_),
        stopped == "1",
        from_ms(since),
        given,
        Held(*map(int, held.split(","))) if held else None,
        _runners(*runners.split(",")) if runners else None,
    )


def write_pool(pool: Pool) -> bytes:
    """Write the record of a pool under way; the opposite of `parse_pool`."""
    error = "" if pool.first_error is None else pool.first_error
    counts = (pool.size, pool.next, pool.done, pool.failed, error, pool.open.value, int(pool.stopped))
    groups = (",".join(str(int(number)) for number in found or ()) for found in (pool.held, pool.runners))
    since = round(pool.since.timestamp() * 1000)
    return (_PREFIX + "|".join(map(str, (*counts, since, pool.input, *groups)))).encode()


def parse_pool_end(raw: bytes | None) -> PoolEnd:
    """Read the counters of a pool that has ended; zeros without a record."""
    if not raw:
        return PoolEnd(0, 0, 0)
    size, done, failed, *more = raw.decode().split("|")
    counts = int(size), int(done), int(failed)
    return PoolEnd(*counts, Openness(more[0]), int(more[1])) if more else PoolEnd(*counts)


def write_pool_end(end: PoolEnd) -> bytes:
    """Write the counters of a pool that has ended."""
    return "|".join(map(str, (end.size, end.done, end.failed, end.open.value, end.called))).encode()


def parse_segments(raw: bytes | None) -> Iterator[Segment]:
    """Read where the items of a pool lie that were added in bulk."""
    for part in (raw or b"").decode().split():
        first, size, token = part.split(":")
        yield Segment(int(first), int(size), token)


def write_segments(segments: Iterable[Segment]) -> bytes:
    """Write where items lie that were added in bulk."""
    return "".join(f"{first}:{size}:{token} " for first, size, token in segments).encode()


def parse_range(raw: bytes) -> range:
    """Read an entry in the line of a pool: the indexes that wait.

    >>> parse_range(b"3-5")
    range(3, 6)
    """
    first, _, last = raw.decode().partition("-")
    return range(int(first), int(last) + 1)


def floor_of(level: Priority) -> int:
    """The lowest score of a priority in the line of a pool."""
    return (Priority.HIGH - level) * SPAN


def _runners(live: str, called: str, singly: str) -> Runners:
    return Runners(int(live), int(called), singly == "1")

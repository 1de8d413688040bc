"""What a worker sees of its queues, as its heartbeat leaves it in the registry.

    entry = seen " " JSON

`seen` is the time of the heartbeat in milliseconds of the store's clock. The JSON is an object with the fields of
`QueueReport`, without `seen`; a lane is written as `rank " " queue`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

__all__ = ("Lane", "LaneMark", "QueueReport", "parse_queue_report", "write_queue_report")


class Lane(NamedTuple):
    """Messages that a broker delivers in the order in which they were sent: those of a queue with one priority.

    Args:
        queue: the queue.
        rank: the priority as a rank: the broker delivers messages of a lower rank first.
    """

    queue: str
    rank: int = 0


class LaneMark(NamedTuple):
    """The newest message of a lane that a worker has received.

    Args:
        sent: when it was sent, in ms.
        seen: the last heartbeat at which the worker held a message of the lane, in ms.
    """

    sent: float
    seen: float


class QueueReport(NamedTuple):
    """What a worker sees of its queues.

    Args:
        queues: the queues that it consumes.
        free: how many tasks more than it holds it could run.
        holds: how many messages it has received and not finished.
        held: the first ids among them.
        marks: the newest message of each lane.
        seen: the time of the heartbeat, in ms.
    """

    queues: frozenset[str]
    free: int
    holds: int
    held: frozenset[str]
    marks: Mapping[Lane, LaneMark]
    seen: float = 0.0


def write_queue_report(report: QueueReport) -> str:
    """Write a report without its time; the store adds that."""
    marks = {f"{lane.rank} {lane.queue}": list(mark) for lane, mark in report.marks.items()}
    return json.dumps(
        {
            "queues": sorted(report.queues),
            "free": report.free,
            "holds": report.holds,
            "held": sorted(report.held),
            "marks": marks,
        }
    )


def parse_queue_report(raw: bytes) -> QueueReport:
    """Read an entry."""
    seen, _, written = raw.decode().partition(" ")
    found = json.loads(written)
    marks = {_lane(name): LaneMark(*mark) for name, mark in found["marks"].items()}
    return QueueReport(
        frozenset(found["queues"]), found["free"], found["holds"], frozenset(found["held"]), marks, float(seen)
    )


def _lane(name: str) -> Lane:
    rank, _, queue = name.partition(" ")
    return Lane(queue, int(rank))

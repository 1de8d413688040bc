"""What the cancellation of a run has to do about its nodes.

A small run is deleted at once. Its head keeps the tasks to stop, the runs inside, and each cleanup callback that a
swarm owes an item, in four numbered fields: `item`, which is `node "|" attempt "|" [priority]`, its `definition`, the
`place` of the callback in the tree, and the definition of the callback as `call`. The nodes of a large run are read in
slices before they are deleted; until then its head has no field `bodies`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from orchestrator_celery.records.head.fields import HeadField, HeadPrefix

__all__ = ("CancelledPart", "Cleanup", "part_of_head", "part_of_slice")


class Cleanup(NamedTuple):
    """A swarm's cleanup callback that is owed after a cancellation.

    Args:
        node: the item.
        attempt: the item's attempt.
        priority: the item's priority; None where items have none.
        definition: of the item.
        place: the callback's node.
        callback: definition of the callback.
    """

    node: str
    attempt: int
    priority: int | None
    definition: bytes
    place: str
    callback: bytes


class CancelledPart(NamedTuple):
    """What is to be done about some nodes of a cancelled run.

    Args:
        bodies: ids of the tasks to stop.
        inner: ids of the runs inside, to be cancelled.
        cleanups: to be called.
    """

    bodies: list[str]
    inner: list[str]
    cleanups: list[Cleanup]


def part_of_head(head: Mapping[str, bytes]) -> CancelledPart:
    """Return all that the head of a cancelled run says."""
    bodies, inner = json.loads(head[HeadField.BODIES]), json.loads(head[HeadField.INNER])
    return CancelledPart(list(bodies), list(inner), list(_cleanups(head)))


def part_of_slice(tasks: Sequence[bytes], inner: Sequence[bytes], cleanups: Sequence[bytes]) -> CancelledPart:
    """Return what a slice of the nodes says.

    Args:
        tasks: ids of the tasks to stop.
        inner: ids of the runs inside.
        cleanups: item, its definition, callback, its definition, four values for each.

    >>> part_of_slice([b"r:0.1:2"], [], [b"0.1|2|", b"x", b"0.1.c0", b"y"]).cleanups
    [Cleanup(node='0.1', attempt=2, priority=None, definition=b'x', place='0.1.c0', callback=b'y')]
    """
    found = [_cleanup(*cleanups[i : i + 4]) for i in range(0, len(cleanups), 4)]
    return CancelledPart([each.decode() for each in tasks], [each.decode() for each in inner], found)


def _cleanups(head: Mapping[str, bytes]) -> Iterator[Cleanup]:
    number = 1
    while (item := head.get(f"{HeadPrefix.CLEANUP.value}{number}:item")) is not None:
        prefix = f"{HeadPrefix.CLEANUP.value}{number}:"
        place = head.get(f"{prefix}place", b"%d" % number)  # an earlier release wrote no place
        yield _cleanup(item, head[f"{prefix}definition"], place, head[f"{prefix}call"])
        number += 1


def _cleanup(item: bytes, definition: bytes, place: bytes, callback: bytes) -> Cleanup:
    node, attempt, priority = item.decode().split("|")
    return Cleanup(node, int(attempt), int(priority) if priority else None, definition, place.decode(), callback)

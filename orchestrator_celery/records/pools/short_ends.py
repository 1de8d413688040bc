"""The short record of an item of a pool that has ended, in place of the record that `ended.py` describes.

The name of a worker process, and two times, take most of a small item's record. So processes that end many items of a
run have numbers, which lie beside the records:

    record  = state process "|" begun "|" lasted "|" waits "\\n" payload
    state   = a value of `EndedState`: succeeded or failed
    process = number of the process
    begun   = milliseconds from `base` to the start, hexadecimal
    lasted  = milliseconds from the start to the end, hexadecimal
    waits   = queued [ "," published ]          ; see `owner.py`
    payload = result or error, see `payload.py`

    ":number:" worker       number of a process, by its name      ; fields of no node, each a `Beside`
    ":process:" number      base " " worker                       ; base: milliseconds since the epoch
    ":processes"            how many have numbers

Only the first attempt of an item has a short record. A process gets a number when it ends an item whose index is at
least `FIRST + EACH * ":processes"`: in small pools, or where each process ends a few items, numbers cost more than they
save.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from orchestrator_celery.records.ended import EndedState
from orchestrator_celery.records.names import Beside

__all__ = (
    "EACH",
    "FIRST",
    "Process",
    "ShortEnd",
    "parse_process",
    "parse_short_end",
    "process_field",
    "write_process",
    "write_short_end",
)

#: The lowest index of an item that has a short record.
FIRST = 64
#: Items for each process with a number.
EACH = 8
_SHORT = re.compile(rb"[SF](\d+)\|([0-9a-f]+)\|([0-9a-f]+)\|([\d,]+)\n")


class Process(NamedTuple):
    """A process with a number.

    Args:
        base: the moment from which its records count, in milliseconds since the epoch.
        worker: its name.
    """

    base: int
    worker: str


class ShortEnd(NamedTuple):
    """The short record of an item.

    Args:
        state: how it ended.
        process: number of the process.
        begun: milliseconds from the base of the process to the start of the item.
        lasted: milliseconds from its start to its end.
        waits: how long it waited until it ran, as `owner.py` writes it.
        payload: its encoded result or error.
    """

    state: EndedState
    process: int
    begun: int
    lasted: int
    waits: str
    payload: bytes

    def full(self, process: Process) -> bytes:
        """The record that says the same without the number of the process, see `ended.py`."""
        begun = process.base + self.begun
        header = f"{self.state.value}|1|{begun}|{begun + self.lasted}|+{self.waits} {process.worker}\n"
        return header.encode() + self.payload


def parse_short_end(raw: bytes) -> ShortEnd | None:
    """Read a short record; None for any other record.

    >>> parse_short_end(b"S3|ff|a|12,3\\n{}").begun
    255
    >>> parse_short_end(b"S|1|1700000000000|1700000000010|+12,3 w\\n{}")
    """
    found = _SHORT.match(raw)
    if found is None:
        return None
    process, begun, lasted, waits = found.groups()
    state = EndedState(raw[:1].decode())
    return ShortEnd(state, int(process), int(begun, 16), int(lasted, 16), waits.decode(), raw[found.end() :])


def write_short_end(end: ShortEnd) -> bytes:
    """Write a short record; the opposite of `parse_short_end`."""
    return f"{end.state.value}{end.process}|{end.begun:x}|{end.lasted:x}|{end.waits}\n".encode() + end.payload


def process_field(number: int) -> str:
    """The field that names the process with a number.

    >>> process_field(3)
    ':process:3'
    """
    return f"{Beside.PROCESS.value}{number}"


def parse_process(raw: bytes) -> Process:
    """Read which process has a number."""
    base, _, worker = raw.decode().partition(" ")
    return Process(int(base), worker)


def write_process(process: Process) -> bytes:
    """Write which process has a number; the opposite of `parse_process`."""
    return f"{process.base} {process.worker}".encode()

"""The newest progress of a leaf, in `:p` under its node.

record = at "|" done "|" [total] "|" message
at     = time of the report, in milliseconds of the store's clock
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from orchestrator_celery.model.clock import from_ms

__all__ = ("ProgressRecord", "parse_progress", "write_progress")


class ProgressRecord(NamedTuple):
    """The newest progress of a leaf.

    Args:
        milliseconds: time of the report.
        done: how much is done.
        total: of how much; None where the task does not say.
        message: the task's own words.
    """

    milliseconds: int
    done: float
    total: float | None
    message: str

    @property
    def at(self) -> datetime:
        """When the task said so."""
        return from_ms(self.milliseconds)


def parse_progress(raw: bytes) -> ProgressRecord:
    """Read a record."""
    at, done, total, message = raw.decode().split("|", 3)
    return ProgressRecord(int(at), float(done), float(total) if total else None, message)


def write_progress(record: ProgressRecord) -> bytes:
    """Write a record; the opposite of `parse_progress`."""
    total = "" if record.total is None else repr(record.total)
    return f"{record.milliseconds}|{record.done!r}|{total}|{record.message}".encode()

"""In `:p`: the newest progress of a leaf under its node, and how long the tasks of a run took under `*` and a name.

record    = at "|" done "|" [total] "|" message
at        = time of the report, in milliseconds of the store's clock
durations = count " " total " " squares      ; of bodies that have ended: how many, seconds, sum of the squared seconds

Workers add to the durations every few seconds, and only where that costs little beside the tasks. So the newest bodies,
and those of short runs, are missing.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.printing.unreadable import unless_unreadable
from orchestrator_celery.records.statistics import Durations

__all__ = ("ProgressRecord", "durations_field", "parse_durations", "parse_progress", "write_progress")


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


def durations_field(task: str) -> str:
    """The field of the durations of a task."""
    return f"*{task}"


def parse_durations(raw: bytes | None) -> Durations:
    """Read how long the bodies of a task took; nothing is known of a damaged record.

    >>> parse_durations(b"2 3.5 6.25").total
    3.5
    """
    return (unless_unreadable(_durations, "durations of tasks", raw) if raw else None) or Durations()


def _durations(raw: bytes) -> Durations:
    count, total, squares = map(float, raw.split())
    return Durations(count, total, squares)


def parse_progress(raw: bytes) -> ProgressRecord | None:
    """Read a record; None for one that cannot be read. The next report of the task replaces it."""
    return unless_unreadable(_progress, "a progress report", raw)


def _progress(raw: bytes) -> ProgressRecord:
    at, done, total, message = raw.decode().split("|", 3)
    return ProgressRecord(int(at), float(done), float(total) if total else None, message)


def write_progress(record: ProgressRecord) -> bytes:
    """Write a record; the opposite of `parse_progress`."""
    total = "" if record.total is None else repr(record.total)
    return f"{record.milliseconds}|{record.done!r}|{total}|{record.message}".encode()

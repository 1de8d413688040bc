"""Lines that tasks have logged: entries of the stream `:o`, each with one field.

line = JSON [milliseconds, level, logger, message, exception, node, attempt, task, worker]

A reader shows a line that cannot be read as a warning at its place, of no node.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from enum import Enum
from typing import Any

from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.logs import LogLine
from orchestrator_celery.model.printing.unreadable import UNREADABLE

__all__ = ("LogField", "parse_line", "write_line")


class LogField(str, Enum):
    """Fields of an entry."""

    LINE = "l"  #: the line


def write_line(
    time: float,
    level: str,
    logger: str,
    message: str,
    exception: str,
    node: str,
    attempt: int,
    task: str,
    worker: str,
) -> bytes:
    """Write a line. Halves of surrogate pairs, which no encoding has, are replaced.

    Args:
        time: seconds since the epoch.
        level: the name of the level.
        logger: the name of the logger.
        message: the text.
        exception: a traceback, or ''.
        node: id of the node.
        attempt: its attempt.
        task: the task's name.
        worker: the worker's node name.
    """
    facts = [round(time * 1000), level, logger, message, exception, node, attempt, task, worker]
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def parse_line(run: str, place: bytes, fields: Mapping[bytes, bytes]) -> LogLine:
    """Read an entry of the stream. One bad entry must not hide the others, so a warning stands in its place."""
    raw = fields.get(LogField.LINE.value.encode(), b"")
    try:
        return _line(run, place, raw)
    except UNREADABLE:
        return LogLine(
            id=place.decode(),
            time=from_ms(place.partition(b"-")[0]),
            level="WARNING",
            logger="orchestrator_celery",
            message=f"The record of this line is damaged ({len(raw):,} bytes) and cannot be read.",
            run=run,
            node="",
            task="",
            attempt=0,
            worker="",
        )


def _line(run: str, place: bytes, raw: bytes) -> LogLine:
    facts: list[Any] = json.loads(raw)
    if rb"\ud" in raw:  # perhaps a half of a surrogate pair, which neither a page nor the index could take
        json.dumps(facts, ensure_ascii=False).encode()
    time, level, logger, message, exception, node, attempt, task, worker = facts[:9]
    return LogLine(
        id=place.decode(),
        time=datetime.fromtimestamp(time / 1000, timezone.utc),
        level=level,
        logger=logger,
        message=message,
        exception=exception,
        run=run,
        node=node,
        task=task,
        attempt=attempt,
        worker=worker,
    )

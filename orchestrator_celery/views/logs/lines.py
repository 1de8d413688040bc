"""Reads the logs of a run."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.logs import LogLine
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.printing.text import nearest

__all__ = ("LogFilter",)

#: Python's own second names of levels.
_ALIASES = ("WARN", "FATAL")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class LogFilter(NamedTuple):
    """Which lines are wanted.

    Args:
        level: the lowest level, as a number.
        node: id of a node; the nodes below it count too.
        search: text in the message or the traceback, in lower case.
        since: the earliest time.
    """

    level: int = 0
    node: str | None = None
    search: str | None = None
    since: datetime | None = None

    @classmethod
    def of(
        cls, level: str | int | None, node: str | None, search: str | None, since: datetime | timedelta | str | None
    ) -> LogFilter:
        """Check what a caller asks for.

        Raises:
            OrchestratorError: the level is not known, or the time has no time zone or cannot be read.
        """
        bound = RunFilter.of(since=since).bound("since", datetime.now(timezone.utc))
        return cls(_level(level), node, None if search is None else search.casefold(), bound)

    def matching(self, lines: Iterator[LogLine]) -> Iterator[LogLine]:
        """Yield the lines that are wanted."""
        return (line for line in lines if self._matches(line))

    def _matches(self, line: LogLine) -> bool:
        number = logging.getLevelName(line.level)
        if isinstance(number, int) and number < self.level:
            return False
        if self.node is not None and line.node != self.node and not line.node.startswith(f"{self.node}."):
            return False
        if self.since is not None and line.time < self.since:
            return False
        return self.search is None or self.search in f"{line.message}\n{line.exception}".casefold()


def _level(level: str | int | None) -> int:
    if level is None:
        return 0
    if isinstance(level, int) and not isinstance(level, bool):
        return level
    word = level.strip().upper() if isinstance(level, str) else ""
    if word not in (*_LEVELS, *_ALIASES):
        near = nearest(word, _LEVELS)
        meant = f"did you mean {near!r}? " if near else ""
        raise OrchestratorError(f"level={safe_repr(level)} is not a level: {meant}Use one of {', '.join(_LEVELS)}.")
    number: int = getattr(logging, word)
    return number

"""Searches the log lines of all runs.

The streams of the runs hold the lines. An index in a file of this process (`index.py`) follows them: each search
first reads the lines that are new. If the index cannot be brought up to date, the search says so and answers with the
lines that it has.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.logs import LogHit
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.records.streams.logs import parse_line
from orchestrator_celery.views.logs.index import Hit, LogIndex, Wanted, is_damage
from orchestrator_celery.views.logs.lines import LogFilter
from orchestrator_celery.views.logs.query import full_text_query

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from orchestrator_celery.container import Container

__all__ = ("LogSearch",)

#: Seconds that a search spends on reading new lines, before it answers with those it has.
_BUDGET = 20.0
#: Milliseconds that are read again, because processes record runs a little after they write lines.
_OVERLAP = 10_000
#: Lines that are checked at once for runs that are gone, and runs that a search checks beside that.
_PAGE, _CHECKED = 100, 500
#: Seconds between two looks of a search that follows.
_PAUSE = 0.5


class LogSearch(Iterable[LogHit]):
    """The lines that a search has found, newest first. A loop over it reads them in pages.

    Args:
        container: the parts of the orchestrator.
        search: words, "phrases", prefix*, AND, OR, NOT; None for all lines.
        level: the lowest level.
        since: the earliest time, an aware datetime or an age.
        runs: only lines of these runs; None for all.

    Raises:
        OrchestratorError: the level is not known, the time cannot be read, or the query is not valid.
        StoreUnavailable: the store did not answer.
    """

    def __init__(
        self,
        container: Container,
        search: str | None,
        level: str | int | None,
        since: datetime | timedelta | str | None,
        runs: Iterable[str] | None,
    ) -> None:
        self._container = container
        found = LogFilter.of(level, None, None, since)
        moment = 0 if found.since is None else found.since.timestamp() * 1000
        chosen = None if runs is None else frozenset(runs)
        self._wanted = Wanted(full_text_query(search or ""), found.level, moment, chosen)
        self._search = search
        self._checked_until = ""
        #: Why lines may be missing; '' if the index is up to date.
        self.incomplete = ""
        self._index = self._opened()
        self._update()
        self._check_query()

    def __iter__(self) -> Iterator[LogHit]:
        hits = self._index.find(self._wanted)
        try:
            while page := list(islice(hits, _PAGE)):
                yield from self._existing(page)
        except sqlite3.DatabaseError as exc:
            self.incomplete = f"The index of the log lines is damaged ({exc}) and was deleted. Search again."
            self._index.remove()

    def follow(self) -> Iterator[LogHit]:
        """Yield the lines that come from now on, oldest first, without an end."""
        last = self._index.newest()
        while True:
            self._update()
            for hit in self._index.find(self._wanted._replace(after=last), oldest_first=True):
                last = max(last, hit.number)
                yield hit.line
            last = max(last, self._index.newest())
            time.sleep(_PAUSE)

    def close(self) -> None:
        """Close the index file."""
        self._index.close()

    def _opened(self) -> LogIndex:
        path = self._container.settings.log_index or default_path(self._container)
        try:
            return LogIndex(path)
        except (sqlite3.Error, OSError) as exc:
            self.incomplete = f"The index file {path} cannot be used ({exc}), so all lines are read again."
            return LogIndex(":memory:")

    def _update(self) -> None:
        """Read the lines that are new. What cannot be read now is read by the next search."""
        try:
            try:
                self._read_news(time.monotonic() + _BUDGET)
                self._forget_gone()
            except sqlite3.DatabaseError as exc:
                if not is_damage(exc):
                    raise
                self._index.remove()
                self._index = self._opened()
                self._read_news(time.monotonic() + _BUDGET)
        except sqlite3.Error as exc:
            self.incomplete = f"The index of the log lines is not up to date, so lines may be missing: {exc}."

    def _read_news(self, until: float) -> None:
        index, reader = self._index, self._container.reader
        news = self._container.logged_runs.since(max(0.0, index.place - _OVERLAP))
        for number, (run, moment) in enumerate(news):
            after = index.last_of(run)
            while entries := reader.logs(run, after, None):
                index.add(parse_line(run, place, fields) for place, fields in entries)
                after = entries[-1][0].decode()
                if time.monotonic() > until:
                    left = len(news) - number
                    self.incomplete = f"The index is behind: lines of {left:,} runs are still to be read. Search again."
                    return
            first = reader.first_log(run)
            if first:
                index.trim(run, first)
            index.reached(moment)
        if self.incomplete.startswith("The index is behind"):
            self.incomplete = ""

    def _existing(self, page: list[Hit]) -> list[LogHit]:
        """Leave out the lines of runs that are gone, and remove these runs from the index."""
        gone = self._gone(sorted({hit.line.run for hit in page}))
        return [hit.line for hit in page if hit.line.run not in gone]

    def _gone(self, runs: list[str]) -> set[str]:
        gone = {run for run, exists in zip(runs, self._container.reader.have_logs(runs), strict=True) if not exists}
        if gone:
            with suppress(sqlite3.Error):  # another search removes them
                self._index.forget(sorted(gone))
            self._container.logged_runs.forget(sorted(gone))
        return gone

    def _forget_gone(self) -> None:
        """Check some of the runs in the index, other ones with each update, so that lines of no deleted run stay."""
        runs = self._index.runs(self._checked_until, _CHECKED)
        self._checked_until = runs[-1] if len(runs) == _CHECKED else ""
        self._gone(runs)

    def _check_query(self) -> None:
        try:
            next(self._index.find(self._wanted), None)
        except sqlite3.OperationalError as exc:
            raise OrchestratorError(
                f"search={safe_repr(self._search)} cannot be read ({exc}): use words, phrases in quotes, prefix*, AND, "
                "OR, NOT and parentheses."
            ) from None


def default_path(container: Container) -> str:
    """Return the file of the index in the user's folder for caches, one for each store and app."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    client = container.store.client
    where = getattr(getattr(client, "connection_pool", None), "connection_kwargs", None) or {}
    parts = [where.get(key) for key in ("host", "port", "path", "db")]
    text = repr((container.settings.store_url, parts, container.store.keys.runs))
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return str(Path(caches) / "orchestrator_celery" / f"logs-{digest}.sqlite")

"""A full-text index of log lines in a SQLite file of the process that searches.

It is a copy that follows the streams of the runs. Any process may delete the file; the next search builds it again.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from orchestrator_celery.model.logs import LogHit, LogLine

__all__ = ("Hit", "LogIndex", "Wanted", "is_damage")

_TABLES = """
CREATE TABLE IF NOT EXISTS lines (
  id INTEGER PRIMARY KEY, run TEXT NOT NULL, ms INTEGER NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT NULL,
  level INTEGER NOT NULL, line TEXT NOT NULL, message TEXT NOT NULL, exception TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS lines_by_run ON lines (run, ms, seq);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (
  message, exception, level, content='lines', content_rowid='id', tokenize='unicode61');
CREATE TRIGGER IF NOT EXISTS added AFTER INSERT ON lines BEGIN
  INSERT INTO words (rowid, message, exception, level) VALUES (new.id, new.message, new.exception, new.level); END;
CREATE TRIGGER IF NOT EXISTS removed AFTER DELETE ON lines BEGIN
  INSERT INTO words (words, rowid, message, exception, level)
  VALUES ('delete', old.id, old.message, old.exception, old.level); END;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value REAL NOT NULL);
"""
#: Seconds to wait for another process that writes to the file.
_PATIENCE = 2.0
#: Higher levels count as this one.
_HIGHEST = logging.CRITICAL
#: Raised with each change of the tables; a file of another version is built again.
_VERSION = 1


class Wanted(NamedTuple):
    """Which lines are wanted.

    Args:
        words: a query in FTS5's language; '' for all lines.
        level: the lowest level, as a number.
        since: the earliest time, in ms; 0 for all.
        runs: only these runs; None for all.
        after: only lines that were indexed after this one; 0 for all.
    """

    words: str = ""
    level: int = 0
    since: float = 0
    runs: frozenset[str] | None = None
    after: int = 0


class Hit(NamedTuple):
    """A line that was found, and its number in the index."""

    number: int
    line: LogHit


class LogIndex:
    """The index in a file.

    Args:
        path: the file; ':memory:' for an index of this object alone.

    Raises:
        sqlite3.OperationalError: the file cannot be opened, or is locked.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            self._db = self._opened()
        except sqlite3.DatabaseError as exc:
            if not is_damage(exc):
                raise
            self._unlink()
            self._db = self._opened()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @property
    def place(self) -> float:
        """The time in ms up to which the runs with news have been read."""
        row = self._db.execute("SELECT value FROM facts WHERE name = 'place'").fetchone()
        return float(row[0]) if row else 0.0

    def last_of(self, run: str) -> str:
        """Return the place in a run's stream from which to read on."""
        row = self._db.execute(
            "SELECT ms, seq FROM lines WHERE run = ? ORDER BY ms DESC, seq DESC LIMIT 1", (run,)
        ).fetchone()
        return f"{row[0]}-{row[1]}" if row else "0"

    def add(self, lines: Iterable[LogLine]) -> None:
        """Add lines; those that are known already are left out."""
        with self._db:
            self._db.executemany(
                "INSERT OR IGNORE INTO lines (run, ms, seq, time, level, line, message, exception) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (_row(line) for line in lines),
            )

    def reached(self, moment: float) -> None:
        """Record that all runs with news up to a time have been read."""
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO facts VALUES ('place', ?)", (moment,))

    def trim(self, run: str, first: str) -> None:
        """Remove the lines of a run before the first line that its stream still has."""
        ms, _, seq = first.partition("-")
        with self._db:
            self._db.execute("DELETE FROM lines WHERE run = ? AND (ms, seq) < (?, ?)", (run, int(ms), int(seq)))

    def forget(self, runs: Sequence[str]) -> None:
        """Remove the lines of runs that are gone."""
        with self._db:
            self._db.executemany("DELETE FROM lines WHERE run = ?", [(run,) for run in runs])

    def runs(self, after: str, count: int) -> list[str]:
        """Return runs with lines in the index, in the order of their ids, after one of them."""
        found = self._db.execute("SELECT DISTINCT run FROM lines WHERE run > ? ORDER BY run LIMIT ?", (after, count))
        return [row[0] for row in found]

    def newest(self) -> int:
        """Return the number of the line that was indexed last; 0 without lines."""
        return int(self._db.execute("SELECT coalesce(max(id), 0) FROM lines").fetchone()[0])

    def find(self, wanted: Wanted, *, oldest_first: bool = False) -> Iterator[Hit]:
        """Yield the lines that match, in the order in which they were indexed; by default the newest first.

        Raises:
            sqlite3.OperationalError: the query cannot be read.
        """
        mark = uuid4().hex  # no line holds it, so that no text can pretend to match
        texts = "lines.id, lines.run, lines.ms, lines.seq, lines.line"
        values: list[Any] = [wanted.level, wanted.since, wanted.after]
        where = ["lines.level >= ?", "lines.time >= ?", "lines.id > ?"]
        source, shown = "lines", "''"
        if wanted.words:
            source, shown = "words JOIN lines ON lines.id = words.rowid", f"highlight(words, 0, '{mark}', '{mark}')"
            where.append("words MATCH ?")
            values.append(_with_level(wanted))
        if wanted.runs is not None:
            where.append("lines.run IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(sorted(wanted.runs)))
        order = "ASC" if oldest_first else "DESC"
        number = "words.rowid" if wanted.words else "lines.id"
        query = f"SELECT {texts}, {shown} FROM {source} WHERE {' AND '.join(where)} ORDER BY {number} {order}"
        with closing(self._db.execute(query, values)) as found:
            for row, run, ms, seq, raw, highlighted in found:
                spans = _spans(highlighted, mark) if wanted.words else ()
                yield Hit(row, LogHit(**json.loads(raw), id=f"{ms}-{seq}", run=run, spans=spans))

    def _opened(self) -> sqlite3.Connection:
        if self._path != ":memory:":
            folder = Path(self._path).parent
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with suppress(FileExistsError):  # log lines are for the owner only
                os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        db = sqlite3.connect(self._path, timeout=_PATIENCE, check_same_thread=False)
        try:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, _VERSION):
                raise sqlite3.DatabaseError("the index is of another version")
            db.execute("PRAGMA synchronous = OFF")  # after a crash of the machine the index is built again
            if version == 0:
                db.execute("PRAGMA journal_mode = WAL")
                db.executescript(_TABLES)
                db.execute(f"PRAGMA user_version = {_VERSION}")
            db.execute("SELECT run FROM lines LIMIT 1").fetchone()
        except BaseException:
            db.close()
            raise
        return db

    def remove(self) -> None:
        """Close and delete the file."""
        self.close()
        self._unlink()

    def _unlink(self) -> None:
        for name in (self._path, f"{self._path}-wal", f"{self._path}-shm"):
            with suppress(FileNotFoundError):
                Path(name).unlink()


def is_damage(exc: sqlite3.DatabaseError) -> bool:
    """Whether an error says that the file is no database, is damaged, or was cut."""
    return not isinstance(exc, sqlite3.OperationalError) or "disk I/O error" in str(exc)


def _row(line: LogLine) -> tuple[Any, ...]:
    ms, _, seq = line.id.partition("-")
    number = logging.getLevelName(line.level)
    # A level of a project's own is shown.
    level = min(max(number, 0), _HIGHEST) if isinstance(number, int) else logging.CRITICAL
    raw = line.model_dump_json(exclude={"id", "run"})
    time = int(line.time.timestamp() * 1000)
    return (line.run, int(ms), int(seq), time, level, raw, line.message, line.exception)


def _with_level(wanted: Wanted) -> str:
    """Put the levels into the query, so that a common word among rare levels is found without reading all its lines."""
    levels = " OR ".join(f'"{level}"' for level in range(max(wanted.level, 0), _HIGHEST + 1))
    words = f"{{message exception}} : ({wanted.words})"
    return f"{words} AND level : ({levels})" if 0 < wanted.level <= _HIGHEST else words


def _spans(highlighted: str, mark: str) -> tuple[tuple[int, int], ...]:
    spans, place = [], 0
    for number, part in enumerate(highlighted.split(mark)):
        if number % 2:
            spans.append((place, place + len(part)))
        place += len(part)
    return tuple(spans)

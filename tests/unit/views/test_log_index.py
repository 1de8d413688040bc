"""The full-text index of log lines: what it finds, and what it does with files that are of no use."""

import sqlite3
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_celery.model.logs import LogLine
from orchestrator_celery.views.logs.index import LogIndex, Wanted
from orchestrator_celery.views.logs.query import full_text_query

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def line(number, message, run="r", level="INFO", exception=""):
    return LogLine(
        id=f"{number}-0", time=START + timedelta(seconds=number), level=level, logger="shop", message=message,
        exception=exception, run=run, node="0.0", task="t", attempt=1, worker="w",
    )  # fmt: skip


@pytest.fixture
def index():
    found = LogIndex(":memory:")
    yield found
    found.close()


def found(index, query="", **wanted):
    return [hit.line.message for hit in index.find(Wanted(full_text_query(query), **wanted))]


def test_queries(index):
    """Given words, phrases, prefixes and operators, then lines match as in SQLite's full-text search, newest first."""
    index.add([
        line(1, "connection to db1 lost"), line(2, "no route to host"), line(3, "connected", exception="KeyError: 'route'"),
        line(4, "api_key=5 refused"), line(5, "Größe überschritten"),
    ])  # fmt: skip
    assert found(index) == [
        "Größe überschritten",
        "api_key=5 refused",
        "connected",
        "no route to host",
        "connection to db1 lost",
    ]
    assert found(index, "route") == ["connected", "no route to host"]
    assert found(index, '"no route"') == ["no route to host"]
    assert found(index, "connect*") == ["connected", "connection to db1 lost"]
    assert found(index, "connect* NOT lost") == ["connected"]
    assert found(index, "lost OR refused") == ["api_key=5 refused", "connection to db1 lost"]
    assert found(index, "(lost OR host) to") == ["no route to host", "connection to db1 lost"]
    assert found(index, "api_key=5") == ["api_key=5 refused"]
    assert found(index, "GRÖSSE") == []  # ß is a letter of its own
    assert found(index, "größe") == ["Größe überschritten"]


def test_lines_are_chosen(index):
    """Given a level, a time, runs, then only these lines are found, with and without a query."""
    index.add([line(1, "a x", level="DEBUG"), line(2, "b x", run="q", level="ERROR"), line(3, "c x", level="WARNING")])
    for query in ("", "x"):
        assert found(index, query, level=30) == ["c x", "b x"]
        assert found(index, query, since=(START + timedelta(seconds=3)).timestamp() * 1000) == ["c x"]
        assert found(index, query, runs=frozenset({"q"})) == ["b x"]
        assert found(index, query, runs=frozenset()) == []


def test_places_of_matches(index):
    """Given a match, then its places in the message are told, and no text can pretend to match."""
    index.add([line(1, "lost: the connection was lost")])
    [hit] = index.find(Wanted("lost"))
    assert [hit.line.message[start:end] for start, end in hit.line.spans] == ["lost", "lost"]


def test_lines_are_known_once(index):
    """Given lines that are read again, then each is there once; a trim and a deletion remove them from searches too."""
    index.add([line(1, "one"), line(2, "two")])
    index.add([line(2, "two"), line(3, "three"), line(1, "one", run="q")])
    assert found(index) == ["one", "three", "two", "one"]
    assert index.last_of("r") == "3-0"
    index.trim("r", "3-0")
    index.forget(["q"])
    assert found(index) == ["three"]
    assert found(index, "one OR two") == []


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\1" * 5000, b""])
def test_a_damaged_file_is_built_again(tmp_path, content):
    """Given a file that is no database, or is cut, then the index begins anew."""
    path = tmp_path / "deep" / "logs.sqlite"
    path.parent.mkdir()
    path.write_bytes(content)
    index = LogIndex(str(path))
    index.add([line(1, "one")])
    index.close()
    index = LogIndex(str(path))
    assert found(index, "one") == ["one"]
    index.close()


def test_a_file_of_another_version_is_built_again(tmp_path):
    """Given a file of a later release, then the index begins anew."""
    path = str(tmp_path / "logs.sqlite")
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    index = LogIndex(path)
    assert (index.place, found(index)) == (0, [])
    index.close()


def test_the_file_is_for_its_owner_only(tmp_path):
    """Log lines may tell much: others on the machine cannot read the file."""
    path = tmp_path / "logs.sqlite"
    LogIndex(str(path)).close()
    assert path.stat().st_mode & 0o077 == 0


@given(st.text(max_size=60))
def test_any_text_is_a_query_or_an_error_of_the_query(text):
    """Given any text, then the search answers, or SQLite refuses the query; nothing else happens."""
    index = LogIndex(":memory:")
    index.add([line(1, "one")])
    query = full_text_query(text.replace("\0", ""))
    try:
        list(index.find(Wanted(query)))
    except sqlite3.OperationalError as exc:
        assert any(word in str(exc) for word in ("fts5", "syntax", "unterminated", "unknown special"))
    finally:
        index.close()

"""Searching the log lines of all runs: what is found, what a deleted run leaves, and index files that are of no use."""

import os
import sqlite3
from datetime import datetime, timedelta, timezone
from itertools import islice

import pytest
from celery import group

from orchestrator_celery import OrchestratorError
from tests.kit.waiting import wait_for


@pytest.fixture
def index_file(shop, monkeypatch, tmp_path):
    """A new index file for a test."""
    path = tmp_path / "logs.sqlite"
    settings = shop.orchestrator.container.settings.model_copy(update={"log_index": str(path)})
    monkeypatch.setitem(shop.orchestrator.container.__dict__, "settings", settings)
    return path


def logged(shop, value, lines=1, **arguments):
    run = shop.complex(shop.tasks("logs", value, lines=lines), **arguments).apply_async()
    assert run.get(timeout=60) == value
    wait_for(lambda: run.id in dict(shop.orchestrator.container.logged_runs.since(0)), what="the run to be recorded")
    return run


def messages(found):
    return [line.message for line in found]


def test_lines_of_all_runs_are_found(shop):
    """Given lines of several runs, then words, levels, filters and times choose among them, and each tells its run."""
    run, other = logged(shop, 101), logged(shop, 102, name="other", tags=("blue",))
    search = shop.orchestrator.logs(search="plain 101")
    assert search.incomplete == ""
    [hit] = search
    assert (hit.message, hit.run, hit.node, hit.level) == ("plain 101", run.id, "0.0", "INFO")
    assert [hit.message[start:end] for start, end in hit.spans] == ["plain", "101"]
    assert messages(shop.orchestrator.logs("tag:blue", search="plain")) == ["plain 102"]
    assert messages(shop.orchestrator.logs("name:other", level="ERROR")) == ["failing 102 with password=**"]
    assert messages(shop.orchestrator.logs(search="print* AND (101 OR 102)")) == ["printed 102", "printed 101"]
    assert messages(shop.orchestrator.logs(search="KeyError", since="10m"))[-1:] == ["failing 101 with password=**"]
    assert messages(shop.orchestrator.logs(since=datetime.now(timezone.utc) + timedelta(hours=1))) == []
    assert messages(shop.orchestrator.logs("status:FAILED", search="plain")) == []
    assert len(messages(shop.orchestrator.logs("tag:blue"))) == len(list(other.logs()))


def test_new_lines_are_read_by_the_next_search(shop):
    """Given a search before a run logs, then the next search finds the lines, and none twice."""
    assert messages(shop.orchestrator.logs(search="201")) == []
    logged(shop, 201)
    for _ in range(3):
        assert sorted(messages(shop.orchestrator.logs(search="201"))) == [
            "failing 201 with password=**", "plain 201", "printed 201", "task logger 201",
        ]  # fmt: skip


def test_lines_of_a_cancelled_run_are_gone(shop):
    """Given a run that is cancelled after it was indexed, then no search finds its lines, nor keeps them in the file."""
    run, kept = logged(shop, 301), logged(shop, 302)
    assert len(messages(shop.orchestrator.logs(search="plain AND (301 OR 302)"))) == 2
    run.cancel(confirm=True)
    assert messages(shop.orchestrator.logs(search="plain AND (301 OR 302)")) == ["plain 302"]
    with sqlite3.connect(shop.settings["orchestrator_log_index"]) as db:
        assert db.execute("SELECT count(*) FROM lines WHERE run = ?", (run.id,)).fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM lines WHERE run = ?", (kept.id,)).fetchone() != (0,)


def test_lines_are_followed(shop):
    """Given a search that follows, then it yields what comes after its call, the oldest first."""
    logged(shop, 401)
    follow = shop.orchestrator.logs(search="plain", level="INFO").follow()
    run = shop.run(group(shop.tasks("logs", i, lines=1) for i in (402, 403)))
    assert sorted(messages(islice(follow, 2))) == ["plain 402", "plain 403"]
    run.get(timeout=60)


@pytest.mark.parametrize(
    ("damage", "value"), [("missing", 501), ("corrupt", 502), ("cut", 503), ("in the middle", 504)]
)
def test_a_file_that_is_of_no_use_is_built_again(shop, index_file, damage, value):
    """Given an index file that is gone or damaged, then the next search reads all lines again."""
    logged(shop, value)
    assert messages(shop.orchestrator.logs(search=f"plain {value}")) == [f"plain {value}"]
    if damage == "missing":
        index_file.unlink()
    else:
        for more in ("-wal", "-shm"):
            index_file.with_name(index_file.name + more).unlink(missing_ok=True)
        content = index_file.read_bytes()
        damaged = {"corrupt": b"x" * len(content), "cut": content[:200], "in the middle": _spoilt(content)}
        index_file.write_bytes(damaged[damage])
    search = shop.orchestrator.logs(search=f"plain {value}")
    if damage == "in the middle" and search.incomplete:  # it may be found when lines are read
        search = shop.orchestrator.logs(search=f"plain {value}")
    assert (messages(search), search.incomplete) == ([f"plain {value}"], "")


def _spoilt(content):
    """All pages behind the first one are of no use."""
    return content[:4096] + b"x" * (len(content) - 4096)


def test_a_locked_file(shop, index_file):
    """Given an index that another process writes to, then the search answers with what it has, and says so."""
    logged(shop, 601)
    assert messages(shop.orchestrator.logs(search="plain 601")) == ["plain 601"]
    with sqlite3.connect(index_file) as db:
        db.execute("BEGIN IMMEDIATE")
        logged(shop, 602)
        search = shop.orchestrator.logs(search="plain AND (601 OR 602)")
        assert messages(search) == ["plain 601"]
        assert "may be missing" in search.incomplete
        assert "locked" in search.incomplete
    search = shop.orchestrator.logs(search="plain AND (601 OR 602)")
    assert (messages(search), search.incomplete) == (["plain 602", "plain 601"], "")


def test_a_folder_without_room(shop, monkeypatch, tmp_path):
    """Given a file that cannot be written, then the search reads all lines into memory, and says so."""
    (tmp_path / "file").write_text("")
    settings = shop.orchestrator.container.settings.model_copy(
        update={"log_index": str(tmp_path / "file" / "x.sqlite")}
    )
    monkeypatch.setitem(shop.orchestrator.container.__dict__, "settings", settings)
    logged(shop, 701)
    search = shop.orchestrator.logs(search="plain 701")
    assert messages(search) == ["plain 701"]
    assert "cannot be used" in search.incomplete


def test_the_default_file_is_in_the_folder_of_caches(shop, monkeypatch, tmp_path):
    """Given no setting, then the file lies in the user's folder for caches, one for each store."""
    settings = shop.orchestrator.container.settings.model_copy(update={"log_index": None})
    monkeypatch.setitem(shop.orchestrator.container.__dict__, "settings", settings)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    shop.orchestrator.logs(search="plain")
    [path] = (tmp_path / "orchestrator_celery").glob("logs-*.sqlite")
    assert path.stat().st_uid == os.getuid()


@pytest.mark.parametrize("query", ['"open', "AND", "(", "a NOT", "near(", "message :"])
def test_a_query_that_cannot_be_read(shop, query):
    """Given a query with a syntax error, then the error names it, or the text is searched as it is."""
    try:
        messages(shop.orchestrator.logs(search=query))
    except OrchestratorError as exc:
        assert "cannot be read" in str(exc)
        assert "phrases" in str(exc)


def test_a_level_that_is_not_known(shop):
    with pytest.raises(OrchestratorError, match="did you mean 'WARNING'"):
        shop.orchestrator.logs(level="WARNNG")

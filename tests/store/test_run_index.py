"""The index of runs by word: it finds what the heads say, is written once for each change, and mends itself."""

from __future__ import annotations

import random

import pytest

from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.filters.run_words import run_text
from orchestrator_celery.records.streams.feed import FeedEntry
from orchestrator_celery.store import run_index
from orchestrator_celery.store.index_rebuild import Indexes
from orchestrator_celery.store.reader import Reader
from orchestrator_celery.store.run_index import IndexEntry
from orchestrator_celery.views.run_pages import RunPages

from .play import Play
from .trees import leaf, unit

FILTERS = (
    "status:PENDING", "status:RUNNING", "-status:RUNNING", "status:RUNNING,FAILED", "tag:odd", "-tag:odd", "tag:o*",
    "tag:odd,even", "category:c1", "category:c*", "-category:c1", "task:proj.*", "task:proj.t3", "name:run*", "name:run-7",
    "name:\"\"", "tag:none", "t3 tag:odd", "R2", "é", "-R2", "name:long*", f"name:long{'x' * 200}", "-name:long*",
    "tag:odd status:RUNNING -category:c2", "worker:w", "until:2026-11-01", "since:1h tag:even", "duration:>1h", "-task:*",
    "tag:T7,T8", "-T7", "r1 -r2", "-run", "name:*n-1*", "-name:*7", "É1", "-status:RUNNING,FAILED tag:o*", "-category:c1 -category:c2",
    "-tag:even -tag:odd", "xxxxxx", '"r7\x1f"', "R2 R3", "r1,r2 -tag:even",
)  # fmt: skip


@pytest.fixture
def index(store):
    return store.due_index.run_index


def started(store, number):
    """Runs with all kinds of words; every third one runs."""
    plays = []
    for i in range(number):
        play = Play(store, f"é{i}" if i % 10 == 9 else f"r{i}")
        name = f"long{'x' * 200}" if i == 5 else f"run-{i}" if i % 2 else ""
        tags = ["odd" if i % 2 else "even", f"T{i}"]
        found = {"name": name, "tags": str(tags).replace("'", '"'), f"task:proj.t{i % 4}": ""}
        if i % 5:
            found["category"] = f"c{i % 5}"
        play.start(unit(leaf()), **found)
        if i % 3 == 0:
            play.claim("0.0")
        plays.append(play)
    return plays


def listed(store, text, size=1000):
    pages = RunPages(Reader(store.client, store.keys), store, RunFilter.parse(text))
    found, place = [], None
    while True:
        views, place = pages.read(place, size)
        found += [view.id for view in views]
        assert len(views) == size or place is None
        if place is None:
            return found


@pytest.mark.parametrize("size", [1000, 7])
def test_the_index_finds_what_the_heads_say(store, client, size):
    """Given runs, then each filter lists the same runs in the same order with the index and without it."""
    started(store, 40)
    without = {text: listed(store, text) for text in FILTERS}
    assert sum(map(bool, without.values())) > len(FILTERS) * 2 / 3
    Indexes(client, store.keys).rebuild()
    assert {text: listed(store, text, size) for text in FILTERS} == without


def test_a_page_reads_what_it_shows(store, client):
    """Given many runs of which few match two words, then a page reads the heads of these, and no others."""
    started(store, 60)
    Indexes(client, store.keys).rebuild()
    expected = [f"r{i}" for i in range(59, -1, -1) if i % 4 == 3 and i % 5 == 3]
    client.config_resetstat()
    assert listed(store, "task:proj.t3 category:c3 tag:odd") == expected
    assert client.info("commandstats")["cmdstat_hmget"]["calls"] == len(expected) == 3


@pytest.mark.parametrize("size", [1000, 7, 1])
def test_a_duration_reads_the_heads_of_the_runs_that_match(store, client, size):
    """Given runs of all durations, then filters list those that match, and read no other heads."""
    started(store, 60)
    now = int(store.now() * 1000)
    for i in range(60):  # every fifth one has not begun; every third one of the others goes on
        key = store.keys.root(f"é{i}" if i % 10 == 9 else f"r{i}")
        client.hdel(key, "started", "finished")
        if i % 5:
            client.hset(key, "started", now - i * 60_000)
            if i % 3:
                client.hset(key, "finished", now - i * 30_000)
    took = {i: i * (30 if i % 3 else 60) for i in range(60) if i % 5}
    Indexes(client, store.keys).rebuild()
    every = listed(store, "")  # runs of the same millisecond are in the order of their ids
    asked = {
        "duration:>20m": lambda i: took.get(i, 0) > 1200,
        "duration:<20m": lambda i: i in took and took[i] < 1200,
        "-duration:>20m": lambda i: took.get(i, 0) <= 1200,
        "duration:>5m duration:<40m": lambda i: 300 < took.get(i, 0) < 2400,
        "duration:>90d": lambda i: False,
        "duration:5m..20m": lambda i: 300 <= took.get(i, 0) <= 1200,
        "-duration:<=5m,>=40m": lambda i: not (i in took and (took[i] <= 300 or took[i] >= 2400)),
    }
    for text, matches in asked.items():
        expected = [run for run in every if matches(int(run[1:]))]
        client.config_resetstat()
        assert listed(store, text, size) == expected, text
        if size > len(expected):
            assert client.info("commandstats").get("cmdstat_hkeys", {"calls": 0})["calls"] == len(expected), text


def test_runs_of_the_same_millisecond_are_listed_once(store, client, index):
    """Given many runs of the same time, then pages of any size have each of them once, in the order of their ids."""
    runs = [f"r{i:04}" for i in range(900)]
    for place in range(0, 900, 2):
        index.put([IndexEntry(runs[place], "1-1", "RUNNING", "1700000000000", ["tag:a"])])
        index.put([IndexEntry(runs[place + 1], "1-1", "FAILED", "1700000000000", ["tag:a", "tag:b"])])
    index.mark()
    for text in ("tag:a", "tag:a,b", "-tag:c"):
        query = index.query(RunFilter.parse(text))
        found, place = [], None
        while True:
            page, place, _ = index.page(query, place, 37, None, None)
            found += [run for _, run in page]
            if place is None:
                break
        assert found == runs[::-1], text


def test_an_older_event_changes_nothing(store, client, index):
    """Given two processes that tell of a run, when the older change comes later, then the newer one stays."""
    index.put([IndexEntry("r", "5-1", "RUNNING", "1", ["tag:a"])])
    index.put([IndexEntry("r", "7-0", "FAILED")])
    for event in ("6-9", "5-1", "7-0"):
        index.put([IndexEntry("r", event, "RUNNING")])
        index.put([IndexEntry("r", event, "RUNNING", "1", ["tag:b"])])
    assert [words(client, store, word) for word in ("status:FAILED", "status:RUNNING", "tag:a", "tag:b")] == [
        1,
        0,
        1,
        0,
    ]
    index.put([IndexEntry("r", "7-0", "FAILED", "1", ["tag:b"]), IndexEntry("r", "7-2", "RUNNING")])
    assert [words(client, store, word) for word in ("status:FAILED", "status:RUNNING", "tag:a", "tag:b")] == [
        0,
        1,
        0,
        1,
    ]
    assert client.zrange(f"{store.keys.by_word}:words", 0, -1) == [b"tag:b"]
    index.put([IndexEntry("r")])
    assert client.keys(f"{store.keys.by_word}*") == []


def words(client, store, word):
    return client.zcard(f"{store.keys.by_word}:{word}")


def test_the_feed_keeps_it_up_to_date(store, client, index):
    """Given changes that the feed tells of, then the newest of each run counts; a run that is not known is owed."""
    started(store, 2)
    index.mark()
    index.follow(
        [FeedEntry("status", "r0", "$", status, f"9999999999999-{i}") for i, status in enumerate(("RUNNING", "FAILED"))]
    )
    index.follow([FeedEntry("awaiting", "r1", "0", "", "5"), FeedEntry("report", value="{}")])
    assert [words(client, store, f"status:{status}") for status in ("FAILED", "RUNNING", "PENDING")] == [1, 0, 1]
    client.delete(*client.keys(f"{store.keys.by_word}*"))
    index.follow([FeedEntry("status", "r1", "$", "RUNNING", "9999999999999-1")])
    assert client.smembers(f"{store.keys.by_word}:owed") == {b"r1"}
    index.mend_owed()
    assert (words(client, store, "status:PENDING"), client.exists(f"{store.keys.by_word}:owed")) == (1, 0)
    store.cancel("r1", "{}")
    index.follow([FeedEntry("status", "r1", "$", "CANCELLED")])
    assert client.keys(f"{store.keys.by_word}*") == []


def test_a_list_does_not_lag_while_few_runs_are_live(store, client, index):
    """Given a change of which nobody has told the index, then a list of a status has the run where it belongs."""
    [play, _] = started(store, 2)
    index.mark()
    assert listed(store, "status:RUNNING") == ["r0"]
    play.finish("0.0")
    assert (listed(store, "status:SUCCEEDED"), listed(store, "status:RUNNING")) == (["r0"], [])
    assert words(client, store, "status:SUCCEEDED") == 1, "and the index is mended"


def test_a_process_that_dies_between_leaves_nothing_wrong(store, client, index, monkeypatch):
    """Given a client that dies before it enters its run, and a worker that dies before it tells of an end, then the next
    sweep enters both."""
    with monkeypatch.context() as dying:
        dying.setattr(store, "_enter", lambda *args: None)
        lost = Play(store, "lost")
        lost.start(unit(leaf()), tags='["eu"]')
    [ended, _] = started(store, 2)
    index.mark()
    for word in [f"status:{status}" for status in ("PENDING", "RUNNING")]:
        client.zrem(f"{store.keys.by_word}:{word}", "r0")  # so that no list of live runs mends it
    ended.finish("0.0")
    ended.tell()
    assert (listed(store, "tag:eu"), listed(store, "status:SUCCEEDED")) == ([], [])
    due = store.due_index.due_runs(None, 10)
    assert "lost" in due
    assert "r0" not in due
    index.mend({check.run: check.status.value for check in store.due_index.check(due)})
    index.mend_owed()
    assert (listed(store, "tag:eu"), listed(store, "status:SUCCEEDED")) == (["lost"], ["r0"])


def test_the_workers_of_a_page_are_read_in_one_round_trip(store, client):
    """Given many runs on workers, then a list by worker asks for all of a page at once, and finds each."""
    plays = started(store, 90)
    Indexes(client, store.keys).rebuild()
    running = [play.run for i, play in enumerate(plays) if i % 3 == 0]
    before = client.info("stats")["total_reads_processed"]
    assert listed(store, "worker:*") == running[::-1]
    assert client.info("stats")["total_reads_processed"] - before < len(running)
    assert listed(store, "worker:nobody") == []


@pytest.mark.parametrize("deleted", ["", ":status:RUNNING", ":tag:odd", ":words", "*"])
def test_whoever_deletes_it_loses_nothing(store, client, index, deleted):
    """Given an index of which a key was deleted, then lists read all heads, or the reconciler's rounds put it back."""
    started(store, 40)
    without = {text: listed(store, text) for text in FILTERS}
    indexes = Indexes(client, store.keys)
    indexes.rebuild()
    client.delete(*client.keys(f"{store.keys.by_word}{deleted}"))
    if deleted in ("", "*"):
        assert {text: listed(store, text) for text in FILTERS} == without, "by the heads"
        assert not indexes.whole()
        indexes.rebuild()
    indexes.trim(0)
    assert {text: listed(store, text) for text in FILTERS} == without


def test_a_run_that_is_gone_leaves_its_words(store, client, index):
    """Given runs that were purged, discarded or cancelled, or have expired, then no word names them."""
    plays = started(store, 4)
    for play in plays:
        play.claim("0.0")
        play.finish("0.0")
        play.tell()
    indexes = Indexes(client, store.keys)
    indexes.rebuild()
    store.signatures.purge("r0")
    store.cancel("r1", "{}")
    store.erase("r1")
    client.delete(*(key for run in ("r2", "r3") for key in client.keys(f"orc:{{{run}}}*")))
    assert listed(store, "task:proj.t2") == []
    indexes.trim(0)
    assert client.keys(f"{store.keys.by_word}:*") == []
    assert client.hkeys(store.keys.by_word) == [b""]


@pytest.mark.parametrize("field", ["created", "status", "name", "tags", "category"])
@pytest.mark.parametrize("value", [None, b"", b"\xff nonsense"])
def test_a_head_that_cannot_be_read_keeps_no_other_run_from_its_index(store, client, index, field, value):
    """Given a run whose head lacks a field, or holds nonsense in it, then the runs beside it are indexed."""
    broken, *well = [play.run for play in started(store, 4)]
    client.delete(*client.scan_iter("*by:*"))
    root = store.keys.root(broken)
    client.hdel(root, field) if value is None else client.hset(root, field, value)
    index.refresh([broken, *well])
    assert set(well) <= set(index_words(client, index))


def index_words(client, index):
    """The runs that the index has words of."""
    return {run.decode() for run in client.hkeys(index._key)} | {
        run.decode()
        for key in client.scan_iter("*by:*")
        if client.type(key) == b"zset"
        for run in client.zrange(key, 0, -1)
    }


def lines(client, store):
    """The lines of all blocks of texts, in the order in which they stand; each block begins at its time."""
    found = []
    for start, score in client.zrange(f"{store.keys.by_word}:texts", 0, -1, withscores=True):
        block = client.get(f"{store.keys.by_word}:text:{start.decode()}").decode()
        assert block
        assert len(block) < 33_000
        own = block.removesuffix("\x1e").split("\x1e")
        assert all(float(line[:15]) >= score for line in own)
        found += own
    return found


def test_the_texts_hold_each_run_once_and_in_order(store, client, index):
    """Given runs that are entered in any order, renamed, moved and taken out, then the blocks have the line of each, sorted."""
    draw, expected = random.Random(3), {}
    for _ in range(6):
        entries = []
        for _ in range(500):
            run, created = f"r{draw.randrange(1500)}", draw.randrange(10**12, 10**12 + 700)
            if draw.random() < 0.2:
                expected.pop(run, None)
                entries.append(IndexEntry(run))
            else:
                known = expected.get(run)
                created, name = (
                    known[0] if known and draw.random() < 0.9 else created,
                    f"name {draw.randrange(9)}{'x' * 70}",
                )
                expected[run] = created, name
                entries.append(IndexEntry(run, "1-1", "RUNNING", str(created), [f"name:{name}"], run_text(run, name)))
        index.put(entries)
        rows = sorted((created, run.encode(), name) for run, (created, name) in expected.items())
        assert lines(client, store) == [f"{created:015}{run.decode()}\x1f{name}\x1f" for created, run, name in rows]
    assert client.zcard(f"{store.keys.by_word}:texts") > 3
    index.put([IndexEntry(run) for run in expected])
    assert client.keys(f"{store.keys.by_word}*") == []


@pytest.mark.parametrize(
    "text", ['"name 7"', "-tag:even", "tag:none,even", "-name:*9", "-nothing", "status:RUNNING -tag:odd"]
)
def test_a_list_goes_on_while_runs_come_end_and_go(store, client, index, monkeypatch, text):
    """Given scripts that stop after a few runs, and runs that are started, renamed and deleted between them, then a list has each
    run that was there all the time and matches once, in order, and none twice."""
    monkeypatch.setattr(run_index, "_LOOKED_AT", 40)

    def entry(number, status="RUNNING"):
        words = [f"tag:{'odd' if number % 2 else 'even'}", f"name:name {number}"]
        run = f"r{number:04}"
        return IndexEntry(run, "1-1", status, str(10**12 + number // 3), words, run_text(run, f"name {number}"))

    index.put([entry(number) for number in range(600)])
    index.mark()
    monkeypatch.setattr(index, "mend_live", lambda: None)
    query, place, found, fresh, gone = index.query(RunFilter.parse(text)), None, [], 600, set()
    calls, draw = 0, random.Random(text)
    while True:
        page = index.page(query, place, 25, None, None)
        found, place, calls = found + [run for _, run in page.places], page.rest, calls + 1
        if place is None:
            break
        index.put([entry(number) for number in range(fresh, fresh + 20)])
        leaving = [number for number in draw.sample(range(600), 3) if f"r{number:04}" not in found]
        index.put([IndexEntry(f"r{number:04}") for number in leaving])
        fresh, gone = fresh + 20, gone | set(leaving)
    matching = {
        '"name 7"': lambda n: "name 7" in f"name {n}",
        "-tag:even": lambda n: n % 2,
        "tag:none,even": lambda n: not n % 2,
        "-name:*9": lambda n: n % 10 != 9,
        "-nothing": lambda n: True,
        "status:RUNNING -tag:odd": lambda n: not n % 2,
    }[text]
    assert calls > 3 or text == '"name 7"', "a block without the text is no work"
    assert len(set(found)) == len(found)
    assert found == sorted(found, reverse=True)
    stayed = {f"r{n:04}" for n in range(600) if matching(n) and n not in gone}
    assert stayed <= set(found)
    assert set(found) - stayed <= {f"r{n:04}" for n in gone if matching(n)}

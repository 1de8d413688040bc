"""The feed of all runs: every transition that changes a status tells of it, entries are numbered, the feed is bounded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from orchestrator_celery import OrchestratorSettings
from orchestrator_celery.canvas.approval import Approval
from orchestrator_celery.records.streams.feed import FeedEntry, FeedKind
from orchestrator_celery.store import Store
from orchestrator_celery.store.buffers import feed_buffer as module
from orchestrator_celery.store.buffers.feed_buffer import FeedBuffer
from orchestrator_celery.store.feed.stream import FeedPlace, FeedStream
from tests.kit.resending import resending_client
from tests.kit.waiting import wait_for

from .play import Play
from .test_lifecycle import begin, fail, stop
from .trees import chain, graph, leaf, unit

START = FeedPlace("0-0", 0)


def changed(run: str) -> FeedEntry:
    return FeedEntry(FeedKind.STATUS.value, run, "$", "RUNNING", "1-0")


@pytest.fixture
def stream(store: Store) -> FeedStream:
    return FeedStream(store.client, store.keys, 100)


@pytest.fixture
def told(client: Redis) -> tuple[Play, list[FeedEntry]]:
    """A run, and what its transitions tell."""
    entries: list[FeedEntry] = []
    return Play(Store(client, OrchestratorSettings(window=8, retention=100), tell=entries.append)), entries


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        (begin, "PENDING RUNNING"),
        (fail, "PENDING RUNNING FAILED"),
        (lambda play: play.run_out(), "PENDING RUNNING SUCCEEDED"),
        (lambda play: (play.store.suspend("r"), play.store.resume("r")), "PENDING SUSPENDED PENDING"),
        (lambda play: (begin(play), play.store.interrupt("r"), stop(play)), "PENDING RUNNING INTERRUPTED"),
        (lambda play: (fail(play), play.store.retry("r")), "PENDING RUNNING FAILED RUNNING"),
        (lambda play: play.store.cancel("r", ""), "PENDING CANCELLED"),
        (lambda play: play.store.discard("r"), "PENDING CANCELLED"),
        (lambda play: play.store.overdue("r", b"late", inner=True), "PENDING FAILED"),
        (lambda play: play.store.suspend("other"), "PENDING"),
    ],
    ids=["begins", "fails", "succeeds", "suspended", "interrupted", "retried", "cancelled", "discarded", "late", "refused"],
)  # fmt: skip
def test_a_transition_tells_of_the_new_status(told: tuple[Play, list[FeedEntry]], happens: Callable[[Play], object], expected: str) -> None:  # fmt: skip
    """Given a run, when something changes its status, then the caller gets an entry for it, and no effect more."""
    play, entries = told
    play.start(unit(chain(leaf(), leaf())))
    happens(play)
    assert [entry.value for entry in entries] == expected.split()
    assert {(entry.kind, entry.run, entry.node) for entry in entries} == {("status", "r", "$")}


def test_an_approval_tells_that_it_waits(told: tuple[Play, list[FeedEntry]]) -> None:
    play, entries = told
    play.start(graph("START>a a>END", {"a": Approval()}))
    assert [(entry.kind, entry.node) for entry in entries] == [("status", "$"), ("status", "$"), ("awaiting", "0.0.0")]
    places = [name.decode() for name, _ in play.store.client.xrange(play.store.keys.events("r"))]
    assert {entry.place for entry in entries} <= set(places), "the places of the run's own events"


def test_a_lost_answer_loses_no_change(client: Redis) -> None:
    """Given a caller that loses every answer, when its client sends each call again, then the changes are told."""
    entries: list[FeedEntry] = []
    with resending_client(client) as losing:
        play = Play(Store(losing, OrchestratorSettings(window=8), tell=entries.append))
        play.start(unit(leaf()))
        play.store.suspend("r")
    assert [entry.value for entry in entries] == ["PENDING", "SUSPENDED"]


def test_entries_are_numbered_and_read_in_order(stream: FeedStream) -> None:
    assert stream.newest() == START
    stream.append([changed("a"), changed("b")])
    stream.append([changed("c")])
    found = stream.after(START, None)
    assert [(place.number, entry.run) for place, entry in found] == [(1, "a"), (2, "b"), (3, "c")]
    assert stream.newest() == found[-1][0] == stream.place_of(found[-1][0].id)
    assert stream.after(found[1][0], None) == found[2:]
    assert stream.place_of("1-1") is None


def test_the_feed_is_bounded_and_a_reader_sees_the_gap(stream: FeedStream) -> None:
    for number in range(30):
        stream.append([changed(f"{number}-{i}") for i in range(20)])
    kept = stream.after(START, None)
    assert 100 <= len(kept) < 400
    assert kept[0][0].number > 1
    assert kept[-1][0].number == 600


def test_numbers_begin_again_when_the_feed_is_lost(store: Store, stream: FeedStream) -> None:
    stream.append([changed("a"), changed("b")])
    known = stream.newest()
    store.client.delete(store.keys.feed)
    wait_for(lambda: store.now() * 1000 > int(known.id.partition("-")[0]) + 1, what="a later millisecond")
    stream.append([changed("c")])
    [(place, _)] = stream.after(known, None)
    assert place.number == 1 != known.number + 1


def test_a_call_that_is_sent_again_appends_once(client: Redis, store: Store, stream: FeedStream) -> None:
    with resending_client(client) as losing:
        for run in ("a", "b"):
            FeedStream(losing, store.keys, 100).append([changed(run)])
    assert [entry.run for _, entry in stream.after(START, None)] == ["a", "b"]


def test_entries_of_a_moment_are_one_call() -> None:
    """Given many changes at once, then they are written in few calls, in order."""
    calls: list[list[str]] = []
    buffer = FeedBuffer(lambda entries: calls.append([entry.run for entry in entries]))
    for number in range(300):
        buffer.add(changed(str(number)))
    wait_for(lambda: sum(map(len, calls)) == 300, what="the entries")
    assert [run for call in calls for run in call] == [str(number) for number in range(300)]
    assert len(calls) < 30


def test_a_store_that_is_away_loses_nothing(monkeypatch) -> None:
    monkeypatch.setattr(FeedBuffer, "_later", 0.01)
    is_away, written = threading.Event(), []
    is_away.set()

    def write(entries):
        if is_away.is_set():
            raise RedisConnectionError("away")
        written.extend(entry.run for entry in entries)

    buffer = FeedBuffer(write)
    for number in range(3):
        buffer.add(changed(str(number)))
    assert not buffer.flush()
    is_away.clear()
    wait_for(lambda: written == ["0", "1", "2"], what="the entries")


def test_too_many_entries_are_dropped_and_the_feed_says_so(monkeypatch) -> None:
    monkeypatch.setattr(module, "_MOST", 10)
    may_write, written = threading.Event(), []

    def write(entries):
        assert may_write.wait(60)
        written.extend(entries)

    buffer = FeedBuffer(write)
    for number in range(600):
        buffer.add(changed(str(number)))
    may_write.set()
    assert buffer.flush()
    assert len(written) < 600
    assert written[-1].kind == "lost"


def test_entries_that_the_store_refuses_are_dropped() -> None:
    def write(entries):
        raise ResponseError("WRONGTYPE")

    buffer = FeedBuffer(write)
    buffer.add(changed("a"))
    assert buffer.flush()


def test_the_grammar_names_every_kind() -> None:
    text = Path(module.__file__).parents[2].joinpath("records/streams/feed.py").read_text()
    assert all(f'"{kind.value}"' in text.partition('"""\n\nfrom')[0] for kind in FeedKind)

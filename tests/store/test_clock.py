"""Times in the indexes are the store's, whatever the clocks of clients and workers say (invariant 10)."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

import orchestrator_celery.store
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.store.schedule import schedule

from .play import Play
from .trees import chain, leaf, unit

HOUR = 3600.0


@pytest.fixture(params=[-HOUR, HOUR], ids=["slow", "fast"])
def skewed(request, monkeypatch):
    """A client whose clock is an hour off."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + request.param)
    assert abs(datetime.now(timezone.utc).timestamp() - real()) < 5


def made(play):
    play.start(unit(chain(leaf(), leaf())))


def failed(play):
    made(play)
    play.claim("0.0.0")
    play.fail("0.0.0")
    play.tell()


def delegated(play):
    made(play)
    play.claim("0.0.0")
    play.requeue("0.0.0", Fence(nesting=1), why="delegate")


def saved(play):
    play.store.signatures.save("r", [("0", b"x")], {"name": "n"}, HOUR)


#: What is done before, the verb that schedules, the index, and in how many seconds at most.
CASES = {
    "create": (lambda play: None, made, "due", 6),
    "cancel": (made, lambda play: play.store.cancel("r", ""), "due", 6),
    "retry": (failed, lambda play: play.store.retry("r"), "due", 0),
    "suspend with followers": (delegated, lambda play: play.store.suspend("r"), "due", 3),
    "interrupt with followers": (delegated, lambda play: play.store.interrupt("r"), "due", 3),
    "awaits": (made, lambda play: play.store.graphs.awaits("r"), "approvals", 0),
    "save": (lambda play: None, saved, "signatures", 0),
    "save with a ttl": (lambda play: None, saved, "deletions", HOUR + 6),
    "mark after": (saved, lambda play: play.store.signatures.mark("r", HOUR, None), "deletions", HOUR + 6),
    "mark at": (
        saved,
        lambda play: play.store.signatures.mark("r", None, play.store.now() + HOUR),
        "deletions",
        HOUR + 6,
    ),
    "mark in the past": (saved, lambda play: play.store.signatures.mark("r", None, 1.0), "deletions", 6),
    "look at": (saved, lambda play: play.store.signatures.look_at("r"), "deletions", 6),
    "look again": (saved, lambda play: play.store.signatures.look_again("r", HOUR), "deletions", HOUR + 1),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_clock_that_is_off_schedules_nothing_wrongly(store, skewed, case):
    """Given a client whose clock is an hour off, when it changes something, then the index has the store's time."""
    before, verb, index, most = case
    play = Play(store)
    before(play)
    verb(play)
    moment = store.client.zscore(getattr(store.keys, index), "r") / 1000
    assert moment <= store.now() + most
    assert moment > store.now() + most - 10 or moment < 10, "a time that is over counts as due"


def test_an_upload_that_takes_long_stays_due(store, skewed):
    """Given a run that is about to be created, when it is uploaded, then it is due by the store's clock already."""
    store.create(
        "r",
        {str(number): b"L\n[]" for number in range(2500)} | {"0": b"L\n[]"},
        {"kind": "complex", "name": "", "total": 1},
    )
    assert abs(store.client.zscore(store.keys.due, "r") / 1000 - store.now() - 5) < 3


def test_no_module_of_the_store_asks_a_clock_of_its_own():
    """Given the store's modules, then none reads the time of its process, but for waiting."""
    for path in Path(orchestrator_celery.store.__file__).parent.glob("*.py"):
        assert "time.time(" not in path.read_text(), path.name
        assert "datetime.now(" not in path.read_text(), path.name


def test_options_of_scheduling(store):
    """Given a known member, then `NX`, `XX` and an earlier time leave it or change it as they say."""
    key, client = store.keys.due, store.client
    assert schedule(client, key, "a", after=1000, only="XX") is False
    assert client.zscore(key, "a") is None
    assert schedule(client, key, "a", after=1000, only="NX") is True
    first = client.zscore(key, "a")
    assert schedule(client, key, "a", after=9000, only="NX") is False
    schedule(client, key, "a", after=9000, only="XX", earlier=True)
    assert client.zscore(key, "a") == first
    schedule(client, key, "a", only="XX", earlier=True)
    assert client.zscore(key, "a") < first

"""settled: what was to be done outside the store about a change is done."""

from __future__ import annotations

from .play import Play
from .trees import chain, leaf, unit


def owed(play: Play) -> dict[str, bytes]:
    head = play.reader.head("r")
    return {name: head[name] for name in head if name in ("owed", "reset") or name.startswith("detach:")}


def test_one_thing_after_the_other(play):
    """Given two nodes that were detached, when one is dealt with, then the other is still owed."""
    play.start(unit(chain(leaf(), leaf(), leaf())))
    play.skip("0.0.0", "a")
    play.skip("0.0.1", "b")
    assert owed(play) == {"owed": b"2", "detach:0.0.0": b"a ", "detach:0.0.1": b"b "}
    play.store.settled("r", "detach:0.0.0")
    assert owed(play) == {"owed": b"1", "detach:0.0.1": b"b "}
    play.store.settled("r", "detach:0.0.1")
    assert owed(play) == {}


def test_done_twice_is_done_once(play):
    """Given two that do the same, then what else is owed stays."""
    play.start(unit(chain(leaf(), leaf(), leaf())))
    play.skip("0.0.0", "a")
    play.skip("0.0.1", "b")
    play.store.settled("r", "detach:0.0.0")
    before = play.snapshot()
    play.store.settled("r", "detach:0.0.0")
    assert play.snapshot() == before


def test_retried_twice_is_owed_once(play):
    """Given a run that was retried, ended untold, and was retried again, then Celery is to be told once."""
    play.start(unit(leaf()))
    play.break_("0.0")
    play.tell()
    play.retry()
    play.break_("0.0", 2)
    play.retry()
    assert owed(play) == {"owed": b"1", "reset": b"1"}


def test_no_run_nothing_is_owed(play):
    """Given no such run, then nothing comes to be."""
    play.store.settled("r", "reset")
    assert play.keys() == []

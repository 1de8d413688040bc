"""note: a run is found by the names of tasks that were added to it."""

from __future__ import annotations

from orchestrator_celery.store import Refused

from .play import Play
from .trees import leaf, swarm


def test_names_are_kept_in_the_head_once(play: Play, monkeypatch):
    """Given names that were noted, when they are noted again, then the store is not asked."""
    play.start(swarm(open=True))
    play.store.swarms.note_tasks("r", {"b": b"", "a": b"{}"})
    head = play.reader.head("r")
    assert {name for name in head if name.startswith("task:")} == {"task:a", "task:b"}
    before = play.snapshot()
    monkeypatch.setattr(play.store, "_run", None)
    play.store.swarms.note_tasks("r", {"a": b"", "b": b""})
    assert play.snapshot() == before


def test_what_a_task_declares_stays_known(play: Play):
    """Given a task that one client knows, when another that does not notes its name, then nothing is forgotten."""
    play.start(swarm(open=True))
    play.store._run("note", "r", "a", b'{"queue": "x"}')
    play.store._run("note", "r", "a", "")
    assert play.reader.head("r")["task:a"] == b'{"queue": "x"}'


def test_an_unknown_run_is_gone_and_leaves_nothing(play: Play):
    assert play.store._run("note", "r", "a", "").refused is Refused.GONE
    assert play.snapshot() == {}


def test_noting_twice_is_noting_once(play: Play):
    play.start(swarm(leaf()))
    play.store._run("note", "r", "a", "")
    before = play.snapshot()
    play.store._run("note", "r", "a", "")
    assert play.snapshot() == before


def test_a_process_remembers_a_bounded_number(play: Play, monkeypatch):
    monkeypatch.setattr("orchestrator_celery.store.transitions.swarms._NOTED", 3)
    play.start(swarm(open=True))
    for i in range(10):
        play.store.swarms.note_tasks("r", {f"t{i}": b""})
    assert len(play.store.swarms._noted) == 3

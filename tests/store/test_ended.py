"""ended: Celery knows the outcome; from then on the run is history with a time to live (invariant 7)."""

from __future__ import annotations

from orchestrator_celery import OrchestratorSettings
from orchestrator_celery.model.events import RunClosed
from orchestrator_celery.model.ids import CLOSE, Fence
from orchestrator_celery.store import Refused, Store

from .play import Play, names
from .trees import chain, leaf, swarm, unit

RETENTION = 100  # of the fixture


def without_expiry(play: Play) -> list[str]:
    """Keys of the run that would stay for ever."""
    return [key for key in play.keys() if not 0 < play.redis.ttl(key) <= RETENTION]


def test_every_key_gets_the_retention(play):
    """Given an ended run with all kinds of keys, when Celery was told, then each of them expires."""
    play.start(swarm(leaf(), open=True))
    play.claim("0.0")
    play.store.checkpoint(play.leaf("0.0"), Fence(), b"x")
    play.store.logs.append("r", [b"[]"])
    play.add(*[leaf()] * 1001)
    play.add(*[leaf()] * 1002)
    play.store.swarms.close_swarm("r", "0")
    play.finish("0.0")
    play.run_out()
    assert without_expiry(play) == play.keys()
    play.tell()
    assert without_expiry(play) == []
    assert len([key for key in play.keys() if ":d:" in key]) == 2
    play.redis.delete(play.store.keys.logs("r"))
    play.store.logs.append("r", [b"[]"])
    assert without_expiry(play) == [], "lines that come late go with the run"


def test_it_is_told_to_those_who_watch(play):
    """Given an ended run, when Celery was told, then the last event says so, and nothing is left in the outbox."""
    play.start(unit(leaf()))
    play.succeed("0.0")
    play.tell()
    assert isinstance(play.events()[-1], RunClosed)
    assert play.live() == {}
    assert play.reader.head("r")["closed"]
    assert play.claim(CLOSE).refused is Refused.STALE


def test_it_is_not_looked_at_any_more(play):
    """Given an ended run of which nothing lives, when Celery was told, then no sweep looks at it."""
    play.start(unit(leaf()))
    play.succeed("0.0")
    assert play.store.due_index.due_runs(None, 10) == ["r"]
    play.tell()
    assert play.store.due_index.due_runs(None, 10) == []


def test_told_twice_is_told_once(play):
    """Given a closing message that was delivered twice, then the second telling changes nothing."""
    play.start(unit(leaf()))
    play.succeed("0.0")
    play.tell()
    status, record = play.status, play.ended("0")
    assert play.store.ended(play.leaf(CLOSE)).refused is Refused.STALE
    assert (play.status, play.ended("0")) == (status, record)
    assert without_expiry(play) == []


def test_a_run_that_is_gone_is_refused(play):
    """Given no such run, then nothing comes to be."""
    assert play.store.ended(play.leaf(CLOSE)).refused is Refused.GONE
    assert play.snapshot() == {}


# -- callbacks may outlive the run ---------------------------------------------------------------------


def told_before_callback(play: Play) -> None:
    """A unit whose callback, a chain, is still queued when Celery has been told."""
    callback = chain(leaf(links=[leaf()]), swarm(leaf(), leaf(), max_concurrency=1), leaf())
    play.start(unit(leaf(), links=[callback]))
    assert play.succeed("0.0") == ["0.l0.0", "close"]
    play.tell()


def test_a_callback_that_outlives_the_run_goes_on(play):
    """Given a callback under way when Celery was told, then it runs to its end."""
    told_before_callback(play)
    assert play.succeed("0.l0.0") == ["0.l0.0.l0", "0.l0.1.0"]
    assert play.succeed("0.l0.1.0") == ["0.l0.1.1"]
    assert play.succeed("0.l0.1.1") == ["0.l0.2"]
    assert play.succeed("0.l0.2") == []


def test_a_callback_that_outlives_the_run_is_not_lost(play):
    """Given a callback under way when Celery was told, then sweeps go on looking at the run: its message may be
    lost, or its worker die (invariant 3)."""
    told_before_callback(play)
    assert play.store.due_index.due_runs(None, 10) == ["r"]


def test_a_run_is_kept_as_long_as_its_callbacks(play):
    """Given a callback under way when Celery was told, then no key expires before it has ended, and then all do,
    those it made as well."""
    told_before_callback(play)
    for node in ("0.l0.0", "0.l0.1.0", "0.l0.1.1", "0.l0.0.l0", "0.l0.2"):
        assert without_expiry(play) == play.keys()
        play.claim(node)
        play.store.checkpoint(play.leaf(node), Fence(), b"x")
        play.finish(node)
    assert without_expiry(play) == []


def test_a_failed_callback_lets_the_run_go_as_well(play):
    """Given a callback that fails after Celery was told, then the run expires all the same."""
    told_before_callback(play)
    assert play.break_("0.l0.0") == []
    assert without_expiry(play) == []


def test_a_short_retention_does_not_cut_a_callback_off(client):
    """Given no retention at all, when Celery was told before a callback has run, then the callback still runs."""
    play = Play(Store(client, OrchestratorSettings(retention=0)))
    play.start(unit(leaf(), links=[leaf()]))
    assert play.succeed("0.0") == ["0.l0", "close"]
    play.tell()
    assert play.claim("0.l0").refused is None


def test_without_retention_nothing_is_left(client):
    """Given no retention and nothing under way, when Celery was told, then no key of the run is left."""
    play = Play(Store(client, OrchestratorSettings(retention=0)))
    play.start(unit(leaf()))
    assert names(play.lost("0.0")) == []
    play.succeed("0.0")
    play.tell()
    assert play.keys() == []


def test_an_open_swarm_as_a_callback_keeps_the_run(play):
    """Given a callback that is an open swarm without items, when Celery was told, then the run stays until it is
    closed: items may still come."""
    play.start(unit(leaf(), links=[swarm(open=True)]))
    play.succeed("0.0")
    play.tell()
    assert without_expiry(play) == play.keys()
    assert play.store.due_index.due_runs(None, 10) == ["r"]
    assert play.add(leaf(), pool="0.l0").refused is None
    play.succeed("0.l0.0")
    assert without_expiry(play) == play.keys()
    play.store.swarms.close_swarm("r", "0.l0")
    assert without_expiry(play) == []


def held_callback(play: Play) -> None:
    """A unit that has ended and of which Celery was told, whose callback a rule holds back."""
    play.start(unit(leaf(), links=[chain(leaf(), leaf())]))
    play.succeed("0.0")
    play.claim("0.l0.0")


def test_a_callback_a_rule_holds_back_does_not_keep_the_run(play):
    """Given a callback that is held back when Celery is told, then the run expires, and no sweep looks at it."""
    held_callback(play)
    play.lost("0.l0.0", hold=True)
    play.tell()
    assert without_expiry(play) == []
    assert play.store.due_index.due_runs(None, 10) == []
    assert play.store.due_index.check(["r"])[0].state == "over"


def test_a_callback_held_back_later_lets_the_run_go(play):
    """Given a callback under way when Celery was told, when a rule holds it back, then the run expires."""
    held_callback(play)
    play.tell()
    assert without_expiry(play) == play.keys()
    play.lost("0.l0.0", hold=True)
    assert without_expiry(play) == []
    assert play.store.due_index.check(["r"])[0].state == "over"


def test_a_held_callback_that_is_resumed_keeps_the_run_until_it_has_ended(play):
    """Given a held callback of a run that was to expire, when it is resumed, then nothing expires before its end, sweeps
    look at it, and then all expires."""
    held_callback(play)
    play.lost("0.l0.0", hold=True)
    play.tell()
    assert names(play.store.resume("r")) == ["0.l0.0:2"]
    assert without_expiry(play) == play.keys()
    assert play.store.due_index.due_runs(None, 10) == ["r"]
    assert play.succeed("0.l0.0", 2) == ["0.l0.1"]
    assert without_expiry(play) == play.keys()
    assert play.succeed("0.l0.1") == []
    assert without_expiry(play) == []

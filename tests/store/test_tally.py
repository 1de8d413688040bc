"""tally: how long the tasks of a run take; and the time that a run was suspended."""

from orchestrator_celery.records.statistics import Durations
from orchestrator_celery.store import Refused
from tests.kit.waiting import wait_for

from .trees import leaf, unit


def test_durations_are_added_up(play):
    play.start(unit(leaf()))
    play.store.tally("r", {"a": Durations(2, 3.5, 6.25), "b b": Durations(1, 0.001, 0.000001)})
    play.store.tally("r", {"a": Durations(1, 1000.0, 1e6)})
    assert play.reader.durations("r", ["a", "b b", "c"]) == {
        "a": Durations(3, 1003.5, 1000006.2),
        "b b": Durations(1, 0.001, 0.000001),
    }
    assert play.reader.progress("r", ["0.0"]) == [None]


def test_a_run_that_is_gone_stays_gone(play):
    assert play.store.tally("r", {"a": Durations(1, 1, 1)}).refused is Refused.GONE
    assert play.keys() == []


def test_durations_go_with_a_run_that_has_ended(play):
    play.start(unit(leaf()), keep=100)
    play.succeed("0.0")
    play.claim("$")
    play.store.ended(play.leaf("$"))
    play.store.tally("r", {"a": Durations(1, 1, 1)})
    assert 0 < play.redis.ttl(play.store.keys.progress("r")) <= 100


def test_the_time_of_suspensions_is_counted(play):
    play.start(unit(leaf()))
    play.store.suspend("r")
    before = play.store.now()
    wait_for(lambda: play.store.now() > before + 0.02, what="some milliseconds")
    play.store.resume("r")
    first = play.reader.head("r").rested
    assert first >= 0.02
    play.store.suspend("r")
    play.store.resume("r")
    assert play.reader.head("r").rested >= first

"""A run that is over its deadline fails, in one script, and nothing of it counts after that."""

from __future__ import annotations

import time

import pytest

from orchestrator_celery.model.ids import Fence
from orchestrator_celery.store import Refused

from .play import names
from .trees import chain, group, leaf, swarm, unit


@pytest.fixture
def late(play):
    """Starts a run with a deadline and waits until it is over."""

    def start(tree, limit=1):
        effects = play.start(tree, limit=limit)
        time.sleep(limit / 1000 + 0.002)
        return effects

    return start


def overdue(play, **more):
    return play.store.overdue("r", b"late", **more)


def test_an_unknown_run_is_gone(play):
    assert overdue(play).refused is Refused.GONE


@pytest.mark.parametrize("head", [{}, {"limit": 60_000}])
def test_before_the_deadline_nothing_happens(play, head):
    """Given no deadline, or one to come, then the run is refused and nothing has changed."""
    play.start(unit(leaf()), **head)
    before = play.snapshot()
    effects = overdue(play)
    assert (effects.refused, effects.detail) == (Refused.STATE, b"PENDING")
    assert play.snapshot() == before


def test_a_run_that_has_ended_is_left_alone(play, late):
    late(unit(leaf()))
    play.succeed("0.0")
    before = play.snapshot()
    assert overdue(play).detail == b"SUCCEEDED"
    assert play.snapshot() == before


def test_what_runs_fails_and_what_waits_is_skipped(play, late):
    """Given one item running, one queued, one waiting, then the first has failed, the others never started."""
    late(swarm(leaf(), leaf(errbacks=[leaf()]), leaf(), max_concurrency=2, errbacks=[leaf()]))
    play.claim("0.1")
    effects = overdue(play)
    assert effects.refused is None
    assert sorted(names(effects)) == ["0.1.e0", "0.e0", "close"]
    assert play.status == "FAILED"
    assert play.counts() == (3, 0, 1)
    assert play.states() == {"0": "F", "0.1": "F"}
    assert play.ended("0").payload == b"late"
    assert sorted(play.live()) == ["$", "0.1.e0", "0.e0"]


def test_it_happens_once(play, late):
    late(unit(leaf(), errbacks=[leaf()]))
    assert names(overdue(play)) == ["0.e0", "close"]
    assert overdue(play).refused is Refused.STATE


def test_what_comes_too_late_does_not_count(play, late):
    """Given a body under way and a message queued, then the end of the one and the claim of the other are stale."""
    late(group(leaf(), leaf()))
    play.claim("0.0")
    overdue(play)
    assert play.finish("0.0").refused is Refused.STALE
    assert play.fail("0.0").refused is Refused.STALE
    assert play.requeue("0.0", Fence(retries=1)).refused is Refused.STALE
    assert play.lost("0.0").refused is Refused.STALE
    assert play.claim("0.1").refused is Refused.STALE
    assert play.counts() == (2, 0, 1)


def test_everything_under_way_has_failed_up_to_the_root(play, late):
    """Given a tree deep down, then each composite that had begun has failed with the run's own error."""
    late(unit(chain(leaf(), group(chain(leaf(), leaf()), leaf()), leaf())))
    play.succeed("0.0.0")
    play.succeed("0.0.1.0.0")
    play.claim("0.0.1.1")
    overdue(play)
    states = play.states()
    assert states == {
        "0": "F", "0.0": "F", "0.0.0": "S", "0.0.1": "F", "0.0.1.0": "F", "0.0.1.0.0": "S", "0.0.1.1": "F",
    }  # fmt: skip
    assert {play.ended(node).ref for node in ("0.0", "0.0.1", "0.0.1.0", "0.0.1.1")} == {"0"}
    assert play.reader.pools("r", ["0", "0.0", "0.0.1", "0.0.1.0"]) == [None] * 4
    assert play.reader.pool_size("r", "0.0.1") == 2


def test_an_idle_open_swarm_ends(play, late):
    late(swarm(open=True))
    assert names(overdue(play)) == ["close"]
    assert play.add(leaf()).refused is Refused.CLOSED


def test_a_suspended_run_fails_as_well(play, late):
    """Given a suspended run, then its deadline goes on, and the error callbacks are not held back."""
    late(unit(leaf(), errbacks=[leaf()]))
    play.store.suspend("r")
    assert sorted(names(overdue(play))) == ["0.e0", "close"]
    assert play.status == "FAILED"


def test_callbacks_under_way_go_on(play, late):
    late(group(leaf(links=[leaf()]), leaf()))
    play.succeed("0.0")
    play.claim("0.0.l0")
    assert names(overdue(play)) == ["close"]
    assert play.finish("0.0.l0").refused is None


def test_runs_inside_are_named_and_follow(play, late):
    """Given a task that a canvas replaced, then the run that stands in for it is named, and may be ended although it
    has no deadline of its own."""
    late(unit(leaf()))
    play.claim("0.0")
    play.requeue("0.0", Fence(nesting=1), why="delegate")
    assert overdue(play).detail == [b"r:0.0:1"]
    other = play.store.create("r:0.0:1", {"0": b"C n=1 k=complex\n{}", "0.0": b"L\nx"}, {"kind": "complex", "total": 1})
    assert other.refused is None
    assert names(play.store.overdue("r:0.0:1", b"late", inner=True)) == ["close"]


def test_a_look_tells_the_deadline(play):
    """Given a deadline, then looks tell it until the run has ended, and the first comes in time for it."""
    before = play.store.now() * 1000
    play.start(unit(leaf()), limit=700)
    [check] = play.store.due_index.check(["r"])
    assert before + 700 - 1 <= check.deadline <= play.store.now() * 1000 + 700
    [(_, due)] = play.redis.zrange("orc:due", 0, -1, withscores=True)
    assert due <= check.deadline
    play.succeed("0.0")
    [check] = play.store.due_index.check(["r"])
    assert check.deadline is None


def test_without_a_deadline_a_look_tells_none(play):
    play.start(unit(leaf()))
    [check] = play.store.due_index.check(["r"])
    assert check.deadline is None


def test_it_is_left_to_its_time_to_live(play, late):
    """Given that Celery was told, then every key expires."""
    late(unit(chain(leaf(), leaf())))
    play.claim("0.0.0")
    overdue(play)
    play.tell()
    assert all(play.redis.ttl(key) > 0 for key in play.keys())

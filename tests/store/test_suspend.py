"""suspend: nothing more of a run starts; what runs may finish."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.ids import Fence
from orchestrator_celery.store import Refused

from .play import Play, names
from .trees import chain, leaf, swarm, unit


def refused(play: Play, word: Refused, call):
    """The call is refused, and every byte is as before (invariant 4)."""
    before = play.snapshot()
    effects = call()
    assert (effects.refused, effects.todo) == (word, ())
    assert play.snapshot() == before
    return effects.detail


@pytest.mark.parametrize("running", [False, True])
def test_a_run_is_suspended(play, running):
    """Given a pending or a running run, when it is suspended, then it is, and that is told."""
    play.start(unit(leaf()))
    if running:
        play.claim("0.0")
    effects = play.store.suspend("r")
    assert (effects.refused, effects.todo, effects.detail) == (None, (), [])
    assert play.status == "SUSPENDED"
    assert play.events()[-1].status == "SUSPENDED"


def test_queued_messages_may_not_run(play):
    """Given a message that was sent before, when it is delivered while suspended, then it may not run."""
    play.start(unit(leaf()))
    play.store.suspend("r")
    assert play.claim("0.0").refused is Refused.HELD
    assert play.queued() == ["0.0"]


def test_what_runs_may_finish_and_what_follows_waits(play):
    """Given a running step, when it ends while suspended, then its result is kept, and the next is not sent."""
    play.start(unit(chain(leaf(links=[leaf()]), leaf())))
    play.claim("0.0.0")
    play.store.suspend("r")
    assert names(play.finish("0.0.0")) == []
    assert play.queued() == ["0.0.0.l0", "0.0.1"]
    assert play.counts() == (2, 1, 0)


def test_a_bounded_swarm_starts_no_more(play):
    """Given running items, when one ends while suspended, then no message is sent for the free slot."""
    play.start(swarm(*[leaf()] * 4, max_concurrency=2))
    play.claim("0.0")
    play.store.suspend("r")
    assert names(play.finish("0.0")) == []
    assert play.claim("0.2").refused is Refused.HELD


def test_items_added_meanwhile_wait(play):
    """Given an open swarm, when items are added while suspended, then they are taken, and not sent."""
    play.start(swarm(open=True))
    play.store.suspend("r")
    effects = play.add(leaf(), leaf())
    assert (effects.refused, names(effects)) == (None, [])
    assert play.queued() == ["0.0", "0.1"]


def test_a_lost_process_starts_nothing(play):
    """Given a running leaf, when its process is lost while suspended, then its next attempt waits."""
    play.start(unit(leaf()))
    play.claim("0.0")
    play.store.suspend("r")
    assert names(play.lost("0.0")) == []
    assert play.live()["0.0"].attempt == 2


def test_the_end_may_be_told_while_suspended(play):
    """Given the last leaf running, when it ends while suspended, then the run has ended, and Celery is told."""
    play.start(unit(leaf()))
    play.claim("0.0")
    play.store.suspend("r")
    assert names(play.finish("0.0")) == ["close"]
    assert play.status == "SUCCEEDED"
    assert play.tell().refused is None


def test_callbacks_of_a_run_that_ended_while_suspended_are_sent(play):
    """Given a run that ends while suspended, then its callbacks are sent: an ended run can never be resumed."""
    play.start(unit(leaf(), links=[leaf()]))
    play.claim("0.0")
    play.store.suspend("r")
    assert sorted(names(play.finish("0.0"))) == ["0.l0", "close"]


def test_runs_that_stand_in_for_its_tasks_are_told(play):
    """Given tasks that replaced themselves by canvas, then the runs that stand in for them are named."""
    play.start(swarm(leaf(), leaf()))
    play.claim("0.1")
    play.requeue("0.1", Fence(nesting=1), why="delegate")
    assert play.store.suspend("r").detail == [b"r:0.1:1"]


@pytest.mark.parametrize("status", ["SUSPENDED", "SUCCEEDED", "FAILED"])
def test_what_is_not_under_way_is_refused(play, status):
    """Given a run that is suspended, or has ended, then it is refused, and its status told."""
    play.start(unit(leaf()))
    {"SUSPENDED": lambda: play.store.suspend("r"), "SUCCEEDED": lambda: play.succeed("0.0")}.get(
        status, lambda: play.break_("0.0")
    )()
    assert refused(play, Refused.STATE, lambda: play.store.suspend("r")) == status.encode()


def test_no_run_nothing_to_suspend(play):
    """Given no such run, then nothing comes to be."""
    refused(play, Refused.GONE, lambda: play.store.suspend("r"))

"""resume: what waits in the outbox of a suspended run is sent again, what was held back starts again."""

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
def test_a_run_goes_on_as_it_was(play, running):
    """Given a suspended run, when it is resumed, then it has the status it had, and its outbox is sent."""
    play.start(swarm(leaf(), leaf()))
    if running:
        play.claim("0.0")
    play.store.suspend("r")
    effects = play.store.resume("r")
    assert names(effects) == (["0.1"] if running else ["0.0", "0.1"])
    assert play.status == ("RUNNING" if running else "PENDING")
    assert play.events()[-1].status == play.status


def test_each_remaining_leaf_runs_once(play):
    """Given messages from before and after the suspension, then one of each leaf's is let through."""
    play.start(unit(chain(leaf(), leaf())))
    play.claim("0.0.0")
    play.store.suspend("r")
    play.finish("0.0.0")
    assert names(play.store.resume("r")) == ["0.0.1"]
    assert play.claim("0.0.1").refused is None
    assert play.claim("0.0.1").refused is Refused.DUPLICATE
    assert names(play.finish("0.0.1")) == ["close"]


def test_a_dispatch_is_complete(play):
    """Given a step that became ready while suspended, when it is resumed, then its dispatch has all it needs."""
    play.start(unit(chain(leaf(), leaf(b"what"))))
    play.claim("0.0.0")
    play.store.suspend("r")
    play.finish("0.0.0")
    [effect] = play.store.resume("r").todo
    assert (effect.input_ref, effect.spec, effect.fence, effect.wait) == ("0.0.0", b"L\nwhat", Fence(), 0.0)


def test_a_retry_is_sent_as_that_retry(play):
    """Given a retry that waits, when the run is resumed, then the message has its fence, and what is left to wait."""
    play.start(unit(leaf()))
    play.claim("0.0")
    play.requeue("0.0", Fence(retries=1), wait=60)
    play.store.suspend("r")
    [effect] = play.store.resume("r").todo
    assert effect.fence == Fence(retries=1)
    assert 50 < effect.wait <= 60


def test_it_is_looked_at_soon(play):
    """Given a run that is resumed, then the next sweep looks at it: its messages may get lost."""
    play.start(unit(leaf()))
    play.store.suspend("r")
    play.store.resume("r")
    assert play.store.due_index.due_runs(0, 10) == ["r"]


def test_what_a_rule_held_back_starts_again(play):
    """Given a leaf a rule holds back in a running run, when that is resumed, then it starts under a new attempt."""
    play.start(unit(leaf()))
    play.claim("0.0")
    play.lost("0.0", hold=True)
    assert names(play.store.resume("r")) == ["0.0:2"]
    assert play.status == "RUNNING"
    assert play.succeed("0.0", 2) == ["close"]


def test_what_runs_is_left_alone(play):
    """Given a running leaf, when the run is resumed, then its body goes on, and no second one starts."""
    play.start(unit(leaf()))
    play.claim("0.0")
    play.store.suspend("r")
    assert names(play.store.resume("r")) == []
    assert names(play.finish("0.0")) == ["close"]


def test_runs_that_stand_in_for_its_tasks_are_told(play):
    """Given a task that replaced itself by canvas, then the run that stands in for it is named."""
    play.start(unit(leaf()))
    play.claim("0.0")
    play.requeue("0.0", Fence(nesting=1), why="delegate")
    play.store.suspend("r")
    assert play.store.resume("r").detail == [b"r:0.0:1"]


@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "SUCCEEDED", "FAILED"])
def test_what_does_not_wait_is_refused(play, status):
    """Given a run that is under way or has ended, then it is refused, and its status told."""
    play.start(unit(leaf()))
    if status != "PENDING":
        play.claim("0.0")
    if status == "SUCCEEDED":
        play.finish("0.0")
    if status == "FAILED":
        play.fail("0.0")
    assert play.store.resume("r").detail == status.encode()
    refused(play, Refused.STATE, lambda: play.store.resume("r"))


def test_a_run_that_ended_while_suspended_is_not_resumed(play):
    """Given a run whose last leaf ended while suspended, then it stays ended."""
    play.start(unit(leaf()))
    play.claim("0.0")
    play.store.suspend("r")
    play.finish("0.0")
    assert play.store.resume("r").refused is Refused.STATE
    assert play.status == "SUCCEEDED"


def test_no_run_nothing_to_resume(play):
    """Given no such run, then nothing comes to be."""
    refused(play, Refused.GONE, lambda: play.store.resume("r"))

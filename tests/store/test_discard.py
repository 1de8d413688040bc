"""discard: a run whose first messages could not be sent is taken back whole."""

from __future__ import annotations

from orchestrator_celery.model.ids import Fence
from orchestrator_celery.store import Refused

from .play import Play, contents
from .trees import leaf, swarm, unit


def test_nothing_is_left(play):
    """Given a new run, when it is taken back, then the store is as if it had never been."""
    before = play.snapshot()
    play.start(swarm(*[leaf()] * 1500))
    assert play.store.discard("r").refused is None
    assert play.snapshot() == before


def test_nothing_is_left_of_one_that_has_begun(play):
    """Given a run that was begun, checkpointed and added to in bulk, when it is taken back, then nothing is left."""
    play.start(swarm(leaf(), open=True))
    play.claim("0.0")
    play.store.checkpoint(play.leaf("0.0"), Fence(), b"x")
    play.add(*[leaf()] * 1001)
    play.store.discard("r")
    assert play.keys() == []


def test_other_runs_are_left_alone(play, store):
    """Given two runs, one with an id that begins like the other's, when one is taken back, then the other stays."""
    other = Play(store, "r2")
    other.start(unit(leaf()))
    play.start(unit(leaf()))
    before = {key: contents(play.redis, key) for key in other.keys()}
    play.store.discard("r")
    assert {key: contents(play.redis, key) for key in other.keys()} == before
    assert before


def test_what_was_sent_already_finds_no_run(play):
    """Given a message that was sent before the run was taken back, when it is delivered, then it may not run."""
    play.start(unit(leaf()))
    play.store.discard("r")
    assert play.claim("0.0").refused is Refused.GONE
    assert play.keys() == []


def test_the_id_can_be_used_again(play):
    """Given a run that was taken back, when its id is used again, then a run starts: a refused call may be retried."""
    play.start(unit(leaf()))
    play.store.discard("r")
    assert play.start(unit(leaf())).refused is None


def test_no_run_nothing_to_discard(play):
    """Given no such run, then nothing changes."""
    assert play.store.discard("r").refused is Refused.GONE
    assert play.snapshot() == {}

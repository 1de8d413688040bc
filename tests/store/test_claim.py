"""claim: one delivery of a message runs its body, and no other (invariant 2)."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.effects import Begun
from orchestrator_celery.model.events import NodeVetoed
from orchestrator_celery.model.ids import CLOSE, Fence
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.store import Refused

from .play import Play
from .trees import leaf, swarm, unit


@pytest.fixture
def one(play: Play) -> Play:
    """A run of one task, sent."""
    play.start(unit(leaf()))
    return play


def vetoed(play: Play, word: Refused, call) -> None:
    """The call is refused with the word, leaves an event, and nothing else."""
    before = play.snapshot(but=[play.events_key])
    effects = call()
    assert (effects.refused, effects.todo) == (word, ())
    assert play.snapshot(but=[play.events_key]) == before
    last = play.events()[-1]
    assert isinstance(last, NodeVetoed)
    assert last.reason == word.value


def test_a_queued_leaf_is_claimed(one):
    """Given a sent message, when it is claimed, then the leaf runs under its owner since now, and the run runs."""
    effects = one.claim("0.0", owner="host/12/ab")
    live = one.live()["0.0"]
    assert (effects.refused, effects.detail) == (None, None)
    [begun] = effects.todo
    assert isinstance(begun, Begun)
    assert (0 <= begun.waited < 5, begun.category) == (True, "")
    assert (live.state, live.attempt, live.owner) == (NodeState.RUNNING, 1, "host/12/ab")
    assert abs(live.since.timestamp() - one.store.now()) < 5
    assert one.status == "RUNNING"
    assert one.told("0.0") == ["NodeStarted"]


def test_only_the_first_claim_starts_the_run(play):
    """Given two items, when both are claimed, then the run has started once."""
    play.start(swarm(leaf(), leaf()))
    play.claim("0.0")
    started = play.reader.head("r")["started"]
    play.claim("0.1")
    assert play.reader.head("r")["started"] == started
    assert play.told("$") == ["StatusChanged", "StatusChanged"]


def test_no_run_no_claim(play):
    """Given a message of a run that is no more, then it may not run, and nothing comes to be."""
    assert play.claim("0.0").refused is Refused.GONE
    assert play.snapshot() == {}


@pytest.mark.parametrize("status", ["SUSPENDED", "INTERRUPTED"])
def test_a_held_run_starts_nothing(one, status):
    """Given a run that is held, when a message arrives, then it may not run, and stays in the outbox."""
    one.redis.hset(one.store.keys.root("r"), "status", status)
    vetoed(one, Refused.HELD, lambda: one.claim("0.0"))


def test_a_second_delivery_is_a_duplicate(one):
    """Given a running leaf, when the same message is delivered again, then it may not run; who runs it is told."""
    one.claim("0.0", owner="host/1/a")
    vetoed(one, Refused.DUPLICATE, lambda: one.claim("0.0", owner="host/2/a"))
    assert one.claim("0.0", owner="host/2/a").detail == b"host/1/a"


@pytest.mark.parametrize("end", ["finish", "fail"])
def test_a_message_of_an_ended_leaf_is_stale(one, end):
    """Given a leaf that has ended, when its message comes again, then it may not run."""
    one.claim("0.0")
    getattr(one, end)("0.0")
    vetoed(one, Refused.STALE, lambda: one.claim("0.0"))


@pytest.mark.parametrize("attempt", [1, 3])
def test_a_message_of_another_attempt_is_stale(one, attempt):
    """Given the second attempt, when a message of an earlier or a later one comes, then it may not run."""
    one.claim("0.0")
    one.lost("0.0")
    vetoed(one, Refused.STALE, lambda: one.claim("0.0", attempt))


def test_a_node_that_is_no_leaf_is_stale(one):
    """Given a composite, a node whose turn has not come, or one that does not exist, then nothing may run."""
    for node in ("0", "0.1", "0.0.l0", CLOSE):
        vetoed(one, Refused.STALE, lambda node=node: one.claim(node))


@pytest.mark.parametrize("later", [Fence(retries=1), Fence(nesting=1), Fence(nesting=1, retries=2)])
def test_a_later_message_supersedes(one, later):
    """Given a running body, when its retry or replacement comes before it has ended, then that one runs."""
    one.claim("0.0", owner="host/1/a")
    assert one.claim("0.0", fence=later, owner="host/2/a").refused is None
    live = one.live()["0.0"]
    assert (live.fence, live.owner) == (later, "host/2/a")


@pytest.mark.parametrize(
    ("first", "then"),
    [(Fence(retries=1), Fence()), (Fence(nesting=1), Fence(retries=5)), (Fence(1, 2), Fence(1, 1))],
)
def test_an_earlier_message_is_stale(one, first, then):
    """Given a retry or a replacement that was claimed, when an earlier message comes, then it may not run."""
    one.claim("0.0", fence=first)
    vetoed(one, Refused.STALE, lambda: one.claim("0.0", fence=then))


def test_a_held_leaf_is_not_started(one):
    """Given a leaf a rule holds back, when a copy of its message comes, even a later one, then it may not run."""
    one.claim("0.0")
    one.lost("0.0", hold=True)
    vetoed(one, Refused.HELD, lambda: one.claim("0.0"))
    vetoed(one, Refused.HELD, lambda: one.claim("0.0", fence=Fence(retries=1)))


def test_a_delegated_leaf_is_taken_up_by_its_message(one):
    """Given a leaf that became a run of its own, when that run ends with the leaf's message, then it is claimed."""
    one.claim("0.0")
    one.requeue("0.0", Fence(nesting=1), why="delegate")
    assert one.claim("0.0", fence=Fence(nesting=1)).refused is None


def test_a_later_attempt_gets_the_checkpoint(one):
    """Given a checkpoint, then the next attempt and a retry get it with their claim, and a first attempt nothing."""
    assert one.claim("0.0").detail is None
    one.store.checkpoint(one.leaf("0.0"), Fence(), b"epoch 3")
    one.requeue("0.0", Fence(retries=1))
    assert one.claim("0.0", fence=Fence(retries=1)).detail == b"epoch 3"
    one.lost("0.0", fence=Fence(retries=1))
    assert one.claim("0.0", 2).detail == b"epoch 3"


def test_a_later_attempt_without_a_checkpoint_begins_anew(one):
    """Given no checkpoint, then the next attempt gets an empty one."""
    one.claim("0.0")
    one.lost("0.0")
    assert one.claim("0.0", 2).detail == b""


def test_the_closing_message_is_claimed_like_a_leaf(one):
    """Given an ended run, when its closing message is delivered twice, then one of them runs."""
    one.succeed("0.0")
    assert one.claim(CLOSE).refused is None
    assert one.claim(CLOSE).refused is Refused.DUPLICATE


def test_a_replacement_that_comes_first_is_known_by_its_id(play):
    """Given a replacement that is claimed before the replaced body reports it, then the run knows Celery's result of it."""
    play.start(unit(leaf()))
    play.claim("0.0")
    assert play.claim("0.0", fence=Fence(nesting=1), owner="w/2/a").refused is None
    assert play.requeue("0.0", Fence(nesting=1), why="replace").refused is Refused.STALE
    assert play.reader.inner("r") == ["r:0.0:1"]

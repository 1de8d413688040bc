"""requeue: a body hands its node to a later message of the same attempt."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.events import NodeRetried
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.store import Refused

from .play import Play, names
from .trees import leaf, unit


@pytest.fixture
def one(play: Play) -> Play:
    """A run of one task, running."""
    play.start(unit(leaf(b"first")))
    play.claim("0.0", owner="host/1/a")
    return play


def refused(play: Play, word: Refused, call) -> None:
    """The call is refused, and every byte is as before (invariant 4)."""
    before = play.snapshot()
    effects = call()
    assert (effects.refused, effects.todo) == (word, ())
    assert play.snapshot() == before


@pytest.mark.parametrize(
    ("why", "later"), [("retry", Fence(retries=1)), ("replace", Fence(nesting=1)), ("requeue", Fence())]
)
def test_the_node_waits_for_the_later_message(one, why, later):
    """Given a body that retries, is replaced or requeued, then its node is queued again under the same attempt."""
    effects = one.requeue("0.0", later, why=why)
    assert (effects.refused, effects.todo) == (None, ())
    live = one.live()["0.0"]
    assert (live.state, live.attempt, live.fence, live.owner) == (NodeState.QUEUED, 1, later, "")
    last = one.events()[-1]
    assert isinstance(last, NodeRetried)
    assert (last.attempt, last.reason) == (1, why)
    assert one.claim("0.0", fence=later).refused is None


def test_a_requeued_node_ends_with_its_later_message(one):
    """Given a retry, when it finishes, then the node has one terminal state, and the run goes on once."""
    one.requeue("0.0", Fence(retries=1))
    one.claim("0.0", fence=Fence(retries=1))
    assert names(one.finish("0.0", fence=Fence(retries=1))) == ["close"]
    assert one.finish("0.0").refused is Refused.STALE


def test_the_message_before_is_stale_then(one):
    """Given a retry in the outbox, when a copy of the first message comes, then it may not run."""
    one.requeue("0.0", Fence(retries=1))
    assert one.claim("0.0").refused is Refused.STALE


def test_what_it_sends_can_change(one):
    """Given a replacement with arguments of its own, when it has to be sent again, then it is what is sent."""
    one.requeue("0.0", Fence(nesting=1), why="replace", definition=b"L\nsecond")
    assert one.reader.definitions("r", ["0.0"]) == [b"L\nsecond"]
    one.claim("0.0", fence=Fence(nesting=1))
    [effect] = one.lost("0.0", fence=Fence(nesting=1)).todo
    assert effect.spec == b"L\nsecond"


def test_a_replacement_that_is_a_run_is_not_in_the_outbox(one):
    """Given a node that was handed to a run of its own, then nothing of it is published again: that run ends it."""
    one.requeue("0.0", Fence(nesting=1), why="delegate")
    assert one.live()["0.0"].state is NodeState.RUNNING
    assert one.queued() == []
    [check] = one.store.due_index.check(["r"])
    assert (check.state, check.overdue, check.due, check.running) == ("ok", {}, None, {})


def test_a_countdown_is_no_sign_of_a_lost_message(one):
    """Given a retry in a minute, then it is not overdue before."""
    one.requeue("0.0", Fence(retries=1), wait=60)
    [check] = one.store.due_index.check(["r"])
    assert check.overdue == {}
    assert check.due > one.store.now() * 1000 + 55_000


def test_the_later_message_may_be_quicker(one):
    """Given a retry that was claimed before the first body has ended, then the body's word comes too late."""
    one.claim("0.0", fence=Fence(retries=1))
    refused(one, Refused.STALE, lambda: one.requeue("0.0", Fence(retries=1)))


def test_an_ended_leaf_is_not_requeued(one):
    """Given an ended leaf, when its body wants to retry, then that is refused."""
    one.finish("0.0")
    refused(one, Refused.STALE, lambda: one.requeue("0.0", Fence(retries=1)))


def test_a_queued_leaf_is_not_requeued(one):
    """Given a retry in the outbox, when the same report comes again, then that is refused."""
    one.requeue("0.0", Fence(retries=1))
    refused(one, Refused.STALE, lambda: one.requeue("0.0", Fence(retries=1)))


def test_an_older_attempt_requeues_nothing(one):
    """Given a second attempt, when the first wants to retry, then that is refused."""
    one.lost("0.0")
    one.claim("0.0", 2)
    refused(one, Refused.STALE, lambda: one.requeue("0.0", Fence(retries=1)))


def test_no_run_no_requeue(play):
    """Given a run that is no more, then nothing comes to be."""
    refused(play, Refused.GONE, lambda: play.requeue("0.0", Fence(retries=1)))

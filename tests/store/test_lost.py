"""lost: the process that ran a leaf is gone; a new attempt starts, within limits."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.effects import CloseRun, Dispatch
from orchestrator_celery.model.events import NodeHeld, NodeLost
from orchestrator_celery.model.ids import CLOSE, Fence, LeafId
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.store import Refused

from .play import Play, names
from .trees import leaf, swarm, unit


@pytest.fixture
def one(play: Play) -> Play:
    """A run of one task, running."""
    play.start(unit(leaf(b"what", links=[leaf()])), input=b"[[1], {}]")
    play.claim("0.0", owner="host/1/a")
    return play


def refused(play: Play, word: Refused, call) -> None:
    """The call is refused, and every byte is as before (invariant 4)."""
    before = play.snapshot()
    effects = call()
    assert (effects.refused, effects.todo) == (word, ())
    assert play.snapshot() == before


def test_a_new_attempt_is_sent(one):
    """Given a lost process, then the leaf is to be sent under a new attempt, with the same input and definition."""
    effects = one.lost("0.0")
    born = one.reader.head("r")["created"].decode()
    assert effects.todo == (Dispatch(LeafId("r", "0.0", 2), Fence(), "in", b"L l=1\nwhat", 0.0, None, born),)
    live = one.live()["0.0"]
    assert (live.state, live.attempt, live.owner) == (NodeState.QUEUED, 2, "")
    last = one.events()[-1]
    assert isinstance(last, NodeLost)
    assert (last.attempt, last.worker) == (1, "host/1/a")


def test_a_new_attempt_begins_without_retries(one):
    """Given a body that had been retried, when its process is lost, then the new attempt is a first message."""
    one.requeue("0.0", Fence(1, 3))
    one.claim("0.0", fence=Fence(1, 3))
    [effect] = one.lost("0.0", fence=Fence(1, 3)).todo
    assert (effect.leaf.attempt, effect.fence) == (2, Fence())


def test_the_new_attempt_keeps_its_callbacks(one):
    """Given a leaf with a callback, when its second attempt finishes, then the callback is sent, once."""
    one.lost("0.0")
    assert one.succeed("0.0", 2) == ["0.0.l0", "close"]
    assert one.ended("0.0").attempt == 2


def test_it_may_wait(one):
    """Given a stagger, then the new attempt starts that much later."""
    [effect] = one.lost("0.0", wait=2.5).todo
    assert effect.wait == 2.5


def test_a_checkpoint_is_told(one):
    """Given a checkpoint, then the answer says that there is one to go on from."""
    assert one.lost("0.0").detail == 0
    one.claim("0.0", 2)
    one.store.checkpoint(one.leaf("0.0", 2), Fence(), b"x")
    assert one.lost("0.0", 2).detail == 1


@pytest.mark.parametrize("limit", [0, 1, 2])
def test_a_poisoned_task_is_not_started_for_ever(one, limit):
    """Given a limit of resumes, when the process was lost once more than that, then it is refused."""
    for attempt in range(1, limit + 1):
        assert names(one.lost("0.0", attempt, limit=limit)) == [f"0.0:{attempt + 1}"]
        one.claim("0.0", attempt + 1)
    refused(one, Refused.POISONED, lambda: one.lost("0.0", limit + 1, limit=limit))
    assert names(one.fail("0.0", limit + 1)) == ["close"]


def test_a_rule_may_hold_it(one):
    """Given a rule against a new start, then nothing is sent, and the leaf waits for somebody."""
    assert one.lost("0.0", hold=True).todo == ()
    live = one.live()["0.0"]
    assert (live.state, live.attempt, live.owner) == (NodeState.INTERRUPTED, 1, "host/1/a")
    assert isinstance(one.events()[-1], NodeHeld)
    refused(one, Refused.STALE, lambda: one.lost("0.0", hold=True))
    refused(one, Refused.STALE, lambda: one.finish("0.0"))


def test_a_slot_is_kept_by_the_item_and_not_by_its_holder(play):
    """Given a bounded swarm, when a holder is lost, then its item is sent again, and no other in its place."""
    play.start(swarm(*[leaf()] * 3, max_concurrency=1))
    play.claim("0.0")
    assert names(play.lost("0.0")) == ["0.0:2"]
    assert play.succeed("0.0", 2) == ["0.1"]


def test_a_lost_closing_message_is_sent_again(one):
    """Given the process that was telling Celery the outcome, when it is lost, then it is told again."""
    one.succeed("0.0", 1) if one.live()["0.0"].state is NodeState.QUEUED else one.finish("0.0")
    one.claim(CLOSE)
    assert one.lost(CLOSE).todo == (CloseRun(LeafId("r", CLOSE, 2)),)
    assert one.claim(CLOSE).refused is Refused.STALE
    assert one.claim(CLOSE, 2).refused is None


def test_a_second_report_is_stale(one):
    """Given a loss that was reported, then the same report again starts nothing."""
    one.lost("0.0")
    refused(one, Refused.STALE, lambda: one.lost("0.0"))
    one.claim("0.0", 2)
    refused(one, Refused.STALE, lambda: one.lost("0.0"))


def test_what_is_not_running_is_not_lost(play):
    """Given a queued leaf, then no process of it can be lost."""
    play.start(unit(leaf()))
    refused(play, Refused.STALE, lambda: play.lost("0.0"))


def test_a_superseded_body_is_not_lost(one):
    """Given a retry that runs, when the body before it is reported lost, then the retry goes on."""
    one.claim("0.0", fence=Fence(retries=1))
    refused(one, Refused.STALE, lambda: one.lost("0.0"))


def test_an_ended_leaf_is_not_lost(one):
    """Given a leaf that had ended before its process died, then it is not run again."""
    one.finish("0.0")
    refused(one, Refused.STALE, lambda: one.lost("0.0"))


def test_no_run_no_loss(play):
    """Given a run that is no more, then nothing comes to be."""
    refused(play, Refused.GONE, lambda: play.lost("0.0"))

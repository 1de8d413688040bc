"""stopped: an interruption has ended a body; the leaf is held, or starts again where nobody meant it."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.events import NodeInterrupted, NodeResumed
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.store import Refused

from .play import FIRST, Play, names
from .trees import leaf, swarm, unit


@pytest.fixture
def one(play: Play) -> Play:
    """A run of one task, running."""
    play.start(unit(leaf(b"what", links=[leaf()])))
    play.claim("0.0", owner="host/1/a")
    return play


def stopped(play: Play, attempt: int = 1, fence: Fence = FIRST):
    """The body is gone."""
    return play.store.stopped(play.leaf("0.0", attempt), fence, "terminated")


def refused(play: Play, word: Refused, call) -> None:
    """The call is refused, and every byte is as before (invariant 4)."""
    before = play.snapshot()
    effects = call()
    assert (effects.refused, effects.todo) == (word, ())
    assert play.snapshot() == before


def test_it_is_held(one):
    """Given a leaf that was to be stopped, then it is held, that is told, and no callback is called."""
    one.store.interrupt("r")
    assert names(stopped(one)) == []
    assert one.live()["0.0"].state is NodeState.INTERRUPTED
    event = one.events()[-1]
    assert isinstance(event, NodeInterrupted)
    assert (event.attempt, event.worker, event.reason) == (1, "host/1/a", "terminated")


def test_it_starts_again_when_the_run_is_resumed(one):
    """Given a held leaf, when the run is resumed, then it starts once, under a new attempt, and is told as such."""
    one.store.interrupt("r")
    stopped(one)
    assert names(one.store.resume("r")) == ["0.0:2"]
    event = one.events()[-1]
    assert isinstance(event, NodeResumed)
    assert (event.attempt, event.checkpoint) == (2, False)
    assert one.succeed("0.0", 2) == ["0.0.l0", "close"]


def test_a_bystander_starts_again_at_once(one):
    """Given a leaf nobody interrupted, or that was resumed meanwhile, when a late signal hits it, then it starts again,
    and that does not count as a lost process."""
    assert names(stopped(one)) == ["0.0:2"]
    one.claim("0.0", 2)
    assert names(one.lost("0.0", 2, limit=1)) == ["0.0:3"]
    one.claim("0.0", 3)
    assert one.lost("0.0", 3, limit=1).refused is Refused.POISONED


def test_a_held_item_keeps_its_slot(play):
    """Given a bounded swarm, when an item is held, then no other starts in its place, before or after the resumption."""
    play.start(swarm(*[leaf()] * 3, max_concurrency=1))
    play.claim("0.0")
    play.store.interrupt("r")
    play.store.stopped(play.leaf("0.0"), Fence(), "terminated")
    assert names(play.store.resume("r")) == ["0.0:2"]
    assert play.succeed("0.0", 2) == ["0.1"]


@pytest.mark.parametrize("verb", ["finish", "fail"])
def test_late_reports_of_a_held_leaf_are_stale(one, verb):
    """Given a leaf that is fenced off, when its body ends after all, then that is refused, also after the resumption."""
    one.store.interrupt("r")
    one.store.stopped(one.leaf("0.0"), Fence(), "unreachable")
    refused(one, Refused.STALE, lambda: getattr(one, verb)("0.0"))
    one.store.resume("r")
    refused(one, Refused.STALE, lambda: getattr(one, verb)("0.0"))


def test_a_second_report_is_stale(one):
    """Given a report, then the same again changes nothing."""
    one.store.interrupt("r")
    stopped(one)
    refused(one, Refused.STALE, lambda: stopped(one))


def test_what_has_ended_or_gone_on_is_stale(one):
    """Given a later message of the attempt, or an end, then a report of the body before changes nothing."""
    one.requeue("0.0", Fence(retries=1))
    refused(one, Refused.STALE, lambda: stopped(one))
    one.claim("0.0", fence=Fence(retries=1))
    refused(one, Refused.STALE, lambda: stopped(one))
    one.finish("0.0", fence=Fence(retries=1))
    refused(one, Refused.STALE, lambda: stopped(one, fence=Fence(retries=1)))


def test_no_run_nothing_stopped(play):
    """Given no such run, then nothing comes to be."""
    refused(play, Refused.GONE, lambda: stopped(play))

"""checkpoint: how far a running leaf is, kept for the attempt after it."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.effects import Dispatch
from orchestrator_celery.model.events import NodeCheckpointed
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.store import Refused

from .play import Play
from .trees import chain, group, leaf, swarm, unit


@pytest.fixture
def one(play: Play) -> Play:
    """A run of one task, running."""
    play.start(unit(leaf()))
    play.claim("0.0")
    return play


def keep(play: Play, blob: bytes = b"x", attempt: int = 1, fence: Fence = Fence()):  # noqa: B008 - a constant
    return play.store.checkpoint(play.leaf("0.0", attempt), fence, blob)


def refused(play: Play, word: Refused, call) -> None:
    """The call is refused, and every byte is as before (invariant 4)."""
    before = play.snapshot()
    effects = call()
    assert (effects.refused, effects.todo) == (word, ())
    assert play.snapshot() == before


def test_the_newest_is_kept(one):
    """Given several checkpoints, then the last is there, whatever bytes it holds."""
    for blob in (b"1", b"", b"\0pickle\n\x80|\n"):
        assert keep(one, blob).refused is None
    assert one.redis.hget(one.store.keys.checkpoints("r"), "0.0") == b"\0pickle\n\x80|\n"
    assert one.reader.has_checkpoint("r", "0.0")
    assert isinstance(one.events()[-1], NodeCheckpointed)


def test_a_superseded_body_keeps_nothing(one):
    """Given a retry or a new attempt, when the body before it keeps something, then that is refused."""
    keep(one, b"mine")
    one.claim("0.0", fence=Fence(retries=1))
    refused(one, Refused.STALE, lambda: keep(one, b"late"))
    one.lost("0.0", fence=Fence(retries=1))
    refused(one, Refused.STALE, lambda: keep(one, b"late"))
    one.claim("0.0", 2)
    refused(one, Refused.STALE, lambda: keep(one, b"late"))


@pytest.mark.parametrize("attempt", [1, 2])
def test_it_goes_when_the_leaf_has_ended_well(one, attempt):
    """Given a leaf that has ended well, then no attempt will ask for its checkpoint, and it is dropped."""
    keep(one)
    if attempt > 1:
        one.lost("0.0")
        assert one.claim("0.0", 2).detail == b"x"
    one.finish("0.0", attempt)
    assert not one.redis.exists(one.store.keys.checkpoints("r"))


def test_it_stays_where_another_attempt_may_come(one):
    """Given a leaf that has failed, then a retry of the run goes on from its checkpoint."""
    keep(one)
    one.fail("0.0")
    one.tell()
    assert one.reader.has_checkpoint("r", "0.0")
    one.store.retry("r")
    assert one.claim("0.0", 2).detail == b"x"
    one.finish("0.0", 2)
    assert not one.reader.has_checkpoint("r", "0.0")


@pytest.mark.parametrize("tree", [swarm(leaf(), leaf()), unit(chain(leaf(), leaf())), unit(group(leaf(), leaf()))])
def test_none_is_left_of_a_run_that_has_ended_well(play, tree):
    """Given any shape, when every leaf has kept how far it was and ended well, then no checkpoint is left."""
    todo = list(play.start(tree).todo)
    while todo:
        effect = todo.pop(0)
        if isinstance(effect, Dispatch):
            play.claim(effect.leaf.node)
            assert play.store.checkpoint(effect.leaf, Fence(), b"x" * 1000).refused is None
            todo += play.finish(effect.leaf.node).todo
    assert play.status == "SUCCEEDED"
    assert not play.redis.exists(play.store.keys.checkpoints("r"))


def test_an_ended_leaf_keeps_nothing(one):
    """Given an ended leaf, then nothing more is kept of it."""
    one.finish("0.0")
    refused(one, Refused.STALE, lambda: keep(one))


def test_no_run_no_checkpoint(play):
    """Given no such run, then nothing comes to be."""
    refused(play, Refused.GONE, lambda: keep(play))

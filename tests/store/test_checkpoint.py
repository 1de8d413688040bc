"""checkpoint: how far a running leaf is, kept for the attempt after it."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.events import NodeCheckpointed
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.store import Refused

from .play import Play
from .trees import leaf, unit


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


def test_an_ended_leaf_keeps_nothing(one):
    """Given an ended leaf, then nothing more is kept of it."""
    one.finish("0.0")
    refused(one, Refused.STALE, lambda: keep(one))


def test_no_run_no_checkpoint(play):
    """Given no such run, then nothing comes to be."""
    refused(play, Refused.GONE, lambda: keep(play))

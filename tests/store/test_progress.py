"""progress: what a running leaf says of how far it is; the newest word, and nobody's but its own."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.events import NodeProgressed
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


def say(play: Play, done: str = "1", total: str = "", message: str = "", attempt: int = 1, fence: Fence = Fence()):  # noqa: B008 - a constant
    return play.store.progress(play.leaf("0.0", attempt), fence, done, total, message)


def kept(play: Play) -> bytes | None:
    """What the store has of it, without its place in the stream."""
    [raw] = play.reader.progress("r", ["0.0"])
    return raw and raw.split(b"|", 1)[1]


def refused(play: Play, word: Refused, call) -> None:
    """The call is refused, and every byte is as before (invariant 4)."""
    before = play.snapshot()
    effects = call()
    assert (effects.refused, effects.todo) == (word, ())
    assert play.snapshot() == before


def test_the_newest_is_kept(one):
    """Given several words, then the last is there, whatever it holds, and the stream has no other."""
    say(one)
    say(one, "2.5", "10", "half | way\n\N{SNOWMAN}")
    assert kept(one) == "2.5|10|half | way\n\N{SNOWMAN}".encode()
    [event] = [event for event in one.events() if isinstance(event, NodeProgressed)]
    assert (event.node, event.attempt, event.done, event.total) == ("0.0", 1, 2.5, 10)
    assert event.message == "half | way\n\N{SNOWMAN}"


def test_it_drives_nothing_out_of_the_stream(one):
    """Given a task that speaks for hours, then what else happened is still told."""
    before = [event.id for event in one.events()]
    for step in range(5000):
        say(one, str(step))
    assert [event.id for event in one.events()][:-1] == before
    assert one.redis.xlen(one.events_key) == len(before) + 1


def test_where_nobody_knows_the_total(one):
    """Given no total, then none is told."""
    say(one, "3")
    assert one.events()[-1].total is None


def test_a_superseded_body_says_nothing(one):
    """Given a retry or a new attempt, when the body before it speaks, then that is refused."""
    one.claim("0.0", fence=Fence(retries=1))
    refused(one, Refused.STALE, lambda: say(one))
    one.lost("0.0", fence=Fence(retries=1))
    refused(one, Refused.STALE, lambda: say(one, fence=Fence(retries=1)))
    one.claim("0.0", 2)
    refused(one, Refused.STALE, lambda: say(one))
    assert say(one, attempt=2).refused is None


@pytest.mark.parametrize(
    "goes_on",
    [
        lambda play: play.claim("0.0", fence=Fence(retries=1)),
        lambda play: (play.requeue("0.0", Fence(), why="requeue"), play.claim("0.0")),
        lambda play: (play.lost("0.0"), play.claim("0.0", 2)),
    ],
)
def test_the_next_body_begins_without(one, goes_on):
    """Given words of one body, when another one of the same task begins, then they are gone."""
    say(one)
    goes_on(one)
    assert kept(one) is None


def test_it_stays_until_the_next_body_begins(one):
    """Given a task that is interrupted, then what it said last stays to be seen."""
    say(one, "7")
    one.store.interrupt("r")
    one.store.stopped(one.leaf("0.0"), Fence(), "terminated")
    assert kept(one) == b"7||"
    one.store.resume("r")
    assert kept(one) == b"7||"


def test_a_leaf_that_does_not_run_says_nothing(play):
    """Given a leaf that waits for a worker, or is held back, when somebody speaks for it, then that is refused."""
    play.start(unit(leaf()))
    refused(play, Refused.STALE, lambda: say(play))
    play.claim("0.0")
    play.store.interrupt("r")
    assert say(play).refused is None, "it is to be stopped, and still runs"
    play.store.stopped(play.leaf("0.0"), Fence(), "terminated")
    refused(play, Refused.STALE, lambda: say(play))


def test_an_ended_leaf_says_nothing_more(one):
    """Given an ended leaf, then its last word stays, and no other comes."""
    say(one, "9")
    one.finish("0.0")
    refused(one, Refused.STALE, lambda: say(one, "10"))
    assert kept(one) == b"9||"


def test_no_run_no_progress(play):
    """Given no such run, then nothing comes to be."""
    refused(play, Refused.GONE, lambda: say(play))


@pytest.mark.parametrize("over", [lambda play: (play.finish("0.0"), play.tell()), lambda play: None])
def test_it_goes_with_the_run(one, over):
    """Given a run that has ended, or is cancelled, then it is kept no longer than the rest."""
    say(one)
    over(one)
    assert (one.redis.ttl(one.store.keys.progress("r")) >= 0) is (one.redis.ttl(one.store.keys.root("r")) >= 0)
    one.store.cancel("r", "")
    one.store.erase("r")
    assert one.keys() == []

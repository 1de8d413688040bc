"""progress: what a running leaf says of how far it is; the newest word, and nobody's but its own."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.events import NodeProgressed
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.store import Refused
from orchestrator_celery.views.events.live_progress import LiveProgress

from .play import Play
from .trees import leaf, swarm, unit


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
    """Given several words, then the last is there, whatever it holds; with the end of the leaf it is an event, the only one."""
    say(one)
    say(one, "2.5", "10", "half | way\n\N{SNOWMAN}")
    assert kept(one) == "2.5|10|half | way\n\N{SNOWMAN}".encode()
    assert [event for event in one.events() if isinstance(event, NodeProgressed)] == []
    one.finish("0.0")
    [event] = [event for event in one.events() if isinstance(event, NodeProgressed)]
    assert (event.node, event.attempt, event.done, event.total) == ("0.0", 1, 2.5, 10)
    assert event.message == "half | way\n\N{SNOWMAN}"


def test_it_drives_nothing_out_of_the_stream(one):
    """Given a task that speaks for hours, then what else happened is still told."""
    before = [event.id for event in one.events()]
    for step in range(5000):
        say(one, str(step))
    assert [event.id for event in one.events()] == before
    one.finish("0.0")
    told = [type(event).__name__ for event in one.events()][len(before) :]
    assert told[:2] == ["NodeProgressed", "NodeSucceeded"]


def test_many_that_speak_leave_no_gaps_in_the_stream(play):
    """Given tasks that speak and end one after the other, then the stream takes no more memory than its entries do."""
    play.start(swarm(*[leaf()] * 8))
    for index in range(8):
        play.claim(f"0.{index}")
    for turn in range(200):
        for index in range(turn // 25, 8):
            assert play.store.progress(play.leaf(f"0.{index}"), Fence(), str(turn), "200", "x" * 50).refused is None
        if turn % 25 == 24:
            play.finish(f"0.{turn // 25}")
    entries = play.redis.xrange(play.events_key)
    assert sum(fields[b"t"] == b"progress" for _, fields in entries) == 8
    for place, fields in entries:
        play.redis.xadd("dense", fields, id=place)
    taken, needed = (play.redis.memory_usage(key, samples=0) for key in (play.events_key, "dense"))
    assert taken <= needed + 1000


def test_reports_of_running_leaves_are_events_for_those_who_look(one):
    """Given a running task, then who looks gets its newest report once, with the place of the last event before it."""
    live = LiveProgress(one.reader, "r")
    last = one.events()[-1].id
    assert live.events(last) == []
    say(one, "1", "4", "first")
    say(one, "2", "4", "second")
    [event] = live.events(last)
    assert (event.id, event.node, event.attempt, event.done, event.total, event.message) == (
        last,
        "0.0",
        1,
        2,
        4,
        "second",
    )
    assert live.events(last) == [], "nothing new"
    say(one, "3")
    assert [(event.done, event.total) for event in live.events(last)] == [(3, None)]
    one.finish("0.0")
    assert live.events(last) == [], "the stream has it"


def test_reports_before_an_event_already_seen_are_left_out(one):
    """Given a report, when somebody goes on after a later event, then that report is old to them."""
    say(one)
    assert LiveProgress(one.reader, "r").events("0") != []
    later = f"{int(one.store.now() * 1000) + 60_000}-0"
    assert LiveProgress(one.reader, "r").events(later) == []


def test_where_nobody_knows_the_total(one):
    """Given no total, then none is told."""
    say(one, "3")
    one.finish("0.0")
    assert [event.total for event in one.events() if isinstance(event, NodeProgressed)] == [None]


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

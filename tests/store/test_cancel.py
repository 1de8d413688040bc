"""Cancelling in the store: one script deletes, what is left says what is to be done, and then nothing is left."""

from __future__ import annotations

import json

import pytest

from orchestrator_celery.model.ids import CLOSE, Fence
from orchestrator_celery.store import Confirmed, Refused

from .play import Play
from .trees import group, leaf, swarm, unit

ROOT = "orc:{r}"


def confirmed(play):
    """What a plan says that is made now."""
    head = play.reader.head("r")
    return Confirmed(head["status"], head["created"], head["total"])


def cancel(play, confirmed=None, audit="{}"):
    return play.store.cancel("r", audit, confirmed)


def under_way(play):
    """A run with an ended item, a body, a queued and a waiting item, items in a segment, and a checkpoint."""
    play.start(swarm(leaf(), leaf(), leaf(), leaf(), max_concurrency=2, open=True, errbacks=[leaf()]))
    play.add(*[leaf() for _ in range(3)])
    play.store.swarms.add_items("r", "0", [b"L\nx"] * 1200, 1200)
    play.succeed("0.0")
    play.claim("0.1")
    play.store.checkpoint(play.leaf("0.1"), Fence(), b"x")
    return play


@pytest.fixture
def under_way_play(play):
    return under_way(play)


def test_an_unknown_run_is_gone_and_leaves_nothing(play):
    assert cancel(play).refused is Refused.GONE
    assert play.snapshot() == {}


def test_everything_is_deleted_but_what_is_still_to_be_done(under_way_play):
    play = under_way_play
    assert cancel(play, audit='{"a": 1}').refused is None
    assert play.keys() == [ROOT]
    head = play.reader.head("r")
    assert head["status"] == b"CANCELLED"
    assert (head["before"], head["audit"]) == (b"RUNNING", b'{"a": 1}')
    assert json.loads(head["bodies"]) == ["r:0.1:1"]
    assert not json.loads(head["inner"])


def test_to_every_verb_it_is_gone(under_way_play):
    """Given the remainder of a cancelled run, then no verb does anything, and none makes a key again."""
    play = under_way_play
    cancel(play)
    before = play.snapshot()
    answers = [
        play.claim("0.1"), play.claim("0.2"), play.finish("0.1"), play.fail("0.1"), play.lost("0.1"),
        play.requeue("0.1", Fence(retries=1)), play.add(leaf()), play.store.swarms.close_swarm("r", "0"),
        play.store.checkpoint(play.leaf("0.1"), Fence(), b"y"), play.store.suspend("r"), play.store.overdue("r", b"x"),
        play.claim(CLOSE), play.store.ended(play.leaf(CLOSE)), cancel(play), play.store.resume("r"),
    ]  # fmt: skip
    assert {answer.refused for answer in answers} == {Refused.GONE}
    assert {k: v for k, v in play.snapshot().items() if k != "orc:due"} == {
        k: v for k, v in before.items() if k != "orc:due"
    }


def test_a_late_bulk_leaves_nothing(under_way_play):
    """Given an upload that arrives after the cancellation, then it is dropped."""
    play = under_way_play
    cancel(play)
    assert play.store.swarms.add_items("r", "0", [b"L\nx"] * 1200, 1200).refused is Refused.GONE
    assert play.keys() == [ROOT]


def test_erasing_leaves_nothing(under_way_play):
    play = under_way_play
    cancel(play)
    assert play.store.erase("r").refused is None
    assert play.snapshot() == {}
    assert play.store.erase("r").refused is Refused.GONE


@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "SUSPENDED", "SUCCEEDED", "FAILED", "closed"])
def test_a_run_that_was_not_cancelled_is_not_erased(play, status):
    reach(play, status)
    play.store.due_index.run_index.refresh(["r"])
    owed = f"{play.store.keys.by_word}:owed"
    before = play.snapshot(but=["orc:due", "orc:runs", owed])
    assert play.store.erase("r").refused is Refused.GONE
    assert play.snapshot(but=["orc:due", "orc:runs", owed]) == before


@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "SUSPENDED", "SUCCEEDED", "FAILED", "closed"])
def test_it_is_possible_in_every_status(play, status):
    reach(play, status)
    assert cancel(play).refused is None
    assert play.keys() == [ROOT]
    assert ("closed" in play.reader.head("r")) == (status == "closed")
    assert play.redis.ttl(ROOT) == -1, "a remainder does not go before its consequences are drawn"
    assert play.store.due_index.due_runs(None, 10) == ["r"]


def reach(play, status):
    play.start(unit(group(leaf(), leaf())))
    if status == "RUNNING":
        play.claim("0.0.0")
    elif status == "SUSPENDED":
        play.store.suspend("r")
    elif status == "FAILED":
        play.break_("0.0.0")
        play.break_("0.0.1")
    elif status in ("SUCCEEDED", "closed"):
        play.run_out()
    if status == "closed":
        play.tell()


def test_a_plan_that_still_holds_is_taken(under_way_play):
    assert cancel(under_way_play, confirmed(under_way_play)).refused is None


@pytest.mark.parametrize("change", ["suspend", "add", "wrong"])
def test_a_plan_that_no_longer_holds_is_refused(under_way_play, change):
    play = under_way_play
    planned = confirmed(play)
    if change == "suspend":
        play.store.suspend("r")
    elif change == "add":
        play.add(leaf())
    else:
        planned = "0" * 12
    before = play.snapshot(but=["orc:due"])
    assert cancel(play, planned).refused is Refused.CHANGED
    assert play.snapshot(but=["orc:due"]) == before


def test_progress_does_not_outdate_a_plan(under_way_play):
    play = under_way_play
    planned = confirmed(play)
    play.finish("0.1")
    assert cancel(play, planned).refused is None


def test_runs_inside_are_named(play):
    play.start(unit(leaf()))
    play.claim("0.0")
    play.requeue("0.0", Fence(nesting=1), why="delegate")
    assert play.reader.delegated("r") == ["0.0"]
    cancel(play)
    assert json.loads(play.reader.head("r")["inner"]) == ["r:0.0:1"]


def test_its_id_is_taken_until_it_is_erased(play, store):
    """Given the remainder, then the id starts nothing; once it is erased, it is free."""
    play.start(unit(leaf()))
    cancel(play)
    assert Play(store).start(unit(leaf())).refused is Refused.EXISTS
    assert play.keys() == [ROOT]
    store.erase("r")
    assert Play(store).start(unit(leaf())).refused is None


def test_a_look_says_so(play):
    play.start(unit(leaf()))
    cancel(play)
    [check] = play.store.due_index.check(["r"])
    assert check.state == "cancelled"


def test_sizes_are_those_of_the_keys_there_are(under_way_play):
    play = under_way_play
    sizes = play.reader.sizes("r")
    assert sorted(sizes) == play.keys()
    assert min(sizes.values()) > 0
    cancel(play)
    play.store.erase("r")
    assert play.reader.sizes("r") == {}

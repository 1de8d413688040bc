"""Cancelling in the store: one script deletes, what is left says what is to be done, and then nothing is left."""

from __future__ import annotations

import json

import pytest

from orchestrator_celery.model.ids import CLOSE, Fence
from orchestrator_celery.store import Confirmed, Refused

from .crowds import crowd
from .play import Play
from .test_after_items import after
from .trees import chain, group, leaf, swarm, unit

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


# -- a run with many live nodes ------------------------------------------------------------------------

MANY = 1200


def parts(play):
    """What all slices say: tasks, runs inside, and items to be cleaned up."""
    found = list(play.store.parts_of_cancelled("r"))
    assert max(len(part.bodies) + len(part.cleanups) for part in found) < MANY / 2
    return [{each for part in found for each in getattr(part, kind)} for kind in ("bodies", "inner", "cleanups")]


@pytest.fixture
def large_play(play):
    """A large run that is cancelled: every other item runs, one of them replaced itself by a canvas."""
    crowd(play, MANY, "QR")
    play.requeue("0.1", Fence(nesting=1), why="delegate")
    assert cancel(play, audit='{"a": 1}').refused is None
    return play


def test_a_large_run_is_cancelled_at_once(large_play):
    """Given a large run that is cancelled, then no verb knows it, its id is taken, and slices tell what is to be done."""
    play = large_play
    answers = [play.claim("0.0"), play.finish("0.3"), play.lost("0.3"), play.store.resume("r"), cancel(play)]
    assert {answer.refused for answer in answers} == {Refused.GONE}
    assert Play(play.store).start(unit(leaf())).refused is Refused.EXISTS
    assert play.store.due_index.check(["r"])[0].state == "cancelled"
    bodies = {f"r:0.{index}:1" for index in range(3, MANY, 2)}
    assert parts(play) == [bodies, {"r:0.1:1"}, set()]
    assert parts(play)[0] == bodies, "whoever repeats it is told the same"


def test_the_rest_of_a_large_run_is_that_of_a_small_one(large_play):
    """Given slices that are done, when the nodes are deleted, then the head is left that a small run leaves."""
    play = large_play
    assert play.store.forget_cancelled("r").refused is None
    assert play.keys() == [ROOT]
    head = play.reader.head("r")
    assert (head["before"], head["audit"], head["bodies"], head["inner"]) == (b"RUNNING", b'{"a": 1}', b"{}", b"{}")
    assert play.store.forget_cancelled("r").refused is Refused.STALE
    assert list(play.store.parts_of_cancelled("r")) == []
    play.store.erase("r")
    assert play.snapshot() == {}
    assert play.store.forget_cancelled("r").refused is Refused.GONE


def test_who_erases_a_large_run_deletes_its_nodes(large_play):
    large_play.store.erase("r")
    assert large_play.snapshot() == {}


def test_a_large_run_that_has_ended_does_not_expire_before_its_rest_is_done(play):
    """Given a large run that is history, when it is cancelled, then it has no time to live: the rest is to be done first."""
    crowd(play, MANY, "H")
    for key in play.keys():
        play.redis.expire(key, 100)
    cancel(play)
    assert {play.redis.ttl(key) for key in play.keys()} == {-1}


def test_slices_begin_again_on_another_server(large_play):
    """Given a place of another server, then the pass begins again."""
    first = large_play.store._run("go_on_cancel", "r", "")
    assert first.detail.split()[1] == b"leaves"
    other = "0" * 40 + first.detail.decode()[40:]
    assert large_play.store._run("go_on_cancel", "r", other) == first


def test_swarms_clean_up_after_many_items(play):
    """Given many items that ran, leaves and composites, then each slice names some of their cleanup callbacks."""
    tree = swarm(*[leaf()] * MANY, *[chain(leaf(), leaf())] * MANY, max_concurrency=2 * MANY)
    play.start(after(tree, c=leaf(b"clean")))
    while play.store.start_more("r").detail:
        pass
    for index in range(0, MANY, 2):
        play.claim(f"0.{index}")
    cancel(play)
    cleanups = parts(play)[2]
    items = [f"0.{index}" for index in [*range(0, MANY, 2), *range(MANY, 2 * MANY)]]
    assert {(each.node, each.place, each.callback) for each in cleanups} == {(i, f"{i}.c0", b"L\nclean") for i in items}

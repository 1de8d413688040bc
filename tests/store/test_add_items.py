"""add_items: a pool that is open gets more items, all at once or none."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.events import ItemsAdded
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.records.head.fields import FORMAT
from orchestrator_celery.records.pools.blocks import SIZE
from orchestrator_celery.store import Refused
from orchestrator_celery.store.run_contents import RunContents
from orchestrator_celery.store.transitions.item_upload import ItemUpload
from orchestrator_celery.store.transitions.upload import upload

from .play import Play, names
from .trees import chain, leaf, swarm, unit

WINDOW = 8  # of the fixture


@pytest.fixture
def pool(play: Play) -> Play:
    """An open swarm of two at a time, without items."""
    play.start(swarm(max_concurrency=2, open=True))
    return play


def refused(play: Play, word: Refused, call) -> object:
    """The call is refused, and every byte is as before (invariant 4)."""
    before = play.snapshot()
    effects = call()
    assert (effects.refused, effects.todo) == (word, ())
    assert play.snapshot() == before
    return effects.detail


def test_items_start_as_far_as_there_is_room(pool):
    """Given free slots, when items are added, then those that fit are to be sent, and the rest wait in order."""
    effects = pool.add(leaf(), leaf(), leaf())
    assert (names(effects), effects.detail) == (["0.0", "0.1"], 0)
    effects = pool.add(leaf())
    assert (names(effects), effects.detail) == ([], 3)
    assert pool.succeed("0.0") == ["0.2"]
    assert pool.succeed("0.1") == ["0.3"]


def test_added_items_count(pool):
    """Given items with several tasks, when they are added, then the total grows by their tasks, and it is told."""
    pool.add(leaf(), chain(leaf(), leaf()))
    assert pool.counts() == (3, 0, 0)
    assert pool.reader.pool_size("r", "0") == 2
    last = pool.events()[-1]
    assert isinstance(last, ItemsAdded)
    assert last.count == 2


def test_an_item_may_be_a_composite(pool):
    """Given a chain as an item, when it is added, then its first step is sent, and its end ends the item."""
    assert names(pool.add(chain(leaf(), leaf()))) == ["0.0.0"]
    assert pool.succeed("0.0.0") == ["0.0.1"]
    assert pool.succeed("0.0.1") == []
    assert pool.ended("0.0").ref == "0.0.1"


def test_an_idle_pool_wakes_up(pool):
    """Given a pool whose items have all ended, when more are added, then they start, and the run does not end."""
    pool.add(leaf())
    assert pool.succeed("0.0") == []
    assert pool.status == "RUNNING"
    assert names(pool.add(leaf())) == ["0.1"]


def test_adding_nothing_is_no_error(pool):
    """Given no items, then nothing changes but an event."""
    effects = pool.add()
    assert (effects.refused, effects.todo, effects.detail) == (None, (), 0)


def test_a_pool_inside_a_run_can_be_added_to(play):
    """Given an open swarm as a step, then items go to it by its node, once its turn has come."""
    play.start(unit(chain(leaf(), swarm(open=True), leaf())))
    refused(play, Refused.CLOSED, lambda: play.add(leaf(), pool="0.0.1"))
    play.succeed("0.0.0")
    [effect] = play.add(leaf(), pool="0.0.1").todo
    assert (effect.leaf.node, effect.input_ref) == ("0.0.1.0", "0.0.0")
    assert names(play.store.swarms.close_swarm("r", "0.0.1")) == []
    assert play.succeed("0.0.1.0") == ["0.0.2"]


# -- refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 1001], ids=["few", "uploaded"])
class TestRefusals:
    """Both ways of adding, in the call and by upload, are refused alike."""

    def test_no_run(self, play, count):
        """Given no such run, then nothing comes to be."""
        refused(play, Refused.GONE, lambda: play.add(*[leaf()] * count))

    def test_a_swarm_that_was_not_opened(self, play, count):
        """Given a swarm that is not open, then it takes no more."""
        play.start(swarm(leaf()))
        refused(play, Refused.CLOSED, lambda: play.add(*[leaf()] * count))

    def test_a_swarm_that_was_closed(self, pool, count):
        """Given an open swarm that was closed while an item runs, then it takes no more."""
        pool.add(leaf())
        pool.store.swarms.close_swarm("r", "0")
        refused(pool, Refused.CLOSED, lambda: pool.add(*[leaf()] * count))

    def test_a_swarm_that_has_ended(self, pool, count):
        """Given an ended swarm, then it takes no more."""
        pool.store.swarms.close_swarm("r", "0")
        refused(pool, Refused.CLOSED, lambda: pool.add(*[leaf()] * count))

    def test_a_swarm_that_was_stopped_by_failures(self, play, count):
        """Given an open swarm that reached its failures while an item runs, then it takes no more."""
        play.start(swarm(leaf(), leaf(), open=True, stop_after=1))
        play.break_("0.0")
        refused(play, Refused.CLOSED, lambda: play.add(*[leaf()] * count))

    def test_a_full_swarm(self, play, count):
        """Given `max_items`, when they do not all fit, then none is added, and the room left is told."""
        play.start(swarm(leaf(), open=True, max_items=count))
        assert refused(play, Refused.FULL, lambda: play.add(*[leaf()] * count)) == count - 1

    def test_a_node_that_is_no_pool(self, play, count):
        """Given a chain, then there is nothing to add to."""
        play.start(unit(chain(leaf(), leaf())))
        refused(play, Refused.CLOSED, lambda: play.add(*[leaf()] * count, pool="0.0"))


def test_an_upload_that_is_gone_is_refused(pool):
    """Given an upload that was dropped before the call (an hour passed), then nothing is added."""
    refused(pool, Refused.EXPIRED, lambda: pool.store._run("add_items", "r", "0", 5, 5, "gone-token"))


def test_what_just_fits_is_added(play):
    """Given `max_items`, then exactly so many fit, however they come."""
    play.start(swarm(leaf(), open=True, max_items=3))
    assert play.add(leaf(), leaf()).refused is None
    assert refused(play, Refused.FULL, lambda: play.add(leaf())) == 0


# -- many at once --------------------------------------------------------------------------------------


def test_many_items_become_visible_at_once(pool):
    """Given more than one call takes, while they are on their way, then the run has none of them, and then all."""
    upload(pool.store.client, pool.store.keys, "r", "token", ((str(i), b"L\nx") for i in range(1500)))
    assert pool.reader.pool_size("r", "0") == 0
    assert pool.counts() == (0, 0, 0)
    effects = pool.store._run("add_items", "r", "0", 1500, 1500, "token")
    assert names(effects) == ["0.0", "0.1"]
    assert pool.reader.pool_size("r", "0") == 1500
    assert pool.counts() == (1500, 0, 0)
    assert pool.told("0") == ["ItemsAdded"]


def test_items_of_several_bulks_run_in_order(play):
    """Given items defined, added in bulk, added singly, and in bulk again, then all run, in order, with their own."""
    play.start(swarm(leaf(b"first"), max_concurrency=1, open=True))
    added = [[leaf(b"a%d" % i) for i in range(1001)], [leaf(b"one")], [leaf(b"b%d" % i) for i in range(1200)]]
    assert [play.add(*items).detail for items in added] == [1, 1002, 1003]
    play.store.swarms.close_swarm("r", "0")
    node, seen = "0.0", []
    while node != "close":
        [raw] = play.reader.definitions("r", [node])
        seen.append(raw.partition(b"\n")[2])
        [node] = play.succeed(node)
    assert seen == [
        b"first", *[b"a%d" % i for i in range(1001)], b"one", *[b"b%d" % i for i in range(1200)],
    ]  # fmt: skip
    assert play.status == "SUCCEEDED"


def test_items_of_all_sizes_in_a_bulk(play):
    """Given items that share text, large ones among them, when they are added in bulk, then each is found, and read back."""
    items = [leaf(b"%d" % i + b"y" * (9000 if 100 < i < 103 or i == 1100 else 0)) for i in range(1101)]
    play.start(swarm(max_concurrency=1, open=True))
    play.add(leaf(b"before"))
    assert play.add(*items).detail == 1
    asked = [0, 1101, 1, 33, 102, 101, 103, 1100, 2000]
    wanted = [(leaf(b"before"), *items)[place].specs["."] for place in asked[:-1]]
    found = [raw for start in asked for raw in play.reader.definitions("r", [f"0.{start}"])]
    assert found == play.reader.definitions("r", [f"0.{place}" for place in asked]) == [*wanted, None]
    contents = dict(RunContents(play.redis, play.store.keys).definitions("r"))
    assert [contents[f"0.{place}"] for place in range(1102)] == [
        leaf(b"before").specs["."],
        *(i.specs["."] for i in items),
    ]


def test_items_of_a_bulk_that_an_earlier_release_uploaded(play):
    """Given a run of the release before, with a field for each item, then its items are found beside new ones in blocks; from
    now on, processes of the release before leave the run alone."""
    play.start(swarm(max_concurrency=1, open=True))
    upload(play.store.client, play.store.keys, "r", "token", ((str(i), b"L\na%d" % i) for i in range(40)))
    assert play.store._run("add_items", "r", "0", 40, 40, "token").detail == 0
    play.redis.hset(play.store.keys.root("r"), "format", 2)
    assert play.add(*[leaf(b"b%d" % i) for i in range(1001)]).detail == 40
    assert play.reader.head("r")["format"] == b"%d" % FORMAT
    nodes = [f"0.{place}" for place in range(0, 1041, 7)]
    wanted = [b"L\na%d" % place if place < 40 else b"L\nb%d" % (place - 40) for place in range(0, 1041, 7)]
    assert play.reader.definitions("r", nodes) == wanted
    contents = dict(RunContents(play.redis, play.store.keys).definitions("r"))
    assert [contents[node] for node in nodes] == wanted
    assert play.succeed("0.0") == ["0.1"]


@pytest.mark.parametrize("batch", [1, 50, 1000])
def test_batches_of_any_size_share_blocks(play, batch):
    """Given items that come in batches, when they are uploaded, then the upload has few fields, and all items are found."""
    play.start(swarm(max_concurrency=1, open=True))
    bulk, items = ItemUpload(play.store.swarms, "r"), [b"L\n[%d]" % i for i in range(1100)]
    for start in range(0, len(items), batch):
        bulk.add(items[start : start + batch])
    bulk.end()
    assert play.redis.hlen(play.store.keys.upload("r", bulk.token)) == -(-1100 // SIZE)
    assert play.store.swarms.add_uploaded("r", "0", bulk.token, len(items), len(items)).detail == 0
    assert play.reader.definitions("r", [f"0.{place}" for place in range(1000)]) == items[:1000]
    assert play.reader.definitions("r", [f"0.{place}" for place in range(1000, 1100)]) == items[1000:]


def test_composites_of_a_bulk_are_unpacked(play):
    """Given a bulk of chains, when an item's turn comes, then its steps are found."""
    play.start(swarm(max_concurrency=1, open=True))
    play.add(*[chain(leaf(b"a%d" % i), leaf(b"b%d" % i)) for i in range(1001)])
    assert play.succeed("0.0.0") == ["0.0.1"]
    assert play.succeed("0.0.1") == ["0.1.0"]
    assert play.reader.definitions("r", ["0.0.0", "0.0.1", "0.1.1", "0.1000"])[:3] == [b"L\na0", b"L\nb0", b"L\nb1"]


def test_a_bulk_does_not_expire_while_the_run_lives(pool):
    """Given items added in bulk, then their key has no time to live: live runs never expire."""
    pool.add(*[leaf()] * 1001)
    assert {key: pool.redis.ttl(key) for key in pool.keys()} == dict.fromkeys(pool.keys(), -1)


def test_a_window_is_filled_whatever_is_added(play):
    """Given an unbounded swarm, then never more than the window is sent, however much is added at once."""
    play.start(swarm(open=True))
    assert len(play.add(*[leaf()] * 1200).todo) == WINDOW
    assert names(play.add(leaf())) == []


def test_an_open_swarm_grows_by_a_bounded_amount_for_each_ended_item(play):
    """Given a swarm that stays open, then an ended item takes what the documentation says, and nothing else grows."""
    payload, result = b"p" * 100, b'"' + b"r" * 50 + b'"'
    play.start(swarm(open=True))

    def work(first, last):
        for index in range(first, last):
            play.add(leaf(payload))
            play.claim(f"0.{index}")
            play.store.checkpoint(play.leaf(f"0.{index}"), Fence(), b"c" * 500)
            play.store.finish(play.leaf(f"0.{index}"), Fence(), result)
        kept = {key.rpartition(":")[2]: size for key, size in play.reader.sizes("r").items()}
        return sum(kept[key] for key in kept.keys() - {"e"}), kept["e"]

    half, _ = work(0, 2000)
    whole, stream = work(2000, 4000)
    assert (whole - half) / 2000 <= len(payload) + len(result) + 250
    assert stream < 1_000_000
    assert play.keys() == [play.store.keys.root("r") + end for end in ("", ":d", ":e", ":m", ":t")]

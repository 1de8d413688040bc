"""What a swarm does after its items: its callbacks, or an item's own, each once, whatever else happens."""

from __future__ import annotations

import pytest

from orchestrator_celery.records.definitions import with_attributes
from orchestrator_celery.records.packed import Tree, pack

from .play import names
from .trees import chain, leaf, swarm, unit

#: Letters of callbacks, and what they are called after.
KINDS = {"s": "success", "f": "error", "c": "cleanup"}


def after(tree: Tree, **callbacks: Tree) -> Tree:
    """The swarm with callbacks by letter."""
    header = with_attributes(tree.specs["."], **{f"each_{KINDS[letter]}": 1 for letter in callbacks})
    templates = {f"a{letter}0": pack(one) for letter, one in callbacks.items()}
    return Tree({**tree.specs, ".": header, **templates}, tree.leaves)


def own(tree: Tree, counts: dict[str, int], **callbacks: Tree) -> Tree:
    """An item with callbacks of its own."""
    specs = {f"{letter}0": pack(one) for letter, one in callbacks.items()}
    given = {f"own_{KINDS[letter]}": count for letter, count in counts.items()}
    return Tree({**tree.specs, ".": with_attributes(tree.specs["."], **given), **specs}, tree.leaves)


def three(*items: Tree, **bounds: object) -> Tree:
    return after(swarm(*items, **bounds), s=leaf(), f=leaf(), c=leaf())


def test_success(play):
    play.start(three(leaf(), leaf()))
    assert play.succeed("0.0") == ["0.0.s0", "0.0.c0"]
    assert play.succeed("0.1") == ["0.1.s0", "0.1.c0", "close"]


def test_failure(play):
    play.start(three(leaf(), max_failures=1))
    assert play.break_("0.0") == ["0.0.f0", "0.0.c0", "close"]


def test_they_are_told_of_their_item(play):
    play.start(three(leaf()))
    play.claim("0.0")
    assert [effect.input_ref for effect in play.finish("0.0").todo[:2]] == ["i:0.0", "i:0.0"]


def test_once(play):
    """Given a second report of the same end, then nothing is called again."""
    play.start(three(leaf(), leaf()))
    play.succeed("0.0")
    assert names(play.finish("0.0")) == []
    assert names(play.fail("0.0")) == []


def test_not_after_a_lost_process(play):
    """Given a lost attempt, then nothing is called before the item has ended."""
    play.start(three(leaf()))
    play.claim("0.0")
    assert names(play.lost("0.0")) == ["0.0:2"]
    assert play.succeed("0.0", 2) == ["0.0.s0", "0.0.c0", "close"]


def test_they_do_not_count(play):
    """Given a callback that fails, then the swarm's outcome and counters are as they were."""
    play.start(three(leaf()))
    play.succeed("0.0")
    play.break_("0.0.s0")
    play.succeed("0.0.c0")
    assert play.status == "SUCCEEDED"
    assert play.counts() == (1, 1, 0)
    assert play.states()["0.0.s0"] == "F"


def test_they_take_no_slot(play):
    play.start(three(leaf(), leaf(), max_concurrency=1))
    assert play.succeed("0.0") == ["0.0.s0", "0.0.c0", "0.1"]


def test_composites_before_and_after(play):
    """Given items and callbacks that are chains, then they are called after the whole item, each as its own tree."""
    play.start(after(swarm(chain(leaf(), leaf())), s=chain(leaf(), leaf())))
    assert play.succeed("0.0.0") == ["0.0.1"]
    assert play.succeed("0.0.1") == ["0.0.s0.0", "close"]
    assert play.succeed("0.0.s0.0") == ["0.0.s0.1"]
    assert play.succeed("0.0.s0.1") == []


def test_an_items_own_are_in_their_place(play):
    play.start(three(own(leaf(), {"s": 2, "c": 0}, s=leaf()), own(chain(leaf()), {"f": 0}), leaf(), max_failures=3))
    claimed = play.claim("0.0")
    assert claimed.refused is None
    # Two are counted here and one is defined: the store calls what it is told there is.
    assert play.break_("0.1.0") == ["0.1.c0"]
    assert play.succeed("0.2") == ["0.2.s0", "0.2.c0"]


def test_own_ones_are_called(play):
    play.start(after(swarm(own(leaf(), {"s": 1, "c": 0}, s=leaf(b"own")), leaf()), s=leaf(b"swarm"), c=leaf()))
    play.claim("0.0")
    effects = play.finish("0.0")
    assert [(effect.leaf.node, effect.spec) for effect in effects.todo] == [("0.0.s0", b"L\nown")]
    play.claim("0.1")
    assert [effect.spec for effect in play.finish("0.1").todo[:1]] == [b"L\nswarm"]


def test_a_swarm_inside_a_swarm_has_its_own(play):
    """Given a swarm as an item, then after its items its own are called, and after it the outer one's."""
    inner = after(swarm(leaf()), s=leaf(b"inner"))
    play.start(after(swarm(inner), s=leaf(b"outer")))
    play.claim("0.0.0")
    effects = play.finish("0.0.0")
    told = [(effect.leaf.node, effect.spec) for effect in effects.todo[:2]]
    assert told == [("0.0.0.s0", b"L\ninner"), ("0.0.s0", b"L\nouter")]


@pytest.mark.parametrize("count", [3, 1200])
def test_items_added_later_have_them(play, count):
    play.start(three(open=True))
    play.add(*[leaf()] * count)
    assert play.succeed("0.1") == ["0.1.s0", "0.1.c0"]


def test_what_is_skipped_was_never_there(play):
    """Given a swarm that stops at a failure, then of its other items nothing is called."""
    play.start(three(leaf(), leaf(), leaf(), max_concurrency=1, stop_after=1))
    assert play.break_("0.0") == ["0.0.f0", "0.0.c0", "close"]


def test_a_suspended_run_holds_them(play):
    play.start(three(leaf(), leaf()))
    play.claim("0.0")
    play.store.suspend("r")
    assert names(play.finish("0.0")) == []
    assert sorted(names(play.store.resume("r"))) == ["0.0.c0", "0.0.s0", "0.1"]


def test_a_run_that_ends_while_suspended_lets_them_go(play):
    play.start(three(leaf()))
    play.claim("0.0")
    play.store.suspend("r")
    assert sorted(names(play.finish("0.0"))) == ["0.0.c0", "0.0.s0", "close"]


def test_a_lost_message_is_sent_again(play):
    """Given a callback that nobody claims, then a look sends it again, with its definition from the swarm."""
    play.start(three(leaf()))
    play.succeed("0.0")
    play.store.due_index._settings = play.store._settings.model_copy(update={"republish_after": 0.0001})
    [check] = play.store.due_index.check(["r"])
    sent = {
        effect.leaf.node: effect.spec
        for effect in play.store.due_index.republish("r", list(check.overdue))
        if effect.leaf.node != "$"
    }
    assert sent == {"0.0.s0": b"L\nx", "0.0.c0": b"L\nx"}


def test_the_run_waits_for_them_before_it_expires(play):
    play.start(unit(three(leaf())))
    play.succeed("0.0.0")
    play.tell()
    assert all(play.redis.ttl(key) == -1 for key in play.keys())
    play.succeed("0.0.0.s0")
    play.succeed("0.0.0.c0")
    assert all(play.redis.ttl(key) > 0 for key in play.keys())


def test_after_the_deadline(play):
    """Given one item that runs and one that waits, when the deadline is over, then the first has failed and cleans up."""
    play.start(three(leaf(), leaf(), max_concurrency=1), limit=1)
    play.claim("0.0")
    while play.store.overdue("r", b"late", inner=False).refused is not None:
        pass
    assert sorted(node for node in play.live() if node != "$") == ["0.0.c0", "0.0.f0"]


def test_cancelling_tells_what_is_to_be_cleaned_up(play):
    """Given items that run, wait, and have ended, when the run is cancelled, then the remainder names those that ran, a
    composite one once, with what they are and what is to be called."""
    play.start(after(swarm(leaf(b"a"), chain(leaf(), leaf()), leaf(), leaf(), max_concurrency=3), c=leaf(b"clean")))
    play.claim("0.0")
    play.claim("0.1.0")
    play.succeed("0.2")
    play.store.cancel("r", "{}")
    head = play.reader.head("r")
    items = {head[f"clean:{i}:item"] for i in (1, 2)}
    assert items == {b"0.0|1|", b"0.1|0|"}
    assert "clean:3:item" not in head
    assert {head[f"clean:{i}:call"] for i in (1, 2)} == {b"L\nclean"}

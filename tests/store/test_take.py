"""take: a runner of a batched pool tells how items ended, and takes the next ones; each by its own record."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.ids import Fence
from orchestrator_celery.model.states import NodeState, Priority
from orchestrator_celery.records.definitions import leaf_definition, with_attributes
from orchestrator_celery.records.packed import Tree
from orchestrator_celery.records.pools.levels import Levels
from orchestrator_celery.store import Effects, Refused
from orchestrator_celery.store.transitions.swarms import Ended, taken_items

from .play import Play, names
from .trees import chain, leaf, swarm

OWNER = "w/1/a"


def batched(*items: Tree, b: object = 10, **bounds: object) -> Tree:
    """A batched swarm."""
    tree = swarm(*items, batch=b, **bounds)
    return Tree({**tree.specs, "b": leaf_definition(b"runner")}, tree.leaves)


def alone(item: Tree) -> Tree:
    """An item that has a message of its own."""
    return Tree({**item.specs, ".": with_attributes(item.specs["."], singly=True)}, item.leaves)


def take(play: Play, want: int = 9, ended=(), back=(), runner: str = "0.b0", attempt: int = 1, again=False) -> Effects:
    """A call of a runner; `ended`: nodes that have ended well."""
    done = [Ended(play.leaf(node), Fence(), True, b"1") for node in ended]
    return play.store.swarms.take(play.leaf(runner, attempt), Fence(), OWNER, want, ended=done, back=back, again=again)


def given(effects: Effects) -> list[str]:
    """The nodes a call gave."""
    return [item.node for item in taken_items(effects)]


@pytest.fixture
def five(play: Play) -> Play:
    """A batched swarm of five, whose only runner has started."""
    assert names(play.start(batched(*[leaf()] * 5))) == ["0.b0"]
    assert play.claim("0.b0").refused is None
    return play


def test_items_are_taken_and_end_in_one_call(five):
    """Given a runner, when it takes two, and ends them while it takes more, then each has a record of its own."""
    assert given(take(five, 2)) == ["0.0", "0.1"]
    assert (five.live()["0.0"].owner, five.live()["0.0"].runner) == (OWNER, "0.b0:1")
    assert five.status == "RUNNING"
    assert given(take(five, 9, ["0.0", "0.1"])) == ["0.2", "0.3", "0.4"]
    assert five.states() == {"0.0": "S", "0.1": "S"}
    assert five.ended("0.0").owner == OWNER
    assert names(take(five, 9, ["0.2", "0.3", "0.4"])) == ["close"]
    assert (five.status, five.counts()) == ("SUCCEEDED", (5, 5, 0))
    five.finish("0.b0")
    assert "0.b0" not in five.live()
    assert "0.b0" not in five.states(), "a runner is no part of the tree"


def test_an_item_may_fail(five):
    """Given an item that failed, when its runner says so, then it has its error, and counts."""
    take(five, 1)
    five.store.swarms.take(five.leaf("0.b0"), Fence(), OWNER, 0, ended=[Ended(five.leaf("0.0"), Fence(), False, b"{}")])
    assert (five.states(), five.counts()) == ({"0.0": "F"}, (5, 0, 1))


@pytest.mark.parametrize(
    ("bounds", "runners"),
    [
        ({"b": 10}, 5),
        ({"b": "auto"}, 32),
        ({"b": 10, "max_concurrency": 4}, 4),
        ({"b": 100}, 1),
        ({"b": "auto", "max_concurrency": 3}, 3),
    ],
)
def test_how_many_runners(play, bounds, runners):
    """Given fifty items, when they start, then as many messages go out as are of use, and not one an item."""
    assert len(names(play.start(batched(*[leaf()] * 50, **bounds)))) == runners


def test_the_bound_holds_and_places_are_shared(play):
    """Given four places and four runners, when one wants many, then it gets its share, and all never more than four."""
    play.start(batched(*[leaf()] * 50, max_concurrency=4))
    for number in range(4):
        play.claim(f"0.b{number}")
        assert len(given(take(play, 9, runner=f"0.b{number}"))) == 1
    assert given(take(play, 9, runner="0.b0")) == []
    assert given(take(play, 9, ["0.0"], runner="0.b0")) == ["0.4"]


def test_they_go_by_priority(play):
    """Given priorities, when items are taken, then the highest first."""
    tree = batched(*[leaf()] * 4, priorities=True)
    play.start(Tree({**tree.specs, "lv": str(Levels([Priority(level) for level in (1, 3, 2, 3)])).encode()}, 4))
    play.claim("0.b0")
    assert given(take(play)) == ["0.1", "0.3", "0.2", "0.0"]


def test_some_go_by_themselves(play):
    """Given items that cannot share a message, when it is their turn, then each is sent; the others are taken."""
    play.start(batched(leaf(), alone(leaf()), chain(leaf(), leaf()), leaf()))
    play.claim("0.b0")
    effects = take(play)
    assert given(effects) == ["0.0", "0.3"]
    assert names(effects) == ["0.1", "0.2.0"]


def test_it_may_be_repeated(five):
    """Given a lost answer, when the call is made again, then nothing ends twice, and what was taken is given again."""
    take(five, 2)
    take(five, 2, ["0.0", "0.1"])
    again = take(five, 2, ["0.0", "0.1"], again=True)
    assert sorted(given(again)) == ["0.2", "0.3", "0.4"], "what the lost answer had, and one more"
    assert five.counts() == (5, 2, 0)


def test_a_suspended_run_gives_nothing(five):
    """Given a suspension, when a runner tells of an end and gives the rest back, then that waits for the resumption."""
    take(five, 3)
    five.store.suspend("r")
    effects = take(five, 9, ["0.0"])
    assert (effects.refused, effects.todo) == (Refused.HELD, ())
    assert take(five, 0, back=["0.1", "0.2"]).refused is Refused.HELD
    five.finish("0.b0")
    assert five.queued() == ["0.1", "0.2", "0.b1"]
    assert names(five.store.resume("r")) == ["0.b1"]
    five.claim("0.b1")
    assert given(take(five, runner="0.b1")) == ["0.1", "0.2", "0.3", "0.4"]


def test_given_back_goes_to_the_next_runner(five):
    """Given items a runner will not come to, when it gives them back, then the next one gets them, in the same attempt."""
    take(five, 3)
    take(five, 0, back=["0.1", "0.2", "0.4"])
    assert five.queued() == ["0.1", "0.2"], "only what it had"
    again = taken_items(take(five))
    assert [(item.node, item.attempt) for item in again] == [("0.1", 1), ("0.2", 1), ("0.3", 1), ("0.4", 1)]


def test_a_lost_runner_loses_what_it_had(five):
    """Given a runner whose process is gone, when that is known, then its items start again by themselves, and it does."""
    take(five, 2)
    assert sorted(names(five.lost("0.b0"))) == ["0.0:2", "0.1:2", "0.b0:2"]
    assert take(five, 2, ["0.0"]).refused is Refused.STALE, "what it says later comes too late"
    assert five.states() == {}
    five.claim("0.b0", 2)
    assert given(take(five, 9, attempt=2)) == ["0.2", "0.3", "0.4"]


def test_a_runner_that_cannot_run_is_done_without(five):
    """Given a runner that failed, when items wait, then they have messages of their own from then on."""
    take(five, 1)
    effects = five.fail("0.b0")
    assert sorted(names(effects)) == ["0.0:2", "0.1", "0.2", "0.3", "0.4"]
    five.run_out()
    assert five.status == "SUCCEEDED"


def test_another_runner_follows(play):
    """Given a runner that has worked off its number, when it ends and items wait, then another one is called."""
    play.start(batched(*[leaf()] * 12, b=10, open=True))
    for number in (0, 1):
        play.claim(f"0.b{number}")
    take(play, 9)
    take(play, 1, [f"0.{i}" for i in range(9)])
    assert names(play.finish("0.b0")) == ["0.9:2"], "it had one that it did not tell of"
    assert names(play.finish("0.b1")) == ["0.b2"]


def test_no_runner_is_left_when_the_pool_has_ended(play):
    """Given runners nobody has claimed, when the last item ends, then their messages are void, and the run is forgotten."""
    play.start(batched(*[leaf()] * 20, b=10))
    play.claim("0.b0")
    for _ in range(4):
        nodes = given(take(play, 9))
        take(play, 0, nodes)
    assert play.status == "SUCCEEDED"
    assert play.claim("0.b1").refused is Refused.STALE
    play.finish("0.b0")
    assert play.tell().detail == 1, "nothing of it is under way"


def test_a_retry_leaves_the_batch(five):
    """Given an item that retries, when its runner tells of another end of it, then that is superseded."""
    take(five, 1)
    five.requeue("0.0", Fence(retries=1))
    take(five, 0, ["0.0"])
    assert five.states() == {}
    assert five.live()["0.0"].state is NodeState.QUEUED


def test_runs_that_are_gone(five):
    """Given a cancelled run, when its runner goes on, then it is refused."""
    take(five, 1)
    five.store.cancel("r", "{}")
    assert take(five, 1, ["0.0"]).refused is Refused.GONE

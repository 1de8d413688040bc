"""Batches stay batches: after a retry, a rerun, a suspension, an interruption; each item and each callback runs once."""

from __future__ import annotations

from collections import Counter

import pytest

from orchestrator_celery.model.ids import Fence
from orchestrator_celery.store import Refused
from orchestrator_celery.store.transitions.swarms import Ended, taken_items
from tests.kit.waiting import wait_for

from .batches import Worked, begin, work
from .play import Play, names
from .test_after_items import KINDS, after
from .test_take import batched, five, take  # noqa: F401
from .trees import leaf, swarm

COUNT = 20
ITEMS = [f"0.{i}" for i in range(COUNT)]
BROKEN = {f"0.{i}" for i in range(0, COUNT, 5)}


def calls(worked: Worked, kind: str) -> Counter[str]:
    """How often the callback of a kind ran, by item."""
    letter = f".{kind}0" if kind else "no callback"
    return Counter({n.removesuffix(letter): count for n, count in worked.bodies.items() if n.endswith(letter)})


def items(worked: Worked) -> Counter[str]:
    return Counter({node: count for node, count in worked.bodies.items() if node in ITEMS})


def most_messages(batch: object, count: int) -> int:
    return -(-count // batch) if isinstance(batch, int) else min(32, count)


@pytest.fixture(params=[1, 8, "auto"])
def batch(request):
    return request.param


@pytest.fixture(params=["", *KINDS])
def kind(request):
    return request.param


@pytest.fixture
def started(play, batch, kind) -> Play:
    tree = batched(*[leaf()] * COUNT, b=batch)
    play.start(after(tree, **{kind: leaf()}) if kind else tree)
    return play


def size(batch: object) -> int:
    return batch if isinstance(batch, int) else 10**9


def called(kind: str, broken: set[str]) -> set[str]:
    return {"s": {*ITEMS} - broken, "f": broken, "c": {*ITEMS}}.get(kind, set())


def test_a_retry(started, batch, kind):
    first = work(started, breaks=BROKEN, batch=size(batch))
    assert (started.status, items(first)) == ("FAILED", Counter(ITEMS))
    assert calls(first, kind) == Counter(called(kind, BROKEN))
    started.retry()
    again = work(started, batch=size(batch))
    assert (started.status, items(again)) == ("SUCCEEDED", Counter(BROKEN))
    assert calls(again, kind) == Counter(called(kind, set()) & BROKEN)
    assert not set(ITEMS) & set(again.singles)
    assert 1 <= again.runners <= most_messages(batch, len(BROKEN))


def test_a_retry_of_a_retry(started, batch, kind):
    """Given items that fail once more after a retry, then the next retry runs them in batches too."""
    work(started, breaks=BROKEN, batch=size(batch))
    started.retry()
    work(started, breaks={"0.5"}, batch=size(batch))
    started.retry()
    third = work(started, batch=size(batch))
    assert (started.status, items(third), third.runners) == ("SUCCEEDED", Counter(["0.5"]), 1)
    assert not set(ITEMS) & set(third.singles)


@pytest.mark.parametrize("hold", ["suspend", "interrupt"])
def test_held_and_resumed(started, batch, kind, hold):
    before = work(started, most=8, batch=size(batch))
    runner = next(node for node in started.queued() if ".b" in node)
    live = started.live()[runner]
    taken = begin(started, runner, 3)
    running, *others = [item.node for item in taken]
    args = ("SIGTERM", 1.0) if hold == "interrupt" else ()
    getattr(started.store, hold)("r", *args)
    if hold == "interrupt":
        started.store.stopped(started.leaf(runner, live.attempt), live.fence, "terminated")
    else:
        take(started, 0, ended=[running], back=others, runner=runner, attempt=live.attempt)
        started.finish(runner, live.attempt)
    assert work_messages(started.store.resume("r")).isdisjoint(ITEMS)
    rest = work(started, batch=size(batch))
    assert started.status == "SUCCEEDED"
    ran = items(before) + items(rest) + Counter([running] if hold == "suspend" else [])
    assert ran == Counter(ITEMS)
    assert not set(ITEMS) & set(rest.singles)
    assert rest.runners <= most_messages(batch, COUNT)
    assert set(calls(before, kind) + calls(rest, kind)) == called(kind, set())
    assert max((calls(before, kind) + calls(rest, kind)).values(), default=1) == 1


def work_messages(effects) -> set[str]:
    return {name.split(":")[0] for name in names(effects)}


def test_a_lost_worker(started, batch, kind):
    """Given a process that dies, then what it had taken starts again alone, lest it takes others down, and all else in
    batches."""
    taken = begin(started, "0.b0", 3)
    started.lost("0.b0")
    rest = work(started, batch=size(batch))
    assert (started.status, items(rest)) == ("SUCCEEDED", Counter(ITEMS))
    assert sorted(set(rest.singles) & set(ITEMS)) == sorted(item.node for item in taken)
    assert calls(rest, kind) == Counter(called(kind, set()))


def test_returned_items_when_no_runner_can_run(five):  # noqa: F811
    """Given returned items, when a runner fails, then they have messages of their own."""
    take(five, 3)
    take(five, 0, back=["0.1", "0.2"])
    assert sorted(names(five.fail("0.b0"))) == ["0.0:2", "0.1", "0.2", "0.3", "0.4"]


def test_a_returned_item_may_be_sent_by_the_reconciler(five):  # noqa: F811
    """Given a returned item whose message was sent meanwhile, when that is claimed, then no runner gets the item."""
    take(five, 3)
    take(five, 0, back=["0.1", "0.2"])
    assert five.claim("0.1").refused is None
    assert [item.node for item in begin(five, "0.b0", 9)] == ["0.2", "0.3", "0.4"]


def test_a_returned_item_may_be_taken_out(five):  # noqa: F811
    take(five, 3)
    take(five, 0, back=["0.1", "0.2"])
    five.skip("0.1")
    assert [item.node for item in begin(five, "0.b0", 9)] == ["0.2", "0.3", "0.4"]


def test_a_busy_runner_of_a_bounded_pool(play):
    """Given a bounded pool, where all other runners may be busy, when a runner returns items, then these are sent."""
    play.start(batched(*[leaf()] * 4, max_concurrency=4, b=10))
    for node in ("0.b1", "0.b2", "0.b3"):
        play.claim(node)
        play.finish(node)
    taken = [item.node for item in begin(play, "0.b0", 2)]
    answer = play.store.swarms.take(play.leaf("0.b0"), Fence(), "w/1/a", 0, back=taken[1:], busy=True)
    assert set(taken[1:]) <= set(names(answer))


def test_items_have_their_checkpoint(five):  # noqa: F811
    """Given an interrupted item with a checkpoint, when a runner takes it again, then it gets the checkpoint."""
    take(five, 1)
    five.store.checkpoint(five.leaf("0.0"), Fence(), b"half")
    five.store.interrupt("r", "SIGTERM", 1.0)
    five.store.stopped(five.leaf("0.b0"), Fence(), "terminated")
    assert names(five.store.resume("r")) == ["0.b0:2"]
    [item] = begin(five, "0.b0", 1)
    assert (item.node, item.attempt, item.checkpoint) == ("0.0", 2, b"half")


def test_a_batched_swarm_as_callback(play):
    """Given a batched swarm that is a callback, when the run is retried, then it runs again, each item once, and its
    runner of before has nothing to say."""
    callback = batched(leaf(), leaf())
    play.start(swarm(leaf(), errbacks=[callback]))
    work(play, breaks={"0.0"})
    play.retry()
    again = work(play, breaks={"0.0"})
    assert again.bodies == Counter(["0.0", "0.e0.0", "0.e0.1"])
    assert take(play, runner="0.e0.b0").refused is Refused.STALE


def test_a_long_suspension_does_not_make_returned_items_overdue(five):  # noqa: F811
    """Given returned items, when their run is resumed, then the reconciler counts the time that they wait from then on."""
    take(five, 3)
    five.store.suspend("r")
    take(five, 0, back=["0.1", "0.2"])
    suspended = five.store.now()
    wait_for(lambda: five.store.now() > suspended + 0.05, what="some time to pass")
    resumed = five.store.now()
    assert names(five.store.resume("r")) == []
    assert all(five.live()[node].sent >= int(resumed * 1000) for node in ("0.1", "0.2"))
    assert [item.node for item in begin(five, "0.b0", 2)] == ["0.1", "0.2"]


# -- runs of an earlier release, which keeps no lists of runners and of their items ---------------------


def unlisted(play: Play) -> None:
    """Forget what an earlier release would not have noted."""
    key = play.store.keys.pools("r")
    fields = [field for field in play.redis.hkeys(key) if field.endswith((b":taken", b":runners"))]
    assert fields
    play.redis.hdel(key, *fields)


@pytest.mark.parametrize("how", ["lost", "finish", "stopped", "take"])
def test_a_runner_that_an_earlier_release_claimed(five, how):  # noqa: F811
    """Given a runner whose items are on no list, when it ends, then they start again; and it may ask for them again."""
    take(five, 2)
    unlisted(five)
    if how == "take":
        assert sorted(item.node for item in taken_items(take(five, 1, again=True))) == ["0.0", "0.1", "0.2"]
        how = "finish"
    expected = {node for node, live in five.live().items() if live.runner}
    calls = {
        "lost": lambda: five.lost("0.b0"),
        "finish": lambda: five.finish("0.b0"),
        "stopped": lambda: five.store.stopped(five.leaf("0.b0"), Fence(), "terminated"),
    }
    assert expected <= work_messages(calls[how]())
    work(five)
    assert (five.status, five.counts()) == ("SUCCEEDED", (5, 5, 0))


def test_a_list_of_another_attempt_is_not_used(five):  # noqa: F811
    """Given an attempt that an earlier release claimed after one of this release, then its items start again too."""
    take(five, 2)
    key = five.store.keys.pools("r")
    five.redis.hset(key, "0.b0:taken", b"7 3 4")
    assert {"0.0", "0.1"} <= work_messages(five.lost("0.b0"))
    assert not five.redis.hexists(key, "0.b0:taken")


def test_a_runner_that_waits_for_its_task_leaves_no_list(five):  # noqa: F811
    """Given a runner that a worker postpones, which lacks the task, then a process of any release may claim it next."""
    take(five, 2)
    back = ("0.0", "0.1")
    answer = five.store.outbox.postpone(five.leaf("0.b0"), Fence(), "t", None, b"{}", back)
    assert answer.refused is None
    assert not five.redis.hexists(five.store.keys.pools("r"), "0.b0:taken")
    assert five.claim("0.b0").refused is None
    assert [item.node for item in taken_items(take(five))] == ["0.2", "0.3", "0.4"]


def test_runners_that_an_earlier_release_called(play):
    """Given runners on no list, when their pool ends, and again when it is retried, then the old ones have nothing to say."""
    play.start(batched(*[leaf()] * COUNT, b=5))
    unlisted_pool = play.store.keys.pools("r")
    play.redis.hdel(unlisted_pool, "0:runners")
    play.claim("0.b0")
    play.claim("0.b1")
    taken = [item.node for item in taken_items(take(play, COUNT))]
    ended = [Ended(play.leaf(node), Fence(), node not in BROKEN, b"1") for node in taken]
    play.store.swarms.take(play.leaf("0.b0"), Fence(), "w/1/a", 0, ended=ended)
    assert play.status == "FAILED"
    assert sorted(node for node in play.live() if ".b" in node) == ["0.b0", "0.b1"]
    play.redis.hdel(unlisted_pool, "0:runners")
    play.tell()
    play.retry()
    assert not {"0.b0", "0.b1"} & set(play.live())
    assert items(work(play)) == Counter(BROKEN)
    assert play.status == "SUCCEEDED"


@pytest.mark.parametrize("batch", [1, 8, "auto"])
def test_lists_hold_what_is_there(play, batch):
    """Given a batched swarm at any time, then the lists name each live runner, and each item that a runner has."""
    play.start(batched(*[leaf()] * COUNT, b=batch))
    for most in range(1, COUNT, 3):
        work(play, most=most, batch=size(batch))
        fields = play.redis.hgetall(play.store.keys.pools("r"))
        runners = {f"0.b{number}" for number in fields.get(b"0:runners", b"").decode().split()}
        assert runners == {node for node in play.live() if ".b" in node}
        for node, live in play.live().items():
            runner, _, attempt = live.runner.partition(":")
            if runner:
                noted, *indexes = fields[f"{runner}:taken".encode()].decode().split()
                assert noted == attempt
                assert node.removeprefix("0.") in indexes
    work(play, batch=size(batch))
    assert play.status == "SUCCEEDED"
    assert not [field for field in play.redis.hkeys(play.store.keys.pools("r")) if field.endswith(b":taken")]

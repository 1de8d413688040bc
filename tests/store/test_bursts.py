"""A pool fills all its free places, however many: burst by burst, as tasks are claimed."""

from __future__ import annotations

import pytest

from orchestrator_celery.canvas.approval import Approval
from orchestrator_celery.model.effects import Dispatch, StartMore
from orchestrator_celery.model.ids import CLOSE
from orchestrator_celery.store import Refused
from orchestrator_celery.store.scripting.script_call import Effects

from .batches import begin
from .crowds import RUNNERS, crowd_of_runners
from .play import FIRST, Play
from .test_take import batched
from .trees import chain, graph, group, leaf, swarm, unit

#: Most messages that one call asks for.
BURST = 64


def sent(effects: Effects) -> list[Dispatch]:
    return [effect for effect in effects.todo if isinstance(effect, Dispatch)]


def claim_all(play: Play, effects: Effects) -> int:
    """Claim as workers do that run a task for ever: the most messages that one call asked for."""
    todo, most = sent(effects), len(sent(effects))
    while todo:
        claimed = play.store.claim(todo.pop(0).leaf, FIRST, "w/1/a")
        assert claimed.refused is None
        if any(isinstance(effect, StartMore) for effect in claimed.todo):
            more = sent(play.store.start_more(play.run))
            most, todo = max(most, len(more)), todo + more
    return most


def more(play: Play, node: str, waited: int) -> int:
    """Claim a node whose message waited for that many milliseconds; how many items are sent then."""
    claimed = play.store.claim(play.leaf(node), FIRST, "w/1/a")
    assert claimed.refused is None
    if not any(isinstance(effect, StartMore) for effect in claimed.todo):
        return 0
    return len(sent(play.store.start_more(play.run, node, waited)))


def live(play: Play) -> int:
    return len([node for node in play.live() if node != CLOSE])


@pytest.mark.parametrize("item", [leaf(), chain(leaf(), leaf()), unit(leaf())], ids=["task", "chain", "unit"])
@pytest.mark.parametrize("limit", [1, 63, 64, 65, 128, 200, 1000, None])
def test_the_limit_is_reached(play, limit, item):
    """Given items that never end, when each is claimed, then as many run as the limit allows, or the window."""
    bounds = {} if limit is None else {"max_concurrency": limit}
    most = claim_all(play, play.start(swarm(*[item] * 1100, **bounds), window=256))
    assert live(play) == (limit or 256)
    assert most <= BURST
    assert play.redis.hmget(play.store.keys.root("r"), "more", "owed") == [None, None]
    assert play.store.start_more("r").refused is Refused.STALE


def test_an_unbounded_pool_sends_no_more_than_processes_wait_for(play):
    """Given an unbounded swarm, then a claim starts the next burst only if few messages wait behind it."""
    play.start(swarm(*[leaf()] * 1000), window=256)
    assert [more(play, f"0.{index}", 10_000) for index in (0, 5, 31)] == [0, 0, 0]
    assert live(play) == BURST
    assert more(play, "0.32", 10_000) == BURST
    assert more(play, "0.33", 10_000) == 0
    assert play.redis.hmget(play.store.keys.root("r"), "more", "owed")[0] == b"0"


def test_a_message_that_did_not_wait_starts_the_next_burst(play):
    """Given items that processes go on with, then the wait of a message tells whether there are enough messages."""
    play.start(swarm(*[leaf()] * 1000), window=256)
    assert more(play, "0.32", 10_000) == BURST
    assert more(play, f"0.{BURST}", 50) == 0
    assert more(play, f"0.{BURST + 1}", 49) == BURST
    assert more(play, "0.1", 0) == 0, "of the first burst, no message has waited"


def test_a_claim_elsewhere_in_the_run_starts_bursts(play):
    """Given two unbounded swarms, when a task of the one is claimed, then the other starts a burst as before."""
    play.start(unit(group(swarm(*[leaf()] * 100), swarm(*[leaf()] * 100))), window=256)
    assert play.redis.hget(play.store.keys.root("r"), "more")
    assert more(play, "0.0.0.0", 10_000) > 0


def test_items_of_several_tasks_fill_bursts(play):
    """Given items that send several messages at once, then a burst counts messages."""
    most = claim_all(play, play.start(swarm(*[group(leaf(), leaf(), leaf())] * 300, max_concurrency=100)))
    assert most <= BURST + 3
    assert live(play) == 300


def test_items_that_wait_for_a_person_all_wait(play):
    """Given items that begin with an approval, for which no worker claims anything, then the reconciler starts them all."""
    play.start(swarm(*[graph("START>a a>END", {"a": Approval()})] * 300), window=256)
    while play.store.start_more("r").detail == 1:
        assert live(play) % BURST == 0
    assert live(play) == 256


def test_a_burst_nobody_started_is_owed(play):
    """Given a worker that dies between its claim and the burst, then the next claim asks again, and a look sees it."""
    first, second, *_ = sent(play.start(swarm(*[leaf()] * 200, max_concurrency=150)))
    for one in (first, second):
        claimed = play.store.claim(one.leaf, one.fence, "w/1/a")
        assert [type(effect) for effect in claimed.todo][-1:] == [StartMore]
    [check] = play.store.due_index.check(["r"])
    assert check.pending_side_effects
    assert len(sent(play.store.start_more("r"))) == BURST


def test_several_pools_have_bursts_of_their_own(play):
    """Given swarms side by side, when one claim asks for more, then each pool gets its burst."""
    pools = [swarm(*[leaf()] * 100, max_concurrency=90) for _ in range(3)]
    claim_all(play, play.start(unit(group(*pools))))
    assert live(play) == 270


def test_a_suspended_run_starts_its_burst_later(play):
    """Given a suspension between two bursts, then nothing is sent until the run is resumed, and then all of it."""
    effects = play.start(swarm(*[leaf()] * 200, max_concurrency=150))
    play.store.suspend("r")
    assert sent(play.store.start_more("r")) == []
    resumed = play.store.resume("r")
    assert effects.todo
    claim_all(play, resumed)
    assert live(play) == 150


def test_a_swarm_that_stops_starts_no_more(play):
    """Given a swarm that stops at its first failure with a burst pending, then nothing more starts, and nothing is owed."""
    first, *_ = sent(play.start(swarm(*[leaf()] * 200, max_concurrency=150, stop_after=1)))
    play.claim(first.leaf.node)
    play.fail(first.leaf.node)
    assert sent(play.store.start_more("r")) == []
    play.withdraw()
    assert live(play) == 0
    assert play.redis.hget(play.store.keys.root("r"), "more") is None


def test_more_is_asked_for_after_a_retry(play):
    """Given a failed swarm, when it is retried, then its limit is reached again."""
    effects = play.start(swarm(*[leaf()] * 150, max_concurrency=150))
    todo = sent(effects)
    while todo:
        one = todo.pop()
        play.claim(one.leaf.node)
        todo += sent(play.fail(one.leaf.node))
    play.tell()
    claim_all(play, play.store.retry("r"))
    assert live(play) == 150


@pytest.mark.parametrize("limit", [63, 64, 65, 200, 1000])
def test_runners_come_in_bursts_too(play, limit):
    """Given a swarm with runners that never end, when each is claimed, then as many are called as the limit allows."""
    most = claim_all(play, play.start(batched(*[leaf()] * 400, b=10, max_concurrency=limit)))
    assert live(play) == min(limit, 400)
    assert most <= BURST
    assert play.redis.hmget(play.store.keys.root("r"), "more", "owed") == [None, None]


def test_a_runner_takes_no_item_of_a_runner_that_is_still_to_come(play):
    """Given places for more runners than a burst has, then a runner of the first burst takes one item, as any other will."""
    play.start(batched(*[leaf()] * 400, b=10, max_concurrency=200))
    assert len(begin(play, "0.b0", 10)) == 1


def test_a_suspended_run_calls_its_runners_in_bursts(play):
    """Given a suspension between two bursts of runners, then a call puts a bounded number of them into the outbox."""
    play.start(batched(*[leaf()] * 1000, b=10, max_concurrency=1000))
    play.store.suspend("r")
    assert play.store.start_more("r").detail == 1
    assert live(play) == BURST + 256


def test_items_of_a_failed_runner(play):
    """Given many items that runners have returned, when a runner fails, then the items go burst by burst, each once, also where
    messages wait for long."""
    crowd_of_runners(play, "Q", 10)
    found = sent(play.fail("0.b0"))
    assert 0 < len(found) <= BURST
    todo = list(found)
    while todo:
        claimed = play.store.claim(todo.pop(0).leaf, FIRST, "w/1/a")
        assert claimed.refused is None
        if any(isinstance(effect, StartMore) for effect in claimed.todo):
            new = sent(play.store.start_more(play.run, "0.0", 1000))
            assert len(new) <= BURST
            todo, found = todo + new, found + new
    assert len({effect.leaf.node for effect in found}) == len(found) == RUNNERS * 10
    assert [node for node in play.queued() if ".b" not in node] == []
    assert play.redis.hmget(play.store.keys.root("r"), "more", "owed") == [None, None]

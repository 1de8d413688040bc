"""Items of a swarm by state: each filter finds what reading all items finds, and a page looks at no results."""

from __future__ import annotations

from itertools import islice

import pytest

from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.records.ended import Ended, write_ended
from orchestrator_celery.records.pool import parse_pool, write_pool
from orchestrator_celery.views.items import ItemPages

from .trees import CODEC, chain, swarm
from .trees import leaf as tree_of

BUDGET = 20_000  #: microseconds of one script
ERROR = CODEC.dump({"type": "ValueError", "message": "no", "traceback": ""}, "json")
WHEN = from_ms(1_700_000_000_000)


def leaf():
    return tree_of(b'{"t": "proj.add"}')


def pages(play):
    outcome = Outcome(play.run, lambda nodes: play.reader.terminal(play.run, nodes), CODEC)
    return ItemPages(play.reader, CODEC, outcome, play.run, play.reader.head(play.run).status, "0")


def end(play, states):
    """Write the records of items that have ended, as a script would; starting each item would take minutes."""
    pipe = play.redis.pipeline(transaction=False)
    for index, state in states.items():
        error = CODEC.dump({"type": "ValueError", "message": f"no {index}", "traceback": ""}, "json")
        payload = error if state is NodeState.FAILED else b"1" if state is NodeState.SKIPPED else b"x" * 200
        record = Ended(state, 1, WHEN, WHEN, "w/1/a", None, payload)
        pipe.hset(play.store.keys.terminal(play.run), f"0.{index}", write_ended(record))
    failed = [index for index, state in states.items() if state is NodeState.FAILED]
    pool = parse_pool(play.redis.hget(play.store.keys.pools(play.run), "0"))
    pipe.hset(play.store.keys.pools(play.run), "0", write_pool(pool._replace(failed=len(failed))))
    pipe.zadd(play.store.keys.failed(play.run), {f"0 {index:015}": 0 for index in failed})
    pipe.execute()


def stopped(play):
    """A swarm that ended at its third failure: most of its items are skipped without a record."""
    play.start(swarm(*[leaf()] * 40, max_concurrency=4, stop_after=3))
    for index in range(6):
        play.claim(f"0.{index}")
        play.fail(f"0.{index}", error=ERROR) if index % 2 else play.finish(f"0.{index}")
    play.withdraw()
    assert play.status == "FAILED"


def mixed(play):
    """Items in all states that a running swarm has; a chain among them is under way."""
    play.start(swarm(leaf(), chain(leaf(), leaf()), *[leaf()] * 30, max_concurrency=6, open=True, max_failures=30))
    play.store.swarms.set_priority(play.run, "0", 3, [(20, 22)])
    for node in ("0.0", "0.1.0", "0.2"):
        play.claim(node)
    play.finish("0.0")
    play.fail("0.2", error=ERROR)
    assert play.skip("0.15").refused is None
    play.claim("0.3")


@pytest.mark.parametrize("make", [stopped, mixed])
def test_a_filter_finds_what_reading_all_items_finds(play, make):
    make(play)
    found = pages(play)
    items = list(found.items(None, 0))
    counts = {state: sum(item.state is state for item in items) for state in NodeState}
    assert sum(map(bool, counts.values())) >= (3 if make is stopped else 6), counts
    for state in NodeState:
        expected = [item for item in items if item.state is state]
        assert list(found.items(state, 0)) == expected
        assert list(islice(found.items(state, 0, 2), 2)) == expected[:2]
        assert list(found.items(state, 3)) == [item for item in expected if item.index >= 3]
        assert list(found.items(state, len(items))) == []


@pytest.mark.parametrize("listed", [True, False], ids=["listed", "of-an-earlier-release"])
def test_a_page_of_a_large_swarm_takes_few_short_calls(play, listed):
    """Given failures among many items, then a page reads the records of these only, in scripts within the budget; and
    without the list of failed nodes too, which an earlier release does not write."""
    size, failed = 20_000, [7, 9_000, 9_001, 19_999]
    play.start(swarm(*[leaf()] * size, max_concurrency=1))
    end(play, dict.fromkeys(range(size - 1), NodeState.SUCCEEDED) | dict.fromkeys(failed, NodeState.FAILED))
    if not listed:
        play.redis.delete(play.store.keys.failed("r"))
    found = pages(play)
    assert [item.error.message for item in found.items(NodeState.FAILED, 0)] == [f"no {index}" for index in failed]
    play.redis.config_resetstat()
    play.redis.slowlog_reset()
    assert [item.index for item in islice(found.items(NodeState.FAILED, 10, 2), 2)] == [9_000, 9_001]
    calls = play.redis.info("commandstats")
    assert calls["cmdstat_evalsha"]["calls"] <= (1 if listed else 7), "one reads definitions"
    assert [entry for entry in play.redis.slowlog_get() if entry["duration"] > 4 * BUDGET] == []
    assert [item.index for item in found.items(NodeState.QUEUED, 0)] == []


def test_a_retry_takes_back_what_failed(play):
    """Given failed items that a retry has taken back, then only those that fail again are found."""
    play.start(swarm(*[leaf()] * 6))
    for index in range(6):
        play.claim(f"0.{index}")
        play.fail(f"0.{index}", error=ERROR) if index % 2 else play.finish(f"0.{index}")
    play.tell()
    assert play.redis.zcard(play.store.keys.failed("r")) == 3
    assert 0 < play.redis.ttl(play.store.keys.failed("r")) <= 100, "it goes with the run"
    assert play.retry().refused is None
    assert list(pages(play).items(NodeState.FAILED, 0)) == []
    play.claim("0.3", 2)
    play.fail("0.3", 2, error=ERROR)
    assert [item.index for item in pages(play).items(NodeState.FAILED, 0)] == [3]

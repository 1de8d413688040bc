"""Short records of items: which items have them, and that every reader finds in them what a full record says."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.states import NodeState
from orchestrator_celery.records.pools.short_ends import EACH, FIRST, parse_short_end
from orchestrator_celery.store.run_contents import RunContents

from .play import Play, names
from .trees import leaf, swarm

SIZE = FIRST + 4 * EACH


def raw(play: Play, index: int) -> bytes:
    return play.redis.hget(play.store.keys.terminal("r"), f"0.{index}")


def is_short(play: Play, index: int) -> bool:
    return parse_short_end(raw(play, index)) is not None


@pytest.fixture
def late(play: Play) -> Play:
    """A swarm whose next item is the first that may have a short record."""
    play.start(swarm(*[leaf()] * SIZE, max_concurrency=1, max_failures=SIZE))
    for index in range(FIRST):
        play.succeed(f"0.{index}")
    return play


def test_items_of_large_pools_have_short_records(late):
    """Given a large pool, then its first items have full records, the next ones short ones; readers tell no difference."""
    assert not any(is_short(late, index) for index in range(FIRST))
    late.succeed(f"0.{FIRST}", result=b'"well"')
    late.break_(f"0.{FIRST + 1}")
    assert [is_short(late, FIRST + more) for more in (0, 1)] == [True, True]
    before, well, failed = (late.ended(f"0.{index}") for index in (FIRST - 1, FIRST, FIRST + 1))
    assert (well.state, failed.state, well.payload) == (NodeState.SUCCEEDED, NodeState.FAILED, b'"well"')
    assert {(end.owner, end.attempt, end.ref) for end in (before, well, failed)} == {("w/1/a", 1, None)}
    assert before.finished <= well.started <= well.finished <= failed.started <= failed.finished
    assert well.waits is not None
    assert late.reader.items_ended("r", "0", "F", 0, SIZE) == ([FIRST + 1], SIZE)


def test_a_process_gets_a_number_if_that_saves_memory(late):
    """Given many processes, each with few items, then only every eighth item makes a process known."""
    for index in range(FIRST, SIZE):
        late.claim(f"0.{index}", owner=f"w{index}/1/a")
        late.finish(f"0.{index}")
    short = [index for index in range(FIRST, SIZE) if is_short(late, index)]
    assert short == list(range(FIRST, SIZE, EACH))
    assert late.redis.hget(late.store.keys.terminal("r"), ":processes") == b"%d" % len(short)
    assert [late.ended(f"0.{index}").owner for index in range(FIRST, SIZE)] == [
        f"w{index}/1/a" for index in range(FIRST, SIZE)
    ]


def test_a_retried_item_goes_on_with_its_next_attempt(play):
    """Given a failed run whose failed item has a short record, when it is retried, then the item's second attempt ends it."""
    play.start(swarm(*[leaf()] * SIZE, max_concurrency=1))
    for index in range(SIZE - 1):
        play.succeed(f"0.{index}")
    play.break_(f"0.{SIZE - 1}")
    assert (is_short(play, SIZE - 1), play.status) == (True, "FAILED")
    play.tell()
    assert names(play.retry()) == [f"0.{SIZE - 1}:2"]
    assert play.succeed(f"0.{SIZE - 1}", 2) == ["close:2"]
    assert not is_short(play, SIZE - 1)
    assert (play.ended(f"0.{SIZE - 1}").attempt, play.status, play.counts()) == (2, "SUCCEEDED", (SIZE, SIZE, 0))


def test_a_run_of_the_release_before_keeps_full_records(late):
    """Given a run of the release before, then its items have records that processes of that release read."""
    late.redis.hset(late.store.keys.root("r"), "format", 2)
    late.succeed(f"0.{FIRST}")
    assert not is_short(late, FIRST)


def test_a_rerun_takes_full_records_over(late):
    """Given short records, when the contents of the run are read, then no record is short, and no process has a number."""
    late.succeed(f"0.{FIRST}", result=b"7")
    records = dict(RunContents(late.redis, late.store.keys).records("r"))
    assert [field for field in records if field.startswith(":")] == []
    assert records[f"0.{FIRST}"] == late.reader.terminal("r", [f"0.{FIRST}"])[0]
    assert parse_short_end(records[f"0.{FIRST}"]) is None


def test_a_lost_answer_about_an_item_with_a_short_record(late):
    """Given a worker that lost the answer to its report, when it asks for what follows, then it is told the next item."""
    late.succeed(f"0.{FIRST}")
    assert is_short(late, FIRST)
    [effect] = late.store.followed(late.leaf(f"0.{FIRST}")).todo
    assert effect.leaf.node == f"0.{FIRST + 1}"

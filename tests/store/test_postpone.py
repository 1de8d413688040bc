"""postpone: a node whose task a worker lacks is sent again after growing pauses, and fails after the patience."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.ids import Fence
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.store import Effects, Refused
from orchestrator_celery.store.transitions.outbox import FAILED
from tests.kit.waiting import wait_for

from .play import FIRST, Play, names
from .test_take import batched, given, take
from .trees import chain, leaf, swarm, unit

#: Longer than any test takes.
LONG = 3600.0


def postpone(
    play: Play, node: str = "0.0.0", attempt: int = 1, fence: Fence = FIRST, patience: float | None = LONG, back=()
) -> Effects:
    """A worker lacks the task of a node."""
    error = b'{"type": "NotRegistered"}'
    return play.store.outbox.postpone(play.leaf(node, attempt), fence, "proj.task", patience, error, back)


def sent_again(play: Play) -> list[str]:
    """What a sweep at this moment publishes."""
    [check] = play.store.due_index.check([play.run])
    return names(play.store.due_index.republish(play.run, list(check.overdue)))


def pause_is_over(play: Play, node: str = "0.0.0") -> None:
    """Wait until a sweep publishes the node's message again."""
    wait_for(lambda: node in sent_again(play), 20, f"{node} to be published again")


@pytest.fixture
def two(play: Play) -> Play:
    """A chain of two tasks, the first of which is in the outbox."""
    play.start(unit(chain(leaf(), leaf())))
    return play


def test_the_node_stays_in_the_outbox(two):
    """Given a queued node, when a worker lacks its task, then nothing is sent, and no attempt is spent."""
    answer = postpone(two)
    assert (answer.refused, answer.todo, answer.detail) == (None, (), 1000)
    live = two.live()["0.0.0"]
    assert (two.queued(), live.attempt, live.fence) == (["0.0.0"], 1, Fence())
    assert two.told("0.0.0") == ["NodeVetoed"]
    assert sent_again(two) == []


def test_it_is_sent_again_under_its_id_and_runs_once(two):
    """Given a postponed node, when its pause is over, then a sweep publishes it, and one copy is let through."""
    postpone(two)
    pause_is_over(two)
    assert two.claim("0.0.0").refused is None
    assert two.claim("0.0.0").refused is Refused.DUPLICATE
    assert postpone(two).refused is Refused.STALE, "another copy reached a worker that lacks the task"
    assert names(two.finish("0.0.0")) == ["0.0.1"]


def test_the_run_is_checked_when_the_pause_ends(two):
    """Given a run whose next check is far away, when a node of it is postponed, then the check is due in time."""
    two.redis.zadd(two.store.keys.due, {two.run: 10**15})
    postpone(two)
    assert two.redis.zscore(two.store.keys.due, two.run) < (two.store.now() + 2) * 1000


def test_pauses_grow(two):
    """Given a worker that gets every message, then each pause is twice as long as the one before, up to a limit."""
    pauses = []
    for _ in range(2):
        pauses.append(postpone(two).detail)
        pause_is_over(two)
    pauses.append(postpone(two).detail)
    assert pauses == [1000, 2000, 4000]
    for _ in range(2):
        live = two.redis.hget(two.store.keys.live(two.run), "0.0.0").split(b"|")
        live[6] = b"1"  # as if a sweep had published it
        two.redis.hset(two.store.keys.live(two.run), "0.0.0", b"|".join(live))
        pauses.append(postpone(two).detail)
    assert pauses[3:] == [8000, 8000]


def test_another_copy_changes_nothing(two):
    """Given a postponed node, when another copy of its message reaches such a worker, then the pause stays as it is."""
    postpone(two)
    before = two.snapshot()
    assert 0 < postpone(two).detail <= 1000
    assert two.snapshot(but=[two.store.keys.due]) == {k: v for k, v in before.items() if k != two.store.keys.due}


def test_it_fails_after_the_patience(two):
    """Given a patience, when it is over at a report, then the node fails with the error, and what it means is told."""
    assert postpone(two, patience=0.01).detail >= 0
    answer = wait_for(lambda: (found := postpone(two, patience=0.01)).detail == FAILED and found, 20, "the end")
    assert names(answer) == ["close"]
    assert (two.ended("0.0.0").state, two.ended("0.0.0").payload) == (NodeState.FAILED, b'{"type": "NotRegistered"}')
    assert two.status == "FAILED"
    assert b"0.0.0:later" not in two.redis.hkeys(two.store.keys.terminal(two.run))


def test_without_patience_it_fails_at_once(two):
    """Given no patience, then the first report fails the node."""
    assert postpone(two, patience=0).detail == FAILED


def test_the_last_pause_ends_with_the_patience(two):
    """Given a patience shorter than the pause, then the last try comes when the patience ends."""
    assert postpone(two, patience=0.3).detail == 300


def test_while_a_live_worker_has_the_task_it_never_fails(two):
    """Given a worker that has the task, then a node that has waited for longer than any patience waits on."""
    postpone(two, patience=0.01)
    pause_is_over(two)
    assert postpone(two, patience=None).detail == 2000


def test_a_new_stay_in_the_outbox_has_a_new_patience(two):
    """Given a node that was postponed and ran, when it retries itself, then its patience begins anew."""
    postpone(two, patience=0.01)
    assert two.claim("0.0.0").refused is None
    two.requeue("0.0.0", Fence(retries=1))
    assert postpone(two, patience=0.01, fence=Fence(retries=1)).detail >= 0


@pytest.mark.parametrize("verb", ["suspend", "interrupt"])
def test_a_run_that_is_held_does_not_lose_patience(two, verb):
    """Given a run that is held, then a report changes nothing, and after a resume the patience begins anew."""
    postpone(two, patience=0.01)
    getattr(two.store, verb)(two.run)
    before = two.snapshot()
    assert postpone(two, patience=0).refused is Refused.HELD
    assert two.snapshot() == before
    two.store.resume(two.run)
    assert postpone(two, patience=0.01).detail >= 0


def test_late_reports_change_nothing(two):
    """Given a node of another attempt, that runs, or has ended, or a run that is gone, then a report changes nothing."""
    assert postpone(two, attempt=2).refused is Refused.STALE
    assert postpone(two, fence=Fence(retries=1)).refused is Refused.STALE
    assert postpone(two, node="0.0.1").refused is Refused.STALE
    two.claim("0.0.0")
    assert postpone(two, patience=0).refused is Refused.STALE
    two.finish("0.0.0")
    assert postpone(two, patience=0).refused is Refused.STALE
    two.store.cancel(two.run, "{}")
    assert postpone(two, patience=0).refused is Refused.GONE


@pytest.fixture
def five(play: Play) -> Play:
    """A batched swarm of five, whose runner has taken two items."""
    play.start(batched(*[leaf()] * 5))
    play.claim("0.b0")
    assert given(take(play, 2)) == ["0.0", "0.1"]
    return play


def test_a_runner_goes_back_with_its_items(five):
    """Given a runner whose process lacks an item's task, then the runner waits, and its items have own messages."""
    answer = postpone(five, "0.b0", back=["0.0", "0.1"])
    assert names(answer) == ["0.0", "0.1"]
    assert five.queued() == ["0.0", "0.1", "0.b0"]
    assert all(live.attempt == 1 for live in five.live().values())
    assert take(five, 0).refused is Refused.STALE, "the runner is not this process's any more"
    assert five.finish("0.b0").refused is Refused.STALE


def test_another_process_goes_on_with_the_runner(five):
    """Given a runner that waits, when another process claims it, then it takes the items that nobody has."""
    postpone(five, "0.b0", back=["0.0", "0.1"])
    pause_is_over(five, "0.b0")
    assert five.claim("0.b0").refused is None
    assert given(take(five)) == ["0.2", "0.3", "0.4"]


def test_after_the_patience_a_runner_keeps_its_items(five):
    """Given a runner that was postponed, when the patience is over, then it has to fail the items by itself."""
    postpone(five, "0.b0", patience=0.01, back=["0.0"])
    pause_is_over(five, "0.b0")
    five.claim("0.b0")
    [node] = given(take(five, 1))
    before = five.live()
    assert postpone(five, "0.b0", patience=0.01, back=[node]).detail == FAILED
    assert five.live() == before


def test_later_nodes_with_the_task_do_not_wait_again(play):
    """Given a node that failed after its patience, then another one that needs the same task soon after fails at once,
    unless a worker has joined that has it."""
    play.start(swarm(leaf(), leaf(), leaf(), max_failures=3))
    postpone(play, "0.0", patience=0)
    assert postpone(play, "0.1", patience=None).detail == 1000
    assert postpone(play, "0.2", patience=LONG).detail == FAILED

"""How far a task says it is, on every pool: what it said last is always there, and it is not written at every step."""

from contextlib import ExitStack

import pytest
from celery import chain

from orchestrator_celery import InterruptOutcome, NodeProgressed, NodeState, OrchestratorError, RunStatus, current_node
from orchestrator_celery.model.events import NodeFailed, NodeStarted, NodeSucceeded
from tests.kit.waiting import wait_for
from tests.worker.support import error_of, events, frozen, wait_for_event

HASTY = {"orchestrator_heartbeat": 0.3, "orchestrator_lease": 2.0}


def said(run, *path):
    """The progress of a node of a run's tree."""
    view = run.tree()
    for index in (0, *path):
        view = view.children[index]
    return view.progress


def message(run):
    found = said(run)
    return found and found.message


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo", "gevent"])
def test_the_last_word_is_there_and_the_others_are_few(make_stand, pool):
    if pool == "gevent":
        pytest.importorskip("gevent")
    stand = make_stand()
    with stand.worker(pool=pool):
        run = stand.run(stand.tasks("chatty", 1))
        seen = [event for event in run.watch() if isinstance(event, NodeProgressed)]
        assert run.get(timeout=120) == 1
    last = said(run)
    assert (last.done, last.total, last.message, last.fraction) == (400, 400, "step 400", 1.0)
    [kept], [end] = events(run, NodeProgressed), events(run, NodeSucceeded)[:1]
    assert (kept.done, kept.node) == (400, "0.0")
    assert kept.id < end.id or kept.id.split("-")[0] == end.id.split("-")[0], "before the end is told"
    assert seen[-1] == kept
    spoken = (kept.time - events(run, NodeStarted)[0].time).total_seconds()
    assert 2 <= len(seen) <= spoken / 0.25 + 2


@pytest.mark.parametrize("batch", [None, 12])
def test_each_item_has_its_own(busy, batch):
    run = busy.swarm([busy.tasks("chatty", i, i + 1, 0.01) for i in range(12)], batch=batch).apply_async()
    assert run.get(timeout=120) == list(range(12))
    assert [item.progress.done for item in run.items()] == list(range(1, 13))
    assert [child.progress.done for child in run.tree().children] == list(range(1, 13))


def test_before_a_failure(busy):
    run = busy.run(busy.tasks("chatty_then_fails"))
    assert isinstance(error_of(run), ValueError)
    assert (said(run).done, said(run).total, said(run).fraction) == (20, None, None)
    [kept], [failed, *_] = events(run, NodeProgressed), events(run, NodeFailed)
    assert [event for event in events(run) if event in (kept, failed)] == [kept, failed]


def test_a_retry_begins_without(busy, ledger):
    run = busy.run(busy.tasks("chatty_then_retries"))
    wait_for(lambda: ledger.entries("waiting"), what="the retry")
    assert said(run) is None
    ledger.redis.set("go", 1)
    assert run.get(timeout=120) == "done"
    assert said(run).done == 1


def test_it_stays_while_a_task_is_held_and_a_new_attempt_begins_without(make_stand, ledger):
    stand = make_stand(**HASTY)
    with stand.worker(concurrency=1):
        run = stand.run(stand.tasks("chatty_until_told", 1))
        wait_for(lambda: said(run), what="a word")
        assert run.interrupt().tasks[0].outcome is InterruptOutcome.TERMINATED
        assert run.tree().children[0].state is NodeState.INTERRUPTED
        assert message(run) == "attempt 1"
        run.resume()
        wait_for(lambda: message(run) == "attempt 2", what="the second attempt")
        ledger.redis.set("go", 1)
        assert run.get(timeout=120) == 1


def test_a_zombie_is_not_heard(make_stand, ledger):
    """Given a worker that was taken for dead, when it wakes up and its body speaks, then the new attempt's words stay."""
    stand = make_stand(**HASTY)
    with ExitStack() as later, stand.worker(concurrency=1) as first:
        run = stand.run(stand.tasks("chatty_until_told", 1))
        wait_for(lambda: said(run), what="a word")
        with frozen(first):
            assert run.interrupt(grace=0.5).tasks[0].outcome is InterruptOutcome.UNREACHABLE
            later.enter_context(stand.worker(concurrency=1))
            run.resume()
            wait_for_event(run, NodeStarted, 2)
            wait_for(lambda: message(run) == "attempt 2", what="the second attempt")
        mark = said(run).done
        heard = set()
        wait_for(lambda: heard.add(message(run)) or said(run).done > mark + 20, what="a second of it")
        assert heard == {"attempt 2"}
        ledger.redis.set("go", 1)
        assert run.get(timeout=120) == 1
    assert message(run) == "attempt 2"


def test_nothing_is_left_of_a_cancelled_run(busy, ledger):
    run = busy.run(chain(busy.tasks("chatty_until_told", 1), busy.tasks("identity")))
    wait_for(lambda: said(run, 0), what="a word")
    run.cancel(confirm=True)
    wait_for(lambda: not [key for key in busy.keys() if run.id in key], what="no key of it")
    ledger.redis.set("go", 1)


def test_outside_a_run_it_does_nothing(busy):
    assert busy.tasks("chatty", 1, 3, 0).apply_async().get(timeout=120) == 1
    assert current_node().progress(1, total=2, message="here") is None


@pytest.mark.parametrize("given", [(-1, None), (1, 0), ("half", 1)])
def test_nonsense_fails_the_task_with_a_clear_error(busy, given):
    run = busy.run(busy.tasks("says_nonsense", *given))
    with pytest.raises(OrchestratorError, match=r"progress\((done|total)=.*is not allowed: give a number"):
        raise error_of(run)
    assert run.status is RunStatus.FAILED
    assert said(run) is None

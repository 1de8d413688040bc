"""Interrupting real bodies on every pool: what becomes of each is told, nothing fails by it, everything goes on."""

import os
import signal
import time
from contextlib import contextmanager, suppress

import pytest
from celery import chain

from orchestrator_celery import InterruptOutcome, InvalidTransition, NodeState, OrchestratorError, RunStatus
from orchestrator_celery.model.events import NodeFailed, NodeInterrupted, NodeLost, NodeResumed, NodeStarted
from tests.kit.waiting import wait_for
from tests.worker.support import events, wait_for_event, wait_until_running

HASTY = {"orchestrator_heartbeat": 0.3, "orchestrator_lease": 2.0}


@pytest.fixture
def pool(make_stand):
    """A stand whose worker sends signs of life often."""
    return make_stand(**HASTY)


def outcomes(report):
    return {task.node: task.outcome.value for task in report.tasks}


def started(ledger, value):
    return wait_for(lambda: ledger.entries("start", value), what=f"the body of {value}")


def waken(processes):
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)


@contextmanager
def sleeping(processes):
    """Stopped, as on a machine that swaps."""
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        waken(processes)


def test_a_process_is_terminated_and_goes_on_from_its_checkpoint(pool, ledger):
    t = pool.tasks
    with pool.worker(concurrency=2):
        run = pool.run(chain(t("watchful", 1), t("identity")).on_error(t("on_handler")))
        started(ledger, 1)
        wait_for(lambda: pool.orchestrator.container.reader.has_checkpoint(run.id, "0.0.0"), what="a checkpoint")
        begun = time.monotonic()
        report = run.interrupt(grace=60)
        assert time.monotonic() - begun < 45, "nobody waits for a grace that is not needed"
        assert run.status is RunStatus.INTERRUPTED
        [task] = report.tasks
        assert task.outcome in (InterruptOutcome.TERMINATED, InterruptOutcome.STOPPED_ITSELF)
        assert (task.node, task.task, task.attempt, task.checkpoint) == (
            "0.0.0",
            "tests.worker.tasks.watchful",
            1,
            True,
        )
        assert "1 " in str(report)
        assert run.tree().children[0].children[0].state is NodeState.INTERRUPTED
        assert "run.resume()" in run.status_message
        assert len(events(run, NodeInterrupted)) == 1
        ledger.redis.set("go", 1)
        run.resume()
        assert run.get(timeout=120) == 1
    [_, (_, _, attempt, first)] = ledger.entries("start", 1)
    assert attempt == 2
    assert first > 0
    assert [event.checkpoint for event in events(run, NodeResumed)] == [True]
    assert events(run, NodeFailed, NodeLost) == []
    assert ledger.entries("handler") == []


def test_each_item_is_told_and_the_rest_waits(pool, ledger):
    t = pool.tasks
    items = [t("nap", i, seconds=60) for i in range(2)] + [t("nap", i) for i in range(2, 6)]
    with pool.worker(concurrency=2):
        run = pool.swarm(items, on_task_error=t("on_handler"), on_task_cleanup=t("on_handler")).apply_async()
        for i in range(2):
            started(ledger, i)
        report = run.interrupt()
        assert outcomes(report) == {"0.0": "terminated", "0.1": "terminated"}
        assert ledger.entries("handler") == []
        assert len(ledger.entries("start")) == 2
        with pytest.raises(InvalidTransition, match="INTERRUPTED and cannot be interrupted"):
            run.interrupt()
        verbs = [(entry.verb, entry.refused) for entry in pool.orchestrator.audit(run=run.id)]
        assert verbs == [("interrupt", True), ("interrupt", False)]


def test_sigkill_comes_after_the_grace(pool, ledger):
    with pool.worker(concurrency=1):
        run = pool.run(pool.tasks("stubborn", 1))
        started(ledger, 1)
        begun = time.monotonic()
        report = run.interrupt(grace=1)
        assert outcomes(report) == {"0.0": "terminated"}
        assert time.monotonic() - begun >= 1
        ledger.redis.set("go", 1)
        run.resume()
        assert run.get(timeout=120) == 1
        assert len(ledger.entries("start")) == 2


def test_an_end_that_comes_first_counts(pool, ledger):
    t = pool.tasks
    with pool.worker(concurrency=1):
        run = pool.run(chain(t("polite", "a"), t("identity")))
        started(ledger, "a")
        assert outcomes(run.interrupt()) == {"0.0.0": "finished_first"}
        run.resume()
        assert run.get(timeout=120) == "a, cut short"
        assert len(ledger.entries("start")) == 1


def test_a_task_may_have_a_signal_of_its_own(pool, ledger):
    with pool.worker(concurrency=1):
        run = pool.run(pool.tasks("signalled", 1))
        started(ledger, 1)
        assert outcomes(run.interrupt()) == {"0.0": "terminated"}
        assert len(ledger.entries("signal", 1)) == 1
        run.resume()
        assert run.get(timeout=120) == 1


def test_acknowledged_late_and_rejected_when_lost(pool, ledger):
    """The broker delivers again what was stopped; it is vetoed."""
    settings = {"task_acks_late": True, "task_reject_on_worker_lost": True}
    with pool.worker(concurrency=1, **settings):
        run = pool.run(pool.tasks("nap", 1, seconds=60))
        started(ledger, 1)
        assert outcomes(run.interrupt()) == {"0.0": "terminated"}
        assert run.status is RunStatus.INTERRUPTED
        assert len(ledger.entries("start")) == 1


@pytest.mark.parametrize("kind", ["threads", "solo"])
def test_a_pool_that_cannot_kill_heeds_the_flag(pool, ledger, kind):
    with pool.worker(pool=kind, concurrency=1 if kind == "solo" else 2):
        run = pool.run(pool.tasks("watchful", 1))
        started(ledger, 1)
        report = run.interrupt(grace=10)
        assert outcomes(report) == {"0.0": "stopped_itself"}
        assert run.status is RunStatus.INTERRUPTED
        ledger.redis.set("go", 1)
        run.resume()
        assert run.get(timeout=120) == 1
        assert [event.attempt for event in events(run, NodeStarted) if event.node == "0.0"] == [1, 2]


def test_what_does_not_look_runs_on_and_is_told(pool, ledger):
    with pool.worker(pool="threads", concurrency=2):
        run = pool.run(pool.tasks("nap", 1, seconds=6))
        started(ledger, 1)
        assert outcomes(run.interrupt(grace=0.5)) == {"0.0": "unsupported"}
        run.resume()
        assert run.get(timeout=120) == 1
        assert len(ledger.entries("start")) == 1, "it was running all the time"


def test_a_greenlet_is_killed(pool, ledger):
    pytest.importorskip("gevent")
    with pool.worker(pool="gevent", concurrency=4):
        run = pool.run(pool.tasks("nap", 1, seconds=60))
        other = pool.run(pool.tasks("nap", 2, seconds=3))
        started(ledger, 1)
        started(ledger, 2)
        assert outcomes(run.interrupt()) == {"0.0": "terminated"}
        assert other.get(timeout=120) == 2
        assert run.status is RunStatus.INTERRUPTED


def test_a_worker_that_does_not_answer_is_fenced_off(pool, ledger):
    """Stopped, as a machine that swaps, it comes back later and finds that nobody waits for what it ran."""
    with pool.worker(concurrency=1) as worker:
        run = pool.run(pool.tasks("nap", 1, seconds=3))
        pid = wait_until_running(run)
        both = (worker.process.pid, pid)
        with sleeping(both):
            assert outcomes(run.interrupt(grace=0.5)) == {"0.0": "unreachable"}
            with pool.worker(concurrency=1):
                run.resume()
                wait_for_event(run, NodeStarted, 2)
                waken(both)
                assert run.get(timeout=120) == 1
    assert [event.attempt for event in events(run, NodeStarted) if event.node == "0.0"] == [1, 2]


def test_with_no_worker_up(pool):
    run = pool.run(pool.tasks("nap", 1))
    assert run.interrupt().tasks == ()
    assert run.status is RunStatus.INTERRUPTED
    with pool.worker():
        wait_for(lambda: pool.queued() == 0, what="the delivery")
        run.resume()
        assert run.get(timeout=120) == 1


def test_a_run_inside_is_interrupted_too(pool, ledger):
    t = pool.tasks
    with pool.worker(concurrency=1):
        run = pool.run(chain(t("replaced_by_canvas", chain(t("watchful", 1), t("identity"))), t("identity")))
        started(ledger, 1)
        report = run.interrupt()
        assert [task.run for task in report.tasks] == [f"{run.id}:0.0.0:1"]
        assert report.tasks[0].outcome in (InterruptOutcome.TERMINATED, InterruptOutcome.STOPPED_ITSELF)
        ledger.redis.set("go", 1)
        run.resume()
        assert run.get(timeout=120) == 1


def test_a_canvas_that_comes_while_the_run_is_held_waits(pool, ledger):
    """A body that runs on replaces itself by a chain: that is suspended with the run."""
    with pool.worker(pool="threads", concurrency=2):
        run = pool.run(pool.tasks("replaced_when_told"))
        started(ledger, "replaced")
        run.suspend()
        ledger.redis.set("go", 1)
        inner = pool.orchestrator.result(f"{run.id}:0.0:1")
        wait_for(lambda: inner.status is RunStatus.SUSPENDED, what="the suspension")
        run.resume()
        assert run.get(timeout=120) == "inner"


def test_a_process_that_runs_something_else_by_now(pool, ledger):
    """Given a signal that hits a process which has taken another task, then that is run again, and counts as no loss."""
    t = pool.tasks
    with pool.worker(concurrency=1, orchestrator_max_resumes=0) as worker:
        first = pool.run(t("polite", "a"))
        started(ledger, "a")
        assert outcomes(first.interrupt()) == {"0.0": "finished_first"}
        other = pool.run(t("nap", 2, seconds=1))
        started(ledger, 2)
        [pid] = worker.children()
        os.kill(pid, signal.SIGKILL)  # what the late signal does
        assert other.get(timeout=120) == 2
        assert len(ledger.entries("start", 2)) == 2


@pytest.mark.parametrize(("given", "words"), [({"signal": "SIGNAL"}, "not a signal"), ({"grace": -1}, "grace")])
def test_nonsense_is_refused_and_changes_nothing(pool, given, words):
    run = pool.run(pool.tasks("nap", 1))
    with pytest.raises(OrchestratorError, match=words):
        run.interrupt(**given)
    assert run.status is RunStatus.PENDING


def test_the_cost_of_each_task_does_not_grow_with_the_events(pool, ledger):
    """Given many tasks and many earlier events, then an interruption reads little for each task."""
    pytest.importorskip("gevent")
    tasks, store = 60, pool.orchestrator.container.store
    with pool.worker(pool="gevent", concurrency=tasks):
        items = [pool.tasks("nap", i, seconds=600) for i in range(tasks)]
        run = pool.swarm(items, max_concurrency=tasks).apply_async()
        wait_for(lambda: len(ledger.entries("start")) == tasks, what="all bodies")
        lengthen(store, run.id, 5000)
        before = store.client.info("commandstats")
        report = run.interrupt()
        after = store.client.info("commandstats")
    assert outcomes(report) == {f"0.{i}": "terminated" for i in range(tasks)}
    # A look that finds a stopped task reads the events since the last look, and then finds that there are no more.
    assert reads(after) - reads(before) <= 2 * tasks


def lengthen(store, run, count):
    """Add events that a long history of progress leaves behind."""
    with store.client.pipeline(transaction=False) as pipe:
        for number in range(count):
            fields = {"t": "progress", "n": "0.0", "a": 1, "d": number, "o": count}
            pipe.xadd(store.keys.events(run), fields)
        pipe.execute()


def reads(stats):
    return stats.get("cmdstat_xread", {}).get("calls", 0)

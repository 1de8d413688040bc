"""`orchestrator.watch()`: what happens to any run is told to any process, soon, and a gap is told too."""

import asyncio
import threading
from itertools import islice

import pytest

from orchestrator_celery import (
    END,
    START,
    Approval,
    ApprovalRequested,
    ChangesMissed,
    ConditionalGraph,
    NodeChanged,
    NodeFailed,
    NodeStarted,
    NodeSucceeded,
    OrchestratorError,
    ResumeAction,
    ResumeReported,
    RunChanged,
    RunFilter,
    RunStatus,
)
from orchestrator_celery.views.events.changes import ChangeReader
from tests.kit.waiting import PATIENCE, wait_for
from tests.worker.support import wait_until_running

HASTY = {"orchestrator_heartbeat": 0.3, "orchestrator_lease": 2, "orchestrator_max_feed": 100}
FAILED = (RunStatus.PENDING, RunStatus.RUNNING, RunStatus.FAILED)


class Watcher:
    """Collects changes in a thread, so that a test that waits in vain ends.

    Args:
        changes: the iterator.
    """

    def __init__(self, changes):
        self._changes = changes
        self.seen = []
        self._error = None
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self):
        try:
            for change in self._changes:
                self.seen.append(change)
        except Exception as exc:  # at the end of a test its connections are closed
            self._error = exc

    def wait(self, condition, what="the change"):
        """Wait for a change that meets a condition."""

        def found():
            assert self._error is None
            return next((change for change in list(self.seen) if condition(change)), None)

        return wait_for(found, 30, what)

    def statuses(self, run):
        """The statuses that a run has had, in no order: two processes may tell in another order."""
        return sorted(change.status for change in self.seen if isinstance(change, RunChanged) and change.run == run.id)

    def has(self, run, *statuses):
        """Wait until exactly these changes of a run are told."""
        wait_for(lambda: self.statuses(run) == sorted(statuses), 30, f"{statuses}")


def ended(run):
    return lambda change: isinstance(change, RunChanged) and change.run == run.id and change.status.ended


def test_statuses_of_the_runs_that_match(busy):
    """Given two watchers, when runs start and end, then each is told of its runs, with views, from the call on."""
    everything, mine = (Watcher(busy.orchestrator.watch(**words)) for words in ({}, {"tag": "mine"}))
    failures = Watcher(busy.orchestrator.watch("status:FAILED tag:mine"))
    other = busy.run(busy.tasks("add", 1, 1))
    run = busy.complex(busy.tasks("fail"), name="sum", tags=["mine"]).apply_async()
    everything.has(run, *FAILED)
    mine.has(run, *FAILED)
    failures.has(run, RunStatus.FAILED)
    everything.has(other, RunStatus.PENDING, RunStatus.RUNNING, RunStatus.SUCCEEDED)
    assert mine.statuses(other) == failures.statuses(other) == []
    last = failures.seen[-1]
    assert (last.view.name, last.view.tags, last.view.status, last.view.failed) == ("sum", ("mine",), "FAILED", 1)
    assert abs((last.time - run.view.finished).total_seconds()) < 0.01
    assert not any(isinstance(change, ChangesMissed) for change in everything.seen)


def test_verbs_approvals_and_cancellations_are_told(busy):
    graph = ConditionalGraph("asks", app=busy.app).add_node("ok", Approval()).add_edge(START, "ok").add_edge("ok", END)
    watcher = Watcher(busy.orchestrator.watch(name="asks"))
    run = graph.apply_async()
    asked = watcher.wait(lambda change: isinstance(change, ApprovalRequested))
    assert (asked.run, asked.node, asked.view.name) == (run.id, run.approvals()[0].node, "asks")
    run.suspend()
    run.resume()
    run.cancel(confirm=True)
    gone = watcher.wait(ended(run))
    assert gone.view.name == "asks", "the view is there although the record is gone"
    watcher.has(run, *map(RunStatus, ("PENDING", "RUNNING", "SUSPENDED", "RUNNING", "CANCELLED")))


def test_changes_of_a_run_that_is_gone_are_told(busy):
    """Given a reader that knows a run, when the run is gone before a change of it is read, then the change is told."""
    container = busy.orchestrator.container
    mine, witness = (ChangeReader(container, RunFilter.parse("name:goes"), False, None) for _ in range(2))
    run = busy.complex(busy.tasks("add", 1, 1), name="goes").apply_async(countdown=3600)
    for reader in (mine, witness):
        [pending] = wait_for(lambda r=reader: r.read(50), what="the start")
        assert pending.status is RunStatus.PENDING
    run.suspend()
    wait_for(lambda: witness.read(50), what="the suspension in the feed")
    root = container.store.keys.root(run.id)
    container.store.client.rename(root, f"{root}:aside")
    [suspended] = mine.read(50)
    assert (suspended.status, suspended.view.name) == (RunStatus.SUSPENDED, "goes")
    container.store.client.rename(f"{root}:aside", root)
    run.cancel(confirm=True)


def test_events_of_nodes_on_request(busy, ledger):
    """Given a run that goes on and one that starts, when nodes are asked for, then the events of both are told."""
    running = busy.complex(busy.tasks("gated", 1, "door"), tags=["nodes"]).apply_async()
    wait_until_running(running)
    watcher = Watcher(busy.orchestrator.watch(tag="nodes", nodes=True))
    failing = busy.complex(busy.tasks("fail"), tags=["nodes"]).apply_async()
    unwatched = busy.run(busy.tasks("add", 1, 1))
    assert unwatched.get(timeout=60) == 2
    ledger.redis.rpush("door", 1)
    for run, kind in ((running, NodeSucceeded), (failing, NodeStarted), (failing, NodeFailed)):
        told = watcher.wait(
            lambda c, r=run, k=kind: isinstance(c, NodeChanged) and (type(c.event), c.event.run) == (k, r.id)
        )
        assert told.event.node.startswith("0")
    assert not any(isinstance(c, NodeChanged) and c.event.run == unwatched.id for c in watcher.seen)
    seen = [c.event for c in watcher.seen if isinstance(c, NodeChanged) and c.event.run == running.id]
    assert not any(isinstance(event, NodeStarted) and event.node == "0.0" for event in seen), "before the call"


def test_a_watcher_goes_on_after_a_change(busy):
    """Given the id of a change, then the changes after it come again; given one that is gone, that is told."""
    watcher = Watcher(busy.orchestrator.watch())
    run = busy.run(busy.tasks("add", 1, 1))
    watcher.has(run, RunStatus.PENDING, RunStatus.RUNNING, RunStatus.SUCCEEDED)
    first, *later = watcher.seen
    again = islice(busy.orchestrator.watch(after=first.id), len(later))
    assert [change.id for change in again] == [change.id for change in later]
    assert isinstance(next(busy.orchestrator.watch(after="1-1")), ChangesMissed)


@pytest.mark.parametrize("words", [{"after": "soon"}, {"after": 3}, {"where": "stats:FAILED"}, {"status": "BAD"}])
def test_bad_input_is_refused_at_the_call(busy, words):
    with pytest.raises(OrchestratorError):
        busy.orchestrator.watch(**words)


def test_a_slow_watcher_is_told_of_the_gap(make_stand):
    """Given more changes than the feed keeps, then a watcher that reads late is told that some are missing."""
    stand = make_stand(**HASTY)
    changes = stand.orchestrator.watch()
    for _ in range(200):
        run = stand.run(stand.tasks("add", 1, 1))
        run.suspend()
        stand.orchestrator.container.feed.flush()
    assert isinstance(next(changes), ChangesMissed)
    assert isinstance(next(changes), RunChanged)


def test_lost_workers_and_a_restarted_store_are_told(new_redis, make_stand, ledger):
    """Given a worker that dies, then a gap and the report are told; given a store that restarts, then watching goes on."""
    server = new_redis(aof="always")
    stand = make_stand(server.url(0), server.url(1), **HASTY)
    watcher = Watcher(stand.orchestrator.watch())
    with stand.worker() as worker:
        run = stand.run(stand.tasks("gated", 1, "door"))
        wait_until_running(run)
        worker.kill()
    with stand.worker():
        watcher.wait(lambda change: isinstance(change, ChangesMissed) and "gone" in change.reason)
        told = watcher.wait(lambda change: isinstance(change, ResumeReported))
        assert told.report.of(ResumeAction.RESUMED)[0].run == run.id
        server.kill()
        server.restart()
        ledger.redis.rpush("door", 1, 1)
        assert run.get(timeout=120) == 1
        watcher.wait(ended(run))
    server.client(1).delete(stand.orchestrator.container.store.keys.feed)
    before = len(watcher.seen)
    stand.run(stand.tasks("add", 1, 1))
    wait_for(lambda: any(isinstance(change, ChangesMissed) for change in watcher.seen[before:]), what="the gap")


def test_the_async_twin(busy):
    async def main():
        changes = busy.orchestrator.aio.watch(name="awaited")
        task = asyncio.create_task(anext(changes))
        run = None
        while not task.done():  # it begins at the first item that is awaited
            run = busy.complex(busy.tasks("add", 1, 1), name="awaited").apply_async()
            await asyncio.wait([task], timeout=1)
        seen = [task.result()]
        while not ended(run)(seen[-1]):
            seen.append(await asyncio.wait_for(anext(changes), 30 * PATIENCE))
        assert {change.view.name for change in seen} == {"awaited"}

    asyncio.run(main())

"""Approvals wait through everything, and are answered once."""

import threading
import time

import pytest

from orchestrator_celery import (
    END,
    START,
    Approval,
    ConditionalGraph,
    InvalidTransition,
    NodeState,
    RunStatus,
)
from tests.kit import project as p
from tests.kit.waiting import wait_for, wait_for_beats

HASTY = {"orchestrator_heartbeat": 0.5, "orchestrator_lease": 2, "orchestrator_republish_after": 1}


def asking(**options):
    """Waits for a person behind one task, and before another."""
    return (
        ConditionalGraph("asking", app=p.app)
        .add_node("before", p.add.s(1))
        .add_node("review", Approval(**options))
        .add_node("after", p.identity.s())
        .add_edge(START, "before")
        .add_edge("before", "review")
        .add_conditional_edges("review", {"approved": "after", "rejected": END})
        .add_edge("after", END)
    )


def waiting(run):
    return wait_for(run.approvals, what="the question")


def test_it_waits_through_restarts_of_everything(durable_site):
    """Given a question, when workers and Redis are killed, then it is still asked, answered without a worker, and the
    answer is acted on by the next worker."""
    site = durable_site
    worker = site.worker(**HASTY)
    run = asking(message="Go on?").apply_async((1,))
    [asked] = waiting(run)
    time.sleep(1.5)  # longer than what everysec may lose
    worker.kill()
    site.server.kill()
    site.server.restart()
    assert p.orchestrator.approvals() == [asked]
    worker = site.worker(**HASTY)
    wait_for_beats(p.orchestrator, 3)
    assert [view.state for view in run.tree().children][1:] == [NodeState.AWAITING, NodeState.WAITING]
    worker.kill()
    run.approve("review", by="ada")
    assert p.orchestrator.approvals() == []
    time.sleep(1.5)  # longer than what everysec may lose
    site.server.kill()
    site.server.restart()
    site.worker(**HASTY)
    assert run.get(timeout=240) == {"decision": "approved", "by": "ada", "note": "", "timed_out": False}
    assert run.status is RunStatus.SUCCEEDED


def test_many_answer_at_once(default_site):
    """Given sixteen who answer at the same moment, then one answer counts, and all others are refused."""
    default_site.worker()
    for _ in range(5):
        run = asking().apply_async((1,))
        waiting(run)
        took, refused = [], []
        start = threading.Barrier(16)

        def answer(number, run=run, took=took, refused=refused, start=start):
            start.wait()
            try:
                (run.approve if number % 2 else run.reject)("review", by=str(number))
                took.append(number)
            except InvalidTransition:
                refused.append(number)

        threads = [threading.Thread(target=answer, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        [first] = took
        assert len(refused) == 15
        decision = "approved" if first % 2 else "rejected"
        assert run.get(timeout=120) == {"decision": decision, "by": str(first), "note": "", "timed_out": False}


@pytest.mark.parametrize(("on_timeout", "decision"), [("reject", "rejected"), ("approve", "approved")])
def test_a_time_that_is_over_while_no_worker_is_up(default_site, on_timeout, decision):
    """Given a question whose time ends with no worker up, when one comes, then the default is taken, once."""
    worker = default_site.worker(**HASTY)
    run = asking(timeout=1, on_timeout=on_timeout).apply_async((1,))
    waiting(run)
    worker.kill()
    over = p.orchestrator.container.store.now() + 1.2
    wait_for(lambda: p.orchestrator.container.store.now() > over, what="the end of the time")
    assert run.status is RunStatus.RUNNING
    default_site.worker(**HASTY)
    default_site.worker(**HASTY)
    assert run.get(timeout=240) == {"decision": decision, "by": "", "note": "", "timed_out": True}
    with pytest.raises(InvalidTransition):
        run.approve("review")


def test_a_cancelled_run_asks_no_more(default_site):
    """Given a question, when the run is cancelled or out of time, then nobody is asked, and an answer is refused."""
    default_site.worker(**HASTY)
    run = asking().apply_async((1,))
    waiting(run)
    run.cancel(confirm=True)
    late = asking().apply_async((1,), deadline=0.5)
    wait_for(lambda: late.status is RunStatus.FAILED, what="the deadline")
    assert p.orchestrator.approvals() == []
    with pytest.raises(InvalidTransition):
        late.approve("review")

"""`deadline=`: a run that takes longer fails, on a real worker."""

from datetime import timedelta

import pytest
from celery import chain, group

from orchestrator_celery import DeadlineExceeded, NodeState, ResumeAction, RunStatus
from orchestrator_celery.model.events import NodeFailed
from tests.kit.waiting import wait_for
from tests.worker.support import error_of, events, wait_until_running


@pytest.fixture
def quick(make_stand):
    """A worker that looks at due runs often."""
    stand = make_stand(orchestrator_heartbeat=0.2)
    with stand.worker():
        yield stand


def test_a_run_over_its_deadline_fails(quick, ledger):
    """Given a chain that takes longer, then `get` raises, the running step has failed, the next is skipped, the error
    callback fires once, and what the body returns at last does not count."""
    t = quick.tasks
    workflow = chain(t("nap", 1, seconds=6), t("identity"))
    run = quick.complex(workflow, on_error=t("on_handler")).apply_async(deadline=3)
    wait_until_running(run, "0.0.0")
    with pytest.raises(DeadlineExceeded, match=r"deadline of 3 s"):
        run.get(timeout=120)
    assert run.status is RunStatus.FAILED
    wait_for(lambda: ledger.entries("handler"), what="the error callback")
    wait_for(lambda: ledger.entries("end", 1), what="the body's end")
    [step] = run.tree().children
    assert [child.state for child in step.children] == [NodeState.FAILED, NodeState.SKIPPED]
    assert {event.node for event in events(run, NodeFailed)} == {"0", "0.0", "0.0.0"}
    assert ledger.entries("handler")[0][1] == "DeadlineExceeded"
    assert len(ledger.entries("handler")) == 1
    assert run.progress().done == 0
    assert isinstance(error_of(run), DeadlineExceeded)
    reported = [node for report in quick.orchestrator.resume_reports() for node in report.of(ResumeAction.FAILED)]
    assert [node.run for node in reported] == [run.id]


def test_a_run_that_is_in_time_is_not_touched(quick):
    run = quick.complex(quick.tasks("identity", 5), deadline=timedelta(seconds=2)).apply_async()
    assert run.get(timeout=120) == 5
    other = quick.run(quick.tasks("nap", 1, seconds=3))
    assert other.get(timeout=120) == 1
    assert run.status is RunStatus.SUCCEEDED
    assert run.get() == 5


@pytest.mark.parametrize("kind", ["idle", "suspended", "countdown"])
def test_what_does_nothing_has_a_deadline_too(quick, kind):
    """Given a run that only waits, then its deadline ends it."""
    if kind == "idle":
        run = quick.swarm([], open=True, deadline=0.5).apply_async()
    elif kind == "suspended":
        run = quick.complex(quick.tasks("nap", 1).set(queue="nobody"), deadline=1.5).apply_async()
        run.suspend()
    else:
        run = quick.complex(quick.tasks("identity", 1).set(countdown=60), deadline=0.5).apply_async()
    assert isinstance(error_of(run, timeout=120), DeadlineExceeded)
    assert run.status is RunStatus.FAILED


def test_a_delayed_start_counts_from_the_start(quick):
    """Given `countdown` and a shorter deadline, then the run is in time: its deadline counts from its start."""
    run = quick.complex(quick.tasks("identity", 7)).apply_async(countdown=2, deadline=1)
    assert run.get(timeout=120) == 7


def test_a_canvas_that_replaced_a_task_ends_with_the_run(quick, ledger):
    """Given a task replaced by a slow chain, when the run is over its deadline, then the chain stops as well."""
    t = quick.tasks
    slow = chain(t("nap", 1, seconds=6), t("nap", seconds=0.01))
    run = quick.complex(t("replaced_by_canvas", slow), deadline=3).apply_async()
    inner = quick.orchestrator.result(f"{run.id}:0.0:1")
    wait_until_running(inner, "0.0.0")
    assert isinstance(error_of(run, timeout=120), DeadlineExceeded)
    wait_for(lambda: inner.status is RunStatus.FAILED, what="the inner run to fail")
    with pytest.raises(DeadlineExceeded):
        inner.outcome()
    wait_for(lambda: ledger.entries("end", 1), what="the body's end")
    assert ledger.entries("start") == [["start", 1]]


def test_in_a_native_chain(quick):
    """Given a primitive with a deadline as a step of a native chain, then the chain fails with it."""
    t = quick.tasks
    step = quick.swarm([t("nap", i, seconds=3).set(immutable=True) for i in range(2)], deadline=1)
    result = chain(t("identity", 1), step, t("collect")).apply_async()
    with pytest.raises(DeadlineExceeded):
        result.parent.get(timeout=120)
    with pytest.raises(DeadlineExceeded):
        result.get(timeout=120)


def test_in_a_group_of_runs_each_has_its_own(quick):
    """Given several runs, then only the late one fails."""
    t = quick.tasks
    late = quick.complex(group(t("nap", 1, seconds=3), t("identity", 2)), deadline=1).apply_async()
    fine = quick.complex(group(t("identity", 1), t("identity", 2)), deadline=60).apply_async()
    assert fine.get(timeout=120) == [1, 2]
    assert isinstance(error_of(late, timeout=120), DeadlineExceeded)

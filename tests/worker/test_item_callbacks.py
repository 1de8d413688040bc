"""`on_task_success`, `on_task_error`, `on_task_cleanup`, on real workers: tracked, once, told what they should be."""

import pytest
from celery import chain, group

from orchestrator_celery import DeadlineExceeded, InvalidWorkflow, NodeState, RunStatus, SwarmFailed
from tests.kit.waiting import wait_for
from tests.worker.support import error_of


def watched(stand, items, **bounds):
    """A swarm that notes what is called after its items."""
    t = stand.tasks
    return stand.swarm(
        items,
        on_task_success=t("after_success"),
        on_task_error=t("after_error"),
        on_task_cleanup=t("after_any"),
        **bounds,
    )


def noted(ledger, kind, count):
    """What callbacks of a kind were told, by index, once there are so many; and a moment later no more."""
    wait_for(lambda: len(ledger.entries(kind)) >= count, 30, f"{count} {kind}")
    ledger.redis.blpop("nothing", timeout=0.3)
    found = ledger.entries(kind)
    assert len(found) == count, found
    return {entry[1]: entry[2:] for entry in found}


def test_each_is_called_with_its_item(busy, ledger):
    t = busy.tasks
    run = watched(busy, [t("add", 1, y=2), t("fail"), t("identity", 5)], max_failures=1, name="told").apply_async()
    assert run.get(timeout=120) == [3, None, 5]
    successes, errors = noted(ledger, "success", 2), noted(ledger, "error", 1)
    cleanups = noted(ledger, "cleanup", 3)
    result, item = successes[0]
    assert result == 3
    assert (item["run"], item["node"], item["index"]) == (run.id, "0.0", 0)
    assert (item["task"], item["args"], item["kwargs"]) == ("tests.kit.project.add", [1], {"y": 2})
    assert (item["attempt"], item["state"]) == (1, "SUCCEEDED")
    assert item["started"] <= item["finished"]
    assert successes[2][0] == 5
    assert errors[1][0] == "ValueError"
    assert errors[1][1]["state"] == "FAILED"
    assert {index: entry[0] for index, entry in cleanups.items()} == {0: "SUCCEEDED", 1: "FAILED", 2: "SUCCEEDED"}


def test_they_are_shown_with_their_item(busy, ledger):
    """Given callbacks, one of which fails, then each item shows those that were called, with state, attempts and times;
    the outcome is as it was."""
    t = busy.tasks
    run = busy.swarm([t("identity", 1), t("fail")], max_failures=1, on_task_success=[t("after_and_fail"), t("after_success")],
                     on_task_cleanup=t("after_any")).apply_async()  # fmt: skip
    assert run.get(timeout=120) == [1, None]
    noted(ledger, "cleanup", 2)
    noted(ledger, "success", 1)
    wait_for(
        lambda: all(c.state.value in ("SUCCEEDED", "FAILED") for i in run.items() for c in i.callbacks), what="all"
    )
    good, bad = run.items()
    assert [callback.id for callback in good.callbacks] == ["0.0.s0", "0.0.s1", "0.0.c0"]
    assert [callback.state for callback in good.callbacks] == [
        NodeState.FAILED,
        NodeState.SUCCEEDED,
        NodeState.SUCCEEDED,
    ]
    assert good.callbacks[0].error.message == "the callback is no good"
    assert all(callback.attempts == 1 and callback.started <= callback.finished for callback in good.callbacks)
    assert [callback.id for callback in bad.callbacks] == ["0.1.c0"]
    assert run.status is RunStatus.SUCCEEDED
    assert "after_any [task] SUCCEEDED" in str(run.tree())
    assert run.progress().done + run.progress().failed == 2


def test_an_item_s_own_take_their_place(busy, ledger):
    t = busy.tasks
    swarm = watched(busy, [t("identity", 0)], open=True)
    assert swarm.add_task(t("identity", 1), on_success=t("after_success", mark="own")) == 1
    assert swarm.add_task(t("identity", 2), on_success=[], on_cleanup=[]) == 2
    run = swarm.apply_async()
    assert swarm.add_task(t("identity", 3), on_success=t("after_success", mark="own"), on_cleanup=[]) == 3
    assert run.swarm.add_task_and_run(t("fail"), on_error=t("after_error", mark="own error")) == 4
    swarm.add_tasks_bulk([t("identity", 5)])
    swarm.close()
    assert isinstance(error_of(run), SwarmFailed)
    assert set(noted(ledger, "success", 2)) == {0, 5}
    assert set(noted(ledger, "own", 2)) == {1, 3}
    assert set(noted(ledger, "own error", 1)) == {4}
    assert set(noted(ledger, "cleanup", 4)) == {0, 1, 4, 5}
    assert ledger.entries("error") == []


def test_composites_and_immutable_ones(busy, ledger):
    """Given an item that is a chain, and callbacks that are a chain, a group and immutable, then each is one callback."""
    t = busy.tasks
    swarm = busy.swarm(
        [chain(t("identity", 1), t("add", 2))],
        on_task_success=[chain(t("after_success"), t("after_nothing").set(immutable=True)), group(t("after_success", mark="in group"))],
        on_task_cleanup=t("after_nothing", mark="cleaned").set(immutable=True),
    )  # fmt: skip
    run = swarm.apply_async()
    assert run.get(timeout=120) == [3]
    assert noted(ledger, "success", 1)[0][0] == 3
    assert noted(ledger, "in group", 1)[0][0] == 3
    wait_for(lambda: ledger.entries("nothing") and ledger.entries("cleaned"), what="the others")


def test_once_after_retries_and_lost_processes(busy, ledger):
    """Given an item that retries and one that takes its process down, then what follows is called once, at their end."""
    t = busy.tasks
    run = watched(busy, [t("flaky", 2, 20), t("suicide_once", 7)]).apply_async()
    assert run.get(timeout=240) == [20, 7]
    successes = noted(ledger, "success", 2)
    assert successes[0][1]["attempt"] == 1
    assert successes[1][1]["attempt"] == 2
    noted(ledger, "cleanup", 2)


@pytest.mark.parametrize("point", ["store.finish.after", "publish.task.before"])
def test_they_survive_a_crash(make_stand, ledger, tmp_path, point):
    """Given a process that dies between an item's end and what follows, then that is called, once."""
    stand = make_stand(orchestrator_heartbeat=0.3, orchestrator_lease=2, orchestrator_republish_after=1)
    env = {"ORCHESTRATOR_CRASH": point, "ORCHESTRATOR_CRASH_ONCE": str(tmp_path / "mark")}
    with stand.worker(env=env):
        run = watched(stand, [stand.tasks("identity", i) for i in range(3)]).apply_async()
        assert run.get(timeout=240) == [0, 1, 2]
        assert (tmp_path / "mark").exists()
        assert set(noted(ledger, "success", 3)) == {0, 1, 2}
        assert set(noted(ledger, "cleanup", 3)) == {0, 1, 2}


def test_of_what_is_skipped_nothing_is_called(busy, ledger):
    t = busy.tasks
    run = watched(busy, [t("fail"), t("identity", 1)], max_concurrency=1, stop_after_n_failures=1).apply_async()
    assert isinstance(error_of(run), SwarmFailed)
    noted(ledger, "error", 1)
    assert set(noted(ledger, "cleanup", 1)) == {0}
    assert [item.callbacks for item in run.items()][1] == ()


def test_cleanup_after_a_cancellation(busy, ledger):
    """Given one item that runs, one that has ended and one that waits, when the run is cancelled, then the first is
    cleaned up, by a run of its own; the others are not, or have been."""
    t = busy.tasks
    run = watched(busy, [t("identity", 0), t("nap", 1, seconds=30), t("identity", 2)], max_concurrency=1).apply_async()
    wait_for(lambda: ledger.entries("start"), what="the body")
    noted(ledger, "cleanup", 1)
    run.cancel(confirm=True)
    cleanups = noted(ledger, "cleanup", 2)
    assert cleanups[1][0] == "CANCELLED"
    assert cleanups[1][1]["task"] == "tests.kit.project.nap"
    assert cleanups[1][1]["args"] == [1]
    assert ledger.entries("error") == []


def test_cleanup_after_a_deadline(make_stand, ledger):
    stand = make_stand(orchestrator_heartbeat=0.3)
    with stand.worker():
        t = stand.tasks
        run = watched(stand, [t("nap", 0, seconds=3), t("identity", 1)], max_concurrency=1, deadline=1).apply_async()
        assert isinstance(error_of(run), DeadlineExceeded)
        assert noted(ledger, "error", 1)[0][0] == "DeadlineExceeded"
        assert noted(ledger, "cleanup", 1)[0][0] == "FAILED"


def test_a_swarm_in_a_swarm(busy, ledger):
    t = busy.tasks
    inner = busy.swarm([t("identity", 4)], on_task_success=t("after_success", mark="inner"), name="inside")
    run = watched(busy, [inner]).apply_async()
    assert run.get(timeout=120) == [[4]]
    assert noted(ledger, "inner", 1)[0][0] == 4
    result, item = noted(ledger, "success", 1)[0]
    assert result == [4]
    assert item["task"] == "inside"
    [view] = run.items()
    assert [callback.id for callback in view.callbacks] == ["0.0.s0", "0.0.c0"]


def test_inside_native_canvas(busy, ledger):
    """Given a swarm that travels in a message, then its callbacks travel with it."""
    t = busy.tasks
    swarm = watched(busy, [t("add", 1)])
    swarm.add_task(t("add", 2), on_success=t("after_success", mark="own"))
    result = chain(t("identity", 10), swarm, t("collect")).apply_async()
    assert result.get(timeout=120) == [[[11, 12]], {}]
    assert noted(ledger, "success", 1)[0][0] == 11
    assert noted(ledger, "own", 1)[1][0] == 12


def test_eagerly(busy, ledger):
    t = busy.tasks
    result = watched(busy, [t("identity", 1), t("fail")], max_failures=1).apply()
    assert result.get() == [1, None]
    assert noted(ledger, "success", 1)[0][0] == 1
    assert noted(ledger, "error", 1)[1][0] == "ValueError"


@pytest.mark.parametrize("field", ["on_task_success", "on_task_error", "on_task_cleanup"])
def test_what_is_no_signature_is_refused(busy, field):
    with pytest.raises(InvalidWorkflow, match=f"{field}=.* is not a signature"):
        busy.swarm([], **{field: "after_any"})
    swarm = busy.swarm([], open=True)
    with pytest.raises(InvalidWorkflow, match="is not a signature"):
        swarm.add_task(busy.tasks("identity", 1), on_success=3)
    assert swarm.tasks == []

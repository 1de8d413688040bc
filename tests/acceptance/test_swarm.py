"""Swarm: order, bounds, tolerance, adding, closing."""

import pytest
from celery import chain, group

from orchestrator_celery import (
    BulkRejected,
    ComplexSignature,
    InvalidWorkflow,
    NodeState,
    RunStatus,
    Swarm,
    SwarmClosed,
    SwarmFailed,
    SwarmFull,
)
from tests.kit import project as p
from tests.kit.cases import amount
from tests.kit.clients import run_code
from tests.kit.waiting import wait_for

#: Of a large swarm: more than are added in one chunk.
COUNT = amount(1_300, 3_000)


def test_results_keep_the_order_of_the_items(app):
    assert Swarm(p.add.s(i, i) for i in range(300)).apply_async().get(timeout=240) == [2 * i for i in range(300)]


def test_an_empty_swarm_ends_at_once(app):
    run = Swarm([]).apply_async()
    assert run.get(timeout=120) == []
    assert run.status is RunStatus.SUCCEEDED


def test_never_more_bodies_than_max_concurrency(app, ledger):
    # The shared worker has two processes, so one is the only bound below them.
    run = Swarm([p.counted.s(i) for i in range(12)], max_concurrency=1).apply_async()
    assert run.get(timeout=120) == list(range(12))
    assert ledger.redis.zscore("peak", "peak") == 1


def test_composites_as_items(app):
    run = Swarm([chain(p.add.s(1, 1), p.add.s(1)), group(p.add.s(2, 2), p.add.s(3, 3)), p.add.s(4, 4)]).apply_async()
    assert run.get(timeout=120) == [3, [4, 6], 8]
    assert run.progress().total == 5


def test_failures_beyond_the_tolerated_fail_the_swarm(app):
    run = Swarm([p.fail_if.s(i, [1, 3]) for i in range(5)], max_failures=1).apply_async()
    with pytest.raises(SwarmFailed, match="2 of 5 items failed; the first: KeyError: 1") as caught:
        run.get(timeout=120)
    assert [failure["index"] for failure in caught.value.failures] == [1, 3]
    assert run.status is RunStatus.FAILED
    assert "KeyError" in run.status_message


@pytest.mark.parametrize("tolerated", [2, 0.4])
def test_tolerated_failures_leave_none_in_their_place(app, tolerated):
    run = Swarm([p.fail_if.s(i, [1, 3]) for i in range(5)], max_failures=tolerated).apply_async()
    assert run.get(timeout=120) == [0, None, 2, None, 4]
    assert [item.index for item in run.items(state="FAILED")] == [1, 3]
    assert run.items(state=NodeState.FAILED)[0].error.type == "KeyError"


def test_stop_after_n_failures_skips_the_rest(app):
    run = Swarm([p.fail.s()] * 4 + [p.add.s(1, 1)] * 50, max_concurrency=2, stop_after_n_failures=2, max_failures=10)
    run = run.apply_async()
    with pytest.raises(SwarmFailed):
        run.get(timeout=120)
    states = [item.state for item in run.items()]
    assert states.count(NodeState.FAILED) in (2, 3)
    assert states.count(NodeState.SKIPPED) >= 50


def test_an_open_swarm_takes_more_and_ends_when_closed(app):
    swarm = Swarm([p.add.s(0, 0)], open=True, max_concurrency=4)
    run = swarm.apply_async()
    assert [swarm.add_task(p.add.s(i, i)) for i in (1, 2)] == [1, 2]
    report = swarm.add_tasks_bulk(p.add.s(i, i) for i in range(3, COUNT))
    assert (report.requested, report.added, report.rejected) == (COUNT - 3, COUNT - 3, ())
    wait_for(lambda: run.progress().done == COUNT, 240, "all items")
    assert run.status is RunStatus.RUNNING
    swarm.close()
    swarm.close()
    assert run.get(timeout=120) == [2 * i for i in range(COUNT)]
    with pytest.raises(SwarmClosed):
        swarm.add_task(p.add.s(1, 1))


def test_composites_and_items_with_callbacks_can_be_added(app, ledger):
    swarm = Swarm(open=True)
    run = swarm.apply_async()
    linked = p.add.s(1, 1)
    linked.link(p.on_link.s())
    swarm.add_task(chain(p.add.s(1, 1), p.add.s(1)))
    swarm.add_task(linked)
    swarm.add_tasks_bulk([Swarm([p.add.s(5, 5)]), ComplexSignature(p.add.s(6, 6))])
    swarm.close()
    assert run.get(timeout=120) == [3, 2, [10], 12]
    wait_for(lambda: ledger.entries("link") == [["link", 2]], what="the callback")


def test_adding_from_another_process(app, urls):
    run = Swarm([p.add.s(1, 1)], open=True).apply_async()
    code = (
        "from tests.kit.project import orchestrator, add\n"
        f"swarm = orchestrator.run({run.id!r}).swarm\n"
        "swarm.add_task(add.s(2, 2)); swarm.close()\n"
    )
    done = run_code(*urls, code)
    assert done.returncode == 0, done.stdout
    assert run.get(timeout=120) == [2, 4]


def test_a_closed_swarm_refuses_and_changes_nothing(app):
    swarm = Swarm([p.nap.s(1, 0.5)])
    run = swarm.apply_async()
    for add in (lambda: swarm.add_task(p.add.s(1, 1)), lambda: swarm.add_tasks_bulk([p.add.s(1, 1)] * 1500)):
        with pytest.raises(SwarmClosed, match="takes no more tasks"):
            add()
    assert run.get(timeout=120) == [1]


def test_bulk_is_all_or_nothing(app):
    swarm = Swarm([], open=True)
    run = swarm.apply_async()
    with pytest.raises(BulkRejected, match="None of 4 tasks was added: 2 are not valid") as caught:
        swarm.add_tasks_bulk([p.add.s(1, 1), "no signature", p.add.s(object(), 1), p.add.s(2, 2)])
    assert [rejection.index for rejection in caught.value.report.rejected] == [1, 2]
    assert caught.value.report.added == 0
    assert run.progress().total == 0
    swarm.close()
    assert run.get(timeout=120) == []


def test_max_items(app):
    swarm = Swarm([p.add.s(1, 1)], open=True, max_items=3)
    run = swarm.apply_async()
    with pytest.raises(SwarmFull, match="room for 2"):
        swarm.add_tasks_bulk([p.add.s(1, 1)] * 3)
    swarm.add_tasks_bulk([p.add.s(2, 2)] * 2)
    with pytest.raises(SwarmFull):
        swarm.add_task(p.add.s(1, 1))
    swarm.close()
    assert run.get(timeout=120) == [2, 4, 4]
    with pytest.raises(SwarmFull):
        Swarm([p.add.s(1, 1)] * 4, max_items=3)


def test_a_swarm_is_filled_before_it_is_applied(app):
    swarm = Swarm(max_items=4)
    swarm.add_task(p.add.s(1, 1))
    assert swarm.add_tasks_bulk(p.add.s(i, i) for i in (2, 3)).added == 2
    with pytest.raises(SwarmFull):
        swarm.add_tasks_bulk([p.add.s(1, 1)] * 2)
    with pytest.raises(BulkRejected):
        swarm.add_tasks_bulk([7])
    assert swarm.apply_async().get(timeout=120) == [2, 4, 6]


@pytest.mark.parametrize(
    "arguments",
    [
        {"max_concurrency": 0}, {"max_concurrency": -1}, {"max_concurrency": 1.5}, {"max_concurrency": True},
        {"stop_after_n_failures": 0}, {"max_items": -3}, {"max_failures": -1}, {"max_failures": 1.5},
    ],
)  # fmt: skip
def test_bounds_that_make_no_sense(app, arguments):
    with pytest.raises(InvalidWorkflow, match=next(iter(arguments))):
        Swarm([p.add.s(1, 1)], **arguments)


def test_what_is_not_a_signature_is_refused(app):
    with pytest.raises(InvalidWorkflow, match="not a signature"):
        Swarm([p.add])
    with pytest.raises(InvalidWorkflow, match="iterable"):
        Swarm(p.add.s(1, 1))
    with pytest.raises(InvalidWorkflow, match="not a signature"):
        ComplexSignature(p.add)


def test_options_go_to_every_item(app):
    facts = Swarm([p.request_facts.s(), chain(p.add.s(1, 1), p.request_facts.s())]).set(priority=4)
    assert [fact["queue"] for fact in facts.apply_async().get(timeout=120)] == ["celery", "celery"]

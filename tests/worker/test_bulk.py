"""Adding many: checked first, all or none or what fits, from a generator; and items that add items."""

import tracemalloc
from contextlib import suppress

import pytest
from celery import chain, group

from orchestrator_celery import BulkRejected, InvalidWorkflow, RunNotFound, StoreUnavailable, SwarmClosed, SwarmFull
from orchestrator_celery.store.scripting.script_call import Transitions
from tests.kit.cases import amount
from tests.kit.waiting import wait_for


@pytest.fixture
def opened(busy):
    """An open swarm that runs, and its handle."""
    swarm = busy.swarm([], open=True)
    run = swarm.apply_async()
    yield swarm, run
    if run.status == "PENDING" or not run.status.ended:
        run.cancel(confirm=True)


def keys_of(run):
    return sorted(run.app.orchestrator.container.reader.sizes(run.id))


def uploads_of(run):
    client = run.app.orchestrator.container.store.client
    return list(client.scan_iter(f"orc:{{{run.id}}}:d:*"))


# -- all or none


@pytest.mark.parametrize("count", [0, 1, 7, 1000, 1001, 2500])
@pytest.mark.parametrize("batch_size", [1, 100, 1000, 5000])
def test_all_of_them_come_in_order(busy, opened, count, batch_size):
    if batch_size == 1 and count > 100:
        count = 30
    swarm, run = opened
    seen = []
    report = swarm.add_tasks_bulk(
        (busy.tasks("identity", i) for i in range(count)),
        batch_size=batch_size,
        on_progress=lambda *told: seen.append(told),
    )
    assert (report.requested, report.added, report.rejected_count) == (count, count, 0)
    assert report.batches == len(seen) == -(-count // batch_size)
    assert seen[-1:] == ([(count, None)] if count else [])
    run.suspend()  # nothing has to run for what is asked here
    assert [item.index for item in run.items()] == list(range(count))
    assert run.progress().total == count
    if count:
        assert report.tasks_per_second > 0


def test_results_are_in_order(busy, opened):
    swarm, run = opened
    swarm.add_tasks_bulk([busy.tasks("identity", i) for i in range(40)], batch_size=7)
    swarm.add_task(busy.tasks("identity", 40))
    swarm.close()
    assert run.get(timeout=240) == list(range(41))


def test_a_list_has_a_total(busy, opened):
    seen = []
    opened[0].add_tasks_bulk(
        [busy.tasks("identity", i) for i in range(5)], batch_size=2, on_progress=lambda *t: seen.append(t)
    )
    assert seen == [(2, 5), (4, 5), (5, 5)]


@pytest.mark.parametrize("position", [0, 1500, 2499])
def test_one_mistake_refuses_all_and_leaves_nothing(busy, opened, position):
    """Given one bad task anywhere, then none is added, no key is left, and the report names it."""
    swarm, run = opened
    items = [busy.tasks("identity", i) for i in range(2500)]
    items[position] = busy.tasks("identity", object())
    before = keys_of(run)
    with pytest.raises(BulkRejected, match="None of 2500 tasks was added: 1 is not valid") as caught:
        swarm.add_tasks_bulk(items)
    assert [rejection.index for rejection in caught.value.report.rejected] == [position]
    assert caught.value.report.added == 0
    assert keys_of(run) == before
    assert uploads_of(run) == []
    assert run.progress().total == 0


def test_a_callback_that_raises_stops_it_and_leaves_nothing(busy, opened):
    swarm, run = opened

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        swarm.add_tasks_bulk((busy.tasks("identity", i) for i in range(3000)), on_progress=stop)
    assert uploads_of(run) == []
    assert run.progress().total == 0


def test_a_generator_that_raises_leaves_nothing(busy, opened):
    def broken():
        for number in range(2500):
            yield busy.tasks("identity", number)
        raise LookupError("the file ended")

    with pytest.raises(LookupError):
        opened[0].add_tasks_bulk(broken())
    assert uploads_of(opened[1]) == []


def test_a_store_that_goes_away_leaves_nothing_visible(busy, opened, monkeypatch):
    """Given that the store cannot be reached at the last step, then the error says that it is all or none."""
    original = Transitions._run

    def gone(self, verb, *args):
        if verb == "add_items":
            raise StoreUnavailable("away")
        return original(self, verb, *args)

    monkeypatch.setattr(Transitions, "_run", gone)
    with pytest.raises(StoreUnavailable, match="either all 1500 tasks were added or none"):
        opened[0].add_tasks_bulk([busy.tasks("identity", 1)] * 1500)
    monkeypatch.undo()
    assert opened[1].progress().total == 0


@pytest.mark.parametrize("count", [3, 1500])
def test_over_max_items(busy, count):
    swarm = busy.swarm([], open=True, max_items=2)
    run = swarm.apply_async()
    with pytest.raises(SwarmFull, match="room for 2"):
        swarm.add_tasks_bulk([busy.tasks("identity", 1)] * count)
    assert run.progress().total == 0
    run.cancel(confirm=True)


@pytest.mark.parametrize("size", [0, -1, 1.5, "9", True, None])
def test_a_batch_size_that_makes_no_sense(busy, opened, size):
    for swarm in (opened[0], busy.swarm([])):
        with pytest.raises(InvalidWorkflow, match="batch_size"):
            swarm.add_tasks_bulk([busy.tasks("identity", 1)], batch_size=size)


def test_a_task_nobody_knows_is_named(busy, opened):
    """Given names that no worker knows, in a task and deep inside, then they are refused; one that only a worker
    knows is not."""
    unknown = busy.app.signature("nobody.knows")
    with pytest.raises(BulkRejected) as caught:
        opened[0].add_tasks_bulk([unknown, chain(busy.tasks("identity", 1), group(unknown)), busy.tasks("identity", 2)])
    assert [rejection.index for rejection in caught.value.report.rejected] == [0, 1]
    assert "'nobody.knows'" in caught.value.report.rejected[0].reason


# -- what fits


def test_what_is_valid_is_added(busy, opened):
    swarm, run = opened
    good, bad = busy.tasks("identity", 1), busy.tasks("identity", object())
    report = swarm.add_tasks_bulk([good, bad, good, "no", good], atomic=False, batch_size=2)
    assert (report.requested, report.added, report.rejected_count) == (5, 3, 2)
    assert [rejection.index for rejection in report.rejected] == [1, 3]
    swarm.close()
    assert run.get(timeout=120) == [1, 1, 1]


@pytest.mark.parametrize("room", [1, 3, 4, 1700])
def test_as_many_as_there_is_room_for(busy, room):
    swarm = busy.swarm([], open=True, max_items=room)
    run = swarm.apply_async()
    run.suspend()
    count = room + 5
    report = swarm.add_tasks_bulk(
        [busy.tasks("identity", i) for i in range(count)], atomic=False, batch_size=4 if room < 10 else 1000
    )
    assert (report.added, report.rejected_count) == (room, 5)
    assert [rejection.index for rejection in report.rejected] == list(range(room, count))
    assert {rejection.reason for rejection in report.rejected} == {"the swarm's max_items is reached"}
    assert run.progress().total == room
    run.cancel(confirm=True)


def test_a_swarm_that_is_closed_meanwhile(busy, opened):
    """Given a swarm that is closed between two batches, then the rest is rejected, and what was added is told."""
    swarm, run = opened
    report = swarm.add_tasks_bulk(
        [busy.tasks("nap", i, seconds=0.3) for i in range(6)], atomic=False, batch_size=2,
        on_progress=lambda done, _: done == 2 and swarm.close(),
    )  # fmt: skip
    assert (report.added, report.rejected_count) == (2, 4)
    assert "closed" in report.rejected[0].reason
    assert run.get(timeout=120) == [0, 1]


@pytest.mark.parametrize("atomic", [True, False])
def test_into_a_closed_one_nothing_is_added(busy, atomic):
    swarm = busy.swarm([busy.tasks("identity", 1)])
    run = swarm.apply_async()
    for count in (1, 1500):
        with pytest.raises(SwarmClosed):
            swarm.add_tasks_bulk([busy.tasks("identity", 1)] * count, atomic=atomic)
    assert run.get(timeout=120) == [1]
    assert uploads_of(run) == []


# -- only asking


def test_a_dry_run_changes_nothing(busy):
    swarm = busy.swarm([], open=True, max_items=3)
    run = swarm.apply_async()
    good, bad = busy.tasks("identity", 1), busy.tasks("identity", object())
    before = keys_of(run)
    report = swarm.add_tasks_bulk([good, bad, good, good, good], dry_run=True)
    assert (report.requested, report.added, report.rejected_count) == (5, 0, 2)
    assert {rejection.index for rejection in report.rejected} == {1, 4}
    assert keys_of(run) == before
    swarm.close()
    with pytest.raises(SwarmClosed):
        swarm.add_tasks_bulk([good], dry_run=True)
    run.cancel(confirm=True)
    with pytest.raises(RunNotFound):
        swarm.add_tasks_bulk([good], dry_run=True)


def test_a_definition_is_asked_in_the_same_way(busy):
    good, bad = busy.tasks("identity", 1), busy.tasks("identity", object())
    swarm = busy.swarm([good], max_items=3)
    report = swarm.add_tasks_bulk([good, bad, good, good], dry_run=True)
    assert (report.requested, report.added, report.rejected_count) == (4, 0, 2)
    assert len(swarm.tasks) == 1
    report = swarm.add_tasks_bulk([good, bad, good, good], atomic=False)
    assert (report.added, report.rejected_count) == (2, 2)
    assert len(swarm.tasks) == 3


# -- adding and starting


def test_add_and_run(busy):
    swarm = busy.swarm([], open=True)
    assert swarm.run is None
    assert swarm.add_task_and_run(busy.tasks("identity", 1)) == 0
    run = swarm.run
    assert swarm.add_task_and_run(busy.tasks("identity", 2)) == 1
    assert swarm.add_tasks_and_run([busy.tasks("identity", 3)], batch_size=1).added == 1
    assert run.swarm.add_task_and_run(busy.tasks("identity", 4)) == 3
    assert run.swarm.add_tasks_and_run([busy.tasks("identity", 5)]).added == 1
    assert swarm.run.id == run.id
    swarm.close()
    assert run.get(timeout=120) == [1, 2, 3, 4, 5]


def test_bulk_and_run(busy):
    swarm = busy.swarm([])
    assert swarm.add_tasks_and_run([busy.tasks("identity", i) for i in range(3)], dry_run=True).added == 0
    assert swarm.run is None
    assert swarm.add_tasks_and_run(busy.tasks("identity", i) for i in range(3)).added == 3
    assert swarm.run.get(timeout=120) == [0, 1, 2]
    with pytest.raises(SwarmClosed):
        swarm.add_task_and_run(busy.tasks("identity", 4))


@pytest.mark.parametrize("moment", [500, 1500, 3000])
def test_redis_is_restarted_in_the_middle(make_stand, new_redis, moment):
    """Given a bulk on its way, when Redis is killed and comes back, then all of it is visible, or nothing."""
    server = new_redis(aof="always")
    stand = make_stand(server.url(0), server.url(1))
    swarm = stand.swarm([], open=True)
    run = swarm.apply_async()
    tasks = (stand.tasks("add", i) for i in range(3000))
    added = None
    with suppress(StoreUnavailable):
        added = swarm.add_tasks_bulk(
            tasks, batch_size=500, on_progress=lambda done, _: server.restart() if done == moment else None
        ).added
    total = run.progress().total
    assert total in (0, 3000)
    assert added in (None, total)
    assert len(list(run.items())) == total


# -- memory


def test_a_generator_is_never_held_as_a_whole(busy, opened):
    """Given many tasks out of a generator, then the client holds no more than for a tenth of them."""
    few = amount(2_500, 6_000)

    def peak(count):
        tracemalloc.start()
        opened[0].add_tasks_bulk(busy.tasks("identity", i) for i in range(count))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    opened[1].suspend()
    peak(100)
    small = peak(few)
    assert peak(10 * few) < small * 1.5 + 500_000
    assert opened[1].progress().total == 11 * few + 100


# -- items that add items


def test_a_crawler_ends_by_itself(busy, ledger):
    """Given items that add items, of which none knows that it is the last, then the swarm ends once nothing is left."""
    swarm = busy.swarm([busy.tasks("crawl", "root", 3, 3)], open=True, max_concurrency=4)
    run = swarm.apply_async()
    swarm.close_when_drained()
    pages = run.get(timeout=240)
    assert len(pages) == len(set(pages)) == 1 + 3 + 9 + 27
    assert len(ledger.entries("page")) == 40
    with pytest.raises(SwarmClosed):
        swarm.add_task(busy.tasks("identity", 1))


def test_an_item_closes_its_swarm(busy):
    run = busy.swarm([busy.tasks("last_one_closes", 5)], open=True).apply_async()
    assert run.get(timeout=240) == [5, 4, 3, 2, 1, 0]


def test_closing_when_drained(busy, ledger):
    """Given nothing in it, then it ends at once; given something, then it takes more until that has ended; and a
    definition cannot be drained."""
    empty = busy.swarm([], open=True)
    run = empty.apply_async()
    empty.close_when_drained()
    assert run.get(timeout=120) == []
    with pytest.raises(SwarmClosed, match="apply it first"):
        busy.swarm([]).close_when_drained()
    swarm = busy.swarm([busy.tasks("goes_when_told", 1)], open=True)
    run = swarm.apply_async()
    swarm.close_when_drained()
    swarm.close_when_drained()
    swarm.add_task(busy.tasks("identity", 2))
    ledger.redis.set("go", 1)
    assert run.get(timeout=120) == [1, 2]


def test_a_swarm_inside_a_workflow_is_found(busy):
    """Given an open swarm as a step of a chain, then its items find it, add with its own options, and close it."""
    t = busy.tasks
    inner = busy.swarm([t("last_one_closes", 3)], open=True).set(priority=3)
    run = busy.run(chain(t("identity", 1), inner.set(immutable=True), t("collect")))
    wait_for(lambda: run.status.ended, 60, "the end")
    assert run.outcome() == [[[3, 2, 1, 0]], {}]


@pytest.mark.parametrize(
    ("place", "found"), [("alone", False), ("group", False), ("swarm", True), ("chain in a swarm", True)]
)
def test_where_there_is_a_swarm(busy, place, found):
    sig = busy.tasks("has_swarm")
    shapes = {
        "alone": sig,
        "group": group(sig, sig),
        "swarm": busy.swarm([sig]),
        "chain in a swarm": busy.swarm([chain(sig, sig)]),
    }
    result = busy.run(shapes[place]).get(timeout=120)
    assert result in (found, [found], [found, found])
    assert busy.app.signature(sig.task).apply_async().get(timeout=120) is False

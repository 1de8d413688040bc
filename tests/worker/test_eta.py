"""Progress with a remaining time: parts of running tasks count, every level has a bar, and workers tell what they know."""

import json

import pytest
from celery import chain, group

from orchestrator_celery import END, START, ConditionalGraph, RunStatus, otherwise, result, when
from tests.kit.commands import call
from tests.kit.waiting import wait_for
from tests.worker.support import wait_until_running


@pytest.fixture(autouse=True)
def gates_open_at_last(ledger):
    """A task that waits at a gate would keep its process from all other tests."""
    yield
    ledger.redis.mset({"door": 1, "later": 1, "go": 1})


def test_parts_of_running_tasks_count_on_every_level(busy, ledger):
    """Given a task that says it is half done, then its composites, and the run, are as far as their tasks."""
    steps = chain(busy.tasks("add", 1, 1), group([busy.tasks("half_done", gate="door")] * 2), busy.tasks("collect"))
    run = busy.run(steps)
    wait_for(lambda: run.progress().fraction == 0.5, what="one task and two halves of four tasks")
    root = run.tree()
    chord = root.children[0].children[1]
    views = [root, root.children[0], chord, chord.children[0]]
    assert [(view.progress.done, view.progress.total) for view in views] == [(2, 4), (2, 4), (1, 3), (1, 2)]
    assert chord.children[1].progress is None
    assert root.progress.fraction == 0.5
    ledger.redis.set("door", 1)
    run.get(timeout=60)
    assert run.progress().fraction == 1
    assert run.tree().children[0].progress.fraction == 1


def test_items_that_are_not_listed_count_too(busy, ledger):
    items = [busy.tasks("add", i, 1) for i in range(30)]
    run = busy.swarm([*items, busy.tasks("half_done", 1, "door")], max_concurrency=5).apply_async()
    wait_for(lambda: run.progress().done == 30 and run.progress().fraction == 30.5 / 31, what="all but one")
    assert run.tree(limit=10).progress.fraction == 30 / 31
    assert run.tree(limit=100).progress.fraction == 30.5 / 31
    ledger.redis.set("door", 1)
    run.get(timeout=60)


def test_a_run_says_how_long_it_takes_still(busy):
    """Given a run under way, then there is an estimate between bounds, and none while it is suspended."""
    run = busy.swarm([busy.tasks("nap", i, 0.2) for i in range(60)], max_concurrency=2, open=True).apply_async()
    wait_for(lambda: run.progress().done >= 4, what="a few tasks")
    seen = run.progress()
    assert 0 < seen.eta_low <= seen.eta <= seen.eta_high
    assert seen.grows
    assert seen.rate > 0
    run.suspend()
    paused = run.progress()
    assert (paused.eta, paused.eta_low, paused.eta_high) == (None, None, None)
    run.resume()
    durations = busy.orchestrator.container.reader.durations
    task = "tests.kit.project.nap"
    wait_for(lambda: durations(run.id, [task]).get(task) is not None, what="durations of the run itself")
    told = durations(run.id, [task])[task]
    assert told.total / told.number >= 0.2
    run.swarm.close()
    run.get(timeout=90)
    assert (run.progress().eta, run.progress().grows) == (0.0, False)


def test_the_statistics_know_what_a_run_has_not_seen(make_stand):
    """Given steps that took long in an earlier run, then a run whose first step has ended waits for them."""
    stand = make_stand()  # its statistics are those of this test
    with stand.worker():
        stand.run(chain(stand.tasks("add", 1, 1), *[stand.tasks("nap", seconds=0.4)] * 6)).get(timeout=60)
        wait_for(lambda: stand.orchestrator.stats(task="*.nap").succeeded >= 6, what="the statistics")
        stand.orchestrator.container.recent_durations._found.clear()
        run = stand.run(chain(stand.tasks("add", 1, 1), *[stand.tasks("nap", seconds=60)] * 6))
        wait_for(lambda: run.progress().done >= 1, what="the first step")
        assert stand.orchestrator.container.reader.head(run.id).planned == {
            "tests.kit.project.add": 1,
            "tests.kit.project.nap": 6,
        }
        assert run.progress().eta > 0.4


def test_a_graph_counts_as_many_tasks_as_it_usually_runs(busy, ledger):
    """Given a graph that takes its short branch, then a later run of it does not wait for the long one."""
    graph = ConditionalGraph("usual", app=busy.app).add_node("first", busy.tasks("add", 1))
    graph.add_node("long", chain([busy.tasks("nap", seconds=0.01)] * 20)).add_node(
        "short", busy.tasks("gated", gate="go")
    )
    graph.add_edge(START, "first").add_edge("long", END).add_edge("short", END)
    graph.add_conditional_edges("first", [when(result > 100, "long"), otherwise("short")])
    ledger.redis.set("go", 1)
    run = graph.clone((0,)).apply_async()
    run.get(timeout=60)
    head = busy.orchestrator.container.reader.head(run.id)
    assert sum(head.planned.values()) == 22
    busy.orchestrator.container.usual_shares.clear()
    again = graph.clone((0,)).apply_async()
    again.get(timeout=60)
    wait_for(lambda: again.status is RunStatus.SUCCEEDED, what="the end")
    ledger.redis.delete("go")
    last = graph.clone((0,)).apply_async()
    wait_until_running(last, "0.2.0")
    last.progress()
    assert busy.orchestrator.container.usual_shares["usual"][1] == 2 / 22
    ledger.redis.set("go", 1)
    last.get(timeout=60)


def test_show_prints_bars(busy, ledger):
    run = busy.run(chain(group([busy.tasks("half_done", 1, "later")] * 2), busy.tasks("collect")))
    wait_for(lambda: run.progress().fraction > 0.3, what="two halves of three tasks")
    shown = call(busy, "show", run.id).stdout
    assert "chord [chord] RUNNING" in shown
    assert "███░░░░░░░ 33%" in shown
    assert json.loads(call(busy, "show", run.id, "--json").stdout)["progress"]["fraction"] == 1 / 3
    ledger.redis.set("later", 1)
    run.get(timeout=60)

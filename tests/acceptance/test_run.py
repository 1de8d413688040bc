"""Run: status, tree, progress, items, results, events, lists, idempotency."""

from datetime import datetime, timedelta, timezone

import pytest
from celery import chain, group

from orchestrator_celery import (
    ComplexSignature,
    DefinitionMismatch,
    NodeKind,
    NodeState,
    OrchestratorError,
    Run,
    RunNotFound,
    RunStatus,
    Swarm,
)
from orchestrator_celery.model.events import CompositeSucceeded, NodeStarted, NodeSucceeded, RunClosed, StatusChanged
from tests.kit import project as p
from tests.kit.waiting import wait_for


@pytest.fixture
def orchestrator(project):
    return project.orchestrator


def test_a_run_is_celerys_result(app):
    run = ComplexSignature(p.add.s(1, 2)).apply_async()
    assert isinstance(run, Run)
    assert run.get(timeout=120) == 3
    assert (run.state, run.ready(), run.successful()) == ("SUCCESS", True, True)
    assert app.AsyncResult(run.id).get() == 3
    assert run.outcome() == 3


def test_status_goes_from_pending_over_running_to_succeeded(app):
    run = ComplexSignature(p.nap.s(1, 0.5)).apply_async()
    assert run.status in (RunStatus.PENDING, RunStatus.RUNNING)
    wait_for(lambda: run.status is RunStatus.RUNNING, what="the start")
    with pytest.raises(OrchestratorError, match="has no outcome yet"):
        run.outcome()
    run.get(timeout=120)
    assert run.status is RunStatus.SUCCEEDED
    statuses = [event.status for event in run.watch() if isinstance(event, StatusChanged)]
    assert statuses == [RunStatus.PENDING, RunStatus.RUNNING, RunStatus.SUCCEEDED]


def test_tree(app):
    run = ComplexSignature(
        chain(p.add.s(1, 1), group(p.add.s(1), p.fail.si()), p.xsum.s()), name="figures"
    ).apply_async()
    with pytest.raises(Exception, match="no good"):
        run.get(timeout=120)
    tree = run.tree()
    assert (tree.name, tree.kind, tree.state) == ("figures", NodeKind.COMPLEX, NodeState.FAILED)
    [steps] = tree.children
    assert [child.kind for child in steps.children] == [NodeKind.TASK, NodeKind.CHORD]
    first, (members, body) = steps.children[0], steps.children[1].children
    assert (members.kind, body.kind) == (NodeKind.GROUP, NodeKind.TASK)
    assert (first.state, first.attempts) == (NodeState.SUCCEEDED, 1)
    assert first.worker.startswith("prefork-")
    assert first.started <= first.finished
    assert [member.state for member in members.children] == [NodeState.SUCCEEDED, NodeState.FAILED]
    assert members.inner == {NodeState.SUCCEEDED: 1, NodeState.FAILED: 1}
    assert members.children[1].error.type == "ValueError"
    assert "no good" in members.children[1].error.traceback
    assert body.state is NodeState.SKIPPED
    assert "figures [complex] FAILED" in str(tree)


def test_what_never_ran_is_skipped_and_what_may_run_waits(app):
    failed = ComplexSignature(chain(p.fail.s(), p.add.s(1), group(p.add.s(1), p.add.s(2)))).apply_async()
    with pytest.raises(ValueError, match="no good"):
        failed.get(timeout=120)
    steps = failed.tree().children[0].children
    assert [step.state for step in steps] == [NodeState.FAILED, NodeState.SKIPPED, NodeState.SKIPPED]
    waiting = ComplexSignature(chain(p.nap.s(1, 1), p.add.s(1))).apply_async()
    wait_for(lambda: waiting.tree().children[0].children[0].state is NodeState.RUNNING, what="the first step")
    assert waiting.tree().children[0].children[1].state is NodeState.WAITING
    assert waiting.get(timeout=120) == 2


def test_a_page_of_children(app):
    run = Swarm([p.add.s(i, 1) for i in range(30)]).apply_async()
    run.get(timeout=120)
    tree = run.tree(limit=5)
    assert (len(tree.children), tree.children_total) == (5, 30)
    assert "... 25 more" in str(tree)
    assert run.tree(depth=0).children == ()


def test_callbacks_are_nodes_of_their_own(app, ledger):
    sig = p.add.s(1, 1)
    sig.link(p.on_link.s())
    run = ComplexSignature(sig, on_success=p.on_link.s("all")).apply_async()
    assert run.get(timeout=120) == 2
    wait_for(lambda: len(ledger.entries()) == 2, what="both callbacks")
    wait_for(lambda: run.tree().callbacks[0].state is NodeState.SUCCEEDED, what="the callback's record")
    assert run.tree().children[0].callbacks[0].name.endswith("on_link")
    assert run.progress().total == 1


def test_progress(app):
    run = Swarm([p.nap.s(i, 0.05) for i in range(20)]).apply_async()
    middle = wait_for(lambda: (now := run.progress()).done >= 3 and now, what="some items")
    assert middle.total == 20
    assert middle.done + middle.failed + middle.running + middle.waiting == 20
    assert 0 < middle.fraction < 1
    assert middle.rate > 0
    assert middle.eta > 0
    run.get(timeout=120)
    end = run.progress()
    assert (end.done, end.running, end.waiting, end.fraction, end.eta) == (20, 0, 0, 1.0, 0.0)


def test_items_and_results_are_read_in_pages(app):
    run = Swarm([p.add.s(i, 0) for i in range(1200)]).apply_async()
    assert run.get(timeout=240) == list(range(1200)) == list(run.results())
    items = list(run.items())
    assert [item.index for item in items] == list(range(1200))
    assert {item.state for item in items} == {NodeState.SUCCEEDED}
    assert [item.index for item in run.items(offset=1100, limit=3)] == [1100, 1101, 1102]
    assert items[0].task.endswith(".add")
    with pytest.raises(OrchestratorError, match="is not a swarm"):
        list(ComplexSignature(p.add.s(1, 1)).apply_async().items())


def test_items_of_a_swarm_inside(app):
    run = ComplexSignature(chain(Swarm([p.add.s(1, 1), p.add.s(2, 2)], name="inner"), p.xsum.s())).apply_async()
    assert run.get(timeout=120) == 6
    [node] = [child.id for child in run.tree().children[0].children if child.kind is NodeKind.SWARM]
    assert [item.state for item in run.items(node=node)] == [NodeState.SUCCEEDED] * 2
    assert list(run.results(node=node)) == [2, 4]


def test_watch_tells_what_happens_while_it_happens(app):
    run = ComplexSignature(chain(p.add.s(1, 1), p.add.s(1))).apply_async()
    events = list(run.watch())
    assert isinstance(events[-1], RunClosed)
    started = [event.node for event in events if isinstance(event, NodeStarted) and event.node != "$"]
    assert started == ["0.0.0", "0.0.1"]
    succeeded = [event.node for event in events if isinstance(event, NodeSucceeded)]
    assert succeeded == ["0.0.0", "0.0.1"]
    assert [event.node for event in events if isinstance(event, CompositeSucceeded)] == ["0.0", "0"]
    assert [event.id for event in events] == sorted(
        (event.id for event in events), key=lambda i: [*map(int, i.split("-"))]
    )
    assert run.get(timeout=1) == 3


def test_finding_a_run(app, orchestrator):
    run = ComplexSignature(p.add.s(1, 1), name="to be found").apply_async()
    assert orchestrator.run(run.id).get(timeout=120) == 2
    with pytest.raises(RunNotFound, match="no-such-run"):
        orchestrator.run("no-such-run")
    unknown = orchestrator.result("no-such-run")
    assert unknown.status is RunStatus.PENDING
    with pytest.raises(RunNotFound):
        unknown.progress()


def test_listing_runs(app, orchestrator):
    runs = [ComplexSignature(p.add.s(i, 1), name="listed").apply_async() for i in range(3)]
    bad = ComplexSignature(p.fail.s(), name="listed").apply_async()
    for run in runs:
        run.get(timeout=120)
    with pytest.raises(ValueError, match="no good"):
        bad.get(timeout=120)
    found = orchestrator.runs(name="listed")
    assert [view.id for view in found] == [run.id for run in [bad, *reversed(runs)]]
    assert [view.id for view in orchestrator.runs(name="listed", status="FAILED")] == [bad.id]
    assert [view.id for view in orchestrator.runs(name="listed", offset=1, limit=2)] == [runs[2].id, runs[1].id]
    assert [view.id for view in orchestrator.runs(text=bad.id[:13])] == [bad.id]
    now = datetime.now(timezone.utc)
    assert orchestrator.runs(since=now + timedelta(hours=1)) == []
    assert len(orchestrator.runs(name="listed", since=now - timedelta(hours=1), until=now + timedelta(hours=1))) == 4
    with pytest.raises(OrchestratorError, match="time zone"):
        orchestrator.runs(since=datetime(2026, 1, 1))
    assert found[0].view.total == 1


def test_the_task_id_is_an_idempotency_key(app, ledger):
    sig = Swarm([p.nap.s(i) for i in range(3)])
    first = sig.apply_async(task_id="import-2026-11-23")
    second = Swarm([p.nap.s(i) for i in range(3)]).apply_async(task_id="import-2026-11-23")
    with pytest.raises(DefinitionMismatch, match="another definition"):
        Swarm([p.nap.s(99)]).apply_async(task_id="import-2026-11-23")
    assert first.id == second.id == "import-2026-11-23"
    assert first.get(timeout=120) == second.get(timeout=120) == [0, 1, 2]
    third = sig.apply_async(task_id="import-2026-11-23")
    assert third.get(timeout=120) == [0, 1, 2]
    assert sorted(entry[1] for entry in ledger.entries("start")) == [0, 1, 2]


def test_ids_of_any_form(app):
    for odd in ("with:colons:1", "with spaces", "braces {x} in it", "ünïcödé"):
        assert ComplexSignature(chain(p.add.s(1, 1), p.add.s(1))).apply_async(task_id=odd).get(timeout=120) == 3

"""Two apps on one store with one prefix: each treats, lists and runs its own."""

import pytest
from celery import chain

from orchestrator_celery import (
    END,
    START,
    Approval,
    ConditionalGraph,
    DefinitionMismatch,
    ForeignRun,
    RunNotFound,
    RunStatus,
    SignatureGone,
)
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.store.embedded import EmbeddedRedis
from orchestrator_celery.store.index_rebuild import Indexes
from tests.kit import project as kit
from tests.kit.waiting import wait_for
from tests.kit.workers import Worker
from tests.store.play import contents
from tests.worker.support import Stand, client_of, wait_until_running

#: Recovery quick enough to be waited for.
QUICK = {
    "orchestrator_republish_after": 0.3,
    "orchestrator_republish_longest": 1,
    "orchestrator_heartbeat": 0.3,
    "orchestrator_lease": 1.5,
}


@pytest.fixture(params=["another broker", "another name"])
def apps(request, new_redis, make_stand):
    """Two apps on one store: they differ in their broker, or in their name."""
    url = new_redis().url
    other = {"broker": url(2)} if request.param == "another broker" else {"broker": url(0), "name": "other"}
    return make_stand(url(0), url(1), **QUICK), make_stand(backend=url(1), **other, **QUICK)


def sweep_of(stand):
    """What shows that the reconciler of a worker to come has acted: a run whose message was lost ends."""
    run = stand.run(stand.tasks("identity", "recovered"), queue="own")
    with client_of(stand.broker) as broker:
        assert broker.delete("own") == 1
    return run


def test_a_sweep_treats_its_own_runs(apps, ledger):
    """Given a run without a worker, when the worker of another app sweeps, then it recovers its own run only, and the
    run goes on as soon as its own app has a worker."""
    mine, other = apps
    waiting = mine.swarm([mine.tasks("nap", index) for index in range(4)]).apply_async(queue="mine")
    lost = sweep_of(other)
    with other.worker(queues="own"):
        assert lost.get(timeout=30) == "recovered"
    assert other.queued("mine") == (4 if other.broker == mine.broker else 0), "nothing was sent by the other app"
    assert [event for event in waiting.events() if "republished" in type(event).__name__.lower()] == []
    assert waiting.status is RunStatus.PENDING
    with mine.worker(queues="mine"):
        assert waiting.get(timeout=30) == [0, 1, 2, 3]
    assert len(ledger.entries("start")) == 4


def test_a_dead_worker_is_the_business_of_its_own_app(apps, ledger):
    """Given a killed worker, when another app sweeps, then its task is left for a worker of its own app."""
    mine, other = apps
    run = mine.run(mine.tasks("nap", "v", seconds=1), queue="mine")
    with mine.worker(queues="mine") as worker:
        wait_until_running(run, "0.0")
        worker.kill()
    lost = sweep_of(other)
    with other.worker(queues="own"):
        assert lost.get(timeout=30) == "recovered"
        assert run.tree().children[0].attempts == 1
    assert all(node.run != run.id for report in other.orchestrator.resume_reports() for node in report.nodes)
    with mine.worker(queues="mine"):
        assert run.get(timeout=30) == "v"
    assert run.id in {node.run for report in mine.orchestrator.resume_reports() for node in report.nodes}


def test_lists_show_what_is_ones_own(apps):
    """Given runs, approvals and signatures of two apps, then each app, in any process, lists its own."""
    mine, other = apps
    with Stand(mine.broker, mine.backend, mine.name) as again:
        for stand in apps:
            graph = ConditionalGraph(stand.name, app=stand.app).add_node("ask", Approval())
            graph.add_edge(START, "ask").add_edge("ask", END).apply_async(task_id=f"{id(stand)}")
            stand.orchestrator.save(stand.tasks("identity"), name=f"saved {id(stand)}")
        for lister, stand in ((mine, mine), (again, mine), (other, other)):
            own = lister.orchestrator
            assert [view.id for view in own.runs()] == [f"{id(stand)}"]
            assert [view.run for view in own.approvals()] == [f"{id(stand)}"]
            assert [found.name for found in own.signatures(saved=True)] == [f"saved {id(stand)}"]
            assert {entry.signature for entry in own.audit()} == {own.signatures(saved=True)[0].id}


def test_what_belongs_to_another_app_is_not_found(apps):
    """Given a run and a signature of one app, when the other asks for them, then the error says whose they are."""
    mine, other = apps
    run = mine.run(mine.tasks("identity", 1), task_id="one")
    saved = mine.orchestrator.save(mine.tasks("identity"))
    with pytest.raises(RunNotFound, match=f"belongs to another app, {mine.name} on redis.*orchestrator_app"):
        other.orchestrator.run(run.id)
    for id in (run.id, saved.id):
        with pytest.raises(SignatureGone, match="belongs to another app"):
            other.orchestrator.signature(id)
    assert mine.orchestrator.run(run.id).status is RunStatus.PENDING
    assert mine.orchestrator.signature(saved.id).id == saved.id


def test_an_id_of_another_apps_run_is_taken(apps):
    """Given a run of another app, when its id is applied here, then nothing starts, and the run is left alone."""
    mine, other = apps
    mine.run(mine.tasks("identity", 1), task_id="one")
    before = mine.keys()
    with pytest.raises(DefinitionMismatch, match=r"id is taken.*belongs to another app"):
        other.run(other.tasks("identity", 1), task_id="one")
    assert mine.keys() == before
    assert other.orchestrator.container.store.due_index.due_runs(None, 10) == []


def test_a_run_in_the_wrong_index_is_left_alone(apps):
    """Given a run in the index of another app, when that looks at it, then nothing of the run changes."""
    mine, other = apps
    run = mine.run(mine.tasks("identity", 1))
    store = other.orchestrator.container.store
    store.client.zadd(store.keys.due, {run.id: 0})
    before = store.client.hgetall(store.keys.live(run.id))
    with other.worker(queues="own"):
        wait_for(lambda: store.client.zscore(store.keys.due, run.id) is None, 30, "the removal")
    assert store.client.hgetall(store.keys.live(run.id)) == before
    assert mine.orchestrator.container.store.due_index.due_runs(None, 10) == [run.id]


def test_a_rebuild_finds_ones_own(apps):
    """Given deleted indexes of both apps, when they are built again, then each holds the runs of its own app."""
    for stand in apps:
        stand.run(stand.tasks("identity", 1), task_id=f"{id(stand)}")
        stand.orchestrator.save(stand.tasks("identity"), name=f"{id(stand)}")
        keys = stand.orchestrator.container.store.keys
        stand.orchestrator.container.store.client.delete(keys.runs, keys.due, keys.signatures)
    for stand in apps:
        store = stand.orchestrator.container.store
        assert Indexes(store.client, store.keys).rebuild() == 1
        assert [view.id for view in stand.orchestrator.runs()] == [f"{id(stand)}"]
        assert [found.name for found in stand.orchestrator.signatures(saved=True)] == [f"{id(stand)}"]


def test_a_worker_of_another_app_claims_nothing(apps):
    """Given a message that reaches a worker of another app, then that worker may not run it."""
    mine, other = apps
    run = mine.run(mine.tasks("identity", 1))
    with pytest.raises(ForeignRun, match="belongs to another app"):
        other.orchestrator.container.store.claim(LeafId(run.id, "0.0", 1), Fence(), "w/1/a")
    assert mine.orchestrator.container.store.claim(LeafId(run.id, "0.0", 1), Fence(), "w/1/a").refused is None


def works_of(stand, label):
    """One run of each primitive, with values that name the app."""
    graph = ConditionalGraph("g", app=stand.app)
    graph.add_node("a", stand.tasks("where", f"{label} graph", seconds=0.3))
    graph.add_edge(START, "a").add_edge("a", END)
    swarm = stand.swarm([stand.tasks("where", f"{label} {i}", seconds=0.3) for i in range(4)])
    steps = chain(stand.tasks("where", f"{label} step", seconds=0.3), stand.tasks("where"))
    return [swarm.apply_async(), stand.run(steps), graph.apply_async()]


def test_each_app_runs_its_own_tasks(apps, ledger):
    """Given runs of all primitives of two apps, when all workers are killed in the middle, then each task ran in
    workers of its own app only, and every run ends. On one broker the apps even share a queue."""
    works = [works_of(stand, f"{index}") for index, stand in enumerate(apps)]

    def ran():
        return {(place, value.split()[0]) for _, place, value in ledger.entries("where")}

    own = {(f"{stand.name} {stand.broker}", f"{index}") for index, stand in enumerate(apps)}
    with apps[0].worker() as first, apps[1].worker() as second:
        wait_for(lambda: ran() == own, 60, "tasks of both apps")
        first.kill()
        second.kill()
    with apps[0].worker(), apps[1].worker():
        for index, (swarm, steps, graph) in enumerate(works):
            assert swarm.get(timeout=60) == [f"{index} {i}" for i in range(4)]
            assert steps.get(timeout=60) == f"{index} step"
            assert graph.get(timeout=60) == f"{index} graph"
    assert ran() == own
    for stand, runs in zip(apps, works, strict=True):
        nodes = [node.run for report in stand.orchestrator.resume_reports() for node in report.nodes]
        assert set(nodes) <= {run.id for run in runs}


@pytest.fixture
def beside(new_redis, make_stand):
    """Two apps with different names that share a broker and its queues."""
    url = new_redis().url
    return make_stand(url(0), url(1), **QUICK), make_stand(url(0), url(1), "other", **QUICK)


@pytest.mark.parametrize("task", ["nap", "note_and_return"])
def test_a_message_in_the_wrong_worker(beside, ledger, task):
    """Given a message that only a worker of another app gets, whether or not that worker has the task, then nothing
    runs or fails, the log names both apps, and a worker of its own app runs it."""
    mine, other = beside
    run = mine.run(mine.tasks(task, 1))
    with Worker(other.broker, other.backend, env={"TEST_APP": "other"}, **QUICK) as wrong:
        wait_for(lambda: f"belongs to another app, {mine.name} on redis" in wrong.log, 30, "the warning")
        assert "This app is other on redis" in wrong.log
        assert run.status is RunStatus.PENDING
        assert (run.tree().children[0].state, run.tree().children[0].attempts) == ("QUEUED", 1)
        assert ledger.entries("start") + ledger.entries("ran") == []
        assert ("unregistered task" in wrong.log) is (task not in dir(kit))
    with mine.worker():
        assert run.get(timeout=30) == 1


def test_a_cancellation_in_the_wrong_worker(beside):
    """Given the message that tells Celery of a cancellation, when a worker of another app gets it, then that leaves it
    to a worker of its own app."""
    mine, other = beside
    run = mine.run(mine.tasks("identity", 1), link_error=mine.tasks("identity"), queue="own")
    run.cancel(confirm=True)
    with other.worker(queues="own") as wrong:
        wait_for(lambda: "is not told here" in wrong.log, 30, "the warning")
        assert mine.orchestrator.container.store.client.exists(mine.orchestrator.container.store.keys.root(run.id))
    with mine.worker(queues="own"):
        wait_for(lambda: not any(run.id in key for key in mine.keys()), 60, "the end of the cancellation")


def test_the_status_message_names_workers_of_another_app(beside):
    """Given a client whose app is not that of the workers, then the status message says so, and what to do."""
    mine, other = beside
    with other.worker() as worker:
        run = mine.run(mine.tasks("identity", 1))
        said = wait_for(lambda: worker.name in run.status_message and run.status_message, 30, "the worker's name")
    assert "belong to other apps" in said
    assert "orchestrator_app" in said


FOREIGN = {
    "suspend": lambda run: run.suspend(),
    "interrupt": lambda run: run.interrupt(grace=0),
    "resume": lambda run: run.resume(),
    "cancel": lambda run: run.cancel(confirm=True),
    "cancel_plan": lambda run: run.cancel_plan(),
    "approve": lambda run: run.approve("ask"),
    "reject": lambda run: run.reject("ask"),
    "set_priority": lambda run: run.set_priority(0, "HIGH"),
    "retry": lambda run: run.retry(),
    "retry of a node": lambda run: run.retry("0.0"),
    "rerun": lambda run: run.rerun(),
    "rerun from a node": lambda run: run.rerun(from_node="0.0"),
    "skip": lambda run: run.skip("0.0"),
    "detach": lambda run: run.detach("0.0"),
    "add_task": lambda run: run.swarm.add_task(run.app.signature("tests.kit.project.nap")),
    "add_tasks_bulk": lambda run: run.swarm.add_tasks_bulk([run.app.signature("tests.kit.project.nap")]),
    "close": lambda run: run.swarm.close(),
    "close_when_drained": lambda run: run.swarm.close_when_drained(),
    "delete": lambda run: run.signature.delete(),
    "status": lambda run: run.status,
    "status_message": lambda run: run.status_message,
    "state": lambda run: run.state,
    "get": lambda run: run.get(timeout=5),
    "outcome": lambda run: run.outcome(),
    "view": lambda run: run.view,
    "tree": lambda run: run.tree(),
    "progress": lambda run: run.progress(),
    "items": lambda run: list(run.items()),
    "results": lambda run: list(run.results()),
    "watch": lambda run: next(run.watch()),
}


@pytest.fixture(scope="module")
def foreign_run():
    """A run of one app, seen by another, and all that the store holds of it."""
    with (
        EmbeddedRedis() as server,
        Stand(server.url(0), server.url(1)) as mine,
        Stand(server.url(0), server.url(1), "other") as other,
    ):
        run = mine.swarm([mine.tasks("nap", i) for i in range(3)], open=True).apply_async()
        yield other.orchestrator.result(run.id), mine


@pytest.mark.parametrize("verb", FOREIGN)
def test_a_run_of_another_app_is_not_touched(foreign_run, verb):
    """Given a handle of another app's run, when any method is called, then it names that app, and nothing changes."""
    run, mine = foreign_run
    client = mine.orchestrator.container.store.client
    before = {key: contents(client, key) for key in mine.keys()}
    with pytest.raises(ForeignRun, match=f"belongs to another app, {mine.name} on") as caught:
        FOREIGN[verb](run)
    assert (caught.value.run, caught.value.owner.split()[0]) == (run.id, mine.name)
    assert {key: contents(client, key) for key in mine.keys()} == before


def test_a_head_without_an_app(apps):
    """Given a head that names no app, then every app may use the run, and a rebuild lists it."""
    mine, other = apps
    run = mine.run(mine.tasks("identity", 1))
    store = other.orchestrator.container.store
    assert store.client.hdel(store.keys.root(run.id), "app", "app_name") == 2
    assert other.orchestrator.run(run.id).status is RunStatus.PENDING
    assert Indexes(store.client, store.keys).rebuild() == 1
    assert [view.id for view in other.orchestrator.runs()] == [run.id]


def test_one_setting_makes_two_apps_one(new_redis, make_stand):
    """Given the same `orchestrator_app`, then a client with another name works with the project's workers."""
    url = new_redis().url
    shared = {"orchestrator_app": "shop"}
    worker, client = make_stand(url(0), url(1), **shared), make_stand(url(0), url(1), "web", **shared)
    with worker.worker():
        run = client.run(chain(client.tasks("identity", 1), client.tasks("identity")))
        assert run.get(timeout=30) == 1
    assert worker.orchestrator.run(run.id).status is RunStatus.SUCCEEDED

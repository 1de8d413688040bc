"""A worker that lacks a task, beside one that has it, before one that has it, and where none ever has it."""

import time

import pytest
from celery import chain, chord, group
from celery.canvas import xmap
from celery.exceptions import NotRegistered
from celery.states import PENDING

from orchestrator_celery import END, START, ConditionalGraph, RunStatus
from orchestrator_celery.model.events import NodeFailed, NodeStarted, NodeVetoed
from orchestrator_celery.model.ids import LeafId
from tests.kit.waiting import wait_for
from tests.kit.workers import Worker
from tests.worker.support import error_of, events, full_name

#: These tests are about messages.
pytestmark = pytest.mark.message_each

#: Signs of life, and with them sweeps, are frequent, so that a pause ends when it is over.
QUICK = {"orchestrator_heartbeat": 0.5, "orchestrator_lease": 3}
LONG, SHORT = 3600, 3

#: Workflows by name; each runs `nap` once for each of these values.
SHAPES = {
    "task": (lambda s: s.tasks("nap", 1), [1]),
    "step": (lambda s: chain(s.tasks("add", 1, 1), s.tasks("nap"), s.tasks("add", 1)), [2]),
    "group": (lambda s: group(s.tasks("nap", 3), s.tasks("add", 1, 1)), [3]),
    "header": (lambda s: chord([s.tasks("nap", 4), s.tasks("add", 1, 1)], s.tasks("xsum")), [4]),
    "body": (lambda s: chord([s.tasks("add", 1, 1), s.tasks("add", 2, 2)], s.tasks("nap")), [[2, 4]]),
    "swarm": (lambda s: s.swarm([s.tasks("nap", i) for i in range(60, 70)], max_concurrency=3), list(range(60, 70))),
    "batch": (lambda s: s.swarm([s.tasks("nap", i) for i in range(70, 82)], batch=4), list(range(70, 82))),
    "node": (lambda s: graph(s, "add", "nap"), [9]),
    "replacement": (lambda s: s.tasks("replaced_by", "nap", 10), [10]),
    "map": (lambda s: xmap(s.tasks("nap"), [11, 12], app=s.app), [11, 12]),
}
shapes = pytest.mark.parametrize("shape", SHAPES)


def graph(stand, first, second):
    steps = ConditionalGraph(app=stand.app)
    steps.add_node("a", stand.tasks(first, 4, 5))
    steps.add_node("b", stand.tasks(second))
    return steps.add_edge(START, "a").add_edge("a", "b").add_edge("b", END)


def old_release(stand, *lacks, more=(), **options):
    """A worker of the stand's project that lacks tasks; `more` are variables of its environment."""
    env = {"TEST_LACKS": ",".join(full_name(name) for name in lacks), **dict(more)}
    return Worker(stand.broker, stand.backend, app="tests.worker.lacking", env=env, **{**stand.settings, **options})


def wait_for_postponement(run):
    """Wait until a worker has got a message of the run and lacks its task; return the node."""

    def postponed():
        found = [event for event in events(run, NodeVetoed) if event.reason == "unknown"]
        # A runner of a batch writes no events; the items that it gave back have messages of their own.
        return found[0].node if found else None

    return wait_for(postponed, 30, "a worker without the task to get the message")


@pytest.fixture
def old(make_stand):
    """A stand whose only worker lacks `nap`; nodes wait for it as long as the test lasts."""
    stand = make_stand(orchestrator_unknown_task_patience=LONG, **QUICK)
    with old_release(stand, "nap"):
        yield stand


def test_a_worker_that_joins_within_the_patience(old, ledger):
    """Given runs of every shape whose task no worker has, when one joins that has it, then all succeed, each body
    having run once."""
    runs = {shape: old.run(build(old)) for shape, (build, _) in SHAPES.items()}
    for run in runs.values():
        wait_for_postponement(run)
        assert not events(run, NodeFailed)
    with old.worker():
        for shape, run in runs.items():
            run.get(timeout=120)
            assert run.status is RunStatus.SUCCEEDED, shape
    expected = sorted((value for _, values in SHAPES.values() for value in values), key=repr)
    assert sorted((value for _, value in ledger.entries("start")), key=repr) == expected
    for run in runs.values():
        assert {event.attempt for event in events(run, NodeStarted)} == {1}, "no attempt is spent on waiting"


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_worker_that_crashes_at_a_task_it_lacks(make_stand, ledger, tmp_path, side):
    """Given a worker that dies when it gives a node back, then the node is not lost, and runs where its task is."""
    stand = make_stand(orchestrator_unknown_task_patience=LONG, orchestrator_republish_after=1, **QUICK)
    mark = tmp_path / "crashed"
    crash = {"ORCHESTRATOR_CRASH": f"store.postpone.{side}", "ORCHESTRATOR_CRASH_ONCE": str(mark)}
    run = stand.run(chain(stand.tasks("add", 1, 1), stand.tasks("nap")))
    with old_release(stand, "nap", more=crash, ready=False):
        wait_for(mark.exists, what="the crash")
    with stand.worker():
        assert run.get(timeout=120) == 2
    assert ledger.entries("start") == [["start", 2]]


def test_callbacks_wait_as_well(old, ledger):
    """Given callbacks whose task no worker has, when one joins that has it, then each is called once."""
    t = old.tasks
    linked = old.run(t("add", 1, 1).set(link=t("nap")))
    failing = old.complex(t("fail"), on_error=t("nap")).apply_async()
    for run in (linked, failing):
        wait_for_postponement(run)
    with old.worker():
        entries = wait_for(lambda: len(found := ledger.entries("start")) == 2 and found, 60, "both callbacks")
    assert [2] in [entry[1:] for entry in entries]


@pytest.fixture(scope="module")
def lonely(request):
    """A stand whose only worker lacks `nap`, with a short patience."""
    from contextlib import ExitStack

    from orchestrator_celery.store.embedded import EmbeddedRedis
    from tests.worker.support import Stand

    with ExitStack() as stack:
        server = stack.enter_context(EmbeddedRedis())
        settings = {"orchestrator_unknown_task_patience": SHORT, **QUICK}
        stand = stack.enter_context(Stand(server.url(0), server.url(1), **settings))
        stack.enter_context(old_release(stand, "nap"))
        yield stand


@shapes
def test_a_task_that_nobody_has_fails_after_the_patience(lonely, shape):
    """Given a task that no worker has, when the patience is over, then its run fails with Celery's own error."""
    begun = time.monotonic()
    run = lonely.run(SHAPES[shape][0](lonely))
    assert isinstance(error_of(run, timeout=60), Exception)
    assert time.monotonic() - begun >= SHORT
    failed = [event.node for event in events(run, NodeFailed)]
    assert len(failed) == len(set(failed)), "each node fails once"
    error, words = lonely.orchestrator.container.results.error(run.id, failed[0])
    assert (type(error), error.args) == (NotRegistered, (full_name("nap"),))
    for part in (
        f"'{full_name('nap')}' is not registered",
        "queues celery",
        "Workers asked: prefork-",
        "retry the run",
    ):
        assert part in words["message"]
        assert part in str(error.__cause__), "shown below Celery's own words"
    leaf = failed[0]
    assert lonely.app.AsyncResult(str(LeafId(run.id, leaf, 1))).state == PENDING, "Celery's own result is forgotten"


def test_a_worker_of_another_queue_does_not_count(lonely, ledger):
    """Given a worker that has the task and consumes another queue only, then the node fails, and the error names it."""
    with lonely.worker(queues="elsewhere", name="far@test") as far:
        wait_for(lambda: far.name in str(lonely.orchestrator.container.registry.members()), 10, "its first heartbeat")
        run = lonely.run(lonely.tasks("nap", 1))
        assert type(error_of(run, timeout=60)) is NotRegistered
        assert "in workers of other queues: far@test" in run.status_message
        assert ledger.entries("start") == []
        # It says what to do: send it where the task is.
        assert lonely.run(lonely.tasks("nap", 1).set(queue="elsewhere")).get(timeout=60) == 1


def test_two_releases_on_one_queue(make_stand, ledger):
    """Given two workers on a queue of which one lacks a task, then everything succeeds, even without any patience."""
    stand = make_stand(orchestrator_unknown_task_patience=0, **QUICK)
    with stand.worker() as new, old_release(stand, "nap"):
        wait_for(lambda: new.name in str(stand.orchestrator.container.registry.skills(0)), 10, "its first heartbeat")
        runs = [
            stand.swarm([stand.tasks("nap", i) for i in range(20)]).apply_async(),
            stand.swarm([stand.tasks("nap", i) for i in range(20, 40)], batch=5).apply_async(),
            *(stand.run(chain(stand.tasks("add", i), stand.tasks("nap"), stand.tasks("nap"))) for i in range(40, 50)),
        ]
        results = [run.get(timeout=240) for run in runs]
    assert results == [list(range(20)), list(range(20, 40)), *range(40, 50)]
    assert not [event for run in runs for event in events(run, NodeFailed)]
    assert len(ledger.entries("start")) == 60


@pytest.mark.parametrize("verb", ["suspend", "interrupt"])
def test_a_run_that_is_held_does_not_lose_patience(lonely, ledger, verb):
    """Given a node that waits for a worker, when its run is held for longer than the patience, then it waits anew."""
    run = lonely.run(lonely.tasks("nap", 1))
    wait_for_postponement(run)
    getattr(run, verb)()
    until = time.monotonic() + SHORT + 1
    wait_for(lambda: time.monotonic() > until, SHORT + 5, "the patience to be over")
    run.resume()
    with lonely.worker():
        assert run.get(timeout=60) == 1
    assert ledger.entries("start") == [["start", 1]]


def test_a_cancelled_run_is_gone(old, ledger):
    """Given a node that waits for a worker, when its run is cancelled, then no worker ever runs it, and nothing is left."""
    run, other = old.run(old.tasks("nap", 1)), old.run(old.tasks("nap", 2))
    wait_for_postponement(run)
    wait_for_postponement(other)
    run.cancel(confirm=True)
    with old.worker():
        assert other.get(timeout=60) == 2
    assert ledger.entries("start") == [["start", 2]]
    assert not [key for key in old.keys() if run.id in key]


def test_a_failed_run_can_be_retried_when_a_worker_has_the_task(lonely, ledger):
    """Given a run that failed for want of a worker, when one has joined, then `retry()` finishes it."""
    run = lonely.run(chain(lonely.tasks("add", 1, 1), lonely.tasks("nap")))
    assert type(error_of(run, timeout=60)) is NotRegistered
    with lonely.worker():
        run.retry()
        assert run.get(timeout=60) == 2
    assert ledger.entries("start") == [["start", 2]]


def test_a_retry_waits_anew(lonely):
    """Given a run that failed for want of a worker, when it is retried at once, then it waits for the whole patience."""
    run = lonely.run(chain(lonely.tasks("add", 1, 1), lonely.tasks("nap")))
    assert type(error_of(run, timeout=60)) is NotRegistered
    wait_for(lambda: run.ready(), what="Celery to be told")
    begun = time.monotonic()
    run.retry()
    assert type(error_of(run, timeout=60)) is NotRegistered
    assert time.monotonic() - begun >= SHORT

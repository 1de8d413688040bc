"""R3: a process ends before and after every store call, publication and acknowledgement; the run ends all the same."""

import signal
import time

import pytest
from celery import chain, group

from orchestrator_celery import (
    END,
    START,
    ComplexSignature,
    CompositeSucceeded,
    ConditionalGraph,
    DeadlineExceeded,
    NodeSucceeded,
    Retry,
    RunClosed,
    RunNotFound,
    RunStatus,
    Swarm,
    SwarmFailed,
)
from orchestrator_celery.lifecycle.side_effects.pending import SideEffects
from orchestrator_celery.store.scripting import scripts
from orchestrator_celery.testing import points
from tests.kit import project as p
from tests.kit.clients import crash_client
from tests.kit.supervised import is_told, supervised
from tests.kit.waiting import limit, wait_for

#: Verbs that only a client calls; those that only a worker's main process calls.
CLIENT = {
    "create",
    "add_items",
    "note",
    "set_priority",
    "close_swarm",
    "discard",
    "suspend",
    "resume",
    "cancel",
    "go_on_cancel",
    "erase",
    "append_audit",
}
MAIN = {"beat", "republish", "ack"}
#: Verbs that only a run over its deadline meets, in a worker's main process.
LATE = {"overdue", "go_on_overdue"}
#: Verbs that only a run with a delay meets, in a worker's main process.
DELAYED = {"begin"}
#: Verbs on stored signatures, whose own tests are in `test_stored_crashes.py`.
STORED = {"save", "register", "registered", "mark", "doom", "purge", "schedule"}
#: Versions of graphs: `tests/faults/test_saved_graphs.py` crashes at them.
VERSIONS = {"save_version", "drop_version"}
#: Of a worker that ends in good order.
LEAVING = {"leave"}
#: Verbs of an interruption: `test_interrupted.py` crashes at them.
STOPPING = {"interrupt", "stopped"}
#: Of an approval, by a person or for want of one: `test_graph_faults.py` crashes at it.
ANSWERING = {"answer"}
#: Verbs by which a run goes on without what failed, or what has not started; called by a client.
GOING_ON = {"retry", "settled", "skip", "go_on_retry", "go_on_release"}
#: What a worker does with a task that it lacks: `tests/worker/test_unknown_tasks.py` crashes at it.
LACKING = {"postpone"}
#: Of tasks that log: `tests/worker/test_logs.py` crashes at it.
LOGGING = {"log"}
#: The feed and the index of all runs, which no run depends on. How often a process writes them depends on the moment.
TELLING = {"append_feed", "index_runs"}
#: Of pools with many free places: `test_bursts.py` crashes at it.
BURSTS = {"start_more"}
#: Statistics, which a thread writes seconds later; most runs here have ended by then.
COUNTING = {"tally"}
#: Subscriptions: `test_notices.py` crashes at them.
NOTICING = {"subscribe", "unsubscribe", "noticed", "publish.notice"}
#: Saved views of the list of runs, which no run depends on.
SAVING = {"save_view", "remove_view"}
#: What a failure withdraws: `test_withdrawn.py` crashes at it.
WITHDRAWING = {"withdraw"}
#: Verbs that happen once something else has gone wrong, or that happen seldom: the first time counts.
SELDOM = {"lost", "ended", "requeue", "fail", "checkpoint", "progress", "publish.close", "add_to_chord"}

HASTY = {"orchestrator_heartbeat": 0.5, "orchestrator_lease": 2, "orchestrator_republish_after": 1}


def kind(point):
    return point.removeprefix("store.").rsplit(".", 1)[0]


ELSEWHERE = (
    CLIENT
    | LATE
    | DELAYED
    | LEAVING
    | STORED
    | VERSIONS
    | STOPPING
    | ANSWERING
    | GOING_ON
    | LACKING
    | WITHDRAWING
    | LOGGING
    | TELLING
    | BURSTS
    | COUNTING
    | NOTICING
    | SAVING
)
WORKER_POINTS = [point for point in points() if kind(point) not in ELSEWHERE]
CASES = [(point, "") for point in [*WORKER_POINTS, "store.append_feed.before", "store.index_runs.before"]]
CASES += [(f"{point}#3", "") for point in WORKER_POINTS if kind(point) not in SELDOM | MAIN]
CASES += [
    (f"{point}#2" if kind(point) not in SELDOM else point, "@all") for point in WORKER_POINTS if kind(point) not in MAIN
]


def workflow():
    """Passes every kind of transition: claim, finish, fail, retry, replacement, addition to a chord, progress,
    checkpoint, join, decision, closing; and, with the child that dies by itself, the loss of a process."""
    failing = p.fail.si()
    failing.link_error(p.on_old_error.s())
    tolerant = Swarm([failing, p.nap.si(1), p.suicide_once.si(5)], max_failures=1)
    members = group(p.nap.si(10), p.flaky.si(1, 20), p.replaced.si("chain"), p.adding.si(5))
    batched = Swarm([p.identity.si(number) for number in range(9)], batch=9)
    # What becomes of a failure is decided by itself: five times, so that one of two children comes there three times.
    trying = ConditionalGraph("try").add_node("bad", p.fail.si(), retry=Retry(attempts=5, backoff=0.01))
    trying.add_edge(START, "bad").add_edge("bad", END).add_error_edge("bad", END)
    ending = [p.checkpointed.si(3), p.identity.s()]
    return ComplexSignature(chain(p.nap.s(1), members, p.xsum.s(), p.tail.s(), batched, tolerant, trying, *ending))


@pytest.mark.parametrize(("point", "scope"), CASES, ids=lambda value: value or "child")
def test_r3_a_run_survives_a_crash_at(default_site, ledger, tmp_path, point, scope):
    mark = tmp_path / "crashed"
    with supervised(default_site, mark, point + scope, **HASTY) as until:
        run = workflow().apply_async()
        begun = time.monotonic()
        until(lambda: is_told(run), 60, f"the run after a crash at {point}")
        first, steps = run.get(timeout=120)
        assert (first, steps) == (0, 3) or ("checkpoint" in point and first in (1, 2)), "it goes on from its checkpoint"
        if kind(point.partition("#")[0]) not in MAIN:
            assert mark.exists(), "the point was never reached"
        assert time.monotonic() - begun < limit(40)
    events = list(run.watch())
    succeeded = [event.node for event in events if isinstance(event, (NodeSucceeded, CompositeSucceeded))]
    assert len(succeeded) == len(set(succeeded)), "a node has one end"
    assert len([event for event in events if isinstance(event, RunClosed)]) == 1
    found = p.orchestrator.runs("status:SUCCEEDED task:*tail")
    assert [listed.id for listed in found] == [run.id], "the index of runs is mended"
    bodies = ledger.entries("tail")
    assert 1 <= len(bodies) <= 2
    assert len({tuple(body) for body in bodies}) == 1, "whatever ran twice was given the same"


@pytest.mark.parametrize(
    "point", [point for point in points() if kind(point) in CLIENT - {"discard", "cancel", "go_on_cancel", "erase"}]
)
def test_r3_a_client_crashes_at(default_site, ledger, tmp_path, point):
    """Either nothing was accepted, or it ends; and starting again under the same id is always right."""
    default_site.worker(**HASTY)
    code = (
        "from tests.kit.project import *\n"
        "swarm = Swarm([nap.s(1)], open=True)\n"
        "run = swarm.apply_async(task_id='once')\n"
        "swarm.add_tasks_bulk([nap.s(i, 0) for i in range(2, 120)], batch_size=50)\n"  # several uploads
        "run.set_priority(range(60, 90), 'HIGH')\n"
        "run.suspend(); run.resume()\n"
        "swarm.close()\n"
    )
    crash_client(default_site, point, tmp_path / "crashed", code)
    if point.startswith("store.create.before"):
        with pytest.raises(RunNotFound):
            p.orchestrator.run("once")
    again = Swarm([p.nap.s(1)], open=True)
    run = again.apply_async(task_id="once")
    assert run.progress().total in (1, 119), "items of a bulk are added all or none"
    total = run.progress().total
    if run.status is RunStatus.SUSPENDED:
        run.resume()
    again.close()
    assert len(run.get(timeout=240)) == total
    assert len(ledger.entries("start")) == total


@pytest.mark.parametrize("point", [point for point in points() if kind(point) == "overdue"])
def test_r3_the_worker_that_ends_a_late_run_crashes_at(default_site, ledger, tmp_path, point):
    """Somebody else ends it, once."""
    mark = tmp_path / "crashed"
    with supervised(default_site, mark, point, **HASTY) as until:
        run = ComplexSignature(p.nap.s(1, 30), on_error=p.on_handler.s()).apply_async(deadline=1)
        until(lambda: is_told(run), 60, f"the run after a crash at {point}")
        assert mark.exists(), "the point was never reached"
        with pytest.raises(DeadlineExceeded):
            run.get(timeout=120)
        until(lambda: ledger.entries("handler"), 30, "the error callback")
    assert len(ledger.entries("handler")) == 1


@pytest.mark.parametrize("point", ["store.go_on_overdue.before#2", "store.go_on_overdue.after"])
def test_r3_the_worker_that_ends_a_large_late_run_crashes_at(default_site, ledger, tmp_path, point):
    """The nodes of a large run fail in slices. Somebody else fails the rest, once."""
    mark = tmp_path / "crashed"
    with supervised(default_site, mark, point, **HASTY) as until:
        items = Swarm([p.nap.si(i, 30) for i in range(400)], max_concurrency=400)
        run = ComplexSignature(items, on_error=p.on_handler.s()).apply_async(deadline=600)
        store = p.orchestrator.container.store
        SideEffects(p.orchestrator.container).apply(run.id)  # starts all items, as claims would do burst by burst
        store.client.hset(store.keys.root(run.id), "deadline", 1)
        store.due_index.due_soon(run.id)
        until(lambda: is_told(run), 60, f"the run after a crash at {point}")
        assert mark.exists(), "the point was never reached"
        with pytest.raises(DeadlineExceeded):
            run.get(timeout=120)
        until(lambda: ledger.entries("handler"), 30, "the error callback")
    assert len(ledger.entries("handler")) == 1
    assert run.progress().done == 0
    assert "overdue" not in p.orchestrator.container.reader.head(run.id)


@pytest.mark.parametrize("point", [point for point in points() if kind(point) in LEAVING])
def test_r3_a_worker_that_leaves_crashes_at(default_site, ledger, tmp_path, point):
    """The next worker goes on, and each task runs once."""
    mark = tmp_path / "crashed"
    env = {"ORCHESTRATOR_CRASH": point, "ORCHESTRATOR_CRASH_ONCE": str(mark)}
    worker = default_site.worker(env=env, **HASTY)
    run = ComplexSignature(chain(p.nap.si(1, 0.5), p.nap.si(2, 0))).apply_async()
    wait_for(lambda: ledger.entries("start"), what="the first body")
    worker.process.send_signal(signal.SIGTERM)
    worker.process.wait(timeout=120)
    assert mark.exists(), "the point was never reached"
    default_site.worker(**HASTY)
    assert run.get(timeout=120) == 2
    assert [value for _, value in ledger.entries("start")] == [1, 2]


@pytest.mark.parametrize("point", [point for point in points() if kind(point) in DELAYED])
def test_r3_the_worker_that_starts_a_delayed_run_crashes_at(default_site, ledger, tmp_path, point):
    """Another worker starts it, or sends again what the one that crashed has not sent; each task runs once."""
    mark = tmp_path / "crashed"
    with supervised(default_site, mark, point, **HASTY) as until:
        run = ComplexSignature(chain(p.nap.si(1, 0), p.nap.si(2, 0))).apply_async(countdown=0.5)
        until(lambda: is_told(run), 60, f"the run after a crash at {point}")
        assert mark.exists(), "the point was never reached"
        assert run.get(timeout=5) == 2
    assert [value for _, value in ledger.entries("start")] == [1, 2]


@pytest.mark.parametrize("point", [point for point in points() if kind(point) in {"retry", "settled"}])
def test_r3_a_client_that_retries_crashes_at(default_site, ledger, tmp_path, point):
    """The run has failed still, and may be retried; or it goes on, and Celery waits for its end, whoever does the rest."""
    default_site.worker(**HASTY)
    run = ComplexSignature(chain(p.nap.si(1, 0), p.unlucky.si("repaired"))).apply_async()
    with pytest.raises(ValueError, match="unlucky"):
        run.get(timeout=120)
    wait_for(lambda: "closed" in p.orchestrator.container.reader.head(run.id), what="the end to be told")
    ledger.redis.set("repaired", 1)
    code = f"from tests.kit.project import *\norchestrator.run({run.id!r}).retry()\n"
    crash_client(default_site, point, tmp_path / "crashed", code)
    if point.startswith("store.retry.before"):
        assert run.status is RunStatus.FAILED
        p.orchestrator.run(run.id).retry()
    wait_for(lambda: run.status is RunStatus.SUCCEEDED, 60, "the new end")
    assert p.orchestrator.run(run.id).get(timeout=120) == "repaired"
    assert len(ledger.entries("start")) == 1, "what ended well ran once"


RETRY_POINTS = [point for point in points() if kind(point) in {"retry", "go_on_retry"}]


@pytest.mark.parametrize("point", [*RETRY_POINTS, *(f"{point}#3" for point in RETRY_POINTS if "go_on" in point)])
def test_r3_a_client_that_retries_a_large_run_crashes_at(default_site, ledger, tmp_path, point):
    """The retry takes several scripts. Once the first one has run, the rest is certain, whoever does it."""
    default_site.worker(**HASTY)
    run = Swarm([p.unlucky.si("repaired")] * 800, batch=100).apply_async()
    with pytest.raises(SwarmFailed):
        run.get(timeout=240)
    wait_for(lambda: "closed" in p.orchestrator.container.reader.head(run.id), what="the end to be told")
    ledger.redis.set("repaired", 1)
    code = f"from tests.kit.project import *\norchestrator.run({run.id!r}).retry()\n"
    crash_client(default_site, point, tmp_path / "crashed", code)
    if point.startswith("store.retry.before"):
        assert run.status is RunStatus.FAILED
        p.orchestrator.run(run.id).retry()
    wait_for(lambda: run.status is RunStatus.SUCCEEDED, 120, "the new end")
    assert p.orchestrator.run(run.id).get(timeout=120) == ["repaired"] * 800
    progress = run.progress()
    assert (progress.total, progress.done, progress.failed) == (800, 800, 0)


@pytest.mark.parametrize("point", ["store.go_on_release.before#2", "store.go_on_release.after"])
def test_r8_a_client_that_resumes_a_large_run_crashes_at(default_site, ledger, tmp_path, point):
    """The resumption takes several scripts. Once the first one has run, the rest is certain, whoever does it."""
    run = Swarm([p.identity.si(number) for number in range(700)], max_concurrency=700).apply_async()
    SideEffects(p.orchestrator.container).apply(run.id)  # starts all items, as claims would do burst by burst
    run.suspend()
    default_site.server.client(0).delete("celery")
    code = f"from tests.kit.project import *\norchestrator.run({run.id!r}).resume()\n"
    crash_client(default_site, point, tmp_path / "crashed", code)
    assert run.status is RunStatus.PENDING
    default_site.worker(**HASTY)
    assert run.get(timeout=240) == list(range(700))
    assert "release" not in p.orchestrator.container.reader.head(run.id)


@pytest.mark.parametrize("point", [point for point in points() if kind(point) in {"skip", "settled"}])
def test_r3_a_client_that_detaches_crashes_at(default_site, ledger, tmp_path, point):
    """The node is still where it was; or it is out, and goes on as a run of its own, whoever starts that; asked again, it
    is that run. Either way its task runs once."""
    slow = p.nap.si("slow", 0).set(countdown=2)
    run = ComplexSignature(group(p.nap.si("quick", 0), slow)).apply_async()
    code = f"from tests.kit.project import *\norchestrator.run({run.id!r}).detach('0.0.1')\n"
    crash_client(default_site, point, tmp_path / "crashed", code)
    default_site.worker(**HASTY)
    if point.startswith("store.skip.before"):
        assert run.get(timeout=120) == ["quick", "slow"]
    else:
        assert run.get(timeout=120) == ["quick", None]
        assert run.detach("0.0.1").get(timeout=120) == "slow"
    assert sorted(value for _, value in ledger.entries("start")) == ["quick", "slow"]


def test_every_verb_is_a_point():
    assert {kind(point) for point in points()} >= set(scripts.names()) - scripts.READING
    print(f"{len(points())} points, {len(CASES)} cases in workers")

"""A `task_id` is an idempotency key: what a known one answers, whatever the status of its run is."""

import asyncio

import pytest
from celery import chain, group

from orchestrator_celery import (
    END,
    START,
    ComplexSignature,
    ConditionalGraph,
    DefinitionMismatch,
    Orchestrator,
    RunStatus,
    Swarm,
    SwarmFailed,
)
from tests.kit.cases import pairwise
from tests.kit.project import make_app
from tests.kit.waiting import wait_for


def swarm(t, task):
    return Swarm([task], app=t.app)


def unit(t, task):
    return ComplexSignature(chain(task, t("identity")), app=t.app)


def graph(t, task):
    return ConditionalGraph("g", app=t.app).add_node("a", task).add_edge(START, "a").add_edge("a", END)


PRIMITIVES = {"swarm": swarm, "complex": unit, "graph": graph}


class Case:
    """A run of one primitive under one id.

    Args:
        stand: client, worker and project.
        kind: of primitive.
        id: of the run.
    """

    def __init__(self, stand, kind, id):
        self.stand, self.id, self._make = stand, id, PRIMITIVES[kind]

    def same(self, *task, **options):
        """The primitive around a task of the project, applied under the id."""
        return self._make(self.stand.tasks, self.stand.tasks(*task)).apply_async(task_id=self.id, **options)

    def applied_by(self, aio, *task, **options):
        """As `same`, but by the async twin if that is wanted."""
        if not aio:
            return self.same(*task, **options)
        primitive = self._make(self.stand.tasks, self.stand.tasks(*task))
        return asyncio.run(primitive.aio.apply_async(task_id=self.id, **options))


@pytest.fixture
def case(busy, request):
    def make(kind):
        return Case(busy, kind, f"{kind} of {request.node.name}")

    return make


# Each brings a run into a status; the first value names its task.
def pending(case, door):
    return ("note_and_return", 1), case.same("note_and_return", 1, countdown=600)


def running(case, door):
    run = case.same("gated", 1, door)
    wait_for(lambda: run.progress().running, 30, "the body")
    return ("gated", 1, door), run


def suspended(case, door):
    task, run = pending(case, door)
    run.suspend()
    return task, run


def interrupted(case, door):
    task, run = pending(case, door)
    run.interrupt(grace=1)
    return task, run


def marked(case, door):
    task, run = pending(case, door)
    run.signature.delete(after=600)
    return task, run


def succeeded(case, door):
    run = case.same("identity", 1)
    run.get(timeout=120)
    return ("identity", 1), run


def failed(case, door):
    run = case.same("fail")
    assert isinstance(run.get(timeout=120, propagate=False), Exception)
    return ("fail",), run


STATUSES = {way.__name__: way for way in (pending, running, suspended, interrupted, marked, succeeded, failed)}


@pytest.mark.parametrize(
    ("kind", "status", "aio"), pairwise([(k, s, a) for k in PRIMITIVES for s in STATUSES for a in (False, True)])
)
def test_a_known_id_gives_its_run_in_every_status(case, ledger, request, kind, status, aio):
    """Given a run in any status, when the same is applied with its id, then it is that run as it is; another
    definition is refused, unless any will do."""
    own, door = case(kind), request.node.name
    task, run = STATUSES[status](own, door)
    before = run.status
    assert before is RunStatus["PENDING" if status == "marked" else status.upper()]
    assert own.applied_by(aio, *task).id == run.id
    with pytest.raises(DefinitionMismatch, match="any_definition=True") as caught:
        own.applied_by(aio, "identity", "another")
    assert caught.value.run == run.id
    other = Case(own.stand, next(name for name in PRIMITIVES if name != kind), run.id)
    with pytest.raises(DefinitionMismatch):
        other.applied_by(aio, *task)
    for again in (
        own.applied_by(aio, "identity", "another", any_definition=True),
        other.same(*task, any_definition=True),
    ):
        assert again.id == run.id
        assert again.status is before
    ledger.redis.set(door, 1)
    if status == "running":
        run.get(timeout=120)
        assert len(ledger.entries("start", 1)) == 1
    assert run.view.total == (2 if kind == "complex" else 1)


@pytest.mark.parametrize("kind", PRIMITIVES)
def test_a_failed_run_is_repeated_by_its_verbs(case, ledger, kind, request):
    """Given a failed run, when it is applied again, then nothing runs; retry, rerun, and cancel with a new start do."""
    own, mended = case(kind), f"mended {request.node.name}"
    run = own.same("brittle", 7, mended)
    with pytest.raises((ValueError, SwarmFailed), match="7 is broken"):
        run.get(timeout=120)
    ledger.redis.set(mended, 1)
    assert own.same("brittle", 7, mended).status is RunStatus.FAILED
    expected = [7] if kind == "swarm" else 7
    assert run.rerun().get(timeout=120) == expected
    run.retry()
    assert run.get(timeout=120) == expected
    run.cancel(confirm=True)
    wait_for(lambda: own.stand.orchestrator.runs(text=own.id) == [], 30, "the cancellation")
    assert own.same("identity", 8).get(timeout=120) == ([8] if kind == "swarm" else 8)


def test_any_definition_stays_with_the_start(stand):
    """Given a run and a part of it that have the option, then no record of the run keeps it for messages or reruns."""
    part = stand.swarm([stand.tasks("identity", 1)]).set(any_definition=True)
    stand.run(group(part, stand.tasks("identity", 2)), any_definition=True)
    client = stand.orchestrator.container.store.client
    hashes = [key for key in stand.keys() if client.type(key) == b"hash"]
    kept = b"".join(value for key in hashes for value in client.hgetall(key).values())
    assert b"identity" in kept
    assert b"any_definition" not in kept


def test_eager_starts_have_no_memory():
    """Given `task_always_eager`, then each call runs its tasks, and the option is taken."""
    app = make_app("memory://", "cache+memory://", task_always_eager=True)
    Orchestrator(app)
    ran = []

    @app.task(shared=False)
    def note(value):
        ran.append(value)

    for value in (1, 1, 2):
        Swarm([note.s(value)], app=app).apply_async(task_id="mine", any_definition=True)
    assert ran == [1, 1, 2]

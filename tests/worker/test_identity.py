"""Ids of runs: which may be given, what one that is used again answers, and a start whose answer was lost."""

from functools import partial
from itertools import product

import pytest
from celery import chain
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from orchestrator_celery import (
    DefinitionMismatch,
    InvalidWorkflow,
    RunCancelled,
    RunNotFound,
    RunStatus,
    StartUnconfirmed,
    StoreUnavailable,
)
from orchestrator_celery.lifecycle.start import Starter
from orchestrator_celery.store.embedded import EmbeddedRedis
from orchestrator_celery.store.scripting import scripts
from tests.kit.cases import pairwise
from tests.kit.servers import free_port
from tests.kit.waiting import wait_for
from tests.worker.support import Stand, wait_until_running
from tests.worker.test_starting import PRIMITIVES, RESULTS, Start


@pytest.mark.parametrize(
    "id", ["x:0:1", "x:0.0:1", "x:0.1.l0:2", "a" * 201, "a\nb", "a\0", "\x1b[31m"], ids=repr
)  # fmt: skip
@pytest.mark.parametrize("kind", PRIMITIVES)
def test_an_id_no_run_may_have_is_refused(stand, kind, id):
    """Given an id of a leaf's form, or one that is too long or not printable, then nothing starts."""
    with pytest.raises(InvalidWorkflow, match="is not allowed"):
        Start(stand, kind).primitive(1).apply_async(task_id=id)
    assert stand.keys() == []


def test_a_run_cannot_forge_the_end_of_a_task(stand, ledger):
    """Given the id of a queued task of a run, when a swarm is applied with it, then that is refused, and the task runs."""
    run = stand.run(stand.tasks("identity", "the task's own"))
    with pytest.raises(InvalidWorkflow, match="is not allowed"):
        stand.swarm([stand.tasks("identity", "forged")]).apply_async(task_id=f"{run.id}:0.0:1")
    with stand.worker():
        assert run.get(timeout=120) == "the task's own"


@pytest.mark.parametrize("id", ["order 7", "a:b:1", "é{1}", "x" * 200, "0:0"])
@pytest.mark.parametrize("kind", PRIMITIVES)
def test_any_other_text_is_an_id(busy, kind, id):
    """Given any other text, then the run has that id and ends as any."""
    id = f"{id[: 200 - len(kind)]}{kind}"
    run = Start(busy, kind).primitive("v").apply_async(task_id=id)
    assert run.id == id
    assert run.get(timeout=120) == RESULTS[kind]("v")


@pytest.mark.parametrize("options", [{}, {"countdown": 60}, {"queue": "other"}, {"expires": 600}], ids=repr)
@pytest.mark.parametrize("kind", PRIMITIVES)
def test_a_known_id_gives_the_run_that_is_there(stand, kind, options):
    """Given a run, when the same is applied with its id, then it is that run; something else is refused."""
    start = Start(stand, kind)
    first = start.primitive("v").apply_async(task_id=start.id, **options)
    assert start.primitive("v").apply_async(task_id=start.id, **options).id == first.id
    assert start.primitive("v").apply_async(task_id=start.id).id == first.id
    before = stand.keys()
    with pytest.raises(DefinitionMismatch, match="another definition") as caught:
        start.primitive("another value").apply_async(task_id=start.id, **options)
    assert caught.value.run == first.id
    other = next(name for name in PRIMITIVES if name != kind)
    with pytest.raises(DefinitionMismatch):
        Start(stand, other).primitive("v").apply_async(task_id=start.id)
    assert stand.keys() == before
    assert first.view.total == (2 if kind == "complex" else 1)


def cancelled(start):
    run = start.primitive("old").apply_async(task_id=start.id, countdown=60)
    run.cancel(confirm=True)
    assert isinstance(run.get(timeout=120, propagate=False), RunCancelled)


def over(start):
    """Its retention is over, and Celery keeps results for longer."""
    run = start.primitive("old").apply_async(task_id=start.id)
    assert run.get(timeout=120) == RESULTS[start.kind]("old")
    wait_for(lambda: _gone(run), 20, "the end of the retention")


def failed_and_over(start):
    run = start.stand.run(start.tasks("fail"), task_id=start.id)
    assert isinstance(run.get(timeout=120, propagate=False), Exception)
    wait_for(lambda: _gone(run), 20, "the end of the retention")


def a_tasks(start):
    result = start.tasks("identity", "old").apply_async(task_id=start.id)
    assert result.get(timeout=120) == "old"


def _gone(run):
    try:
        run.app.orchestrator.run(run.id)
    except RunNotFound:
        return True
    return False


@pytest.fixture(scope="module")
def _short(ledger_server):
    with EmbeddedRedis() as server, Stand(server.url(0), server.url(1), orchestrator_retention=0.2) as stand:
        worker = stand.worker()
        with worker:
            yield stand


BEFORE = {way.__name__: way for way in (cancelled, over, failed_and_over, a_tasks)}


@pytest.mark.parametrize(("kind", "countdown", "before"), pairwise(product(PRIMITIVES, (None, 0.5), BEFORE)))
def test_an_id_that_is_used_again_answers_for_the_new_run(_short, kind, countdown, before):
    """Given an id that Celery has a result of, when it is used again, then whoever waits gets the new run's result."""
    start = Start(_short, kind)
    BEFORE[before](start)
    run = start.primitive("new").apply_async(task_id=start.id, countdown=countdown)
    assert run.get(timeout=120) == RESULTS[kind]("new")
    assert _short.app.AsyncResult(start.id).get(timeout=120) == RESULTS[kind]("new")


@pytest.mark.parametrize("ignored", [False, True], ids=["result", "no result"])
@pytest.mark.parametrize("kind", PRIMITIVES)
def test_messages_of_a_cancelled_run_do_nothing_to_the_next_of_its_id(stand, ledger, kind, ignored):
    """Given a cancelled run whose messages are still queued, when its id is used again, then only the new one runs."""
    primitive = Start(stand, kind).primitive
    run = primitive("old").apply_async(task_id="mine", ignore_result=ignored)
    run.cancel(confirm=True)
    again = primitive("new").apply_async(task_id="mine", ignore_result=ignored)
    with stand.worker():
        wait_for(lambda: again.status.ended, 30, "the end")
        assert again.outcome() == RESULTS[kind]("new")
        assert len(ledger.entries("ran", "mine")) == 1


def test_a_run_of_a_used_id_recovers_from_a_crash(make_stand, ledger):
    """Given an id that is used again, when the worker is killed in mid-run, then the run goes on and ends."""
    stand = make_stand(orchestrator_heartbeat=0.3, orchestrator_lease=1.5)
    run = stand.run(stand.tasks("identity", "old"), task_id="mine")
    run.cancel(confirm=True)
    again = stand.run(chain(stand.tasks("nap", "new", seconds=2), stand.tasks("identity")), task_id="mine")
    with stand.worker() as worker:
        wait_until_running(again, "0.0.0")
        worker.kill()
    with stand.worker():
        assert again.get(timeout=120) == "new"


def test_an_old_result_is_taken_back_by_a_worker_where_the_client_died(_short, ledger, monkeypatch):
    """Given a client that dies right after it made the run, then the reconciler takes the old result back."""
    start = Start(_short, "swarm")
    a_tasks(start)
    with monkeypatch.context() as patch:
        patch.setattr(Starter, "_take_back", _die)
        with pytest.raises(KeyboardInterrupt):
            start.primitive("new").apply_async(task_id=start.id)
    backend = _short.app.backend
    wait_for(lambda: backend.get_task_meta(start.id, cache=False)["result"] == ["new"], 30, "the new result")


def _die(*_):
    raise KeyboardInterrupt


class Losing:
    """Loses the answer of one script, once it has, or has not, done its work.

    Args:
        verb: the script.
        error: what the client sees.
        done: whether the server has run it.
    """

    def __init__(self, verb, error, done):
        self.verb, self.error, self.done = verb, error, done

    def run(self, original, script, client, key, args):
        if script.name != self.verb:
            return original(script, client, key, args)
        if self.done:
            original(script, client, key, args)
        raise self.error


ERRORS = (RedisConnectionError("reset"), RedisTimeoutError("slow"))


@pytest.mark.parametrize(
    ("kind", "countdown", "done", "error"), pairwise(product(PRIMITIVES, (None, 1), (True, False), ERRORS))
)
def test_a_start_whose_answer_was_lost(busy, ledger, monkeypatch, kind, countdown, done, error):
    """Given a lost answer, then the error says that it is unknown, and of which id; applied again, it starts once."""
    start = Start(busy, kind)
    original = scripts.Script.run
    losing = Losing("create", error, done)
    with monkeypatch.context() as patch:
        patch.setattr(scripts.Script, "run", lambda *call: losing.run(original, *call))
        with pytest.raises(StartUnconfirmed, match="unknown whether the run") as caught:
            start.primitive("v").apply_async(countdown=countdown)
    assert isinstance(caught.value, StoreUnavailable)
    id = caught.value.run
    run = start.primitive("v").apply_async(task_id=id, countdown=countdown)
    assert run.id == id
    assert run.get(timeout=120) == RESULTS[kind]("v")
    assert len(ledger.entries("ran", id)) == 1


@pytest.mark.parametrize("words", ["OOM command not allowed", "READONLY You can't write", "MISCONF", "BUSY"])
def test_a_start_the_store_refused_was_not_made(stand, monkeypatch, words):
    """Given a store that refuses the call for now, then the error says that nothing was started, for that is certain."""
    original = scripts.Script.run
    losing = Losing("create", ResponseError(words), False)
    with monkeypatch.context() as patch:
        patch.setattr(scripts.Script, "run", lambda *call: losing.run(original, *call))
        with pytest.raises(StoreUnavailable, match="was not started") as caught:
            Start(stand, "swarm").primitive("v").apply_async()
    assert not isinstance(caught.value, StartUnconfirmed)


def test_a_start_whose_client_never_asks_again_runs(busy, ledger, monkeypatch):
    """Given a lost answer, and nobody who applies it again, then what was recorded runs."""
    original = scripts.Script.run
    losing = Losing("create", RedisConnectionError("reset"), True)
    with monkeypatch.context() as patch:
        patch.setattr(scripts.Script, "run", lambda *call: losing.run(original, *call))
        with pytest.raises(StartUnconfirmed) as caught:
            Start(busy, "swarm").primitive("v").apply_async()
    run = busy.orchestrator.run(caught.value.run)
    wait_for(lambda: run.status is RunStatus.SUCCEEDED, 30, "its end")


def test_a_refused_broker_and_a_store_that_went_away(unsendable_but_recorded):
    """Given messages that cannot be sent, and a store that does not answer when the run is to be taken back, then the
    error says that it is unknown."""
    with pytest.raises(StartUnconfirmed):
        unsendable_but_recorded()


@pytest.fixture
def unsendable_but_recorded(make_stand, monkeypatch):
    stand = make_stand(broker=f"redis://127.0.0.1:{free_port()}/0", broker_connection_timeout=0.2,
                       broker_transport_options={"max_retries": 0}, task_publish_retry=False)  # fmt: skip
    original = scripts.Script.run
    losing = Losing("discard", RedisConnectionError("reset"), False)
    monkeypatch.setattr(scripts.Script, "run", lambda *call: losing.run(original, *call))
    return partial(stand.run, stand.tasks("identity", 1))

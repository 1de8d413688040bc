"""Every method of `AsyncResult` on a run, in every status, with every kind of result backend: the store has the truth."""

import asyncio

import pytest
from celery.exceptions import TimeoutError as CeleryTimeoutError

from orchestrator_celery import OrchestratorError, RunCancelled, RunNotFound
from tests.kit.waiting import wait_for

BACKENDS = ["redis", "files", "rpc", "none"]
STATUSES = ["PENDING", "SUSPENDED", "SUCCEEDED", "FAILED", "CANCELLED"]

#: State, ready, successful, failed, and the type of the result, by status.
EXPECTED = {
    "PENDING": ("PENDING", False, False, False, type(None)),
    "SUSPENDED": ("PENDING", False, False, False, type(None)),
    "SUCCEEDED": ("SUCCESS", True, True, False, int),
    "FAILED": ("FAILURE", True, False, True, ValueError),
    "CANCELLED": ("REVOKED", True, False, False, RunCancelled),
}


@pytest.fixture(params=BACKENDS, scope="module")
def backend(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    urls = {"redis": None, "files": f"file://{folder}", "rpc": "rpc://", "none": "disabled://"}
    return request.param, urls[request.param]


@pytest.fixture
def place(backend, make_stand, new_redis):
    """A stand whose results go to this backend, with a worker."""
    kind, url = backend
    server = new_redis()
    stand = make_stand(server.url(0), url or server.url(1), orchestrator_store_url=server.url(2))
    stand.kind = kind
    with stand.worker():
        yield stand


def in_status(stand, status):
    """A run in this status, known by a handle that has seen nothing of it."""
    tasks = stand.tasks
    if status in ("PENDING", "SUSPENDED", "CANCELLED"):
        run = stand.complex(tasks("add", 1, 1)).apply_async(countdown=3600)
    else:
        run = stand.run(tasks("fail") if status == "FAILED" else tasks("add", 1, 1))
        wait_for(lambda: run.status.ended, what="the end of the run")
    if status == "SUSPENDED":
        run.suspend()
    if status == "CANCELLED":
        run.cancel(confirm=True)
    return stand.orchestrator.result(run.id)


@pytest.mark.parametrize("status", STATUSES)
def test_every_method_tells_the_same_end(place, status):
    """Given a run, when its handle is asked as an `AsyncResult`, then every method answers by the store."""
    if status == "CANCELLED" and place.kind in ("none", "rpc"):
        run = in_status(place, status)
        assert run.state == "PENDING", "its record is deleted, and this backend keeps nothing"
        return
    run, (state, ready, successful, failed, kind) = in_status(place, status), EXPECTED[status]
    assert run.state == state
    assert (run.ready(), run.successful() if ready else False, run.failed()) == (ready, successful, failed)
    assert isinstance(run.result, kind)
    assert isinstance(run.info, kind)
    assert run.as_tuple()[0][0] == run.id
    assert run.as_list() == [run.id]
    assert not run.children
    assert (run.date_done is not None) or status not in ("SUCCEEDED", "FAILED")
    assert bool(run.traceback) == failed
    with pytest.raises(OrchestratorError, match=r"cancel\(confirm=True\)"):
        run.revoke()
    if not ready:
        with pytest.raises(CeleryTimeoutError):
            run.get(timeout=0.2)
        assert run.maybe_throw() is None
        return
    assert isinstance(run.get(timeout=5, propagate=False), kind)
    if successful:
        assert run.get(timeout=5) == run.wait(timeout=5) == run.maybe_throw() == 2
        assert [value for _, value in run.collect()] == [2]
        assert run.get_leaf() == 2
        return
    for call in (run.get, run.maybe_throw):
        with pytest.raises(kind):
            call()


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
@pytest.mark.parametrize("lost", ["forgotten", "expired"])
def test_celerys_copy_is_not_needed(place, status, lost):
    """Given an ended run, when Celery's copy of its result is gone, then the run tells its end all the same."""
    run = in_status(place, status)
    if lost == "forgotten":
        run.forget()
    elif place.kind == "redis":
        wait_for(lambda: place.app.backend.client.keys("celery-task-meta-*"), what="Celery's copy")
        place.app.backend.client.flushdb()
    again = place.orchestrator.result(run.id)
    assert again.state == EXPECTED[status][0]
    assert isinstance(again.get(timeout=5, propagate=False), EXPECTED[status][4])
    assert isinstance(asyncio.run(again.aio.get(timeout=5, propagate=False)), EXPECTED[status][4])


def test_waiting_for_a_run_whose_record_is_deleted_ends(place):
    """Given a handle that has seen a run, when its record is deleted and Celery knows nothing, then `get` says so."""
    run = in_status(place, "PENDING")
    assert run.state == "PENDING"
    place.orchestrator.container.store.client.flushdb()
    with pytest.raises(RunNotFound, match="deleted"):
        run.get(timeout=120)


def test_a_run_is_waited_for_with_and_without_a_backend(place):
    """Given a run that takes a moment, when it is waited for, synchronously and not, then the result comes."""
    run = place.run(place.tasks("nap", 7, 0.5))
    assert asyncio.run(run.aio.get(timeout=120)) == 7
    assert place.run(place.tasks("nap", 8, 0.5)).get(timeout=120) == 8
    assert place.run(place.tasks("nap", 9, 0.1), ignore_result=True).get(timeout=120) == 9

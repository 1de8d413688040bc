"""Stored signatures on a real worker: run many times, run again, deleted with a chance to change one's mind."""

from datetime import datetime, timedelta, timezone

import pytest
from celery import chain, group

from orchestrator_celery import (
    ConfirmationRequired,
    DeadlineExceeded,
    InvalidTransition,
    InvalidWorkflow,
    NodeStarted,
    OrchestratorError,
    Priority,
    RunNotFound,
    RunStatus,
    SignatureGone,
    SignatureInUse,
    SignatureStatus,
    acting,
)
from orchestrator_celery.lifecycle.delete import Deletion
from orchestrator_celery.store.audit_stream import AuditTrail
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.answers import is_answers
from tests.kit.waiting import wait_for
from tests.worker.support import Stand, full_name, wait_until_running

#: These tests are about messages.
pytestmark = pytest.mark.message_each


@pytest.fixture(scope="module")
def _site(ledger_server):
    with (
        EmbeddedRedis() as server,
        Stand(server.url(0), server.url(1), orchestrator_heartbeat=0.3) as stand,
        stand.worker(),
    ):
        yield stand


@pytest.fixture
def site(_site, ledger):
    return _site


@pytest.fixture
def quiet(ledger_server, new_redis):
    """No worker and no sweeper: everything waits."""
    server = new_redis()
    with Stand(server.url(0), server.url(1)) as stand:
        yield stand


def left_of(stand, *ids):
    """Every key that names one of these, and every index that lists it; the audit trail aside."""
    client = stand.orchestrator.container.store.client
    found = {
        key.decode()
        for key in client.scan_iter()
        if any(id.encode() in key for id in ids) and not is_answers(client, key)
    }
    keys = stand.orchestrator.container.store.keys
    for index in (keys.runs, keys.due, keys.signatures, keys.deletions):
        found |= {f"{index} {id}" for id in ids if client.zscore(index, id) is not None}
    return sorted(found)


def ended(run):
    """Its result, once nothing of it is under way."""
    result = run.get(timeout=120)
    store = run.app.orchestrator.container.store
    wait_for(lambda: not store.due_index.alive(run.id), what="the run to be over")
    return result


def purged(stand, *ids):
    """Wait until nothing is left."""
    try:
        wait_for(lambda: left_of(stand, *ids) == [], 20, "the purge")
    except AssertionError:
        raise AssertionError(f"left: {left_of(stand, *ids)}") from None


def sweep(stand):
    return Deletion(stand.orchestrator.container).sweep()


# -- saving and running


def test_a_saved_signature_runs_many_times(site):
    """Given a native chain with an argument to come, when it is saved, then each run has its own, and is found by it."""
    t = site.tasks
    workflow = chain(t("add", 1), group(t("mul", 2), t("mul", 3)), t("xsum"))
    kept = site.orchestrator.save(workflow, name="sums", category="maths", tags=["x"])
    assert (kept.name, kept.category, kept.tags, kept.saved) == ("sums", "maths", ("x",), True)
    assert (kept.status, kept.delete_at) == (SignatureStatus.ACTIVE, None)
    assert abs(datetime.now(timezone.utc) - kept.created) < timedelta(minutes=1)
    runs = [kept.run(n) for n in (1, 2)]
    assert [ended(run) for run in runs] == [10, 15]
    assert {view.id for view in kept.runs()} == {run.id for run in runs}
    assert runs[0].signature == kept == site.orchestrator.signature(kept.id)
    assert runs[0].view.signature == kept.id
    assert {view.id for view in site.orchestrator.runs(category="maths", tag="x", name="sums")} == {r.id for r in runs}
    assert kept.runs(limit=1).suspend()[0].error == "InvalidTransition"


def test_a_run_is_its_own_signature(site):
    """Given a run that was applied, then nothing is copied; it can be run again with the same input, or another."""
    t = site.tasks
    run = site.complex(t("add", 5), name="plus").apply_async((1,))
    kept = run.signature
    assert (kept.id, kept.name, kept.saved) == (run.id, "plus", False)
    assert ended(run) == 6
    again = kept.rerun()
    assert ended(again) == 6
    assert (again.view.rerun_of, again.view.signature, again.view.name) == (run.id, run.id, "plus")
    other = kept.run(10)
    assert ended(other) == 15
    third = again.signature.rerun(run)
    assert (ended(third), third.view.rerun_of) == (6, run.id)
    assert {view.id for view in kept.runs()} == {run.id, again.id, other.id, third.id}
    assert ended(kept.rerun(other.id)) == 15


def test_what_it_carries_is_kept(site):
    """Given own arguments, keywords, immutability, links and a deadline, then each run has them."""
    t = site.tasks
    carrying = site.swarm([t("add")])
    carrying.args = (5,)
    kept = site.orchestrator.save(carrying)
    assert ended(kept.run(1)) == [6]
    run = carrying.apply_async((2,))
    assert ended(run) == [7]
    assert ended(run.signature.run(3)) == [8]
    assert ended(run.signature.rerun(run)) == [7]
    sealed = site.orchestrator.save(site.swarm([t("identity", "own")], immutable=True))
    assert ended(sealed.run("not taken")) == ["own"]
    late = site.orchestrator.save(site.complex(t("nap", seconds=30), deadline=0.5))
    with pytest.raises(DeadlineExceeded):
        late.run(1).get(timeout=120)


def test_an_open_swarm_is_run_again_with_all_it_had(site):
    """Given items added one by one, in bulk, and in segments, when the run is run again, then it has all, closed."""
    t = site.tasks
    swarm = site.swarm([t("identity", 0)], open=True, max_concurrency=50)
    run = swarm.apply_async()
    swarm.add_task(chain(t("identity", 1), t("identity")))
    swarm.add_tasks_bulk([t("identity", i) for i in range(2, 5)])
    swarm.add_tasks_bulk([t("identity", i) for i in range(5, 1300)], batch_size=500)
    swarm.close()
    assert ended(run) == list(range(1300))
    again = run.signature.rerun()
    assert ended(again) == list(range(1300))
    assert again.progress().total == run.progress().total


def test_priorities_are_kept(site):
    """Given items of several priorities, some added later, when the run is run again, then they have the same."""
    t = site.tasks
    swarm = site.swarm([t("identity", 0)], open=True, max_concurrency=1)
    swarm.add_task(t("identity", 1), priority=Priority.LOW)
    run = swarm.apply_async()
    run.suspend()
    swarm.add_tasks_bulk([t("identity", i) for i in range(2, 5)], priority=Priority.HIGH)
    swarm.add_task(t("identity", 5))
    swarm.close()
    again = run.signature.rerun()
    assert ended(again) == list(range(6))
    assert [item.priority for item in again.items()] == [item.priority for item in run.items()]
    begun = [event.node for event in again.events() if isinstance(event, NodeStarted) and event.node[:1] == "0"]
    assert begun == ["0.2", "0.3", "0.4", "0.0", "0.5", "0.1"]
    run.cancel(confirm=True)


def test_what_a_task_replaced_itself_by_is_not_run_again(site, ledger):
    """Given tasks that retried with other arguments, or replaced themselves, then a new run begins with the original."""
    t = site.tasks
    run = site.complex(chain(t("replaced", "task"), t("identity"))).apply_async()
    first = ended(run)
    count = len(ledger.entries())
    again = run.signature.rerun()
    assert ended(again) == first
    assert len(ledger.entries()) == 2 * count


@pytest.mark.parametrize("once", ["countdown", "expires"])
def test_what_belongs_to_one_run_is_not_saved(quiet, once):
    with pytest.raises(InvalidWorkflow, match=once):
        quiet.orchestrator.save(quiet.complex(quiet.tasks("add", 1)).set(**{once: 60}))
    with pytest.raises(InvalidWorkflow, match="is not a signature"):
        quiet.orchestrator.save("x")
    assert quiet.keys() == []


def test_a_run_whose_tasks_have_expired_is_not_run_again(quiet):
    run = quiet.run(quiet.tasks("add", 1, 2), expires=datetime.now(timezone.utc) - timedelta(seconds=1))
    with pytest.raises(InvalidWorkflow, match="expired at"):
        run.signature.rerun()
    assert [view.id for view in run.signature.runs()] == [run.id]


def test_lists_of_signatures(quiet):
    t, o = quiet.tasks, quiet.orchestrator
    saved = [o.save(t("add", i), name=f"n{i}", category="c" if i else None, tags=["t"] * i) for i in range(3)]
    run = quiet.swarm([t("add", 1)], name="n1").apply_async()
    saved[2].delete(after=60)
    saved[0].run(1)
    assert {s.id for s in o.signatures()} == {*(s.id for s in saved), run.id}
    assert {s.id for s in o.signatures(saved=True)} == {s.id for s in saved}
    assert o.signatures(saved=False) == [run.signature]
    assert o.signatures(name="n1", saved=True) == [saved[1]]
    assert o.signatures(tag="t", status="ACTIVE") == [saved[1]]
    assert o.signatures(status=SignatureStatus.MARKED_FOR_DELETION) == [saved[2]]
    assert len(o.signatures(category="c")) == 2
    assert o.signatures(text=saved[0].id[4:20]) == [saved[0]]
    assert len(o.signatures(offset=1, limit=2)) == 2
    assert o.signatures(since=datetime.now(timezone.utc) + timedelta(hours=1)) == []
    with pytest.raises(OrchestratorError, match="time zone"):
        o.signatures(since=datetime(2026, 1, 1))


# -- deleting


def test_a_marked_signature_goes_with_its_runs_once_its_time_has_come(site):
    t = site.tasks
    canvas = chain(t("add", 1, 2), t("identity"))
    kept = site.orchestrator.save(
        chain(t("replaced_by_canvas", canvas), t("identity"), t("replaced", "task").set(immutable=True))
    )
    run = kept.run()
    ended(run)
    assert any("{" + run.id + ":0.0.0:1}" in key for key in left_of(site, run.id)), (
        "the canvas that stood in is a run of its own"
    )
    moment = kept.delete(after=timedelta(seconds=1))
    assert kept.status is SignatureStatus.MARKED_FOR_DELETION
    assert kept.delete_at == moment
    assert moment.utcoffset() == timedelta(0)
    assert kept.run().status in (RunStatus.PENDING, RunStatus.RUNNING, RunStatus.SUCCEEDED)
    purged(site, run.id, kept.id)
    entries = site.orchestrator.audit(signature=kept.id)
    assert [entry.verb for entry in entries] == ["purge", "delete", "save"]
    assert (entries[0].channel, entries[0].counts) == ("sweeper", {"runs": 2})
    with pytest.raises(SignatureGone):
        kept.run()
    with pytest.raises(SignatureGone):
        site.orchestrator.signature(kept.id)


def test_a_purge_that_two_processes_finish_is_written_down_once(make_stand, monkeypatch):
    """Given a sweep that finishes a purge between two calls of its caller, then the trail has one entry."""
    stand = make_stand()
    kept, append = stand.orchestrator.save(stand.tasks("identity", 1)), AuditTrail.append

    def late(self, entry, event=None):
        with monkeypatch.context() as patch:
            patch.setattr(AuditTrail, "append", append)
            Deletion(stand.orchestrator.container).finish(kept.id)
        append(self, entry, event)

    kept.delete(after=60)
    monkeypatch.setattr(AuditTrail, "append", late)
    kept.purge(confirm=True)
    assert [entry.verb for entry in stand.orchestrator.audit(signature=kept.id)] == ["purge", "delete", "save"]


def test_what_runs_goes_on_to_its_end(site, ledger):
    """Given a body under way, when the signature is marked and its time is over, then nothing goes before the end."""
    kept = site.orchestrator.save(site.tasks("nap", 7, seconds=3))
    run = kept.run()
    wait_until_running(run, "0.0")
    kept.delete()
    with pytest.raises(SignatureInUse) as caught:
        kept.purge(confirm=True)
    assert caught.value.run == run.id
    assert run.id in str(caught.value)
    assert run.get(timeout=120) == 7
    assert ledger.entries("end", 7) == [["end", 7]]  # a body of the test before may end now
    purged(site, run.id, kept.id)
    assert site.orchestrator.audit(signature=kept.id, verb="purge")[0].outcome == "done"


def test_a_mark_is_taken_back(quiet):
    o = quiet.orchestrator
    kept = o.save(quiet.tasks("add", 1, 2), name="sums", ttl=3600)
    assert kept.status is SignatureStatus.MARKED_FOR_DELETION
    assert timedelta(minutes=59) < kept.delete_at - datetime.now(timezone.utc) < timedelta(minutes=61)
    kept.restore()
    assert (kept.status, kept.delete_at) == (SignatureStatus.ACTIVE, None)
    with pytest.raises(InvalidTransition, match="ACTIVE"):
        kept.restore()
    kept.delete()
    kept.restore()
    assert sweep(quiet) == 0
    assert kept.status is SignatureStatus.ACTIVE
    told = [(entry.verb, entry.name, entry.refused) for entry in o.audit(signature=kept.id, limit=4)]
    assert told == [
        ("restore", "sums", False), ("delete", "sums", False), ("restore", "sums", True), ("restore", "sums", False),
    ]  # fmt: skip


def test_times_and_zones(quiet):
    kept = quiet.orchestrator.save(quiet.tasks("add", 1, 2))
    at = datetime(2100, 1, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert kept.delete(at=at) == at
    assert kept.delete_at.isoformat() == "2100-01-01T06:30:00+00:00"
    for bad in (
        {"at": datetime(2100, 1, 1)},
        {"after": 1, "at": at},
        {"after": -1},
        {"after": True},
        {"after": "1"},
        {"at": 5},
    ):
        with pytest.raises(OrchestratorError):
            kept.delete(**bad)
    assert kept.delete_at == at, "a refused call changes nothing"
    assert kept.delete(after=0.5) < datetime.now(timezone.utc) + timedelta(seconds=2)


def test_purging_now(quiet):
    """Given a signature with ended runs, then it wants a confirmation, and leaves one audit entry and nothing else."""
    o = quiet.orchestrator
    kept = o.save(quiet.swarm([]))
    run = kept.run()
    for confirm in (None, False, 1, "x"):
        with pytest.raises(ConfirmationRequired):
            kept.purge(confirm=confirm)
    with pytest.raises(SignatureInUse):
        kept.purge(confirm=True)
    with quiet.worker():
        ended(run)
    with acting("ada"):
        kept.purge(confirm=True)
    assert left_of(quiet, run.id, kept.id) == []
    entries = o.audit(signature=kept.id, verb="purge")
    assert [(entry.actor, entry.outcome) for entry in entries[:1]] == [("ada", "done")]
    assert all(entry.refused for entry in entries[1:])
    assert len(entries) == 6
    with pytest.raises(SignatureGone):
        kept.purge(confirm=True)
    with pytest.raises(RunNotFound):
        o.run(run.id)


def test_the_signature_of_a_run_goes_with_it_and_what_was_run_again(quiet):
    run = quiet.swarm([]).apply_async()
    with quiet.worker():
        ended(run)
        again = run.signature.rerun()
        ended(again)
    run.signature.purge(confirm=True)
    assert left_of(quiet, run.id, again.id) == []


def test_a_rerun_outlives_the_run_it_came_from(quiet):
    """Given a run that was cancelled, then what was started again from it is the signature of itself."""
    run = quiet.swarm([], open=True).apply_async()
    again = run.signature.rerun()
    assert again.signature.id == run.id
    run.cancel(confirm=True)
    assert again.signature.id == again.id
    third = again.signature.rerun()
    assert third.view.signature == again.id
    again.cancel(confirm=True)
    third.cancel(confirm=True)
    assert left_of(quiet, run.id, again.id, third.id) == [
        f"celery-task-meta-{id}" for id in sorted([run.id, again.id, third.id])
    ]


def test_a_cancelled_run_leaves_its_signature(quiet):
    kept = quiet.orchestrator.save(quiet.swarm([quiet.tasks("add", 1, 2)]))
    run = kept.run()
    run.cancel(confirm=True)
    assert list(kept.runs()) == []
    assert quiet.orchestrator.container.store.signatures.members(kept.id) == []
    kept.purge(confirm=True)


def test_what_a_live_run_contains_is_not_deleted(site, ledger):
    """Given a canvas that stands in for a task of a live run, then its signature is that run's to delete."""
    t = site.tasks
    run = site.complex(
        chain(t("replaced_by_canvas", chain(t("add", 1, 2), t("identity"))), t("nap", seconds=3))
    ).apply_async()
    inner = wait_for(lambda: site.orchestrator.container.reader.inner(run.id), what="the canvas")[0]
    for call in (
        lambda: site.orchestrator.signature(inner).delete(),
        lambda: site.orchestrator.signature(inner).purge(confirm=True),
    ):
        with pytest.raises(SignatureInUse, match=run.id):
            call()
    ended(run)


def test_the_task_for_beat(site):
    kept = site.orchestrator.save(site.tasks("add", 1, 2))
    kept.delete()
    result = site.app.tasks["orchestrator.purge"].delay().get(timeout=120)
    assert result in (0, 1), "the reconciler may have been quicker"
    purged(site, kept.id)


def test_retention_of_runs_goes_on(make_stand):
    """Given a short retention, then runs of a signature go by themselves, and it stays and forgets them."""
    stand = make_stand(orchestrator_retention=1)
    kept = stand.orchestrator.save(stand.swarm([]))
    with stand.worker():
        runs = [kept.run() for _ in range(3)]
        for run in runs:
            run.get(timeout=120)
        wait_for(lambda: not list(kept.runs()), 20, "the retention")
    for _ in range(10):
        kept.run()
    assert len(stand.orchestrator.container.store.signatures.members(kept.id)) < 13
    assert full_name("add")

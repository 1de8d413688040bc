"""Cancelling, on real workers: everything stops, everything is deleted, and nobody waits for ever."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from celery import chain, chord, group
from celery.result import AsyncResult

from orchestrator_celery import (
    ConfirmationRequired,
    InvalidTransition,
    OrchestratorError,
    Run,
    RunCancelled,
    RunNotFound,
    RunStatus,
    acting,
)
from orchestrator_celery.lifecycle.cancel import Cancellation
from orchestrator_celery.store.audit_stream import AuditTrail
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.answers import is_answers
from tests.kit.waiting import wait_for
from tests.worker.support import Stand, error_of, wait_until_running


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


def left_of(stand, run):
    """Every key of the store that names the run; Celery's own result of its id, and answers to callers, aside."""
    store = stand.orchestrator.container.store
    client = store.client
    found = [key.decode() for key in client.scan_iter() if run.id.encode() in key and not is_answers(client, key)]
    listed = [key for key in (store.keys.runs, store.keys.due) if client.zscore(key, run.id) is not None]
    return [key for key in found + listed if key != f"celery-task-meta-{run.id}"]


def workflows(t):
    """One of each kind, slow enough to be caught in the middle."""
    nap = t("nap", 1, seconds=20).set(immutable=True)
    quick = t("identity", 1).set(immutable=True)
    return {
        "task": nap,
        "chain": chain(quick, nap, quick),
        "group": group(quick, nap),
        "chord": chord([quick, nap], t("collect")),
        "nested": chain(quick, group(chain(quick, nap), quick), t("collect")),
        "replaced": t("replaced_by_canvas", chain(quick, nap)),
    }


@pytest.mark.parametrize("kind", ["task", "chain", "group", "chord", "nested", "replaced"])
def test_everything_stops_and_is_deleted(site, ledger, kind):
    """Given a run with a body under way, when it is cancelled, then the body is stopped, who waits is told, and
    nothing of the run is left but Celery's own word that it was cancelled."""
    run = site.complex(workflows(site.tasks)[kind], name=kind, on_error=site.tasks("on_handler")).apply_async()
    wait_for(lambda: ledger.entries("start", 1), what="the body")
    waiting = AsyncResult(run.id, app=site.app)
    run.cancel(confirm=True, reason="not needed")
    with pytest.raises(RunCancelled, match="was cancelled"):
        waiting.get(timeout=120)
    assert run.status is RunStatus.CANCELLED
    assert left_of(site, run) == []
    # The one worker's processes are free again: had the body gone on, this would wait for 20 s.
    others = [site.run(site.tasks("identity", i)) for i in range(4)]
    assert [other.get(timeout=120) for other in others] == [0, 1, 2, 3]
    assert ledger.entries("end") == []
    assert ledger.entries("handler") == []
    assert left_of(site, run) == []


def test_a_canvas_goes_whose_task_has_not_reported_it(site, ledger):
    """Given a task that has started a canvas and is stopped before it tells, then the canvas is cancelled too."""
    nap = site.tasks("nap", 1, seconds=20)
    run = site.run(site.tasks("replaced_by_canvas_and_lingering", chain(nap, site.tasks("identity")), 30))
    wait_for(lambda: ledger.entries("start", 1), what="the canvas")
    run.cancel(confirm=True)
    wait_for(lambda: left_of(site, run) == [], what="nothing to be left")
    assert ledger.entries("end") == []


def test_a_handle_of_what_is_gone(site):
    run = site.swarm([], open=True).apply_async()
    run.cancel(confirm=True)
    for call in (run.progress, run.tree, run.suspend, run.resume, lambda: list(run.items()), run.outcome, run.cancel_plan,
                 lambda: run.cancel(confirm=True), lambda: site.orchestrator.run(run.id), lambda: next(run.watch()),
                 lambda: run.swarm.add_task(site.tasks("identity", 1)), run.swarm.close):  # fmt: skip
        with pytest.raises(RunNotFound):
            call()
    assert run.id not in [view.id for view in site.orchestrator.runs()]
    assert isinstance(site.orchestrator.result(run.id), Run)
    assert left_of(site, run) == []


def test_who_watches_comes_to_an_end(site):
    run = site.swarm([], open=True).apply_async()
    events = run.watch()
    next(events)
    run.cancel(confirm=True)
    assert list(events) == []


@pytest.mark.parametrize("confirm", [None, False, "", 1, ["x"], "0123456789ab"])
def test_without_a_confirmation_nothing_happens(site, confirm):
    run = site.swarm([], open=True).apply_async()
    with pytest.raises(ConfirmationRequired, match=r"cancel_plan\(\)"):
        run.cancel(confirm=confirm)
    assert run.status is RunStatus.PENDING
    [entry] = site.orchestrator.audit(run=run.id)
    assert entry.refused
    assert entry.after is RunStatus.PENDING
    run.cancel(confirm=True)


def test_a_plan_counts_what_would_go(site, ledger):
    t = site.tasks
    items = [t("identity", 1), t("fail"), t("nap", 5, seconds=20), *(t("nap", i) for i in range(7))]
    run = site.swarm(items, max_concurrency=2, max_failures=3, name="much").apply_async()
    wait_for(lambda: ledger.entries("start", 5), what="the body")
    run.suspend()
    wait_for(lambda: run.progress().running == 1, what="the rest to end")
    before = run.progress()
    plan = run.cancel_plan()
    assert (plan.name, plan.status, plan.total) == ("much", RunStatus.SUSPENDED, 10)
    assert (plan.done, plan.failed, plan.running) == (before.done, 1, 1)
    assert plan.keys == len(site.orchestrator.container.reader.sizes(run.id))
    assert plan.bytes > 500
    assert "stops 1 running" in str(plan)
    assert run.cancel_plan() == plan, "a plan changes nothing"
    run.cancel(confirm=plan.token, reason="looked at it")
    [entry] = site.orchestrator.audit(run=run.id, verb="cancel")
    assert (entry.before, entry.after, entry.reason) == (RunStatus.SUSPENDED, RunStatus.CANCELLED, "looked at it")
    assert entry.counts == {"total": 10, "done": before.done, "failed": 1}


def test_a_plan_that_is_out_of_date_is_refused(site):
    run = site.swarm([], open=True).apply_async()
    plan = run.cancel_plan()
    run.suspend()
    with pytest.raises(ConfirmationRequired, match="has changed since this plan"):
        run.cancel(confirm=plan.token)
    assert run.status is RunStatus.SUSPENDED
    run.cancel(confirm=run.cancel_plan().token)


def test_a_run_that_has_ended_is_deleted_too(site, ledger):
    t = site.tasks
    run = site.complex(group(t("identity", 1), t("identity", 2)), on_success=t("on_link")).apply_async()
    assert run.get(timeout=120) == [1, 2]
    wait_for(lambda: ledger.entries("link"), what="the callback")
    run.cancel(confirm=True)
    assert left_of(site, run) == []
    assert isinstance(error_of(site.orchestrator.result(run.id)), RunCancelled)


def surroundings(t, step):
    first = t("identity", 1)
    return {
        "chain": chain(first, step, t("collect"), t("collect")),
        "chord header": chord([first, step], t("collect")),
        "chord in a chain": chain(first, chord([step, t("identity")], t("collect")), t("collect")),
        "errback": step.on_error(t("on_old_error")),
        "group": group(first, step),
    }


@pytest.mark.parametrize("place", ["chain", "chord header", "chord in a chain", "errback", "group"])
def test_native_canvas_around_it_fails_cleanly(site, ledger, place):
    """Given a primitive inside native canvas, when its run is cancelled, then everything after it fails with
    RunCancelled, once, and nothing stays PENDING."""
    t = site.tasks
    step = site.complex(t("nap", 7, seconds=20).set(immutable=True))
    result = surroundings(t, step)[place].apply_async()
    wait_for(lambda: ledger.entries("start", 7), what="the body")
    [view] = site.orchestrator.runs(status="RUNNING")
    run = site.orchestrator.run(view.id)
    run.cancel(confirm=True)
    with pytest.raises(Exception, match="cancelled"):
        result.get(timeout=120)
    node = result
    while isinstance(node, AsyncResult):
        wait_for(lambda: node.state in ("FAILURE", "REVOKED", "SUCCESS"), 15, f"the end of {node}")  # noqa: B023
        node = node.parent
    wait_for(lambda: left_of(site, run) == [], what="nothing to be left")
    if place == "errback":
        wait_for(lambda: ledger.entries("old-errback"), what="the errback")
        assert len(ledger.entries("old-errback")) == 1


def test_a_stand_in_that_is_cancelled_fails_its_task(site, ledger):
    """Given a chain that replaced a task of a run, when that chain's own run is cancelled, then the task has failed
    with RunCancelled."""
    t = site.tasks
    run = site.complex(t("replaced_by_canvas", chain(t("nap", 1, seconds=20), t("identity")))).apply_async()
    inner = site.orchestrator.result(f"{run.id}:0.0:1")
    wait_until_running(inner, "0.0.0")
    inner.cancel(confirm=True)
    assert isinstance(error_of(run, timeout=120), RunCancelled)
    assert run.status is RunStatus.FAILED


def test_a_canvas_that_comes_after_the_end_is_withdrawn(site, ledger):
    """Given a body that replaces itself by a canvas once its run is cancelled or over its deadline, then the canvas
    does not run on by itself."""
    t = site.tasks
    slow = chain(t("nap", 8, seconds=5), t("nap", seconds=0))
    run = site.complex(t("waits_and_is_replaced", slow), deadline=1).apply_async()
    assert error_of(run, timeout=120)
    ledger.redis.set("go", 1)
    wait_for(lambda: ledger.entries("replacing"), what="the replacement")
    inner = f"{run.id}:0.0:1"
    wait_for(
        lambda: not site.orchestrator.container.reader.head(inner) and not left_of(site, Run(inner, app=site.app)),
        10,
        "its end",
    )
    assert site.run(site.tasks("identity", 3)).get(timeout=120) == 3
    assert ledger.entries("end", 8) == []


def test_a_body_that_cannot_be_stopped_changes_nothing(make_stand, ledger):
    """Given a pool that cannot kill, then the body goes on, and its end makes no key again."""
    stand = make_stand()
    with stand.worker(pool="threads", concurrency=2):
        run = stand.run(chain(stand.tasks("nap", 1, seconds=1), stand.tasks("identity")))
        wait_for(lambda: ledger.entries("start", 1), what="the body")
        run.cancel(confirm=True)
        wait_for(lambda: ledger.entries("end", 1), what="its end")
        assert stand.run(stand.tasks("identity", 3)).get(timeout=120) == 3
        assert left_of(stand, run) == []


def test_with_the_broker_away(new_redis, make_stand, ledger):
    """Given a broker that is away, when a run in native canvas is cancelled, then the call succeeds, and the rest of the
    chain hears of it once the broker is back."""
    store, broker = new_redis(), new_redis(aof="always")
    stand = make_stand(broker.url(0), store.url(1), orchestrator_heartbeat=0.3, broker_transport_options={
        "socket_connect_timeout": 1}, task_publish_retry=False)  # fmt: skip
    step = stand.swarm([], open=True)
    tail = chain(step, stand.tasks("collect")).apply_async()
    with stand.worker():
        wait_for(lambda: stand.orchestrator.runs(), what="the run")
        [view] = stand.orchestrator.runs()
        broker.kill()
        stand.orchestrator.run(view.id).cancel(confirm=True)
        broker.restart()
        wait_for(lambda: tail.state == "REVOKED", 60, "the tail")
        wait_for(lambda: left_of(stand, stand.orchestrator.result(view.id)) == [], 30, "nothing to be left")


# -- the trail ---------------------------------------------------------------------------------------------


def test_the_trail_says_who_did_what(site):
    before = datetime.now(timezone.utc) - timedelta(seconds=5)
    run = site.swarm([], open=True, name="watched").apply_async()
    with acting("ada", "dashboard"):
        run.suspend()
    with pytest.raises(InvalidTransition):
        run.suspend()
    run.resume()
    run.cancel(confirm=True, reason="enough")
    entries = site.orchestrator.audit(run=run.id)
    assert [(entry.verb, entry.refused) for entry in entries] == [
        ("cancel", False), ("resume", False), ("suspend", True), ("suspend", False),
    ]  # fmt: skip
    first = entries[-1]
    assert (first.actor, first.channel) == ("ada", "dashboard")
    assert (first.before, first.after) == (RunStatus.PENDING, RunStatus.SUSPENDED)
    assert "@" in entries[0].actor
    assert entries[0].channel == "api"
    assert entries[0].name == "watched"
    assert [entry.verb for entry in site.orchestrator.audit(run=run.id, actor="ada")] == ["suspend"]
    assert len(site.orchestrator.audit(run=run.id, verb="suspend", limit=1)) == 1
    assert site.orchestrator.audit(run=run.id, since=before) == entries
    assert site.orchestrator.audit(run=run.id, until=before) == []
    assert json.loads(first.model_dump_json())["verb"] == "suspend"
    with pytest.raises(OrchestratorError, match="no time zone"):
        site.orchestrator.audit(since=datetime(2026, 1, 1))


def test_a_cancellation_that_two_processes_finish_is_written_down_once(make_stand, monkeypatch):
    """Given a sweep that finishes a cancellation between two calls of its caller, then the trail has one entry.

    Also the cancellation of a later run of the same id has one.
    """
    stand = make_stand()
    container, append = stand.orchestrator.container, AuditTrail.append

    def late(self, entry, event=None):
        with monkeypatch.context() as patch:
            patch.setattr(AuditTrail, "append", append)
            Cancellation(container).finish("twice")
        append(self, entry, event)

    for _ in range(2):
        run = stand.complex(stand.tasks("identity", 1)).apply_async(task_id="twice")
        with monkeypatch.context() as patch:
            patch.setattr(AuditTrail, "append", late)
            run.cancel(confirm=True)
    assert [entry.verb for entry in stand.orchestrator.audit(run="twice")] == ["cancel"] * 2


def test_steering_what_is_not_there_is_written_down(site):
    with pytest.raises(RunNotFound):
        site.orchestrator.result("nobody").cancel(confirm=True)
    [entry] = site.orchestrator.audit(run="nobody")
    assert entry.refused
    assert entry.before is None


def test_a_task_that_steers_is_named_as_such(site):
    run = site.swarm([], open=True).apply_async()
    assert (
        site.app.signature("tests.worker.tasks.cancels", args=(run.id,)).apply_async().get(timeout=120) == "CANCELLED"
    )
    [entry] = site.orchestrator.audit(run=run.id)
    assert entry.channel == "worker"


def test_an_id_that_is_used_again_is_another_run(make_stand):
    """Given a cancelled run, when another one is applied under its id, then its tasks get what it was given, and what
    came before them in it, in processes that have seen the first one as well."""
    stand = make_stand()
    t = stand.tasks
    with stand.worker(concurrency=1):
        for given in (1, 2):
            items = stand.swarm([t("add", n) for n in (10, 20, 30)], max_concurrency=1)
            pools = chain(stand.swarm([t("add", 1), t("add", 2)], max_concurrency=1), t("xsum"), items)
            run = stand.complex(pools).apply_async((given,), task_id="same")
            wait_for(lambda run=run: run.status.ended, what="its end")
            assert run.outcome() == [2 * given + 3 + n for n in (10, 20, 30)]
            run.cancel(confirm=True)

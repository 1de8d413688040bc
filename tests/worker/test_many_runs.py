"""Many runs at once: found by what they were filed under, steered together, each answering for itself."""

import inspect
from itertools import pairwise
from types import SimpleNamespace

import pytest

from orchestrator_celery import (
    ConfirmationRequired,
    InvalidWorkflow,
    OrchestratorError,
    RunFilter,
    RunList,
    RunNotFound,
    RunStatus,
)
from orchestrator_celery.model.events import NodeStarted, StatusChanged
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.waiting import wait_for
from tests.worker.support import Stand, events, full_name

#: These tests are about messages.
pytestmark = pytest.mark.message_each


@pytest.fixture(scope="module")
def _server():
    with EmbeddedRedis() as server:
        yield server


@pytest.fixture
def site(_server, ledger):
    """No worker: what is started waits."""
    _server.client().flushall()
    with Stand(_server.url(0), _server.url(1), orchestrator_heartbeat=0.3) as stand:
        yield stand


def ids(found):
    return [view.id for view in found]


def started(site, count, **options):
    """Open swarms, one after the other by the store's clock."""
    runs = []
    for _ in range(count):
        runs.append(site.swarm([], open=True, **options).apply_async())
        moment = runs[-1].view.created.timestamp()
        wait_for(
            lambda moment=moment: site.orchestrator.container.store.now() > moment + 0.001, what="the next millisecond"
        )
    return runs


def test_runs_are_found_by_what_they_were_filed_under(site):
    """Given categories and tags, of the signature, by `set`, and of one application, then each filter finds its runs."""
    t = site.tasks
    unit = site.complex(t("identity", 1), category="billing", tags=["eu", "vip", "eu"])
    first = unit.apply_async()
    second = unit.apply_async(category="test", tags=["us"])
    third = site.swarm([t("nap", 1)], category="billing", tags=("eu",)).set(tags=["us"]).apply_async()
    plain = site.swarm([t("nap", 1)]).apply_async()
    runs = site.orchestrator.runs
    assert set(ids(runs(category="billing"))) == {third.id, first.id}
    assert set(ids(runs(tag="us"))) == {third.id, second.id}
    assert ids(runs(tag="eu", category="billing")) == [first.id]
    assert set(ids(runs(task=full_name("nap")))) == {plain.id, third.id}
    assert ids(runs(task="nap")) == []
    assert ids(runs(text=first.id, tag="us")) == []
    assert (first.view.category, first.view.tags) == ("billing", ("eu", "vip"))
    assert (plain.view.category, plain.view.tags, plain.view.tasks) == (None, (), (full_name("nap"),))


def test_the_text_form_of_a_filter(site):
    """Given a filter as text, then it finds what keywords find, and more; a wrong word is refused."""
    t = site.tasks
    first = site.complex(t("identity", 1), category="billing", tags=["eu"], name="sum of squares").apply_async()
    second = site.complex(t("nap", 1), category="billing", tags=["us"]).apply_async()
    runs = site.orchestrator.runs
    assert ids(runs("category:billing -tag:us")) == [first.id]
    assert ids(runs('name:"sum of*" since:1h', status="PENDING")) == [first.id]
    assert ids(runs("task:*.nap")) == ids(runs(task="*.nap")) == [second.id]
    assert ids(runs(RunFilter.parse("squares"))) == [first.id]
    assert ids(runs(tag=["eu", "us"])) == [second.id, first.id]
    assert runs("until:1h") == runs("duration:>1ms") == []
    with pytest.raises(OrchestratorError, match="did you mean 'status'"):
        runs("sttus:FAILED")


def test_a_filter_by_worker(site):
    """Given two workers, then a filter finds what runs on one of them now."""
    t = site.tasks
    with site.worker(name="left@test", queues="left"), site.worker(name="right@test", queues="right"):
        sides = {side: site.complex(t("nap", 1, 60)).apply_async(queue=side) for side in ("left", "right")}
        for run in sides.values():
            wait_for(lambda run=run: run.status is RunStatus.RUNNING, what="the body")
        assert ids(site.orchestrator.runs("worker:left@*")) == [sides["left"].id]
        assert ids(site.orchestrator.runs("-worker:left@test")) == [sides["right"].id]
        site.orchestrator.runs().cancel(confirm=True)


def test_a_swarm_is_found_by_tasks_added_later(site):
    t = site.tasks
    swarm = site.swarm([], open=True)
    run = swarm.apply_async()
    swarm.add_task(t("identity", 1))
    swarm.add_tasks_bulk([t("nap", 1), t("add", 1, 2)])
    for name in ("identity", "nap", "add"):
        assert ids(site.orchestrator.runs(task=full_name(name))) == [run.id]


@pytest.mark.parametrize(
    "filed", [{"tags": "eu"}, {"tags": [""]}, {"tags": [1]}, {"category": 5}, {"tags": 5}, {"tags": [None]}], ids=str
)
def test_what_is_no_word_is_refused_before_anything_starts(site, filed):
    with pytest.raises(InvalidWorkflow, match="is not allowed"):
        site.complex(site.tasks("identity", 1), **filed)
    with pytest.raises(InvalidWorkflow, match="is not allowed"):
        site.swarm([], **filed)
    with pytest.raises(InvalidWorkflow, match="is not allowed"):
        site.swarm([]).apply_async(**filed)
    assert site.keys() == []


def test_a_delayed_start_keeps_what_it_is_filed_under(site):
    run = site.swarm([], open=True, tags=["a"]).apply_async(countdown=0.1, tags=["b"])
    with site.worker():
        wait_for(lambda: site.orchestrator.runs(tag="b"), what="the run")
    assert ids(site.orchestrator.runs(tag="b")) == [run.id]
    assert site.orchestrator.runs(tag="a") == []


def test_the_list_is_a_list(site):
    found = site.orchestrator.runs()
    assert found == []
    assert isinstance(found, RunList)
    runs = started(site, 3)
    found = site.orchestrator.runs()
    assert len(found) == 3
    assert [found[0].id, found[-1].id] == [runs[2].id, runs[0].id]
    assert [run.id for run in found[1:]] == [runs[1].id, runs[0].id]
    assert [run.id for run in reversed(found)] == [run.id for run in runs]
    assert (list(found), bool(found), found[1] in found) == (runs[::-1], True, True)
    with pytest.raises(IndexError):
        found[3]


def test_a_listed_run_carries_its_view(site):
    """Given a list, then its runs tell what they are without a read each, and can be steered."""
    first, second = started(site, 2, tags=["eu"])
    plain = site.complex(site.tasks("nap", 1)).apply_async()
    listed = site.orchestrator.runs()
    client = site.orchestrator.container.store.client
    before = client.info("commandstats")["cmdstat_hmget"]["calls"]
    assert [(run.id, run.view.status, run.tags) for run in listed[1:]] == [
        (second.id, RunStatus.PENDING, ("eu",)), (first.id, RunStatus.PENDING, ("eu",)),
    ]  # fmt: skip
    assert listed[0].name == plain.name == plain.view.name == full_name("nap"), "that of the first task"
    assert client.info("commandstats")["cmdstat_hmget"]["calls"] == before + 2, "of `plain`, twice"
    listed[1].suspend()
    assert listed[1].view.status is RunStatus.SUSPENDED, "a verb makes the carried view out of date"
    assert listed[2].view.status is RunStatus.PENDING


def test_a_long_list_is_read_page_by_page(site):
    """Given more runs than a page, then all of them are listed once, in any size of page, and after any run."""
    runs = [site.swarm([], open=True).apply_async() for _ in range(130)]
    found = site.orchestrator.runs()
    order = [run.id for run in found]
    assert sorted(order) == sorted(run.id for run in runs)
    assert [run.id for run in found] == order, "again"
    with pytest.raises(TypeError, match="more than 100"):
        len(found)
    assert (found[129].id, found[-1].id, len(found[95:105])) == (order[129], order[129], 10)
    for size in (1, 7, 64):
        place, read = None, []
        while page := site.orchestrator.runs(after=place, limit=size):
            place = page[-1].view.place if size == 7 else page[-1].view if size == 64 else page[-1]
            read += ids(page)
        assert read == order
    assert ids(site.orchestrator.runs(after=order[9], limit=3)) == order[10:13]
    assert ids(site.orchestrator.runs(offset=10, limit=3)) == order[10:13]
    place = found[9].view.place
    found[9].cancel(confirm=True)
    assert ids(site.orchestrator.runs(after=place, limit=1)) == [order[10]]
    with pytest.raises(RunNotFound, match=r"view\.place"):
        site.orchestrator.runs(after="never started")


def _public_calls_with_ids(site):
    """Every public call of the handles that has a parameter for a run or a signature, by name and parameter."""
    kept = site.orchestrator.signature(site.orchestrator.runs()[0])
    handles = {"orchestrator": site.orchestrator, "signature": kept}
    takes_a_canvas = {"subscribe"}
    for where, handle in handles.items():
        for name in dir(type(handle)):
            member = getattr(type(handle), name)
            if not name.startswith("_") and name not in takes_a_canvas and inspect.isfunction(member):
                for parameter in inspect.signature(member).parameters.values():
                    if parameter.name in {"run", "signature", "id"} or "HasId" in str(parameter.annotation):
                        yield f"{where}.{name}({parameter.name})", getattr(handle, name), parameter


def test_a_call_that_takes_an_id_takes_a_run_or_a_view(site):
    """Given a run, its view and its id, then each public call answers the same for all three."""
    run = site.complex(site.tasks("identity", 1)).apply_async()
    run.suspend()
    made = {"signature.rerun", "orchestrator.swarm", "orchestrator.result"}
    calls = {name: (call, parameter) for name, call, parameter in _public_calls_with_ids(site)}
    assert set(calls) == {
        "orchestrator.audit(run)", "orchestrator.audit(signature)", "orchestrator.result(id)", "orchestrator.run(id)",
        "orchestrator.note_refusal(run)", "orchestrator.note_refusal(signature)", "orchestrator.runs(after)",
        "orchestrator.note_done(run)", "orchestrator.note_done(signature)",
        "orchestrator.signature(id)", "orchestrator.swarm(run)",
        "signature.rerun(run)",
    }  # fmt: skip
    for name in ("run", "signature"):
        call, _ = calls.pop(f"orchestrator.note_refusal({name})")
        call("cancel", "not allowed", **{name: run.view})
        assert [entry.outcome for entry in site.orchestrator.audit(**{name: run}, verb="cancel")] == ["not allowed"]
        call, _ = calls.pop(f"orchestrator.note_done({name})")
        call("add_tasks", **{name: run.view}, counts={"added": 2})
        assert [entry.counts for entry in site.orchestrator.audit(**{name: run}, verb="add_tasks")] == [{"added": 2}]
    listed = site.orchestrator.runs()[0]
    for name, (call, parameter) in calls.items():
        answers = []
        for given in (run.id, run, listed, run.view):
            positional = parameter.kind is not inspect.Parameter.KEYWORD_ONLY
            answers.append(call(given) if positional else call(**{parameter.name: given}))
        if name.partition("(")[0] in made:
            assert len({type(answer) for answer in answers}) == 1, name
        else:
            assert all(answer == answers[0] for answer in answers), name


def test_verbs_reach_every_run_that_matches_and_each_answers(site):
    """Given more runs than a page, one of them suspended already, then all answer, and that one with its refusal."""
    runs = started(site, 120, tags=["eu"])
    other = site.swarm([], open=True, tags=["us"]).apply_async()
    runs[5].suspend()
    found = site.orchestrator.runs(tag="eu")
    assert len(found[:101]) == 101
    answers = found.suspend()
    assert [answer.run for answer in answers] == [run.id for run in runs], "the oldest first"
    [refused] = [answer for answer in answers if not answer.done]
    assert (refused.run, refused.verb, refused.error) == (runs[5].id, "suspend", "InvalidTransition")
    assert "SUSPENDED" in refused.refusal
    assert refused.refusal in str(refused)
    assert {run.status for run in runs} == {RunStatus.SUSPENDED}
    assert other.status is RunStatus.PENDING
    assert len(site.orchestrator.audit(verb="suspend", limit=1000)) == 121, "one for each attempt"
    assert len(site.orchestrator.audit(run=runs[5].id)) == 2


def test_with_a_limit_only_those_listed(site):
    runs = started(site, 4)
    answers = site.orchestrator.runs(offset=1, limit=2).suspend()
    assert [answer.run for answer in answers] == [runs[1].id, runs[2].id]
    assert [run.status is RunStatus.SUSPENDED for run in runs] == [False, True, True, False]


def test_a_resumption_is_staggered(site, monkeypatch):
    """Given suspended runs and one that is not, then the pause is made between two that go on, and not for a refusal."""
    runs = started(site, 4)
    for run in runs[1:]:
        run.suspend()
    pauses = []
    # Not `time.sleep` itself: other threads of this process pause, too.
    monkeypatch.setattr("orchestrator_celery.handles.run_list.time", SimpleNamespace(sleep=pauses.append))
    answers = site.orchestrator.runs().resume(stagger=7)
    assert [answer.done for answer in answers] == [False, True, True, True]
    assert pauses == [7, 7]


def test_cancelling_many_wants_a_confirmation(site):
    runs = [site.swarm([site.tasks("identity", 1)], tags=["x"]).apply_async() for _ in range(3)]
    found = site.orchestrator.runs(tag="x")
    for confirm in (None, False, "", "0123456789ab"):
        with pytest.raises(ConfirmationRequired):
            found.cancel(confirm=confirm)
    plan = found.cancel_plan()
    assert {p.run for p in plan.plans} == {run.id for run in runs}
    assert plan.queued == 3
    assert plan.keys >= 3 * 3
    assert "3 runs" in str(plan)
    late = site.swarm([], open=True, tags=["x"]).apply_async()
    with pytest.raises(ConfirmationRequired, match="matching runs: 4"):
        found.cancel(confirm=plan.token)
    assert {run.status for run in runs} == {RunStatus.PENDING}
    answers = found.cancel(confirm=found.cancel_plan().token, reason="wrong")
    assert all(answer.done for answer in answers)
    assert len(answers) == 4
    with pytest.raises(RunNotFound):
        site.orchestrator.run(late.id)
    assert {entry.reason for entry in site.orchestrator.audit(verb="cancel")} == {"wrong"}
    assert found.cancel(confirm=True) == [], "nothing matches any more"


def test_a_run_of_its_own_answers_for_itself_where_it_has_gone(site):
    """Given a page, when one of its runs is cancelled meanwhile, then the others are still steered."""
    runs = started(site, 3)
    page = site.orchestrator.runs(limit=10)
    runs[1].cancel(confirm=True)
    assert [(answer.done, answer.error) for answer in page.suspend()] == [
        (True, ""), (False, "RunNotFound"), (True, ""),
    ]  # fmt: skip


def test_staggered_runs_start_one_after_the_other(site, ledger):
    """Given suspended runs and a worker with nothing else to do, then each starts its pause after the one before it."""
    runs = [site.run(site.tasks("nap", i), tags=["eu"]) for i in range(4)]
    site.orchestrator.runs(tag="eu").suspend()
    with site.worker(concurrency=4):
        wait_for(lambda: site.queued() == 0, what="the messages to be vetoed")
        answers = site.orchestrator.runs(tag="eu").resume(stagger=0.6)
        assert [run.get(timeout=120) for run in runs] == list(range(4))
    assert [(answer.run, answer.done) for answer in answers] == [(run.id, True) for run in runs]
    starts = [event for run in runs for event in events(run, NodeStarted) if event.node == "0.0"]
    assert len(starts) == len(ledger.entries("start")) == 4, "each body once"
    resumed = [[event.time for event in events(run, StatusChanged)][2] for run in runs]
    assert all((later - earlier).total_seconds() >= 0.55 for earlier, later in pairwise(resumed))
    assert all(start.time >= since for start, since in zip(starts, resumed, strict=True)), "not before its turn"

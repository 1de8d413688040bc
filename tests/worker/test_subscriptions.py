"""Subscriptions: a signature is sent for each change of status that was asked for, and for no other."""

import asyncio

import pytest
from celery import chain, group, signature

from orchestrator_celery import (
    ForeignSignature,
    InvalidSubscription,
    InvalidWorkflow,
    Notice,
    OrchestratorError,
    RunFilter,
    RunStatus,
    UnknownOption,
)
from tests.kit.waiting import wait_for
from tests.worker.support import Stand

EVERY = [*RunStatus]


class Told:
    """The notices that the tasks of a ledger have written down."""

    def __init__(self, ledger):
        self._ledger = ledger

    def all(self, run):
        """The notices about a run, by time of their arrival."""
        return [
            Notice.model_validate(entry[1]) for entry in self._ledger.entries("told") if entry[1]["run"]["id"] == run.id
        ]

    def statuses(self, run):
        """The statuses that were told, in no order: their messages may overtake each other."""
        return sorted(notice.status for notice in self.all(run))

    def wait(self, run, *statuses):
        """Wait until exactly these were told."""
        wait_for(lambda: self.statuses(run) == sorted(statuses), 30, f"notices of {statuses}")


@pytest.fixture
def told(ledger):
    return Told(ledger)


@pytest.fixture
def subscribed(make_stand):
    """Makes subscriptions on a stand, and starts a worker that knows them from its start."""
    stand = make_stand()

    def make(*subscriptions, **options):
        for where, task, words in subscriptions:
            stand.orchestrator.subscribe(where, task if isinstance(task, dict) else stand.tasks(task), **words)
        return stand.worker(**options)

    make.stand = stand
    return make


def test_what_matches_is_told_once_with_the_view(subscribed, told):
    """Given rules for tags and statuses, when runs end, then each rule's task has one notice for each of its changes."""
    stand = subscribed.stand
    every = ("tag:mine", "told", {"on": EVERY, "name": "every"})
    failures = ("status:FAILED tag:other", stand.tasks("told", "extra"), {"name": "failures"})
    with subscribed(every, failures):
        run = stand.complex(stand.tasks("add", 1, 1), name="sum", tags=["mine"]).apply_async()
        unwatched = stand.run(stand.tasks("fail"))
        failing = stand.complex(stand.tasks("fail"), tags=["other"]).apply_async()
        told.wait(run, RunStatus.PENDING, RunStatus.RUNNING, RunStatus.SUCCEEDED)
        told.wait(failing, RunStatus.FAILED)
        wait_for(lambda: unwatched.status.ended)
        last = next(notice for notice in told.all(run) if notice.status is RunStatus.SUCCEEDED)
        assert (last.subscription, last.run.name, last.run.tags) == ("every", "sum", ("mine",))
        assert (last.run.status, last.run.done) == (RunStatus.SUCCEEDED, 1)
        assert abs((last.time - run.view.finished).total_seconds()) < 1
        assert len({notice.key for notice in told.all(run)}) == 3
        wait_for(lambda: "notices" not in stand.orchestrator.container.reader.head(failing.id))
    assert told.all(unwatched) == []
    [entry] = [entry for entry in told._ledger.entries("told") if entry[1]["subscription"] == "failures"]
    assert entry[2:] == ["extra"], "the notice stands in front of the arguments of the signature"


def test_verbs_and_cancellations_are_told(subscribed, told):
    stand = subscribed.stand
    with subscribed(("name:held", "told", {"on": EVERY})):
        run = stand.complex(stand.tasks("add", 1, 1), name="held").apply_async(countdown=3600)
        run.suspend()
        run.resume()
        run.cancel(confirm=True)
        told.wait(run, *map(RunStatus, ("PENDING", "SUSPENDED", "PENDING", "CANCELLED")))
        gone = next(notice for notice in told.all(run) if notice.status is RunStatus.CANCELLED)
        assert (gone.run.name, gone.run.status) == ("held", RunStatus.CANCELLED)
        wait_for(lambda: not stand.orchestrator.container.reader.head(run.id), 30, "nothing of it to be left")


@pytest.mark.parametrize("kind", ["chain", "group", "swarm", "immutable", "dict"])
def test_any_signature_is_sent(subscribed, told, kind):
    stand = subscribed.stand
    task = stand.tasks("told")
    signatures = {
        "chain": lambda: chain(stand.tasks("identity"), task, app=stand.app),
        "group": lambda: group([task, task.clone()], app=stand.app),
        "swarm": lambda: stand.swarm([task, task.clone()]),
        "immutable": lambda: stand.tasks("told_without_words").set(immutable=True),
        "dict": lambda: dict(task),
    }
    with subscribed(("tag:mine", signatures[kind](), {"name": kind})):
        run = stand.complex(stand.tasks("fail"), tags=["mine"]).apply_async()
        count = 2 if kind in ("group", "swarm") else 1
        wait_for(lambda: len(told._ledger.entries("told")) == count, 30, "the notices")
    if kind != "immutable":
        assert told.statuses(run) == [RunStatus.FAILED] * count


def test_a_workflow_that_tells_and_fails_does_not_start_itself(subscribed, told):
    """Given a rule for all failures whose workflow fails, when a run fails, then the workflow runs once."""
    stand = subscribed.stand
    with subscribed(("", stand.complex(stand.tasks("told_and_fails")), {"name": "all"})):
        run = stand.run(stand.tasks("fail"))
        told.wait(run, RunStatus.FAILED)
        later = stand.run(stand.tasks("fail"))
        told.wait(later, RunStatus.FAILED)
        failed = [view for view in stand.orchestrator.runs(status="FAILED") if view.id.startswith("notice-")]
        assert len(failed) <= 2
        assert len(told._ledger.entries("told")) == 2


def test_a_notice_that_can_never_be_sent_holds_nothing_up(subscribed, told):
    """Given a rule with a queue that is not declared, then others are told, and the run owes nothing."""
    stand = subscribed.stand
    stand.app.conf.task_create_missing_queues = False
    with subscribed(
        ("", stand.tasks("told").set(queue="nowhere"), {"name": "first", "on": "SUSPENDED"}),
        ("", "told", {"name": "second", "on": "SUSPENDED"}),
    ):
        run = stand.run(stand.tasks("add", 1, 1), countdown=3600)
        run.suspend()
        told.wait(run, RunStatus.SUSPENDED)
        wait_for(lambda: "notices" not in stand.orchestrator.container.reader.head(run.id))


def test_a_rule_that_comes_later_tells_of_later_changes_only(stand, told):
    """Given a change that another rule is to be told of, when a rule is made after it, then it is not told of it."""
    rules, first = stand.orchestrator, stand.tasks("told", "first")
    rules.container.notices.add = lambda run, change: None  # as if this process died before it sends
    rules.subscribe("", first, on="SUSPENDED")
    run = stand.run(stand.tasks("add", 1, 1))
    run.suspend()
    rules.subscribe("", stand.tasks("told", "second"), on="SUSPENDED")
    with stand.worker():
        told.wait(run, RunStatus.SUSPENDED)
        assert [entry[2] for entry in told._ledger.entries("told")] == ["first"]


def test_a_deleted_rule_sends_nothing_that_it_owes(stand, told):
    """Given a change that was not told, when its rule is deleted, then it is not told, and the run owes nothing."""
    orchestrator = stand.orchestrator
    orchestrator.container.notices.add = lambda run, change: None
    rule = orchestrator.subscribe("", stand.tasks("told"), on=("SUSPENDED",), name="x")
    run = stand.run(stand.tasks("add", 1, 1))
    run.suspend()
    assert rule.delete()
    assert not rule.delete()
    orchestrator.subscribe("", stand.tasks("told"), on=("SUSPENDED",), name="x")
    with stand.worker():
        wait_for(lambda: "notices" not in orchestrator.container.reader.head(run.id), 30, "the debt to be paid")
    assert told.all(run) == []


def test_two_apps_on_one_store(make_stand, told):
    """Given two apps, when runs of both end, then the rule of one tells of its own run only, and only it lists it."""
    mine = make_stand()
    with Stand(mine.broker, mine.backend, "other") as other:
        mine.orchestrator.subscribe("", mine.tasks("told"), on="SUSPENDED", name="x")
        assert other.orchestrator.subscriptions() == []
        other.orchestrator.subscribe("status:FAILED", other.tasks("told"), name="x")
        theirs, ours = (stand.run(stand.tasks("add", 1, 1)) for stand in (other, mine))
        theirs.suspend()
        ours.suspend()
        with mine.worker():
            told.wait(ours, RunStatus.SUSPENDED)
        assert told.all(theirs) == []
        assert [rule.on for rule in mine.orchestrator.subscriptions()] == [(RunStatus.SUSPENDED,)]


def test_what_is_listed(stand):
    orchestrator = stand.orchestrator
    first = orchestrator.subscribe(RunFilter.parse("tag:eu"), stand.tasks("told", "s3cret"), name="first")
    second = orchestrator.subscribe(
        "", chain(stand.tasks("identity"), stand.tasks("told"), app=stand.app), on=("SUCCEEDED", "FAILED")
    )
    listed = orchestrator.subscriptions()
    assert {rule.name for rule in listed} == {second.name, "first"}
    assert (first.where, first.on, first.task) == ("tag:eu", (RunStatus.FAILED,), "tests.worker.tasks.told")
    assert (second.where, second.on, second.task) == ("", (RunStatus.SUCCEEDED, RunStatus.FAILED), "celery.chain")
    assert first.created <= second.created
    assert "s3cret" not in repr(listed)
    assert repr(first) == "<Subscription first: FAILED of tag:eu to tests.worker.tasks.told>"


def test_the_async_twins(stand):
    async def main():
        made = await stand.orchestrator.aio.subscribe("", stand.tasks("told"), name="x")
        [found] = await stand.orchestrator.aio.subscriptions()
        assert found.name == made.name
        assert await found.aio.delete()
        assert await stand.orchestrator.aio.subscriptions() == []

    asyncio.run(main())


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        ({"where": "stats:FAILED"}, OrchestratorError, "did you mean 'status'"),
        ({"where": "status:FALED"}, OrchestratorError, "did you mean 'FAILED'"),
        ({"on": "FALED"}, OrchestratorError, "did you mean 'FAILED'"),
        ({"on": ("FAILED", 3)}, OrchestratorError, "Use one of PENDING"),
        ({"on": ()}, InvalidSubscription, "names no status"),
        ({"name": ""}, InvalidSubscription, "1 to 100 printable"),
        ({"name": "a\nb"}, InvalidSubscription, "1 to 100 printable"),
        ({"name": 5}, InvalidSubscription, "1 to 100 printable"),
        ({"name": "taken"}, InvalidSubscription, "There is a subscription 'taken'"),
        ({"signature": "tests.worker.tasks.told"}, InvalidWorkflow, "is not a signature"),
        ({"signature": signature("tests.worker.tasks.tolb")}, InvalidSubscription, "did you mean 'tests.worker.tasks.told'"),
        ({"signature": group([])}, InvalidSubscription, "has no task"),
        ({"signature": "large"}, InvalidSubscription, "more than 65,536"),
        ({"ons": "FAILED"}, UnknownOption, "did you mean 'on'"),
    ],
)  # fmt: skip
def test_what_is_refused_and_changes_nothing(stand, words, error, says):
    orchestrator = stand.orchestrator
    orchestrator.subscribe("", stand.tasks("told"), name="taken")
    given = {"where": "", "signature": stand.tasks("told"), **words}
    if given["signature"] == "large":
        given["signature"] = stand.tasks("told", "x" * 70_000)
    with pytest.raises(error, match=says):
        orchestrator.subscribe(**given)
    assert [rule.name for rule in orchestrator.subscriptions()] == ["taken"]


def test_a_signature_of_another_app(stand, project):
    with pytest.raises(ForeignSignature, match="bound to the app"):
        stand.orchestrator.subscribe("", project.add.s())


def test_a_task_that_only_a_worker_has(stand, told):
    """Given a client that lacks the task, then it may subscribe as soon as a worker has it."""
    subscribe, task = stand.orchestrator.subscribe, stand.app.signature("tests.worker.tasks.told_at_home")
    with pytest.raises(InvalidSubscription, match="is not registered"):
        subscribe("", task, on="SUSPENDED")
    with stand.worker():
        wait_for(lambda: any(task["task"] in one.tasks for one in stand.orchestrator.workers()), 30, "its heartbeat")
        assert subscribe("", task, on="SUSPENDED").task == "tests.worker.tasks.told_at_home"
        run = stand.run(stand.tasks("add", 1, 1), countdown=3600)
        run.suspend()
        told.wait(run, RunStatus.SUSPENDED)

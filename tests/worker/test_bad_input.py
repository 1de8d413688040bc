"""Bad input: refused at once with the reason and nothing half-created, or the run fails, never hangs."""

import pytest
from celery import Celery, chain, chord, group
from celery.exceptions import NotRegistered
from kombu.exceptions import EncodeError

from orchestrator_celery import (
    BulkRejected,
    ComplexSignature,
    ForeignSignature,
    InvalidWorkflow,
    Orchestrator,
    PayloadTooLarge,
    RunStatus,
    Swarm,
)
from orchestrator_celery.model.events import NodeFailed, NodeStarted
from tests.kit.waiting import wait_for, wait_for_beats
from tests.worker.support import error_of, events


class Opaque:
    """Nothing that JSON knows."""


# -- a task nobody knows


@pytest.mark.parametrize(
    "workflow",
    [
        lambda t, bad: bad,
        lambda t, bad: chain(t("add", 1, 1), bad),
        lambda t, bad: group(t("add", 1, 1), bad),
        lambda t, bad: chord([t("add", 1, 1), bad], t("xsum")),
        lambda t, bad: chord([t("add", 1, 1)], bad),
        lambda t, bad: Swarm([bad, t("add", 1, 1)]),
    ],
    ids="task chain group header body swarm".split(),
)
def test_unknown_task_fails_the_run(busy, workflow):
    bad = busy.app.signature("no.such.task")
    run = busy.run(workflow(busy.tasks, bad))
    # Without a report the reconciler would publish it again and again: it has to be quicker than that.
    error = error_of(run, timeout=4)
    assert "no.such.task" in str(error)
    assert "never registered" in repr(error) or "NotRegistered" in str(error)
    assert run.status is RunStatus.FAILED


def test_unknown_task_is_not_registered_for_the_caller(busy):
    run = busy.run(busy.app.signature("no.such.task"))
    with pytest.raises(NotRegistered, match=r"no\.such\.task"):
        run.get(timeout=4)
    assert "NotRegistered" in run.status_message
    assert len(events(run, NodeFailed)) == 2, "the leaf and the root, once each"


# -- refused at submission: nothing created


@pytest.mark.parametrize(
    "workflow",
    [
        lambda t: t("identity", Opaque()),
        lambda t: t("identity", value=Opaque()),
        lambda t: chain(t("identity", 1), t("add", Opaque())),
        lambda t: chord([t("identity", 1)], t("collect", Opaque())),
        lambda t: Swarm([t("identity", 1), t("identity", Opaque())]),
        lambda t: t("add", 1).set(link=t("on_link", mark=Opaque())),
        lambda t: t("add", 1).set(headers={"odd": Opaque()}),
    ],
    ids="argument keyword step body item callback header".split(),
)
def test_unserialisable_arguments_create_nothing(stand, workflow):
    with pytest.raises(EncodeError):
        stand.run(workflow(stand.tasks))
    assert stand.keys() == []
    assert stand.queued() == 0


def test_unserialisable_input_creates_nothing(stand):
    with pytest.raises(EncodeError):
        stand.swarm([stand.tasks("identity")]).apply_async((Opaque(),))
    with pytest.raises(EncodeError):
        stand.swarm([stand.tasks("identity")]).apply_async(kwargs={"value": Opaque()})
    assert stand.keys() == []


@pytest.mark.parametrize(
    "wrap", [lambda s: s, lambda s: chain(s, s), lambda s: Swarm([s])], ids="task chain swarm".split()
)
def test_signature_of_another_app_is_refused(stand, wrap):
    other = Celery("elsewhere", broker=stand.broker, backend=stand.backend, set_as_current=False)
    Orchestrator(other)
    foreign = other.signature("tests.kit.project.add", args=(1, 1))
    with pytest.raises(ForeignSignature, match=r"'elsewhere'.*'kit'"):
        stand.run(chain(stand.tasks("add", 1, 1), wrap(foreign)))
    other.close()
    assert stand.keys() == []


def test_arguments_over_the_limit_create_nothing(make_stand):
    stand = make_stand(orchestrator_max_payload=2048)
    with pytest.raises(PayloadTooLarge, match=r"orchestrator_max_payload \(2,048\)"):
        stand.run(stand.tasks("identity", "x" * 3000))
    with pytest.raises(PayloadTooLarge):
        stand.swarm([stand.tasks("identity")]).apply_async(("x" * 3000,))
    assert stand.keys() == []


@pytest.mark.parametrize("bound", [0, -1, 2.5, True, "3"])
def test_senseless_concurrency_is_refused(bound):
    with pytest.raises(InvalidWorkflow, match=r"max_concurrency=.*at least 1"):
        Swarm([], max_concurrency=bound)


@pytest.mark.parametrize("bound", [0, -1])
def test_senseless_concurrency_by_message_fails_and_hangs_nobody(busy, bound):
    # Somebody may write the message by hand, or send the primitive's own task by name.
    definition = {"tasks": [dict(busy.tasks("identity", 1))], "max_concurrency": bound}
    result = busy.app.send_task("orchestrator.swarm", kwargs=definition)
    with pytest.raises(InvalidWorkflow):
        result.get(timeout=5)


def test_wrong_arguments_of_a_first_task_are_refused(project, app):
    wait_for_beats(app.orchestrator)  # the first sweep of a worker makes the indexes
    before = _keys_of_runs(app)
    for workflow in (project.add.s(1, 2, 3), chain(project.add.s(1, z=2), project.add.s(1)), Swarm([project.add.s()])):
        with pytest.raises(TypeError):
            ComplexSignature(workflow).apply_async()
    assert _keys_of_runs(app) == before


def test_wrong_arguments_of_a_later_task_fail_the_run(project, app, ledger):
    run = ComplexSignature(chain(project.nap.s(1), project.add.s(2, 3, 4))).apply_async()
    assert isinstance(error_of(run, timeout=120), TypeError)
    assert run.status is RunStatus.FAILED
    assert len(ledger.entries("start")) == 1


def test_wrong_arguments_of_an_item_beyond_the_window_fail_the_swarm(project, app):
    # The first item is fine, so submission cannot know; whoever dispatches the second finds out.
    run = Swarm([project.add.s(1, 1), project.add.s(1, 2, 3)], max_concurrency=1).apply_async()
    error = error_of(run, timeout=120)
    assert type(error).__name__ == "SwarmFailed"
    assert [failure["type"] for failure in error.failures] == ["TypeError"]


def test_bulk_addition_with_bad_tasks_adds_none(busy):
    swarm = Swarm([busy.tasks("identity", 0)], open=True)
    run = swarm.apply_async()
    other = Celery("elsewhere", set_as_current=False)
    bad = [
        busy.tasks("identity", 1),
        busy.tasks("identity", Opaque()),
        other.signature("tests.kit.project.add"),
        "no signature",
    ]
    with pytest.raises(BulkRejected) as caught:
        swarm.add_tasks_bulk(bad)
    assert [rejection.index for rejection in caught.value.report.rejected] == [1, 2, 3]
    assert caught.value.report.added == 0
    assert run.progress().total == 1
    swarm.close()
    assert run.get(timeout=120) == [0]


# -- results that cannot be kept or handed on


def test_result_over_the_limit_fails_its_task(make_stand):
    stand = make_stand(orchestrator_max_payload=2048)
    with stand.worker():
        fine = stand.run(stand.tasks("big", 1000))
        run = stand.run(chain(stand.tasks("big", 5000), stand.tasks("identity")))
        with pytest.raises(PayloadTooLarge, match="orchestrator_max_payload"):
            run.get(timeout=120)
        assert fine.get(timeout=120) == "x" * 1000
    assert run.status is RunStatus.FAILED
    assert [event.node for event in events(run, NodeStarted)] == ["0.0.0", "$"], "the big one and the closing"


def test_unserialisable_result_fails_its_task(busy):
    run = busy.run(group(busy.tasks("unserialisable"), busy.tasks("add", 1, 1)))
    with pytest.raises(EncodeError):
        run.get(timeout=120)
    leaf = run.tree().children[0].children[0]
    assert (leaf.state, leaf.error.type) == ("FAILED", "EncodeError")


def test_result_that_the_next_task_cannot_be_given_fails_that_task(make_stand):
    # Kept as pickle, sent as JSON: the result is fine where it is, and cannot be published.
    stand = make_stand(result_serializer="pickle", accept_content=["json", "pickle"])
    with stand.worker(env={"C_FORCE_ROOT": "1"}):
        run = stand.run(chain(stand.tasks("unserialisable"), stand.tasks("identity")))
        assert isinstance(error_of(run, timeout=120), EncodeError)
        first, second = run.tree().children[0].children
        assert (first.state, second.state) == ("SUCCEEDED", "FAILED")


def test_app_of_a_canvas_is_that_of_its_tasks(stand):
    # The app is not the current one, and a chain or group does not say itself whose it is.
    run = ComplexSignature(chain(stand.tasks("add", 1, 1), group(stand.tasks("add", 1)))).apply_async()
    assert run.app is stand.app
    run = Swarm([chain(stand.tasks("add", 1, 1), stand.tasks("add", 1))]).apply_async()
    assert run.app is stand.app


# -- a worker that does not know the extension


def test_worker_without_the_extension_is_named(stand):
    with stand.worker(env={"TEST_WITHOUT_EXTENSION": "1"}) as worker:
        run = stand.run(stand.tasks("nap", 1))
        message = wait_for(lambda: worker.name in run.status_message and run.status_message, 20, "the worker's name")
    assert "lack the extension" in message
    assert "Orchestrator(app)" in message, "it says what to do"


def test_no_worker_is_said(stand):
    run = stand.run(stand.tasks("nap", 1))
    wait_for(lambda: "No worker answers" in run.status_message, 20, "the message that no worker answers")


def _keys_of_runs(app):
    return sorted(
        key
        for key in app.orchestrator.container.store.client.scan_iter("orc:*")
        if b"{workers}" not in key and b":feed" not in key
    )

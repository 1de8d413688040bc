"""Where messages of a run go: a worker that takes one queue only has to see all of them, the closing one too."""

import pytest
from celery import chain, chord, group

from orchestrator_celery import RunStatus
from orchestrator_celery.model.events import NodeStarted, RunClosed
from tests.kit.waiting import wait_for
from tests.worker.support import events, wait_for_event

#: These tests are about messages.
pytestmark = pytest.mark.message_each


def on(signature, queue):
    return signature.set(queue=queue)


def closer(run):
    """Name of the worker that closed a run."""
    wait_for_event(run, RunClosed)
    return next(event for event in events(run, NodeStarted) if event.node == "$").worker.partition("/")[0]


def test_worker_that_takes_one_queue_only(stand, ledger):
    t = stand.tasks
    with stand.worker(queues="special"):
        swarm = stand.swarm([t("nap", i) for i in range(20)], max_concurrency=3).set(queue="special")
        run = swarm.apply_async()
        assert run.get(timeout=120) == list(range(20))
        wait_for_event(run, RunClosed)
        # The same by options of the application, and by each task's own.
        run = stand.swarm([t("nap", i) for i in range(3)]).apply_async(queue="special")
        assert run.get(timeout=120) == [0, 1, 2]
        run = stand.run(
            chain(on(t("nap", 1), "special"), group(on(t("add", 1), "special"), on(t("add", 2), "special")))
        )
        assert run.get(timeout=120) == [2, 3]
        run = stand.run(chord([on(t("add", 1, 1), "special")], on(t("xsum"), "special")))
        assert run.get(timeout=120) == 2
        run = stand.run(on(t("fail"), "special"))
        with pytest.raises(ValueError, match="no good"):
            run.get(timeout=120)
    assert stand.queued() == 0, "nothing went to the default queue"


def test_empty_swarm_of_a_queue_closes_there(stand):
    with stand.worker(queues="special"):
        assert stand.swarm([]).apply_async(queue="special").get(timeout=120) == []


def test_options_of_an_application_go_to_every_task(stand):
    t = stand.tasks
    workflow = chain(t("nap", 1), group(t("add", 1), t("add", 2)), t("xsum"))
    with stand.worker(queues="special"):
        assert stand.run(workflow, queue="special").get(timeout=5) == 5


def test_canvas_as_item_goes_where_its_swarm_goes(stand):
    t = stand.tasks
    swarm = stand.swarm([chain(t("nap", 1), t("add", 1)), chord([t("add", 1, 1)], t("xsum"))])
    with stand.worker(queues="special"):
        assert swarm.apply_async(queue="special").get(timeout=5) == [2, 2]


def test_retry_and_replacement_stay_in_the_queue(stand):
    t = stand.tasks
    with stand.worker(queues="special", task_default_queue="special"):
        swarm = stand.swarm([t("flaky", 2, 1), t("replaced", "chain"), t("replaced", "swarm")])
        assert swarm.apply_async(queue="special").get(timeout=120) == [1, 13, [2, 4]]


def test_items_added_later_go_where_the_swarm_goes(stand):
    t = stand.tasks
    with stand.worker(queues="special"):
        swarm = stand.swarm([], open=True)
        run = swarm.apply_async(queue="special")
        swarm.add_task(t("nap", 1))
        swarm.add_tasks_bulk([t("nap", 2), t("nap", 3)])
        wait_for(lambda: run.progress().done == 3, 20, "the items")
        swarm.close()
        assert run.get(timeout=120) == [1, 2, 3]


def test_leaves_on_one_queue_and_the_rest_by_default(stand):
    t = stand.tasks
    with stand.worker(queues="heavy") as heavy, stand.worker(queues="celery") as rest:
        run = stand.run(chain(t("nap", 1), on(t("nap"), "heavy"), t("nap")))
        assert run.get(timeout=120) == 1
        ran = {event.node: event.worker.partition("/")[0] for event in events(run, NodeStarted)}
        assert ran["0.0.0"] == ran["0.0.2"] == rest.name
        assert ran["0.0.1"] == heavy.name


def test_queue_of_the_closing_message_by_setting(make_stand):
    stand = make_stand(orchestrator_queue="closing")
    with stand.worker(queues="celery"), stand.worker(queues="closing") as last:
        run = stand.swarm([stand.tasks("nap", i) for i in range(5)]).apply_async()
        assert run.get(timeout=120) == list(range(5))
        assert closer(run) == last.name


def test_queue_of_the_closing_message_by_routes(make_stand):
    stand = make_stand(task_routes={"orchestrator.*": {"queue": "routed"}})
    with stand.worker(queues="celery"), stand.worker(queues="routed") as last:
        run = stand.run(stand.tasks("nap", 1))
        assert run.get(timeout=120) == 1
        assert closer(run) == last.name
        # By name, as beat sends it.
        result = stand.app.send_task("orchestrator.swarm", kwargs={"tasks": [dict(stand.tasks("nap", 1))]})
        assert result.get(timeout=120) == [1]


def test_routes_of_the_project_s_tasks_hold_in_runs(make_stand):
    stand = make_stand(task_routes={"tests.kit.project.nap": {"queue": "naps"}})
    with stand.worker(queues="naps") as naps, stand.worker(queues="celery"):
        run = stand.run(chain(stand.tasks("nap", 1), stand.tasks("add", 1)))
        assert run.get(timeout=120) == 2
        ran = {event.node: event.worker.partition("/")[0] for event in events(run, NodeStarted)}
        assert ran["0.0.0"] == naps.name != ran["0.0.1"]


def test_leaf_on_a_queue_without_a_worker_is_said(stand):
    with stand.worker():
        run = stand.run(chain(stand.tasks("add", 1, 1), on(stand.tasks("add", 1), "nowhere")))
        message = wait_for(lambda: "queue" in run.status_message and run.status_message, 20, "the message")
        assert "0.0.1" in message
        assert run.status is RunStatus.RUNNING
        with stand.worker(queues="nowhere"):
            assert run.get(timeout=120) == 3


def test_nested_primitive_keeps_to_its_own_queue(stand):
    t = stand.tasks
    inner = stand.swarm([t("add", i) for i in range(3)], max_concurrency=1).set(queue="special")
    with stand.worker(queues="special") as special, stand.worker(queues="celery") as rest:
        run = stand.run(chain(t("identity", 1), inner, t("xsum")))
        assert run.get(timeout=120) == 6
        ran = {event.node: event.worker.partition("/")[0] for event in events(run, NodeStarted)}
        assert {ran[f"0.0.1.{i}"] for i in range(3)} == {special.name}
        assert ran["0.0.0"] == ran["0.0.2"] == rest.name

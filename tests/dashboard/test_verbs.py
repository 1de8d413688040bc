"""Every verb through the API, on a real worker."""

import uuid

import pytest

from orchestrator_celery import ComplexSignature, NodeState, RunStatus, Swarm
from tests.kit.waiting import wait_for


@pytest.fixture
def held(project, app):
    """A suspended run of a swarm of which nothing has started."""
    run = Swarm([project.identity.s(i) for i in range(3)], app=app, tags=["held"]).apply_async(countdown=3600)
    run.suspend()
    return run


def test_suspend_resume_interrupt_cancel(browser, project, app):
    run = Swarm([project.nap.s(i, 60) for i in range(2)], app=app).apply_async()
    wait_for(lambda: run.progress().running == 2, what="both tasks to run")
    done = browser.call(f"runs/{run.id}/suspend")
    assert (done["run"]["status"], done["audit"]["channel"], done["audit"]["after"]) == (
        "SUSPENDED", "dashboard", "SUSPENDED",
    )  # fmt: skip
    problem = browser.refused(f"runs/{run.id}/suspend")
    assert problem["status"] == 409
    assert problem["error"] == "InvalidTransition"
    assert "Possible now" in problem["detail"]
    report = browser.call(f"runs/{run.id}/interrupt", grace=1)["report"]
    assert {task["outcome"] for task in report["tasks"]} <= {"terminated", "stopped_itself"}
    assert browser.call(f"runs/{run.id}/resume")["run"]["status"] == "RUNNING"
    browser.call(f"runs/{run.id}/interrupt", grace=1)
    assert browser.refused(f"runs/{run.id}/cancel", confirm="guessed")["status"] == 409
    plan = browser.read(f"runs/{run.id}/cancel-plan")
    gone = browser.call(f"runs/{run.id}/cancel", confirm=plan["token"], reason="no use")
    assert (gone["run"], gone["audit"]["reason"]) == (None, "no use")
    assert browser.get(f"/api/runs/{run.id}").status_code == 404


def test_retry_and_rerun(browser, project, app, ledger):
    key = f"lucky:{uuid.uuid4().hex}"
    run = ComplexSignature(project.unlucky.s(key), app=app).apply_async()
    wait_for(lambda: run.status is RunStatus.FAILED, what="the failure")
    ledger.redis.set(key, 1)
    browser.call(f"runs/{run.id}/retry")
    assert run.get(timeout=60) == key
    made = browser.call(f"runs/{run.id}/rerun")["made"]
    assert app.orchestrator.run(made).get(timeout=60) == key
    assert app.orchestrator.run(made).view.rerun_of == run.id


def test_verbs_on_nodes_and_items(browser, project, app, held):
    """Given waiting items, then one is skipped, one detached, one gets another priority."""
    browser.call(f"runs/{held.id}/nodes/0.0/skip")
    assert held.tree().children[0].state is NodeState.SKIPPED
    made = browser.call(f"runs/{held.id}/nodes/0.1/detach")["made"]
    assert app.orchestrator.run(made).view.id == made
    assert browser.call(f"runs/{held.id}/priority", which=[2], priority="HIGH")["changed"] == 1
    assert browser.refused(f"runs/{held.id}/priority", which=[99], priority="HIGH")["status"] == 422


def test_an_open_swarm_grows_and_is_closed(browser, project, app):
    run = Swarm([project.identity.s(1)], open=True, app=app).apply_async()
    tasks = [{"task": "tests.kit.project.identity", "args": [i]} for i in (2, 3)]
    assert browser.call(f"runs/{run.id}/items", tasks=tasks, dry_run=True)["added"] == 0
    assert browser.call(f"runs/{run.id}/items", tasks=tasks)["added"] == 2
    assert browser.read(f"runs/{run.id}/tree")["open"]
    browser.call(f"runs/{run.id}/close")
    assert not browser.read(f"runs/{run.id}/tree")["open"]
    assert run.get(timeout=60) == [1, 2, 3]
    assert browser.refused(f"runs/{run.id}/items", tasks=tasks)["error"] == "SwarmClosed"
    trail = [(entry.verb, entry.counts, entry.refused) for entry in app.orchestrator.audit(run=run)]
    assert trail == [("add_tasks", {}, True), ("close", {}, False), ("add_tasks", {"added": 2}, False)]


def test_bulk_verbs_tell_the_count_first(browser, project, app):
    """Given a plan, when the runs have changed since, then nothing is done; else each run answers."""
    tag = f"bulk-{uuid.uuid4().hex[:8]}"

    def start():
        return ComplexSignature(project.identity.s(1), tags=[tag], app=app).apply_async(countdown=3600)

    runs = [start(), start()]
    chosen = {"verb": "suspend", "filter": f"tag:{tag}"}
    plan = browser.call("bulk/plan", **chosen)
    assert (plan["matching"], plan["allowed"]) == (2, 2)
    runs.append(start())
    assert browser.refused("bulk", **chosen, confirm=plan["token"])["status"] == 409
    assert {run.status for run in runs} == {RunStatus.PENDING}
    plan = browser.call("bulk/plan", **chosen)
    outcome = browser.call("bulk", **chosen, confirm=plan["token"])
    assert (outcome["done"], outcome["refused"]) == (3, 0)
    selected = {"verb": "cancel", "runs": [runs[0].id, runs[1].id]}
    plan = browser.call("bulk/plan", **selected)
    assert plan["keys"] > 0
    assert browser.call("bulk", **selected, confirm=plan["token"], reason="all")["done"] == 2
    assert browser.read("runs/counts", filter=f"tag:{tag}")["total"] == 1
    assert browser.refused("bulk/plan", verb="suspend")["status"] == 422


def test_signatures_and_tasks(browser, project, app):
    """Given a saved signature, then it runs, is deleted, restored and purged; and a task runs as a run of its own."""
    stored = app.orchestrator.save(project.add.s(1), name="plus one", tags=["kept"])
    listed = browser.read("signatures", saved=True, name="plus one")["signatures"]
    assert stored.id in [one["id"] for one in listed]
    run = browser.call(f"signatures/{stored.id}/run", args=[4])["run"]
    assert app.orchestrator.run(run["id"]).get(timeout=60) == 5
    assert [one["id"] for one in browser.read(f"signatures/{stored.id}/runs")] == [run["id"]]
    again = browser.call(f"signatures/{stored.id}/rerun")["run"]
    assert app.orchestrator.run(again["id"]).get(timeout=60) == 5
    assert browser.call(f"signatures/{stored.id}/delete", after=3600)["status"] == "MARKED_FOR_DELETION"
    marked = browser.read("signatures", status="MARKED_FOR_DELETION")["signatures"]
    assert stored.id in [one["id"] for one in marked]
    assert browser.call(f"signatures/{stored.id}/restore")["delete_at"] is None
    assert browser.refused(f"signatures/{stored.id}/purge", confirm="no")["error"] == "ConfirmationRequired"
    assert browser.post(f"/api/signatures/{stored.id}/purge", json={"confirm": stored.id}).status_code == 204
    assert browser.get(f"/api/signatures/{stored.id}").status_code == 404
    started = browser.call("tasks/tests.kit.project.add/run", args=[1], kwargs={"y": 2})["run"]
    assert app.orchestrator.run(started["id"]).get(timeout=60) == 3
    assert browser.refused("tasks/nobody.has.it/run")["status"] == 400

"""What the pages read, on real runs."""

import json
import uuid
from pathlib import Path

import pytest
from celery import chain

from orchestrator_celery import END, START, Approval, ComplexSignature, ConditionalGraph, Swarm, otherwise, result, when
from orchestrator_celery.dashboard.server.application import build_api
from orchestrator_celery.dashboard.server.cursors import write_cursor
from orchestrator_celery.dashboard.server.document import document
from tests.kit.waiting import wait_for

DOCUMENT = Path(__file__).parents[2] / "docs/dashboard/openapi.json"


def test_the_published_document_is_that_of_the_server():
    """`make openapi` writes it."""
    assert json.loads(DOCUMENT.read_text()) == document(build_api())


@pytest.fixture(scope="module")
def tag():
    return f"dash-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def ended(project, app, tag):
    """A run of a chain with a secret among its arguments, which has ended."""
    steps = chain(project.add.s(1, 2), project.collect.s(password="s3cret", note="<script>alert(1)</script>"))
    run = ComplexSignature(steps, name="<b>sum</b>", tags=[tag], app=app).apply_async()
    run.get(timeout=60)
    return run


def test_a_run_with_its_parts(browser, ended):
    found = browser.read(f"runs/{ended.id}")
    assert found["run"]["status"] == "SUCCEEDED"
    assert found["run"]["name"] == "<b>sum</b>", "text is passed on as it is: the page escapes it"
    assert found["progress"]["done"] == 2
    allowed = {verb["verb"] for verb in found["verbs"] if verb["allowed"]}
    assert allowed == {"rerun", "cancel"}
    assert all("Possible now" in verb["refusal"] for verb in found["verbs"] if not verb["allowed"])
    assert browser.read(f"runs/{ended.id}/message")["message"]
    tree = browser.read(f"runs/{ended.id}/tree")
    assert [child["kind"] for child in tree["children"]] == ["chain"]
    assert [node["node"] for node in browser.read(f"runs/{ended.id}/timeline")["nodes"]] == [
        "0", "0.0", "0.0.0", "0.0.1",
    ]  # fmt: skip
    kinds = [event["kind"] for event in browser.read(f"runs/{ended.id}/events")["events"]]
    assert "NodeStarted" in kinds
    assert "StatusChanged" in kinds


def test_a_node_with_its_data(browser, ended):
    """Given a secret among arguments, then it is hidden in what was given and in what came back."""
    first = browser.read(f"runs/{ended.id}/nodes/0.0.0")
    assert (first["args"]["value"], first["result"], first["input"]) == (
        [1, 2], {"value": 3, "exact": True, "cut": False}, {"value": [], "exact": True, "cut": False},
    )  # fmt: skip
    second = browser.read(f"runs/{ended.id}/nodes/0.0.1")
    assert second["input"]["value"] == [3]
    assert second["kwargs"]["value"] == {"password": "**", "note": "<script>alert(1)</script>"}
    assert second["kwargs"]["exact"] is False
    assert second["result"]["value"] == [[3], {"password": "**", "note": "<script>alert(1)</script>"}]
    assert "s3cret" not in browser.get(f"/api/runs/{ended.id}/nodes/0.0.1").text
    assert second["parent"] == "0.0"
    assert browser.get(f"/api/runs/{ended.id}/nodes/0.7").status_code == 404


def test_runs_are_listed_in_pages_by_a_filter(browser, project, app, tag):
    runs = [ComplexSignature(project.identity.s(i), tags=[f"{tag}-p"], app=app).apply_async() for i in range(5)]
    for run in runs:
        run.get(timeout=60)
    seen, cursor = [], None
    while True:
        page = browser.read("runs", filter=f"tag:{tag}-p", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [view["id"] for view in page["runs"]]
        assert len(page["runs"]) <= 2
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [run.id for run in reversed(runs)]
    counts = browser.read("runs/counts", filter=f"tag:{tag}-p")
    assert (counts["total"], counts["statuses"]["SUCCEEDED"], counts["exact"]) == (5, 5, True)
    problem = browser.get("/api/runs", params={"filter": "colour:red"})
    assert problem.status_code == 400
    assert "not a known filter word" in problem.json()["detail"]
    assert browser.get("/api/runs", params={"cursor": "%%%"}).status_code == 400
    other = browser.get("/api/runs", params={"cursor": write_cursor(7)})
    assert (other.status_code, "another list" in other.json()["detail"]) == (400, True)


def test_items_of_a_swarm(browser, project, app):
    swarm = Swarm([project.fail_if.s(i, [3]) for i in range(6)], max_failures=1, app=app)
    run = swarm.apply_async()
    run.get(timeout=60)
    page = browser.read(f"runs/{run.id}/items", limit=4)
    assert [item["index"] for item in page["items"]] == [0, 1, 2, 3]
    rest = browser.read(f"runs/{run.id}/items", limit=4, cursor=page["next"])
    assert ([item["index"] for item in rest["items"]], rest["next"]) == ([4, 5], None)
    failed = browser.read(f"runs/{run.id}/items", state="FAILED")["items"]
    assert [item["index"] for item in failed] == [3]
    assert failed[0]["error"]["traceback"].startswith("Traceback")
    pages = browser.read(f"runs/{run.id}/tree", offset=4, limit=100)
    assert ([child["id"] for child in pages["children"]], pages["children_total"]) == (["0.4", "0.5"], 6)


def test_edges_of_a_graph_and_an_approval(browser, project, app):
    """Given a graph that waits, when a person answers, then its edges say which way it went."""
    graph = (
        ConditionalGraph("orders", app=app)
        .add_node("price", project.identity.s(7))
        .add_node("ask", Approval(message="pay password=s3cret"))
        .add_node("done", project.identity.si("done"))
        .add_edge(START, "price")
        .add_conditional_edges("price", [when(result >= 5, "ask"), otherwise("done")])
        .add_conditional_edges("ask", {"approved": "done", "rejected": END})
        .add_edge("done", END)
    )
    run = graph.apply_async()
    [asked] = wait_for(lambda: [one for one in browser.read("approvals") if one["run"] == run.id])
    assert asked["message"] == "pay password=**"
    assert browser.read(f"runs/{run.id}")["approvals"][0]["node"] == asked["node"]
    answers = [{"run": run.id, "node": asked["node"], "decision": "approved", "note": "fine"}]
    assert browser.call("approvals", answers=answers) == [
        {"run": run.id, "node": asked["node"], "done": True, "refusal": ""}
    ]
    [late] = browser.call("approvals", answers=answers)
    assert late["done"] is False
    assert late["refusal"]
    run.get(timeout=60)
    edges = browser.read(f"runs/{run.id}/edges")["edges"]
    ways = {(edge["source"], edge["target"]): edge for edge in edges}
    assert {place: edge["taken"] for place, edge in ways.items()} == {
        ("0.S", "0.0"): 1, ("0.0", "0.1"): 1, ("0.0", "0.2"): 0, ("0.1", "0.2"): 1, ("0.1", "0.$"): 0, ("0.2", "0.$"): 1,
    }  # fmt: skip
    assert (ways["0.0", "0.1"]["kind"], ways["0.0", "0.1"]["label"]) == ("condition", "result >= 5")
    assert ways["0.0", "0.2"]["kind"] == "otherwise"
    assert browser.get(f"/api/runs/{run.id}/edges", params={"node": "0.0"}).status_code == 400
    audit = browser.read("audit", run=run.id, verb="approve")["entries"]
    assert [(entry["channel"], entry["outcome"]) for entry in audit if entry["outcome"] == "done"] == [
        ("dashboard", "done")
    ]


def test_lists_beside_runs(browser, ended):
    assert any(worker["alive"] and "tests.kit.project.add" in worker["tasks"] for worker in browser.read("workers"))
    tasks = {task["name"]: task for task in browser.read("tasks")}
    add = tasks["tests.kit.project.add"]
    assert [(one["name"], one["required"], one["default"]) for one in add["parameters"]] == [
        ("x", True, ""), ("y", False, "0"),
    ]  # fmt: skip
    assert add["workers"]
    assert add["lacking"] == []
    assert {word["word"] for word in browser.read("filter/words")} >= {"status", "task", "since"}
    assert browser.read("filter", filter="status:FAILED -tag:x")["terms"][1] == {
        "field": "tag", "values": ["x"], "excluded": True,
    }  # fmt: skip
    overview = browser.read("overview")
    assert set(overview) == {"approvals", "failed", "running", "held", "workers", "stats"}
    assert browser.read("stats", since="2h")["until"]
    assert isinstance(browser.read("resume-reports"), list)
    assert any(check["name"] == "store" for check in browser.read("doctor"))


def test_an_id_may_hold_a_slash(browser, project, app):
    odd = f"a/b?c d%2F{uuid.uuid4().hex}"
    run = ComplexSignature(project.identity.s(1), app=app).apply_async(task_id=odd)
    run.get(timeout=60)
    quoted = "".join(f"%{byte:02X}" for byte in odd.encode())
    assert browser.read(f"runs/{quoted}")["run"]["id"] == odd
    assert browser.read(f"runs/{quoted}/tree")["id"] == "0"

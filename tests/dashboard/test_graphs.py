"""Saved graphs by the API: versions, two editors at once, rolling back, running, deleting."""

import uuid
from datetime import datetime, timezone

import pytest

from orchestrator_celery import END, START, ConditionalGraph, acting
from orchestrator_celery.dashboard import create_dashboard
from orchestrator_celery.dashboard.server.access.logins import TokenAuth

LAYOUT = {"nodes": {"add": {"x": 10, "y": 20}}}
VIEWER = "viewer-" + "v" * 20


@pytest.fixture
def name():
    return f"orders/{uuid.uuid4().hex[:8]} of us"


@pytest.fixture
def path(name):
    return f"graphs/{name.replace('/', '%2F')}"


@pytest.fixture
def document(project, app):
    return adding(project, app, 1)


def adding(project, app, number, **kwargs):
    graph = ConditionalGraph("adds", app=app).add_node("add", project.add.s(number, **kwargs))
    return graph.add_edge(START, "add").add_edge("add", END).to_dict()


def test_versions_are_saved_compared_and_rolled_back(browser, app, project, document, name, path):
    """Given two editors of one graph, then the second is told and saves nothing, and an old version comes back."""
    first = browser.call(f"{path}/versions", document=document, layout=LAYOUT, note="the first", base=0)
    assert (first["name"], first["version"], first["newest"], first["note"]) == (name, 1, 1, "the first")
    assert (first["author"], first["nodes"], first["edges"]) == (browser.read("session")["actor"], 1, 2)
    assert browser.read(path) == first
    second = adding(project, app, 2)
    assert browser.call(f"{path}/versions", document=second, base=1)["version"] == 2
    late = browser.refused(f"{path}/versions", document=document, base=1)
    assert (late["status"], late["error"]) == (409, "GraphChanged")
    assert "has saved version 2" in late["detail"]
    [refusal] = [one for one in app.orchestrator.audit(verb="save", limit=20) if one.refused and one.name == name]
    assert refusal.channel == "dashboard"
    assert [one["version"] for one in browser.read(f"{path}/versions")] == [2, 1]
    assert browser.read(path, version=1)["newest"] == 2
    assert browser.read(path)["document"] == second
    back = browser.call(f"{path}/roll-back", version=1, base=2)
    assert (back["version"], back["note"]) == (3, "Rolled back to version 1")
    assert (back["document"], back["layout"]) == (first["document"], LAYOUT)
    [listed] = browser.read("graphs", text=name.upper())["graphs"]
    assert (listed["version"], listed["signature"]) == (3, back["signature"])


def test_a_save_whose_answer_was_lost_is_repeated(browser, app, project, document, name, path):
    """Given a save that was sent twice, then there is one version; another document, note or author is refused."""
    body = {"document": document, "layout": LAYOUT, "note": "once", "base": 0}
    first = browser.call(f"{path}/versions", **body)
    assert browser.call(f"{path}/versions", **body) == first
    for change in ({"document": adding(project, app, 2)}, {"layout": {}}, {"note": "twice"}, {"base": 7}):
        assert browser.refused(f"{path}/versions", **{**body, **change})["status"] == 409
    graph = ConditionalGraph.from_dict(document, app=app)
    with acting("somebody else"):
        app.orchestrator.graphs.save(graph, name=name, note="once", layout=LAYOUT, base=1)
    assert browser.refused(f"{path}/versions", **{**body, "base": 1})["status"] == 409
    assert [one["version"] for one in browser.read(f"{path}/versions")] == [2, 1]
    assert len([one for one in app.orchestrator.audit(verb="save", limit=50) if one.refused and one.name == name]) == 5


def test_a_roll_back_whose_answer_was_lost_is_repeated(browser, app, project, document, name, path):
    """Given a roll-back that was sent twice, then there is one version; another version, note or author is refused."""
    browser.call(f"{path}/versions", document=document, layout=LAYOUT, base=0)
    browser.call(f"{path}/versions", document=adding(project, app, 2), base=1)
    first = browser.call(f"{path}/roll-back", version=1, base=2)
    assert browser.call(f"{path}/roll-back", version=1, base=2) == first
    for change in ({"version": 2}, {"note": "another"}, {"base": 1}):
        assert browser.refused(f"{path}/roll-back", **{"version": 1, "base": 2, **change})["status"] == 409
    noted = browser.call(f"{path}/roll-back", version=2, base=3, note="as before")
    assert browser.call(f"{path}/roll-back", version=2, base=3, note="as before") == noted
    with acting("somebody else"):
        app.orchestrator.graphs.roll_back(name, 1, base=4)
    assert browser.refused(f"{path}/roll-back", version=1, base=4)["status"] == 409
    assert [one["version"] for one in browser.read(f"{path}/versions")] == [5, 4, 3, 2, 1]


def test_a_version_runs_and_is_deleted_with_its_signature(browser, app, project, document, name, path):
    for number in (1, 2):
        browser.call(f"{path}/versions", document=adding(project, app, number * 10))
    run = browser.call(f"{path}/run", args=[5])["run"]
    assert app.orchestrator.run(run["id"]).get(timeout=60) == 25
    assert app.orchestrator.graphs.version_of(app.orchestrator.run(run["id"]).signature).version == 2
    old = browser.call(f"{path}/run", args=[5], version=1)["run"]
    assert app.orchestrator.run(old["id"]).get(timeout=60) == 15
    newest = browser.read(path)["signature"]
    assert browser.call(f"signatures/{newest}/delete", after=3600)["status"] == "MARKED_FOR_DELETION"
    assert browser.read(path)["version"] == 2, "until then it is there"
    assert browser.call(f"signatures/{newest}/restore")["delete_at"] is None
    app.orchestrator.signature(newest).purge(confirm=True)
    assert [one["version"] for one in browser.read(f"{path}/versions")] == [1]
    app.orchestrator.signature(browser.read(path)["signature"]).purge(confirm=True)
    for gone in (path, f"{path}/versions"):
        assert browser.get(f"/api/{gone}").status_code == 404
    assert browser.refused(f"{path}/run")["error"] == "GraphNotFound"
    assert browser.call(f"{path}/versions", document=document, base=0)["version"] == 1, "the name is free"


def test_what_is_refused_saves_nothing(browser, document, path):
    broken = {**document, "edges": []}
    assert browser.refused(f"{path}/versions", document=broken)["error"] == "GraphInvalid"
    assert browser.refused(f"{path}/versions", document=[])["status"] == 422
    assert browser.refused(f"{path}/versions", document=document, base=3)["status"] == 409
    assert browser.refused(f"{path}/versions", document=document, note="x" * 2001)["status"] == 422
    assert browser.refused(f"{path}/roll-back", version=1)["status"] == 404
    assert browser.refused("graphs/a%0Ab/versions", document=document)["status"] == 422
    assert browser.get(f"/api/{path}").status_code == 404


def test_who_may_not_save_sees_no_secrets(app, project, visit, browser, path):
    document = adding(project, app, 1, password="s3cret")
    browser.call(f"{path}/versions", document=document)
    assert browser.read(path)["document"] == document
    dashboard = create_dashboard(app, auth=TokenAuth({VIEWER: ("vera", "viewer")}))
    someone = visit(dashboard)
    someone.post("/api/session", json={"token": VIEWER})
    someone.begin()
    shown = someone.read(path)["document"]
    assert "s3cret" not in str(shown)
    assert shown["edges"] == document["edges"]
    assert someone.refused(f"{path}/versions", document=document)["status"] == 403


def test_values_that_json_lacks_come_back(browser, app, project, path):
    """Given a date in a graph, when an editor saves what it has read, then workers get the date."""
    day = datetime(2030, 1, 2, tzinfo=timezone.utc)
    graph = ConditionalGraph("dates", app=app).add_node("add", project.identity.si(day))
    name = path.removeprefix("graphs/").replace("%2F", "/")
    app.orchestrator.graphs.save(graph.add_edge(START, "add").add_edge("add", END), name=name)
    browser.call(f"{path}/versions", document=browser.read(path)["document"], base=1)
    assert app.orchestrator.graphs.get(name, 2).document == app.orchestrator.graphs.get(name, 1).document
    assert app.orchestrator.graphs.run(name).get(timeout=60) == day

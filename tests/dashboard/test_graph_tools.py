"""What the graph editor calls: checks of documents, templates, test runs."""

import pytest

from orchestrator_celery import END, START, ConditionalGraph, when
from orchestrator_celery import node as of
from orchestrator_celery.dashboard import create_dashboard


@pytest.fixture
def graph(project, app):
    return (
        ConditionalGraph("sum", app=app, tags=["kept"])
        .add_node("first", project.add.s(1))
        .add_node("second", project.add.s(10))
        .add_edge(START, "first")
        .add_edge("first", "second")
        .add_edge("second", END)
    )


def test_a_document_is_checked_at_its_nodes_and_edges(browser, graph):
    document = graph.to_dict()
    assert browser.call("graph-tools/check", document=document) == {"problems": []}
    graph.add_edge("first", "nix").add_conditional_edges("second", [when(of("nobody") == 1, END)])
    found = browser.call("graph-tools/check", document=graph.to_dict())["problems"]
    assert [(one["kind"], one["node"], one["edge"]) for one in found] == [
        ("error", "first", 3), ("error", "second", 4),
    ]  # fmt: skip
    assert found[0]["text"].startswith("an edge leads to 'nix', which is not a node; add_node('nix', ...)")


@pytest.mark.parametrize("document", [None, 3, "x", [], {}, {"version": 99}, {"task": "a.b"}, {"version": 1, "x": 1}])
def test_a_value_that_is_no_document_is_a_problem_and_no_error(browser, document):
    [found] = browser.call("graph-tools/check", document=document)["problems"]
    assert (found["kind"], found["node"], found["edge"]) == ("error", None, None)
    assert found["text"]


def test_an_unfinished_graph_is_checked(browser):
    found = browser.call("graph-tools/check", document={"version": 1, "nodes": [], "edges": []})["problems"]
    assert [one["text"].split(";")[0] for one in found] == ["the graph has no nodes"]


def test_a_document_runs_for_a_test(browser, app, graph):
    """Given a document that is not saved, then its run has the tag `test` beside its own."""
    run = browser.call("graph-tools/test-run", document=graph.to_dict(), args=[5])["run"]
    assert (run["name"], run["tags"]) == ("sum", ["kept", "test"])
    assert app.orchestrator.run(run["id"]).get(timeout=60) == 16
    problem = browser.refused("graph-tools/test-run", document=graph.add_edge("first", "nix").to_dict())
    assert (problem["status"], problem["error"], problem["problems"][0]["place"]) == (422, "GraphInvalid", "first")


def test_a_read_only_dashboard_checks_but_runs_nothing(app, visit, graph):
    reader = visit(create_dashboard(app, read_only=True))
    reader.begin()
    assert reader.call("graph-tools/check", document=graph.to_dict()) == {"problems": []}
    assert reader.refused("graph-tools/test-run", document=graph.to_dict())["status"] == 403


def test_templates_make_documents(browser, project):
    listed = browser.read("graph-templates")
    assert len(listed) >= 10
    names = {one["name"] for one in listed}
    assert {"switch", "threshold", "loop_until"} <= names
    assert all(one["summary"] and one["parameters"]["type"] == "object" for one in listed)
    parameters = {"primary": dict(project.add.s(1)), "alternatives": [dict(project.identity.s())]}
    document = browser.call("graph-templates/fallback", parameters=parameters)["document"]
    assert browser.call("graph-tools/check", document=document) == {"problems": []}
    problem = browser.refused("graph-templates/fallback", parameters={"primary": 3})
    assert (problem["status"], "primary" in problem["detail"]) == (422, True)
    assert browser.refused("graph-templates/nobody")["status"] == 422


def test_a_document_is_written_as_python_and_compared(browser, graph):
    old = graph.to_dict()
    code = browser.call("graph-tools/python", document=old, name="orders")["code"]
    assert code == graph.to_python("orders")
    assert browser.refused("graph-tools/python", document=old, name="not a name")["status"] == 422
    new = graph.add_error_edge("first", END).to_dict()
    found = browser.call("graph-tools/diff", old=old, new=new, names=["version 1", "version 2"])
    assert [(edge["change"], edge["source"], edge["target"]) for edge in found["edges"]] == [("added", "first", END)]
    assert (found["nodes"], found["fields"]) == ([], [])
    assert "--- version 1" in found["text"]
    assert browser.call("graph-tools/diff", old=old, new=old)["text"] == ""


def test_a_dry_run_goes_its_way_without_a_task(browser, graph):
    document = graph.add_error_edge("first", "second", on=["KeyError"]).to_dict()
    document["nodes"][0]["signature"]["task"] = "nobody.has.it"
    found = browser.call("graph-tools/dry-run", document=document, args=[5], results={"first": [6]})
    assert [(one["node"], one["visit"], one["input"], one["value"], one["assumed"]) for one in found["steps"]] == [
        ("__start__", 0, 5, 5, False), ("first", 1, 5, 6, False), ("second", 1, 6, None, True),
    ]  # fmt: skip
    assert [(one["edges"], one["targets"]) for one in found["steps"]] == [
        ([0], ["first"]), ([1], ["second"]), ([2], ["__end__"]),
    ]  # fmt: skip
    assert (found["result"], found["error"]) == (None, None)
    error = {"type": "KeyError", "message": "x"}
    failed = browser.call("graph-tools/dry-run", document=document, errors={"first": [error]})["steps"][1]
    assert (failed["outcome"], failed["value"], failed["edges"]) == ("failed", error, [3])
    lost = browser.call("graph-tools/dry-run", document=document, errors={"first": {"type": "Lost"}})
    assert (lost["error"]["type"], lost["result"]) == ("Lost", None)
    assert browser.refused("graph-tools/dry-run", document=document, results={"nix": [1]})["status"] == 422
    assert browser.refused("graph-tools/dry-run", document=document, kwargs={"results": 1})["status"] == 422
    assert browser.refused("graph-tools/dry-run", document={**document, "edges": []})["error"] == "GraphInvalid"


def test_arguments_that_do_not_fit_start_nothing(browser, app, graph):
    """Given more arguments than the first task takes, then the caller is told, and no run is left."""
    before = app.orchestrator.graphs.save(graph, name="does not fit")
    for path, form in (
        ("graph-tools/test-run", {"document": graph.to_dict()}),
        ("graphs/does not fit/run", {}),
        (f"signatures/{before.signature}/run", {}),
        ("tasks/tests.kit.project.add/run", {}),
    ):
        problem = browser.refused(path, args=[1, 2, 3, 4], **form)
        assert (problem["status"], problem["error"]) == (422, "InvalidWorkflow")
        assert "positional argument" in problem["detail"]
    assert app.orchestrator.signature(before.signature).runs(limit=5) == []
    app.orchestrator.signature(before.signature).purge(confirm=True)

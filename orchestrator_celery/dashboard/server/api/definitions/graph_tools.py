"""Tools of the graph editor that need no stored graph: check a document, and run it for a test."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from orchestrator_celery import GraphInvalid, InvalidWorkflow, RunView
from orchestrator_celery.dashboard.server.access.roles import needs
from orchestrator_celery.dashboard.server.api.definitions.documents import GraphRun, read_graph
from orchestrator_celery.dashboard.server.context import Found

__all__ = ("router",)

router = APIRouter(prefix="/graph-tools", tags=["graphs"])

#: The tag of runs of documents that were not saved.
TEST = "test"


class CheckForm(BaseModel):
    """What is checked: a graph's document, also an unfinished or a broken one."""

    document: Any = None


class FoundProblem(BaseModel):
    """One problem of a graph.

    Args:
        kind: an `error` refuses a run; a `warning` does not.
        node: the name of the node, with the names of the nodes around it as in `outer/inner`; None if the whole graph
            has the problem.
        edge: the position, in the list of edges, of the declaration with the problem; None if an edge does not have
            it. The list is that of the graph that has the node.
        text: the problem and what to do.
    """

    kind: Literal["error", "warning"]
    node: str | None
    edge: int | None
    text: str


class CheckedGraph(BaseModel):
    """The problems of a graph.

    Args:
        problems: every problem; without an error among them, the graph can run.
    """

    problems: list[FoundProblem]


class GraphRunStarted(BaseModel):
    """The test run that was started.

    Args:
        run: the run.
    """

    run: RunView


@router.post("/check")
def check_graph(found: Found, form: CheckForm) -> CheckedGraph:
    """Check a document. The answer lists every problem; also a value that is no document is a problem, not an error."""
    try:
        read_graph(found, form.document).validate()
    except GraphInvalid as exc:
        listed = [(one.node or None, one.edge, one.text) for one in exc.problems]
    except InvalidWorkflow as exc:
        listed = [(None, None, str(exc))]
    else:
        listed = []
    return CheckedGraph(
        problems=[FoundProblem(kind="error", node=node, edge=edge, text=text) for node, edge, text in listed]
    )


@router.post("/test-run", dependencies=[needs("run")])
def test_run_graph(found: Found, form: GraphRun) -> GraphRunStarted:
    """Start a real run of a document that is not saved. The run has the tag `test`."""
    tags = form.document.get("tags", [])
    tagged = {**form.document, "tags": [*tags, TEST] if isinstance(tags, list) else tags}
    return GraphRunStarted(run=read_graph(found, tagged).apply_async(form.args, form.kwargs).view)

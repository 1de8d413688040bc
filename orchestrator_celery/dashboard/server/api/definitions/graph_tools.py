"""Tools of the graph editor that need no stored graph: check, write as Python, compare, and run for a test."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from redis.exceptions import RedisError

from orchestrator_celery import (
    DryRun,
    GraphDifferences,
    GraphInvalid,
    InvalidWorkflow,
    Orchestrator,
    OrchestratorError,
    RunView,
)
from orchestrator_celery.dashboard.server.access.roles import needs
from orchestrator_celery.dashboard.server.api.definitions.argument_check import argument_warnings
from orchestrator_celery.dashboard.server.api.definitions.documents import Document, GraphRun, read_graph
from orchestrator_celery.dashboard.server.api.definitions.starting import given_arguments
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


class PythonForm(BaseModel):
    """The document of a graph, and the variable that the graph gets in a module."""

    document: Document
    name: Annotated[str, Field(max_length=200)] = "graph"


class PythonModule(BaseModel):
    """A Python module.

    Args:
        code: its text.
    """

    code: str


class DiffForm(BaseModel):
    """The documents of two graphs, and their names in the text of the differences."""

    old: Document
    new: Document
    names: tuple[Annotated[str, Field(max_length=300)], Annotated[str, Field(max_length=300)]] = ("old", "new")


class StandInError(BaseModel):
    """The error that a node is to have: the name of its class, and its message."""

    type: Annotated[str, Field(min_length=1, max_length=300)]
    message: Annotated[str, Field(max_length=10_000)] = ""


class DryRunForm(BaseModel):
    """What a dry run begins with, and what stands in for tasks, approvals and routers.

    Args:
        document: the graph.
        args: the positional arguments of the run.
        kwargs: the keyword arguments of the run.
        results: the results of nodes, one a visit; the last one holds for all later visits.
        errors: the error of a node for all visits, or one a visit with null for a visit without an error.
        decisions: the decision of an approval, or one a visit.
        routes: the keys of a router, one a visit, by the position of its declaration in the graph's list of edges.
    """

    document: Document
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    results: dict[str, list[Any]] = {}
    errors: dict[str, StandInError | list[StandInError | None]] = {}
    decisions: dict[str, str | list[str]] = {}
    routes: dict[int, list[Any]] = {}


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
        graph = read_graph(found, form.document)
    except InvalidWorkflow as exc:
        return CheckedGraph(problems=[FoundProblem(kind="error", node=None, edge=None, text=str(exc))])
    problems: list[FoundProblem] = []
    try:
        graph.validate()
    except GraphInvalid as exc:
        problems = [
            FoundProblem(kind="error", node=one.node or None, edge=one.edge, text=one.text) for one in exc.problems
        ]
    return CheckedGraph(problems=problems + _warnings(found, form.document))


def _warnings(found: Orchestrator, document: Any) -> list[FoundProblem]:
    """Return the warnings of a document that can be read; none while the store is away."""
    try:
        tasks = found.tasks()
    except (OrchestratorError, RedisError):
        return []
    return [
        FoundProblem(kind="warning", node=one.node, edge=one.edge, text=one.text)
        for one in argument_warnings(document, tasks)
    ]


@router.post("/dry-run")
def dry_run_graph(found: Found, form: DryRunForm) -> DryRun:
    """Return which way a graph would go. No task runs: stand-ins say what the nodes give."""
    given = form.model_dump(include={"results", "errors", "decisions", "routes"})
    if taken := sorted(given.keys() & form.kwargs.keys()):
        raise InvalidWorkflow(f"A dry run cannot have the keyword argument {taken[0]!r}: give it in `args`.")
    return read_graph(found, form.document).dry_run(*form.args, **given, **form.kwargs)


@router.post("/python")
def write_graph(found: Found, form: PythonForm) -> PythonModule:
    """Write the Python module that builds a graph."""
    return PythonModule(code=read_graph(found, form.document).to_python(form.name))


@router.post("/diff")
def compare_graphs(found: Found, form: DiffForm) -> GraphDifferences:
    """Compare two graphs: nodes, edges, settings, and the lines of their Python modules."""
    return read_graph(found, form.old).differences(read_graph(found, form.new), names=form.names)


@router.post("/test-run", dependencies=[needs("run")])
def test_run_graph(found: Found, form: GraphRun) -> GraphRunStarted:
    """Start a real run of a document that is not saved. The run has the tag `test`."""
    tags = form.document.get("tags", [])
    tagged = {**form.document, "tags": [*tags, TEST] if isinstance(tags, list) else tags}
    graph = read_graph(found, tagged)
    with given_arguments():
        return GraphRunStarted(run=graph.apply_async(form.args, form.kwargs).view)

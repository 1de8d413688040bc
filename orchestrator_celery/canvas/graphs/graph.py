"""ConditionalGraph: a workflow whose next steps depend on results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from orchestrator_celery.canvas.checks.problems import problems
from orchestrator_celery.canvas.graphs.documents import document_of, json_schema, signature_of
from orchestrator_celery.canvas.graphs.drawing import html, mermaid
from orchestrator_celery.canvas.graphs.equality import same, with_defaults
from orchestrator_celery.canvas.graphs.graph_definition import (
    END,
    MAX_VISITS,
    START,
    branch_entry,
    check_shape,
    edge_entry,
    error_entry,
    node_entry,
    restored,
)
from orchestrator_celery.canvas.options import check_options, spelled
from orchestrator_celery.canvas.primitive import Primitive, app_of, deadline_in_seconds, registered
from orchestrator_celery.canvas.retry import Errors, Retry, retry_json
from orchestrator_celery.errors import GraphInvalid, InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.printing.text import printable

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.canvas.eager.dry_run import DryRun
    from orchestrator_celery.canvas.graphs.differences import GraphDifferences
    from orchestrator_celery.handles.run import Run

__all__ = ("END", "MAX_VISITS", "START", "ConditionalGraph", "Retry")


@spelled("add_node", "add_edge", "add_conditional_edges", "add_error_edge")
@registered
class ConditionalGraph(Primitive):
    """Named nodes and edges; an edge may depend on a condition, a key, a router or an error. Loops and joins work too.

    Nodes and edges may be added in any order. Each call returns the graph, so calls can be chained.
    `validate()` reports every problem at once; applying the graph calls it.

    Args:
        name: the name in lists and trees.
        max_visits: how often each node may be visited; a further visit fails the graph with `GraphRecursion`.
        retry: the policy of all nodes without their own: a `Retry`, or a number of attempts.
        deadline: the longest time the run may take, in seconds or as a timedelta. A run that takes longer ends
            FAILED with `DeadlineExceeded`.
        category: the category of its runs; `orchestrator.runs(category=...)` lists them.
        tags: the tags of its runs; `orchestrator.runs(tag=...)` lists them.
        **options: execution options, as for any signature.
    """

    _task_name = "orchestrator.graph"
    _fields = ("nodes", "edges", "name", "max_visits", "retry", "deadline", "category", "tags")

    def __init__(
        self,
        name: str | None = None,
        *,
        max_visits: int = MAX_VISITS,
        retry: Retry | int | Mapping[str, Any] | None = None,
        deadline: float | timedelta | None = None,
        category: str | None = None,
        tags: Iterable[str] = (),
        app: Celery | None = None,
        **options: Any,
    ) -> None:
        check_options(ConditionalGraph, options, lambda: app or app_of(()), built=False)
        if name is not None and not isinstance(name, str):
            raise InvalidWorkflow(
                f"{safe_repr(name)} is not allowed as a graph's name: give a string; add_node() adds nodes."
            )
        if isinstance(max_visits, bool) or not isinstance(max_visits, int) or max_visits < 1:
            raise InvalidWorkflow(
                f"max_visits={safe_repr(max_visits)} is not allowed: give a whole number of at least 1."
            )
        definition: dict[str, Any] = {
            "nodes": [],
            "edges": [],
            "name": name,
            "max_visits": max_visits,
            "retry": retry_json(retry),
            "deadline": deadline_in_seconds(deadline),
        }
        kept = {k: v for k, v in definition.items() if v or k in ("nodes", "edges")}
        super().__init__(kept, app=app, category=category, tags=tags, **options)

    # -- building -------------------------------------------------------------------------------------

    def add_node(
        self,
        name: str,
        body: Any,
        *,
        join: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        max_visits: int | None = None,
        retry: Retry | int | Mapping[str, Any] | None = None,
        map_over: Any = None,
        max_concurrency: int | None = None,
    ) -> ConditionalGraph:
        """Add a node.

        Args:
            name: the name for edges and conditions.
            body: the work of a visit: any signature, another graph, or an `Approval`.
            join: how the branches of one pass meet: "all" waits for each branch that can still arrive and gets a
                list, "any" starts with the first branch. None: alternatives merge here; the node gets the one value.
            inputs: keyword arguments as expressions, evaluated when the node starts, such as
                `{"amount": node("check")["total"]}`.
            max_visits: replaces the graph's limit.
            retry: replaces the graph's policy.
            map_over: an expression for a list: the body runs once for each element, and the result is a list.
            max_concurrency: how many elements may run at once. None: as many as the dispatch window allows.

        Raises:
            InvalidWorkflow: the body is not a signature, or an option is not allowed; nothing was added.
        """
        options = {
            "join": join, "inputs": inputs, "max_visits": max_visits, "retry": retry, "map_over": map_over,
            "max_concurrency": max_concurrency,
        }  # fmt: skip
        self.kwargs["nodes"].append(node_entry(name, body, self._app, **options))
        return self

    def add_edge(self, source: str, target: str) -> ConditionalGraph:
        """Add an edge that the graph follows after every success of the source.

        Args:
            source: a node's name, or START.
            target: a node's name, or END.

        Raises:
            InvalidWorkflow: an end is not a name; nothing was added.
        """
        self.kwargs["edges"].append(edge_entry(source, target))
        return self

    def add_conditional_edges(
        self,
        source: str,
        what: Any,
        path_map: Any = None,
        *,
        mode: str = "first",
        default: str | None = None,
        strict: bool = False,
    ) -> ConditionalGraph:
        """Add edges that the graph follows depending on the source's result.

        Args:
            source: a node's name, or START.
            what: the rule. A list of `when(condition, target)` and optionally `otherwise(target)`; a mapping of
                results to targets (for an `Approval`: of decisions to targets); or a router. A router is the
                signature of a task that gets the result and returns a key, or a list of keys, of `path_map`.
            path_map: targets by key, for a router; a list of names if the keys are the targets' names.
            mode: "first" follows one edge, "all" follows every edge that matches.
            default: the target if nothing matches, like `otherwise()` in a list of conditions.
            strict: a condition that reads a missing value fails the graph. Without it the condition is false.

        Raises:
            InvalidWorkflow: `what` is not a rule, or the mode is unknown; nothing was added.
        """
        options: dict[str, Any] = {"mode": mode, "default": default, "strict": strict}
        self.kwargs["edges"].append(branch_entry(source, what, path_map, app=self._app, **options))
        return self

    def add_error_edge(self, source: str, target: str, on: Errors | None = None) -> ConditionalGraph:
        """Add an edge that the graph follows when the source has failed, after all its retries.

        Args:
            source: a node's name.
            target: a node's name, or END; the target gets a dict with `type`, `message` and `traceback`.
            on: error classes or their names; subclasses are included. None: any error.

        Raises:
            InvalidWorkflow: an end is not a name, or `on` names no errors; nothing was added.
        """
        self.kwargs["edges"].append(error_entry(source, target, on))
        return self

    # -- reading --------------------------------------------------------------------------------------

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """The nodes in the order of their declaration, as they travel in messages."""
        nodes: list[dict[str, Any]] = self.kwargs["nodes"]
        return nodes

    @property
    def edges(self) -> list[dict[str, Any]]:
        """The declarations of edges in their order, as they travel in messages."""
        edges: list[dict[str, Any]] = self.kwargs["edges"]
        return edges

    @property
    def max_visits(self) -> int:
        """The visit limit of nodes without their own."""
        return int(self.kwargs.get("max_visits") or MAX_VISITS)

    def validate(self) -> None:
        """Check the graph and all nested graphs; applying the graph calls this.

        Raises:
            GraphInvalid: `problems` lists every problem with its node and a hint.
        """
        if found := problems(self.kwargs):
            raise GraphInvalid.of(self.label or "", found)

    def _check_definition(self) -> None:
        self.validate()

    def _start(self, args: list[Any], kwargs: dict[str, Any], options: dict[str, Any]) -> Run:
        self.validate()
        return super()._start(args, kwargs, options)

    def to_dict(self) -> dict[str, Any]:
        """Convert the graph to a document: plain JSON with a version. `from_dict` reads it."""
        return document_of(self)

    @classmethod
    def from_dict(cls, d: dict[str, Any], app: Celery | None = None) -> ConditionalGraph:
        """Rebuild a graph from a message, as Celery does, or from a document of `to_dict()`.

        Raises:
            InvalidWorkflow: the dict is neither a message nor a document, or the document's version is unknown.
        """
        is_message = isinstance(d, Mapping) and "task" in d
        graph = super().from_dict(d if is_message else signature_of(d, cls._fields), app)
        assert isinstance(graph, ConditionalGraph)
        return graph

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """Return the JSON Schema of the documents."""
        return json_schema()

    def to_python(self, name: str = "graph") -> str:
        """Write a Python module that builds an equal graph, formatted as `ruff format` with 120 columns leaves it.

        Tasks are named by `signature("tasks.charge")`, so the module imports nothing of your project.

        Args:
            name: the variable of the graph in the module.

        Raises:
            InvalidWorkflow: the name is not a name for a variable, or an argument in the graph is of a kind that
                cannot be written as Python.
        """
        # Imported late: only this method needs it.
        from orchestrator_celery.canvas.graphs.python.module import module_of

        return module_of(self, name)

    def differences(self, new: ConditionalGraph, *, names: tuple[str, str] = ("old", "new")) -> GraphDifferences:
        """Return what changed from this graph to another: nodes, edges, settings, and lines of the Python modules.

        Args:
            new: the other graph.
            names: the names of both graphs in the text.

        Raises:
            InvalidWorkflow: an argument in a graph is of a kind that cannot be written as Python.
        """
        # Imported late: only this method needs it.
        from orchestrator_celery.canvas.graphs.differences import differences

        return differences(self, new, names=names)

    def __eq__(self, other: object) -> bool:
        """Whether the documents of two graphs say the same.

        A value that a document leaves out counts as its default. What identifies one run, such as the `task_id`, does
        not count. A graph has no hash, as no signature has one.
        """
        if not isinstance(other, ConditionalGraph):
            found: bool = super().__eq__(other)
            return found
        return same(with_defaults(document_of(self)), with_defaults(document_of(other)))

    def __ne__(self, other: object) -> bool:
        """Whether two graphs are not equal."""
        return not self == other

    __hash__ = None  # type: ignore[assignment]  # a signature is a dict, which can change

    def to_mermaid(self) -> str:
        """Draw a Mermaid flowchart: error edges are dotted, approvals are hexagons, nested graphs are subgraphs."""
        return mermaid(self.kwargs)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return the forms of the graph that a notebook can show."""
        return {"text/plain": repr(self), "text/html": html(self.kwargs), "text/vnd.mermaid": self.to_mermaid()}

    def _nested(self) -> list[Any]:
        """The bodies of the nodes, and the routers."""
        entries = [*self.nodes, *self.edges]
        return [entry[field] for entry in entries for field in ("signature", "router") if field in entry]

    def _restore(self, app: Celery | None) -> None:
        check_shape(self.kwargs)
        for field in ("nodes", "edges"):
            self.kwargs[field] = [restored(entry, app) for entry in self.kwargs.get(field, ())]

    def dry_run(
        self,
        *args: Any,
        results: Mapping[str, Sequence[Any]] | None = None,
        errors: Mapping[str, Any] | None = None,
        decisions: Mapping[str, str | Sequence[str]] | None = None,
        routes: Mapping[int, Sequence[Any]] | None = None,
        **kwargs: Any,
    ) -> DryRun:
        """Return which way the graph would go, without running a task. Stand-ins say what the nodes give.

        Nested graphs, swarms and nodes with `map_over` are one node each. A node without a stand-in gives None, and its
        step says `assumed`. Retries are left out: a node with an error has failed after all of them.

        Args:
            *args: the positional arguments of the run.
            results: the results of nodes, one a visit; the last one holds for all later visits.
            errors: the error of a node for all visits, or one a visit with None for a visit without an error. An error
                is an exception, the name of its class, or `{"type": ..., "message": ...}`.
            decisions: the decision of an approval, `approved` or `rejected`, or a list with one a visit. Without it:
                the decision of the timeout, else `approved`.
            routes: the keys of a router, one a visit, by the position of its declaration in `edges`.
            **kwargs: the keyword arguments of the run.

        Raises:
            GraphInvalid: the graph has problems.
            InvalidWorkflow: a stand-in has another form, or is for something that the graph does not have.
        """
        # Imported late: only this method needs it.
        from orchestrator_celery.canvas.eager.dry_run import StandIns, dry_run

        self.validate()
        given = StandIns(results, errors, decisions, routes)
        return dry_run(self.kwargs, self.max_visits, given, *self._merged_args(args, kwargs))

    def __repr__(self) -> str:
        name, nodes, edges = printable(self.label or ""), len(self.nodes), len(self.edges)
        size = f"{nodes} node{'s' * (nodes != 1)}, {edges} edge{'s' * (edges != 1)}"
        return f"ConditionalGraph({name}: {size})" if name else f"ConditionalGraph({size})"

"""ConditionalGraph: a workflow that decides where to go by what came out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from celery.canvas import Signature
from celery.result import EagerResult
from kombu.utils.uuid import uuid

from orchestrator_celery.canvas.checks.problems import problems
from orchestrator_celery.canvas.documents import document_of, json_schema, signature_of
from orchestrator_celery.canvas.drawing import html, mermaid
from orchestrator_celery.canvas.eager import EagerGraph, refuse_endless
from orchestrator_celery.canvas.graph_definition import (
    END,
    START,
    branch_entry,
    check_shape,
    edge_entry,
    error_entry,
    node_entry,
    restored,
)
from orchestrator_celery.canvas.primitive import Primitive, deadline_in_seconds, refuse_misspelt
from orchestrator_celery.canvas.retry import Errors, Retry, retry_json
from orchestrator_celery.errors import GraphInvalid, InvalidWorkflow

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.handles.run import Run

__all__ = ("END", "MAX_VISITS", "START", "ConditionalGraph", "Retry")

#: How often a node may be visited if neither it nor its graph says so.
MAX_VISITS = 25


@Signature.register_type(name="orchestrator.graph")
class ConditionalGraph(Primitive):
    """Named nodes, and edges that are taken by what came out: conditions, keys, routers, errors, loops, joins.

    Nodes and edges may be added in any order and each call gives the graph back, so that calls can be chained;
    `validate()`, which applying it calls, tells of every problem at once.

    Args:
        name: shown in lists and trees.
        max_visits: how often each node may be visited; the next visit fails the graph with `GraphRecursion`.
        retry: policy of all nodes that have none: a `Retry`, or a number of attempts.
        deadline: how long the run may take, in seconds or as a timedelta; then it FAILS with
            `DeadlineExceeded`.
        category: what its runs are filed under: `orchestrator.runs(category=...)` finds them.
        tags: words its runs are found by: `orchestrator.runs(tag=...)`.
        **options: execution options, as for any signature.
    """

    task_name = "orchestrator.graph"
    fields = ("nodes", "edges", "name", "max_visits", "retry", "deadline", "category", "tags")

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
        refuse_misspelt(options, ConditionalGraph)
        if name is not None and not isinstance(name, str):
            raise InvalidWorkflow(f"{name!r} is not allowed as a graph's name: give a word; nodes come by add_node().")
        if isinstance(max_visits, bool) or not isinstance(max_visits, int) or max_visits < 1:
            raise InvalidWorkflow(f"max_visits={max_visits!r} is not allowed: give a whole number of at least 1.")
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
            name: what edges and conditions call it.
            body: what a visit runs: any signature, another graph too, or an `Approval`.
            join: where branches of one pass meet: "all" waits for each that can still come and gets a list, "any"
                starts with the first. None: where alternatives merge; it gets what came, as it is.
            inputs: keyword arguments as expressions, worked out when the node starts, such as
                `{"amount": node("check")["total"]}`.
            max_visits: in place of the graph's.
            retry: in place of the graph's.
            map_over: an expression for a list: the body runs once for each element, and the results are a list again.
            max_concurrency: how many elements at a time; None: as the dispatch window allows.

        Raises:
            InvalidWorkflow: the body is no signature, or an option makes no sense; nothing was added.
        """
        options = {
            "join": join, "inputs": inputs, "max_visits": max_visits, "retry": retry, "map_over": map_over,
            "max_concurrency": max_concurrency,
        }  # fmt: skip
        self.kwargs["nodes"].append(node_entry(name, body, self._app, **options))
        return self

    def add_edge(self, source: str, target: str) -> ConditionalGraph:
        """Add an edge that is always taken once the source has ended well.

        Args:
            source: a node's name, or START.
            target: a node's name, or END.

        Raises:
            InvalidWorkflow: one of them is no name; nothing was added.
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
        """Add edges of which those are taken that the outcome of the source decides for.

        Args:
            source: a node's name, or START.
            what: what decides. A list of `when(condition, target)` and perhaps `otherwise(target)`; a mapping of
                results to targets (of an `Approval`: of its decisions); or a router: the signature of a task that is
                called with the result and returns a key, or a list of keys, of `path_map`.
            path_map: targets by key, for a router; a list of names if the keys are the targets' names.
            mode: "first" takes one target, "all" takes every one that matches.
            default: target if nothing matches, as `otherwise()` in a list of conditions.
            strict: a condition that looks at what is not there fails the graph, instead of not holding.

        Raises:
            InvalidWorkflow: nothing of that decides, or the mode is unknown; nothing was added.
        """
        how: dict[str, Any] = {"mode": mode, "default": default, "strict": strict}
        self.kwargs["edges"].append(branch_entry(source, what, path_map, app=self._app, **how))
        return self

    def add_error_edge(self, source: str, target: str, on: Errors | None = None) -> ConditionalGraph:
        """Add an edge that is taken when the source has failed, after all its retries.

        Args:
            source: a node's name.
            target: a node's name, or END; it gets a dict with `type`, `message` and `traceback`.
            on: names of error classes, or the classes; their subclasses count, too. None: any error.

        Raises:
            InvalidWorkflow: an end is no name, or `on` names no errors; nothing was added.
        """
        self.kwargs["edges"].append(error_entry(source, target, on))
        return self

    # -- looking at it --------------------------------------------------------------------------------

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
        """How often a node may be visited that does not say so itself."""
        return int(self.kwargs.get("max_visits") or MAX_VISITS)

    def validate(self) -> None:
        """Look for all that is wrong with it, in the graphs in it as well; applying it does.

        Raises:
            GraphInvalid: `problems` lists each with its node and a hint.
        """
        if found := problems(self.kwargs):
            raise GraphInvalid.of(self.label or "", found)

    def _start(self, args: list[Any], kwargs: dict[str, Any], options: dict[str, Any]) -> Run:
        self.validate()
        return super()._start(args, kwargs, options)

    def to_dict(self) -> dict[str, Any]:
        """The graph as a document: plain JSON with a version, which `from_dict` reads."""
        return document_of(self)

    @classmethod
    def from_dict(cls, d: dict[str, Any], app: Celery | None = None) -> ConditionalGraph:
        """Rebuild a graph from a message, as Celery does, or from a document of `to_dict()`.

        Raises:
            InvalidWorkflow: it is neither, or a document of a version that is not known.
        """
        is_message = isinstance(d, Mapping) and "task" in d
        graph = super().from_dict(d if is_message else signature_of(d, cls.fields), app)
        assert isinstance(graph, ConditionalGraph)
        return graph

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """JSON Schema of the documents."""
        return json_schema()

    def to_mermaid(self) -> str:
        """The graph as a Mermaid flowchart: errors dotted, approvals as hexagons, graphs in it as parts."""
        return mermaid(self.kwargs)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows."""
        return {"text/plain": repr(self), "text/html": html(self.kwargs), "text/vnd.mermaid": self.to_mermaid()}

    def nested(self) -> list[Any]:
        """The bodies of the nodes, and the routers."""
        entries = [*self.nodes, *self.edges]
        return [entry[field] for entry in entries for field in ("signature", "router") if field in entry]

    def _restore(self, app: Celery | None) -> None:
        check_shape(self.kwargs)
        for field in ("nodes", "edges"):
            self.kwargs[field] = [restored(entry, app) for entry in self.kwargs.get(field, ())]

    def apply(self, args: Any = None, kwargs: Any = None, **options: Any) -> EagerResult:
        """Run it here and now, one node after the other, without store and broker; retries do not pause.

        An approval comes out as it does when nobody answers.

        Raises:
            GraphInvalid: it cannot be run as it is.
            InvalidWorkflow: an approval in it has no timeout, so that it would wait for ever.
        """
        self.validate()
        refuse_endless("", self)
        task_id = options.get("task_id") or self.options.get("task_id") or uuid()
        state, value = "SUCCESS", None
        try:
            value = EagerGraph(self.kwargs, self.max_visits, self.app).run(*self.eager_args(args, kwargs))
        except Exception as exc:
            state, value = "FAILURE", exc
        self.eager_callbacks(state, value if state == "SUCCESS" else task_id, options)
        if isinstance(value, Exception) and state == "FAILURE" and self.app.conf.task_eager_propagates:
            raise value
        return EagerResult(task_id, value, state, name=self.task_name)

    def __repr__(self) -> str:
        return f"ConditionalGraph({self.label or ''}: {len(self.nodes)} nodes, {len(self.edges)} edges)"

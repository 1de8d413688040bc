"""Collects the nodes and edges of a template; they are added to the user's graph only when all are complete."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, TypedDict

from celery.canvas import Signature, chain

from orchestrator_celery.canvas.children import child_signatures
from orchestrator_celery.canvas.conditions.language import Expression, node, run_input
from orchestrator_celery.canvas.graphs.graph import END, START, ConditionalGraph
from orchestrator_celery.canvas.options import refuse_unknown
from orchestrator_celery.canvas.template_tasks import OWN_TASKS, PASS_ON_TASK, REJECTION_TASK
from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr

__all__ = ("Draft", "Where")

#: Characters that a node's name may not contain.
_UNFIT = re.compile(r"[^\w .-]+")


class Where(TypedDict, total=False):
    """The place of a template in a graph; without any of these arguments, the template makes a graph of its own.

    Args:
        name: the name of the new graph; by default the template's name.
        into: the existing graph to which nodes and edges are added.
        after: the node of that graph after which the template begins; by default START. The node's existing edges
            remain.
        then: the node that follows the template; by default END. Exit paths lead to END in any case.
        prefix: the beginning of all node names, so that one graph can contain a template twice.
    """

    name: str
    into: ConditionalGraph
    after: str
    then: str
    prefix: str


class Draft:
    """The result of one call of a template, in progress.

    Args:
        template: the name of the template.
        where: the place of the template in a graph.

    Raises:
        UnknownOption: an argument is unknown.
        InvalidWorkflow: the arguments contradict each other.
    """

    def __init__(self, template: str, where: Where) -> None:
        refuse_unknown(template, where, Where.__optional_keys__)
        self._into = where.get("into")
        if self._into is not None and not isinstance(self._into, ConditionalGraph):
            raise InvalidWorkflow(f"into={safe_repr(self._into)} is not a graph: give a ConditionalGraph.")
        misplaced = ("after", "then") if self._into is None else ("name",)
        for argument in misplaced:
            if argument in where:
                place = "without" if self._into is None else "together with"
                raise InvalidWorkflow(
                    f"{template}({argument}=...) is not allowed {place} into=: leave one of them out."
                )
        self._template = template
        self._prefix = where.get("prefix", "")
        self.begin = where.get("after", START)
        self.end = where.get("then", END)
        self._graph = ConditionalGraph(where.get("name", template))
        self._app: Any = None

    @property
    def template_input(self) -> Expression:
        """The input of the template."""
        return run_input if self.begin == START else node(self.begin)

    # -- adding -------------------------------------------------------------------------------------------

    def node(self, part: str, body: Any, **options: Any) -> str:
        """Add a node and return its name; characters that a name may not contain are replaced."""
        name = f"{self._prefix}{_UNFIT.sub('-', part).strip(' _.-') or 'node'}"
        self._graph.add_node(name, body, **options)
        self._app = self._app or _app_of(body)
        return name

    def edge(self, source: str, target: str) -> None:
        """Add an unconditional edge."""
        self._graph.add_edge(source, target)

    def conditional_edges(self, source: str, rule: Any, path_map: Any = None, default: str | None = None) -> None:
        """Add conditional edges."""
        self._graph.add_conditional_edges(source, rule, path_map, default=default)

    def error_edge(self, source: str, target: str, on: Any = None) -> None:
        """Add an error edge."""
        self._graph.add_error_edge(source, target, on)

    def path(self, part: str, target: Any, *, is_exit: bool = False) -> str:
        """Return the first node of a path: a new node for a signature, an existing node, or the node that follows.

        Args:
            part: the name of the new node.
            target: a signature, the name of a node, or None for the node that follows the template.
            is_exit: whether the path leaves the template: the new node then leads to END instead of `then`.
        """
        if target is None or isinstance(target, str):
            return target or self.end
        name = self.node(part, target)
        self.edge(name, END if is_exit else self.end)
        return name

    def node_with_input(self, part: str, body: Any) -> str:
        """Add a node that gets the template's input, whatever node precedes it; return its name."""
        return self._after_own_task(PASS_ON_TASK, {}, part, body)

    def path_with_input(self, part: str, target: Any) -> str:
        """Add a path that gets the template's input, to a signature, a node or `then`; return its first node."""
        return self._final_node(PASS_ON_TASK, {}, part, target, self.end)

    def rejection_path(self, part: str, stage: str, target: Any) -> str:
        """Add an exit path that gets the rejection, to a signature or a node; return its first node."""
        return self._final_node(REJECTION_TASK, {"stage": stage}, part, target, END)

    def _final_node(self, task: str, kwargs: dict[str, Any], part: str, target: Any, end: str) -> str:
        is_name = target is None or isinstance(target, str)
        name = self._after_own_task(task, kwargs, part, None if is_name else target)
        self.edge(name, (is_name and target) or end)
        return name

    def _after_own_task(self, task: str, kwargs: dict[str, Any], part: str, body: Any) -> str:
        """Add a node that runs a task of this package first, and then a signature with the task's result."""
        if body is not None and body.immutable:
            return self.node(part, body)
        own = Signature(task, kwargs=kwargs)
        return self.node(part, own if body is None else chain(own, body), inputs={"given": self.template_input})

    # -- completing ---------------------------------------------------------------------------------------

    def graph(self) -> ConditionalGraph:
        """Return the new graph, or the existing graph with all nodes and edges added.

        Raises:
            InvalidWorkflow: two nodes would have the same name; nothing was added.
        """
        into = self._graph if self._into is None else self._into
        existing = [] if self._into is None else self._into.nodes
        counted = Counter(entry["name"] for entry in [*existing, *self._graph.nodes])
        if twice := [entry["name"] for entry in self._graph.nodes if counted[entry["name"]] > 1]:
            raise InvalidWorkflow(
                f"{self._template}() would make a second node {twice[0]!r}: give prefix='...', or other names. "
                "Nothing was added."
            )
        self._bind(into._app or self._app)
        if self._into is not None:
            into.nodes.extend(self._graph.nodes)
            into.edges.extend(self._graph.edges)
        return into

    def _bind(self, app: Any) -> None:
        """Bind the tasks of this package to the app of the signatures around them."""
        for entry in [*self._graph.nodes, *self._graph.edges]:
            for field in entry.keys() & {"signature", "router"}:
                for signature in (entry[field], *child_signatures(entry[field])):
                    if signature["task"] in OWN_TASKS:
                        signature._app = signature._app or app
        self._graph._app = self._graph._app or app


def _app_of(body: Any) -> Any:
    """Return the app of a signature, or of the first nested one with an app; an unbound signature finds its own app."""
    if not isinstance(body, Signature):
        return None
    return getattr(body, "_app", None) or next(filter(None, map(_app_of, child_signatures(body))), None)

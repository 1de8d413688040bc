"""A template's nodes and edges in the making: nothing is in anybody's graph before all of it is."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, TypedDict

from celery.canvas import Signature, chain

from orchestrator_celery.canvas.children import inside
from orchestrator_celery.canvas.conditions.language import Expression, node, run_input
from orchestrator_celery.canvas.graph import END, START, ConditionalGraph
from orchestrator_celery.canvas.template_tasks import OWN_TASKS, PASS_ON_TASK, REJECTION_TASK
from orchestrator_celery.errors import InvalidWorkflow

__all__ = ("Draft", "Where")

#: What cannot stand in a node's name.
_UNFIT = re.compile(r"[^\w .-]+")


class Where(TypedDict, total=False):
    """Where a template is put; without any of it, it is a graph of its own.

    Args:
        name: of a graph of its own; the template's, if there is none.
        into: the graph that nodes and edges are added to.
        after: the node of that graph behind which the template begins; START by default. Edges the node has already
            are taken as well.
        then: the node to which it leads on; END by default. What is a way out leads to END all the same.
        prefix: begins the names of all its nodes, so that a template can be there twice.
    """

    name: str
    into: ConditionalGraph
    after: str
    then: str
    prefix: str


class Draft:
    """What one call of a template makes.

    Args:
        template: its name.
        where: where it is put.

    Raises:
        TypeError: an argument is unknown.
        InvalidWorkflow: the places do not fit together.
    """

    def __init__(self, template: str, where: Where) -> None:
        if unknown := where.keys() - Where.__optional_keys__:
            raise TypeError(f"{template}() got an unexpected argument {min(unknown)!r}.")
        self._into = where.get("into")
        if self._into is not None and not isinstance(self._into, ConditionalGraph):
            raise InvalidWorkflow(f"into={self._into!r} is no graph: give a ConditionalGraph.")
        misplaced = ("after", "then") if self._into is None else ("name",)
        for argument in misplaced:
            if argument in where:
                place = "without" if self._into is None else "together with"
                raise InvalidWorkflow(
                    f"{template}({argument}=...) makes no sense {place} into=: leave one of them out."
                )
        self._template = template
        self._prefix = where.get("prefix", "")
        self.begin = where.get("after", START)
        self.end = where.get("then", END)
        self._graph = ConditionalGraph(where.get("name", template))
        self._app: Any = None

    @property
    def given(self) -> Expression:
        """What the template was given."""
        return run_input if self.begin == START else node(self.begin)

    # -- adding -------------------------------------------------------------------------------------------

    def node(self, part: str, body: Any, **options: Any) -> str:
        """Add a node; answers its name, in which what no name may hold is replaced."""
        name = f"{self._prefix}{_UNFIT.sub('-', part).strip(' _.-') or 'node'}"
        self._graph.add_node(name, body, **options)
        self._app = self._app or _app_of(body)
        return name

    def edge(self, source: str, target: str) -> None:
        """Add an edge that is always taken."""
        self._graph.add_edge(source, target)

    def choose(self, source: str, what: Any, path_map: Any = None, default: str | None = None) -> None:
        """Add conditional edges."""
        self._graph.add_conditional_edges(source, what, path_map, default=default)

    def error_edge(self, source: str, target: str, on: Any = None) -> None:
        """Add an error edge."""
        self._graph.add_error_edge(source, target, on)

    def lead(self, part: str, target: Any, *, out: bool = False) -> str:
        """The node a path leads to: a new one that runs a signature, one that is there already, or what follows.

        Args:
            part: name of the new node.
            target: the signature; a name; None: what follows the template.
            out: a way out: the new node leads to END, wherever the template goes on.
        """
        if target is None or isinstance(target, str):
            return target or self.end
        name = self.node(part, target)
        self.edge(name, END if out else self.end)
        return name

    def again(self, part: str, body: Any) -> str:
        """Add a node that gets what the template was given, wherever it comes from; answers its name."""
        return self._behind(PASS_ON_TASK, {}, part, body)

    def go_on(self, part: str, target: Any) -> str:
        """Let what the template was given go on, to a signature, a node or what follows; answers where it begins."""
        return self._ending(PASS_ON_TASK, {}, part, target, self.end)

    def reject(self, part: str, stage: str, target: Any) -> str:
        """Lead out, to a signature or a node, what was rejected, where and why; answers where that begins."""
        return self._ending(REJECTION_TASK, {"stage": stage}, part, target, END)

    def _ending(self, task: str, kwargs: dict[str, Any], part: str, target: Any, end: str) -> str:
        is_name = target is None or isinstance(target, str)
        name = self._behind(task, kwargs, part, None if is_name else target)
        self.edge(name, (is_name and target) or end)
        return name

    def _behind(self, task: str, kwargs: dict[str, Any], part: str, body: Any) -> str:
        """Add a node that first runs a task of our own, and then a signature with its result."""
        if body is not None and body.immutable:
            return self.node(part, body)
        own = Signature(task, kwargs=kwargs)
        return self.node(part, own if body is None else chain(own, body), inputs={"given": self.given})

    # -- the end ------------------------------------------------------------------------------------------

    def graph(self) -> ConditionalGraph:
        """The graph: a new one, or the one it was added to, now with all of it.

        Raises:
            InvalidWorkflow: two nodes would have the same name; nothing was added.
        """
        into = self._graph if self._into is None else self._into
        there = [] if self._into is None else self._into.nodes
        counted = Counter(entry["name"] for entry in [*there, *self._graph.nodes])
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
        """Our own tasks belong to the app of what they stand beside."""
        for entry in [*self._graph.nodes, *self._graph.edges]:
            for field in entry.keys() & {"signature", "router"}:
                for signature in (entry[field], *inside(entry[field])):
                    if signature["task"] in OWN_TASKS:
                        signature._app = signature._app or app
        self._graph._app = self._graph._app or app


def _app_of(body: Any) -> Any:
    """The app of a signature or of the first in it that has one; an unbound one finds its own where it is used."""
    if not isinstance(body, Signature):
        return None
    return body._app or next(filter(None, map(_app_of, inside(body))), None)

"""Moves tokens through a graph in this process, one visit after the other, without the pauses of retries."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from orchestrator_celery.canvas.children import child_signatures
from orchestrator_celery.canvas.conditions.language import Facts
from orchestrator_celery.canvas.graphs.edge_selection import select_targets
from orchestrator_celery.canvas.graphs.graph_definition import START
from orchestrator_celery.canvas.graphs.token_walk import Token, Walk
from orchestrator_celery.canvas.retry import class_names, matches_error
from orchestrator_celery.errors import InvalidWorkflow, NoRoute
from orchestrator_celery.model.printing.safe_text import error_words

__all__ = ("EagerGraph", "Taken", "refuse_untimed_approvals")


class Taken(NamedTuple):
    """An edge that is followed: the position of its declaration, and its target."""

    place: int
    target: str


class EagerGraph(ABC):
    """One walk through a graph: an eager run, or a dry run. Subclasses say what a visit does.

    Args:
        definition: the valid definition of the graph.
        max_visits: the visit limit of nodes without their own.
        app: the app of the graph's tasks.
    """

    def __init__(self, definition: Mapping[str, Any], max_visits: int, app: Any) -> None:
        self._nodes = {entry["name"]: entry for entry in definition["nodes"]}
        self._edges = definition["edges"]
        self._own: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
        for place, edge in enumerate(self._edges):
            self._own.setdefault(edge["from"], []).append((place, edge))
        self._retry = definition.get("retry")
        self._app = app
        self._walk = Walk(self._nodes, self._edges, max_visits)
        self._results: dict[str, Any] = {}
        self._input: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the graph and return its result.

        Raises:
            Exception: the error of the first node that failed without a matching error edge, or of a decision.
        """
        self._input = args, kwargs
        self._follow(Token(START, 0, self._run_input, {}), self._run_input)
        while self._walk.tokens:
            self._leave(self._walk.tokens.popleft())
        return self._walk.result()

    @property
    def _run_input(self) -> Any:
        """The graph's input as one value: the only argument, or all arguments."""
        args, kwargs = self._input
        if args and kwargs:
            return {"args": list(args), "kwargs": kwargs}
        return kwargs or (args[0] if len(args) == 1 else list(args) or None)

    def _leave(self, token: Token) -> None:
        """Run a token's body, and move the token along the edges of its outcome."""
        try:
            result = self._visit(token)
        except Exception as error:
            taken = self._error_edges(token.node, error)
            self._leaves(token, error, taken)
            if not taken:
                raise
            self._walk.go(token, [taken[0].target], self._error_words(error), self._results, failed=True)
        else:
            self._results = {**self._results, token.node: result}
            self._follow(token, result)

    def _follow(self, token: Token, result: Any) -> None:
        """Move a token along the edges of its success."""
        taken: list[Taken] = []
        try:
            taken = self._taken(token, result)
        finally:
            self._leaves(token, result, taken)
        self._walk.go(token, list(dict.fromkeys(edge.target for edge in taken)), result, self._results)

    @abstractmethod
    def _leaves(self, token: Token, outcome: Any, taken: Sequence[Taken]) -> None:
        """Note that a visit has ended, before its token moves.

        Args:
            token: the token at its node, or at START.
            outcome: the result, or the exception.
            taken: the edges that are followed; none if the graph fails here.
        """

    @abstractmethod
    def _visit(self, token: Token) -> Any:
        """Visit a node and return its result."""

    # -- decisions ----------------------------------------------------------------------------------------

    def _facts(self, token: Token, result: Any, known: Mapping[str, Any]) -> Facts:
        error = token.value if token.failed else None
        return Facts(result, error, self._run_input, token.visit, known.__getitem__)

    def _taken(self, token: Token, result: Any) -> list[Taken]:
        """Return the edges to follow after a success: ask the routers, then evaluate each declaration."""
        own = [(place, edge) for place, edge in self._own.get(token.node, ()) if "error" not in edge]
        keys = [self._key(place, edge, token, result) for place, edge in own]
        facts = self._facts(token, result, self._results)
        found = [
            Taken(place, target)
            for (place, edge), key in zip(own, keys, strict=True)
            for target in select_targets(edge, facts, key)
        ]
        if not found:
            raise NoRoute(
                f"No edge of {token.node!r} matches its result: add otherwise(...) or default=. Use END as the target "
                "of a path that ends there."
            )
        return found

    def _key(self, place: int, edge: Mapping[str, Any], token: Token, result: Any) -> Any:
        if "router" in edge:
            return self._route(place, edge["router"], token, result)
        return result["decision"] if "approval" in self._nodes.get(token.node, {}) else result

    @abstractmethod
    def _route(self, place: int, router: Any, token: Token, result: Any) -> Any:
        """Return the key that a router gives; `place` is the position of its declaration."""

    def _error_edges(self, name: str, error: Exception) -> list[Taken]:
        """Return the first error edge that matches, in a list."""
        names = self._error_names(error)
        own = ((place, edge) for place, edge in self._own.get(name, ()) if "error" in edge)
        return [Taken(place, edge["to"]) for place, edge in own if matches_error(edge["error"], names)][:1]

    def _error_names(self, error: Exception) -> list[str]:
        return class_names(error)

    def _error_words(self, error: Exception) -> dict[str, str]:
        return error_words(error)


def refuse_untimed_approvals(name: str, body: Any) -> None:
    """Refuse approvals without a timeout, at any depth: an eager run cannot be answered.

    Raises:
        InvalidWorkflow: the message names the first such approval.
    """
    for path in _untimed_approvals(name, body):
        raise InvalidWorkflow(
            f"{path!r} waits for a person, and an eager run cannot be answered: give its Approval a timeout, or "
            "run the graph on a worker."
        )


def _untimed_approvals(path: str, body: Any) -> Iterator[str]:
    if body.get("subtask_type") == "orchestrator.graph":
        for entry in body["kwargs"]["nodes"]:
            own = f"{path}/{entry['name']}".lstrip("/")
            if "approval" not in entry:
                yield from _untimed_approvals(own, entry["signature"])
            elif entry["approval"].get("timeout") is None:
                yield own
    else:
        for child in child_signatures(body):
            yield from _untimed_approvals(path, child)

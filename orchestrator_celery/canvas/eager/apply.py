"""Runs a graph eagerly: one body after the other, without store and broker, and without the pauses of retries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from celery.canvas import maybe_signature

from orchestrator_celery.canvas.approval import timeout_result
from orchestrator_celery.canvas.children import child_signatures
from orchestrator_celery.canvas.conditions.language import Facts, value_of
from orchestrator_celery.canvas.graphs.edge_selection import select_targets
from orchestrator_celery.canvas.graphs.graph_definition import START
from orchestrator_celery.canvas.graphs.token_walk import Token, Walk
from orchestrator_celery.canvas.own_copy import own_copy
from orchestrator_celery.canvas.retry import class_names, matches_error
from orchestrator_celery.errors import ConditionError, InvalidWorkflow, NoRoute
from orchestrator_celery.model.printing.safe_text import error_words, safe_repr

__all__ = ("EagerGraph", "refuse_untimed_approvals")


class EagerGraph:
    """One eager application of a graph.

    Args:
        definition: the valid definition of the graph.
        max_visits: the visit limit of nodes without their own.
        app: the app of the graph's tasks.
    """

    def __init__(self, definition: Mapping[str, Any], max_visits: int, app: Any) -> None:
        self._nodes = {entry["name"]: entry for entry in definition["nodes"]}
        self._edges = definition["edges"]
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
        start = Token(START, 0, self._run_input, {})
        self._walk.go(start, self._targets(start, self._run_input), self._run_input, {})
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
            target = self._error_edge(token.node, error)
            if target is None:
                raise
            self._walk.go(token, [target], error_words(error), self._results, failed=True)
        else:
            self._results = {**self._results, token.node: result}
            self._walk.go(token, self._targets(token, result), result, self._results)

    # -- visits -------------------------------------------------------------------------------------------

    def _visit(self, token: Token) -> Any:
        entry = self._nodes[token.node]
        if "approval" in entry:
            return timeout_result({"name": token.node, **entry["approval"]})
        policy = entry.get("retry", self._retry) or {"attempts": 1}
        for left in reversed(range(policy["attempts"])):
            try:
                return self._body(entry, token)
            except Exception as error:
                if not left or not matches_error(policy.get("on"), class_names(error)):
                    raise
        raise AssertionError("The last attempt neither returned nor raised.")

    def _body(self, entry: Mapping[str, Any], token: Token) -> Any:
        facts = self._facts(token, token.value, token.known)
        inputs = {name: value_of(value, facts) for name, value in entry.get("inputs", {}).items()}
        if "map_over" not in entry:
            args, kwargs = self._input if token.source == START else ((token.value,), {})
            return self._call(entry["signature"], args, {**kwargs, **inputs})
        elements = value_of(entry["map_over"], facts)
        if not isinstance(elements, (list, tuple)):
            raise ConditionError(
                f"{token.node!r} maps over {safe_repr(elements)}, which is not a list: check the expression for "
                "map_over."
            )
        return self._elements(entry["signature"], elements, inputs)

    def _elements(self, signature: Any, elements: Iterable[Any], kwargs: dict[str, Any]) -> list[Any]:
        """Return the results for all elements of a list. All elements run, even if one of them fails."""
        results: list[Any] = []
        failure: Exception | None = None
        for element in elements:
            try:
                results.append(self._call(signature, (element,), kwargs))
            except Exception as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return results

    def _call(self, signature: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        body = maybe_signature(own_copy(signature), app=self._app)
        if body.immutable:  # an immutable body takes no positional arguments, but it takes the declared inputs
            args = ()
            body.set(immutable=False)
        return body.apply(own_copy(args), own_copy(kwargs)).get(disable_sync_subtasks=False)

    # -- decisions ----------------------------------------------------------------------------------------

    def _facts(self, token: Token, result: Any, known: Mapping[str, Any]) -> Facts:
        error = token.value if token.failed else None
        return Facts(result, error, self._run_input, token.visit, known.__getitem__)

    def _targets(self, token: Token, result: Any) -> list[str]:
        """Return the targets of a token after a success: ask the routers, then evaluate each declaration."""
        own = [edge for edge in self._edges if edge["from"] == token.node and "error" not in edge]
        keys = [self._key(edge, token, result) for edge in own]
        facts = self._facts(token, result, self._results)
        found = [target for edge, key in zip(own, keys, strict=True) for target in select_targets(edge, facts, key)]
        if not found:
            raise NoRoute(
                f"No edge of {token.node!r} matches its result: add otherwise(...) or default=. Use END as the target "
                "of a path that ends there."
            )
        return list(dict.fromkeys(found))

    def _key(self, edge: Mapping[str, Any], token: Token, result: Any) -> Any:
        if "router" in edge:
            args, kwargs = self._input if token.node == START else ((result,), {})
            return self._call(edge["router"], args, kwargs)
        return result["decision"] if "approval" in self._nodes.get(token.node, {}) else result

    def _error_edge(self, name: str, error: Exception) -> str | None:
        own = (edge for edge in self._edges if edge["from"] == name and "error" in edge)
        return next((edge["to"] for edge in own if matches_error(edge["error"], class_names(error))), None)


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

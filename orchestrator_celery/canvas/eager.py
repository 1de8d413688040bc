"""A graph run here and now: one body after the other, without store and broker, and without the pauses of retries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from traceback import format_exception
from typing import Any

from celery.canvas import maybe_signature

from orchestrator_celery.canvas.approval import unanswered
from orchestrator_celery.canvas.children import inside
from orchestrator_celery.canvas.conditions.language import Facts, value_of
from orchestrator_celery.canvas.edge_choice import taken
from orchestrator_celery.canvas.graph_definition import START
from orchestrator_celery.canvas.retry import class_names, is_meant
from orchestrator_celery.canvas.token_walk import Token, Walk
from orchestrator_celery.errors import ConditionError, InvalidWorkflow, NoRoute

__all__ = ("EagerGraph", "refuse_endless")


class EagerGraph:
    """One eager application of a graph.

    Args:
        definition: of the graph, valid.
        max_visits: of nodes that do not say so themselves.
        app: of its tasks.
    """

    def __init__(self, definition: Mapping[str, Any], max_visits: int, app: Any) -> None:
        self._nodes = {entry["name"]: entry for entry in definition["nodes"]}
        self._edges = definition["edges"]
        self._retry = definition.get("retry")
        self._app = app
        self._walk = Walk(self._nodes, self._edges, max_visits)
        self._results: dict[str, Any] = {}
        self._given: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The graph's result.

        Raises:
            Exception: of the node that failed first and has no error edge for that, or of a decision.
        """
        self._given = args, kwargs
        start = Token(START, 0, self._run_input, {})
        self._walk.go(start, self._targets(start, self._run_input), self._run_input, {})
        while self._walk.tokens:
            self._leave(self._walk.tokens.popleft())
        return self._walk.result()

    @property
    def _run_input(self) -> Any:
        """What the graph was given as one value: the only argument, or all of them."""
        args, kwargs = self._given
        if args and kwargs:
            return {"args": list(args), "kwargs": kwargs}
        return kwargs or (args[0] if len(args) == 1 else list(args) or None)

    def _leave(self, token: Token) -> None:
        """Run a body, and take its token to where it goes."""
        try:
            result = self._visit(token)
        except Exception as error:
            target = self._error_edge(token.node, error)
            if target is None:
                raise
            words = {"type": type(error).__name__, "message": str(error), "traceback": "".join(format_exception(error))}
            self._walk.go(token, [target], words, self._results, failed=True)
        else:
            self._results = {**self._results, token.node: result}
            self._walk.go(token, self._targets(token, result), result, self._results)

    # -- a visit ------------------------------------------------------------------------------------------

    def _visit(self, token: Token) -> Any:
        entry = self._nodes[token.node]
        if "approval" in entry:
            return unanswered({"name": token.node, **entry["approval"]})
        policy = entry.get("retry", self._retry) or {"attempts": 1}
        for left in reversed(range(policy["attempts"])):
            try:
                return self._body(entry, token)
            except Exception as error:
                if not left or not is_meant(policy.get("on"), class_names(error)):
                    raise
        raise AssertionError("The last attempt ends one way or the other.")

    def _body(self, entry: Mapping[str, Any], token: Token) -> Any:
        facts = self._facts(token, token.value, token.known)
        inputs = {name: value_of(value, facts) for name, value in entry.get("inputs", {}).items()}
        if "map_over" not in entry:
            args, kwargs = self._given if token.source == START else ((token.value,), {})
            return self._call(entry["signature"], args, {**kwargs, **inputs})
        elements = value_of(entry["map_over"], facts)
        if not isinstance(elements, (list, tuple)):
            raise ConditionError(f"{token.node!r} maps over {elements!r}, which is no list: look at what gives one.")
        return self._elements(entry["signature"], elements, inputs)

    def _elements(self, signature: Any, elements: Iterable[Any], kwargs: dict[str, Any]) -> list[Any]:
        """The results for elements of a list; one that fails keeps none of the others from running."""
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
        body = maybe_signature(signature, app=self._app, clone=True)
        if body.immutable:  # it takes nothing from the node before, and still what it is told by name
            args = ()
            body.set(immutable=False)
        return body.apply(args, kwargs).get(disable_sync_subtasks=False)

    # -- a decision ---------------------------------------------------------------------------------------

    def _facts(self, token: Token, result: Any, known: Mapping[str, Any]) -> Facts:
        error = token.value if token.failed else None
        return Facts(result, error, self._run_input, token.visit, known.__getitem__)

    def _targets(self, token: Token, result: Any) -> list[str]:
        """Where a token goes after a good end: routers are asked, then each declaration decides for itself."""
        own = [edge for edge in self._edges if edge["from"] == token.node and "error" not in edge]
        keys = [self._key(edge, token, result) for edge in own]
        facts = self._facts(token, result, self._results)
        found = [target for edge, key in zip(own, keys, strict=True) for target in taken(edge, facts, key)]
        if not found:
            raise NoRoute(
                f"Nothing that was declared for {token.node!r} fits its result: add otherwise(...) or default=, and "
                "END for a path that ends there."
            )
        return list(dict.fromkeys(found))

    def _key(self, edge: Mapping[str, Any], token: Token, result: Any) -> Any:
        if "router" in edge:
            args, kwargs = self._given if token.node == START else ((result,), {})
            return self._call(edge["router"], args, kwargs)
        return result["decision"] if "approval" in self._nodes.get(token.node, {}) else result

    def _error_edge(self, name: str, error: Exception) -> str | None:
        own = (edge for edge in self._edges if edge["from"] == name and "error" in edge)
        return next((edge["to"] for edge in own if is_meant(edge["error"], class_names(error))), None)


def refuse_endless(name: str, body: Any) -> None:
    """Refuse approvals that nobody would ever answer, however deep they are.

    Raises:
        InvalidWorkflow: names the first.
    """
    for path in _endless(name, body):
        raise InvalidWorkflow(
            f"{path!r} waits for a person, and nobody can answer what runs in the caller's own process: give its "
            "Approval a timeout, or apply the graph with a worker."
        )


def _endless(path: str, body: Any) -> Iterator[str]:
    if body.get("subtask_type") == "orchestrator.graph":
        for entry in body["kwargs"]["nodes"]:
            own = f"{path}/{entry['name']}".lstrip("/")
            if "approval" not in entry:
                yield from _endless(own, entry["signature"])
            elif entry["approval"].get("timeout") is None:
                yield own
    else:
        for part in inside(body):
            yield from _endless(path, part)

"""Runs a graph without its tasks: stand-ins give the results, and each visit is recorded with the edges it took."""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from orchestrator_celery.canvas.approval import DECISIONS, timeout_result
from orchestrator_celery.canvas.conditions.language import value_of
from orchestrator_celery.canvas.eager.apply import EagerGraph, Taken
from orchestrator_celery.canvas.graphs.edge_selection import mapped_over
from orchestrator_celery.canvas.graphs.token_walk import Token
from orchestrator_celery.canvas.retry import class_names
from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr, safe_str

__all__ = ("DryRun", "DryRunError", "DryRunStep", "StandIns", "dry_run")

#: Most visits of a dry run.
MOST_STEPS = 10_000

#: A stand-in for an error: an exception, or its type and message.
ErrorStandIn = BaseException | Mapping[str, str] | str


class DryRunError(BaseModel):
    """The error of a visit, or of the whole graph.

    Args:
        type: the name of its class.
        message: its message.
    """

    model_config = ConfigDict(frozen=True)

    type: str
    message: str


class DryRunStep(BaseModel):
    """One visit of a node, or the beginning at START.

    Args:
        node: the name of the node; `__start__` for START.
        visit: the number of the visit of this node; 0 for START.
        input: the value that the node got.
        inputs: the keyword arguments that its `inputs` gave.
        outcome: whether the visit succeeded.
        value: its result, or its error with type and message.
        assumed: whether no stand-in said so: the result or the key of a router is None, or the decision is that of
            the timeout, else approved.
        edges: the positions, in the graph's list of edges, of the declarations that were followed.
        targets: the nodes to which they lead; `__end__` for END.
    """

    model_config = ConfigDict(frozen=True)

    node: str
    visit: int
    input: Any = None
    inputs: dict[str, Any] = {}
    outcome: Literal["succeeded", "failed"] = "succeeded"
    value: Any = None
    assumed: bool = False
    edges: tuple[int, ...] = ()
    targets: tuple[str, ...] = ()


class DryRun(BaseModel):
    """What a graph would do.

    Args:
        steps: the visits, in the order in which an eager run makes them.
        result: the result of the graph; None if it fails.
        error: the error with which it fails; None if it succeeds.
    """

    model_config = ConfigDict(frozen=True)

    steps: tuple[DryRunStep, ...]
    result: Any = None
    error: DryRunError | None = None

    @property
    def path(self) -> list[str]:
        """The names of the visited nodes, in order."""
        return [step.node for step in self.steps if step.visit]


class StandIns:
    """The stand-ins of a dry run.

    Args:
        results: the results of each node, one a visit; the last one holds for all later visits.
        errors: the error of each node for all visits, or a list with one a visit, None for a visit without an error.
        decisions: the decision of each approval, or a list with one a visit.
        routes: the keys of each router, one a visit, by the position of its declaration in the graph's list of edges.

    Raises:
        InvalidWorkflow: a stand-in has another form.
    """

    def __init__(
        self,
        results: Mapping[str, Sequence[Any]] | None = None,
        errors: Mapping[str, ErrorStandIn | Sequence[ErrorStandIn | None]] | None = None,
        decisions: Mapping[str, str | Sequence[str]] | None = None,
        routes: Mapping[int, Sequence[Any]] | None = None,
    ) -> None:
        self.results = {name: _list(f"results[{name!r}]", values) for name, values in (results or {}).items()}
        self.routes = {int(place): _list(f"routes[{place}]", keys) for place, keys in (routes or {}).items()}
        self.decisions = {name: [one] if isinstance(one, str) else list(one) for name, one in (decisions or {}).items()}
        self.errors = {
            name: _exception(error) if isinstance(error, BaseException | Mapping | str) else _exceptions(error)
            for name, error in (errors or {}).items()
        }
        for name, words in self.decisions.items():
            if not words or not set(words) <= set(DECISIONS):
                raise InvalidWorkflow(f"decisions[{name!r}]={safe_repr(words)} is not allowed: give {DECISIONS}.")

    def error_of(self, name: str, visit: int) -> Exception | None:
        """Return the error of a visit of a node; None if it has none."""
        found = self.errors.get(name)
        if isinstance(found, list):
            return found[visit - 1] if visit <= len(found) else None
        return found

    def refuse_unknown(self, nodes: Mapping[str, Mapping[str, Any]], edges: Sequence[Mapping[str, Any]]) -> None:
        """Refuse stand-ins of nodes and routers that the graph does not have.

        Raises:
            InvalidWorkflow: names the first of them.
        """
        for name in [*self.results, *self.errors, *self.decisions]:
            if name not in nodes:
                raise InvalidWorkflow(f"There is a stand-in for {name!r}, which is not a node: correct the name.")
        for name in self.decisions:
            if "approval" not in nodes[name]:
                raise InvalidWorkflow(f"There is a decision for {name!r}, which is not an approval: use results.")
        for place in self.routes:
            if not 0 <= place < len(edges) or "router" not in edges[place]:
                raise InvalidWorkflow(f"There is a stand-in for a router at edge {place}, where no router is.")


def dry_run(definition: Mapping[str, Any], max_visits: int, given: StandIns, args: Any, kwargs: Any) -> DryRun:
    """Run a valid graph with stand-ins."""
    graph = _DryGraph(definition, max_visits, given)
    try:
        return DryRun(result=graph.run(args, kwargs), steps=tuple(graph.steps))
    except Exception as error:
        return DryRun(error=DryRunError(**_words(error)), steps=tuple(graph.steps))


class StandInError(Exception):
    """Stands for an error of a task, whose class need not be known here.

    Args:
        type: the name of its class.
        message: its message.
    """

    def __init__(self, type: str, message: str = "") -> None:
        super().__init__(message)
        self.type = type


class _TooManySteps(Exception):
    """A dry run has at most 10,000 visits."""


class _DryGraph(EagerGraph):
    """A graph whose visits are stand-ins."""

    def __init__(self, definition: Mapping[str, Any], max_visits: int, given: StandIns) -> None:
        super().__init__(definition, max_visits, None)
        given.refuse_unknown(self._nodes, self._edges)
        self._given = given
        self._routed: Counter[int] = Counter()
        self._assumed = False
        self._inputs: dict[str, Any] = {}
        self.steps: list[DryRunStep] = []

    def _visit(self, token: Token) -> Any:
        if len(self.steps) >= MOST_STEPS:
            raise _TooManySteps(f"The dry run ends after {MOST_STEPS:,} visits: lower max_visits.")
        entry, place = self._nodes[token.node], token.visit - 1
        self._assumed, self._inputs, elements = False, {}, None
        if "approval" not in entry:
            elements = self._evaluate(entry, token)
        if (error := self._given.error_of(token.node, token.visit)) is not None:
            raise error
        if results := self._given.results.get(token.node):
            return results[min(place, len(results) - 1)]
        if "approval" in entry:
            return self._decision(token.node, entry["approval"], place)
        self._assumed = True
        return None if elements is None else [None] * elements

    def _evaluate(self, entry: Mapping[str, Any], token: Token) -> int | None:
        """Evaluate the expressions of a visit; return the number of elements that it maps over."""
        facts = self._facts(token, token.value, token.known)
        self._inputs = {name: value_of(value, facts) for name, value in entry.get("inputs", {}).items()}
        return None if "map_over" not in entry else len(mapped_over(entry, facts))

    def _decision(self, name: str, approval: Mapping[str, Any], place: int) -> Any:
        words = self._given.decisions.get(name)
        if words is not None:
            return {"decision": words[min(place, len(words) - 1)], "by": "", "note": "", "timed_out": False}
        self._assumed = True
        if approval.get("timeout") is not None:
            return timeout_result({"name": name, **approval})
        return {"decision": "approved", "by": "", "note": "", "timed_out": False}

    def _route(self, place: int, router: Any, token: Token, result: Any) -> Any:
        keys = self._given.routes.get(place)
        if not keys:
            self._assumed = True
            return None
        self._routed[place] += 1
        return keys[min(self._routed[place], len(keys)) - 1]

    def _error_names(self, error: Exception) -> list[str]:
        return _names(error.type) if isinstance(error, StandInError) else class_names(error)

    def _error_words(self, error: Exception) -> dict[str, str]:
        return {**_words(error), "traceback": ""}

    def _leaves(self, token: Token, outcome: Any, taken: Sequence[Taken]) -> None:
        failed = isinstance(outcome, BaseException)
        self.steps.append(
            DryRunStep(
                node=token.node,
                visit=token.visit,
                input=token.value,
                inputs=self._inputs,
                outcome="failed" if failed else "succeeded",
                value=_words(outcome) if failed else outcome,
                assumed=self._assumed,
                edges=tuple(dict.fromkeys(edge.place for edge in taken)),
                targets=tuple(dict.fromkeys(edge.target for edge in taken)),
            )
        )


def _list(where: str, values: Any) -> list[Any]:
    if isinstance(values, str) or not isinstance(values, Sequence) or not values:
        raise InvalidWorkflow(f"{where}={safe_repr(values)} is not allowed: give a list with the value of each visit.")
    return list(values)


def _exception(error: ErrorStandIn) -> Exception:
    if isinstance(error, Exception):
        return error
    if isinstance(error, str):
        return StandInError(error)
    if isinstance(error, Mapping) and isinstance(error.get("type"), str):
        return StandInError(error["type"], str(error.get("message", "")))
    raise InvalidWorkflow(f"{safe_repr(error)} does not stand for an error: give type and message, or an exception.")


def _exceptions(errors: Any) -> list[Exception | None]:
    if not isinstance(errors, Sequence):
        raise InvalidWorkflow(f"{safe_repr(errors)} does not stand for errors: give one, or a list with one a visit.")
    return [None if error is None else _exception(error) for error in errors]


def _names(type_name: str) -> list[str]:
    """Return the names that match a stand-in: of an error class of Python also those of its bases."""
    short = type_name.rpartition(".")[2]
    kind: Any = getattr(builtins, short, None)
    known = isinstance(kind, type) and issubclass(kind, Exception) and type_name in (short, f"builtins.{short}")
    return [type_name, short, *class_names(kind.__new__(kind) if known else Exception())]


def _words(error: Any) -> dict[str, str]:
    kind = error.type if isinstance(error, StandInError) else type(error).__name__
    return {"type": kind, "message": safe_str(error)}

"""Runs a graph in this process: tokens carry references to records, and each visit is a node of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orchestrator_celery.canvas.conditions.language import Facts, value_of
from orchestrator_celery.canvas.eager.apply import EagerGraph, Taken
from orchestrator_celery.canvas.graphs.edge_selection import mapped_over
from orchestrator_celery.canvas.graphs.graph_definition import END, START
from orchestrator_celery.canvas.graphs.token_walk import Token
from orchestrator_celery.canvas.retry import matches_error
from orchestrator_celery.lifecycle.eager.endings import BodyEnd, Ending
from orchestrator_celery.lifecycle.eager.visits import Visits
from orchestrator_celery.records.definitions import Attribute, Definition
from orchestrator_celery.records.inputs import InputRef, Source, parse_input, write_input
from orchestrator_celery.records.names import Beside, Place
from orchestrator_celery.records.outcomes import OutcomeKind, OutcomeRef, write_outcome

if TYPE_CHECKING:
    from orchestrator_celery.lifecycle.eager.tree import TreeRun

__all__ = ("GraphRun",)


class _Failed(Exception):
    """A visit has failed; `reference` says where its error is."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


class GraphRun(EagerGraph):
    """One graph of an eager run.

    The value of a token is a reference: to a result, after an error edge to an error, or a list of references.

    Args:
        tree: runs the bodies.
        node: the graph's id.
        spec: its definition.
        given: the reference to its input.
    """

    def __init__(self, tree: TreeRun, node: str, spec: Definition, given: str) -> None:
        graph = tree.codec.load(spec.payload)["source"].graph
        super().__init__(graph.kwargs, graph.max_visits, tree.run)
        self._tree = tree
        self._node = node
        if spec.has(Attribute.OWN_ARGUMENTS):
            tree.records.keep(node, Beside.INPUT, given.encode())
            given = write_input(InputRef(Source.WITH_OWN, node))
        self._given = given
        self._visits = Visits(tree, node, self._nodes, self._edges)

    def go(self) -> Ending:
        """Run the graph and return its end."""
        begun = Token(START, 0, self._given, {})
        try:
            self._follow(begun, self._given)
            while self._walk.tokens:
                begun = self._walk.tokens.popleft()
                self._leave(begun)
        except _Failed as failed:
            ending = Ending(False, failed.reference)
        except Exception as exc:  # of a decision: no record has this error yet
            holder = f"{self._visits.newest(begun.node)}.{Place.VALUE.value}"
            self._visits.hold(holder, BodyEnd(False, self._tree.codec.dump_error(exc)))
            ending = Ending(False, holder)
        else:
            ending = Ending(True, self._result())
        left = [] if ending.succeeded else [begun.node, *self._walk.places()]
        self._visits.end(self._given, lambda name: any(self._walk.reaches(place, name) for place in left))
        return ending

    def _result(self) -> str:
        """Return the reference to the result: of the node that reached END, or of several by name."""
        ends = {**self._walk.ends()}
        if START in ends:
            ends[START] = self._visits.input_holder
        if len(ends) == 1:
            return str(*ends.values())
        self._visits.keep_ends(ends)
        return write_outcome(OutcomeRef(OutcomeKind.NAMED))

    # -- visits ----------------------------------------------------------------------------------------------

    def _visit(self, token: Token) -> str:
        entry, tries = self._nodes[token.node], 0
        policy = (entry.get("retry", self._retry) if "approval" not in entry else None) or {"attempts": 1}
        while True:
            visit = self._visits.begin(token.node, write_input(_input_of(token.value)), again=tries > 0)
            try:
                return self._run_body(entry, token, visit)
            except _Failed as failed:
                tries += 1
                if tries >= policy["attempts"] or not matches_error(policy.get("on"), self._error_names(failed)):
                    raise
                self._visits.take_back(visit)

    def _run_body(self, entry: Mapping[str, Any], token: Token, visit: str) -> str:
        given = token.value
        try:
            facts = self._facts(token, given, token.known)
            inputs = {name: value_of(value, facts) for name, value in entry.get("inputs", {}).items()}
            elements = mapped_over(entry, facts) if "map_over" in entry else None
        except Exception as exc:  # a decision before the body: the visit fails with its error
            raise _Failed(self._visits.fail(visit, exc)) from exc
        if inputs:
            self._visits.keep(visit, Beside.INPUTS, inputs)
        if elements is not None:
            given = InputRef(Source.ELEMENT, self._visits.map_over(visit, elements))
        elif inputs or not isinstance(given, str):
            given = InputRef(Source.VISIT, visit)
        return self._run(visit, given if isinstance(given, str) else write_input(given))

    def _run(self, visit: str, given: str) -> str:
        ending = self._tree.activate(visit, given)
        if not ending.succeeded:
            raise _Failed(ending.reference)
        return ending.reference

    def _route(self, place: int, router: Any, token: Token, result: Any) -> Any:
        """Run a router as a node of its own, and return its key."""
        visit = self._visits.begin_router(place, write_input(_input_of(result)))
        return self._value(self._run(visit, result))

    # -- decisions -------------------------------------------------------------------------------------------

    def _value(self, given: Any) -> Any:
        """Return the value of a reference, or of a list of them."""
        return self._tree.bodies.resolver.value(self._tree.run, write_input(_input_of(given)), self._node)

    @property
    def _run_input(self) -> Any:
        return self._value(self._given) if self._given else None

    def _facts(self, token: Token, result: Any, known: Mapping[str, Any]) -> Facts:
        error = self._value(token.value) if token.failed else None
        value = self._value(result) if result else None
        return Facts(value, error, self._run_input, token.visit, lambda name: self._value(known[name]))

    def _key(self, place: int, edge: Mapping[str, Any], token: Token, result: Any) -> Any:
        if "router" in edge:
            return self._route(place, edge["router"], token, result)
        return super()._key(place, edge, token, self._value(result)) if "keys" in edge else None

    def _leaves(self, token: Token, outcome: Any, taken: Sequence[Taken]) -> None:
        if taken:
            self._visits.leave(token.node, [edge.target for edge in taken])
        if token.node == START and END in [edge.target for edge in taken]:
            self._visits.hold_input(self._run_input)

    def _error_names(self, error: Exception) -> list[str]:
        assert isinstance(error, _Failed)
        return self._tree.outcome.error_names(error.reference)

    def _error_words(self, error: Exception) -> Any:
        assert isinstance(error, _Failed)
        return write_input(InputRef(Source.ERROR_VALUE, error.reference))


def _input_of(given: Any) -> InputRef:
    """Return the reference of a token's value."""
    return parse_input(given) if isinstance(given, str) else InputRef(Source.LIST, ",".join(given))

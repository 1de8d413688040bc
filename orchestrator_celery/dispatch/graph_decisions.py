"""Makes the decisions of graphs in Python. The store records them; a missing decision is made again by any process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orchestrator_celery.canvas.conditions.language import Facts, value_of
from orchestrator_celery.canvas.graphs.edge_selection import mapped_over
from orchestrator_celery.dispatch.inputs import InputResolver
from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.engine.routing import after_error, pause, targets
from orchestrator_celery.errors import ConditionError
from orchestrator_celery.model.effects import Cause, Decide, Decision, EdgeContext, Effect
from orchestrator_celery.model.ids import LeafId
from orchestrator_celery.model.states import NodeKind, NodeState
from orchestrator_celery.records.definitions import Attribute, parse_definition
from orchestrator_celery.records.ended import parse_ended
from orchestrator_celery.records.inputs import Source, parse_input
from orchestrator_celery.records.names import Place
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.store import Store
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.store.reader import Reader

__all__ = ("GraphDecider",)


class GraphDecider:
    """Makes the decisions of graphs.

    Args:
        store: records the decisions.
        reader: reads the records that decisions depend on.
        codec: decodes the records.
        inputs: resolves the inputs of nodes.
    """

    def __init__(self, store: Store, reader: Reader, codec: Codec, inputs: InputResolver) -> None:
        self._store = store
        self._reader = reader
        self._codec = codec
        self._resolver = inputs

    def decide(self, effect: Decide) -> Iterable[Effect]:
        """Make one decision and record it; return the effects."""
        self._resolver.set_created(effect.run, effect.created)
        try:
            decision = self._decision(effect)
        except UNREACHABLE:
            raise
        except Exception as exc:  # a repetition would raise the same error, and the graph would wait for ever
            decision = Decision("fail", self._codec.dump_error(exc))
        return self._store.graphs.decide(effect.run, effect.visit, decision).todo

    def choose_edges(self, leaf: LeafId, context: EdgeContext, result: Any) -> tuple[str | None, str]:
        """Choose the edges of a node before its result is recorded, which saves a separate call to the store.

        Args:
            leaf: the leaf whose body succeeded.
            context: the data that the edges depend on, besides the result.
            result: the body's result, as a reader would decode it.

        Returns:
            The targets, and the newest results that the choice depends on, as `Store.finish` takes them. The targets
            are None if they cannot be chosen here; then a later decision chooses them, or fails the graph.
        """
        definition = parse_definition(context.spec)
        spec = self._codec.load(definition.payload)
        number = leaf.node.split(".")[-2]
        others = [other for other in definition.text(Attribute.LOOKS_AT).split(",") if other not in ("", number)]
        try:
            own = Facts(result, None, None, 0, _no_node_results)
            facts = self._context_facts(leaf, context, spec, result) if context.needs_more else own
            depends = " ".join(f"{other}:{context.last.get(other, '')}" for other in others if context.needs_more)
            return targets(spec["routes"], facts, lambda router: result), depends
        except UNREACHABLE:
            raise
        except Exception:
            return None, ""

    def _context_facts(self, leaf: LeafId, context: EdgeContext, spec: Mapping[str, Any], result: Any) -> Facts:
        graph, number, _ = leaf.node.rsplit(".", 2)
        return self._resolver.facts(
            leaf.run,
            graph,
            spec.get("names", {}),
            {**context.last, number: leaf.node},
            context.graph_input,
            result=result,
            visits=context.visits,
            known={**self._results(context.records), leaf.node: result},
        )

    def _decision(self, effect: Decide) -> Decision:
        if effect.cause is Cause.MORE:
            return Decision("more")
        definition = parse_definition(effect.spec)
        spec = self._codec.load(definition.payload)
        if effect.cause is Cause.FAILED:
            return self._after_error(effect, spec)
        router = definition.has(Attribute.ASKED_ABOUT)
        facts = self._facts(effect, spec, router)
        if effect.cause is Cause.INPUTS:
            return self._inputs(spec, facts)
        if effect.cause is Cause.MAP:
            return self._elements(spec, facts)
        plain = definition.text(Attribute.NEXT)
        taken = (
            targets(spec["routes"], facts, lambda number: self._answer(effect, number)) if "routes" in spec else plain
        )
        begins = definition.kind is NodeKind.GRAPH or definition.text(Attribute.ASKED_ABOUT) == Place.START.value
        # A value that goes from START to END, or past a skipped node, is no node's result, so it is stored here.
        stored = effect.cause is Cause.SKIPPED or (begins and Place.CLOSE.value in taken.split(","))
        return Decision("go", taken, self._codec.dump_result(facts.result) if stored else b"")

    def _facts(self, effect: Decide, spec: Mapping[str, Any], router: bool) -> Facts:
        """Return the values that conditions may read; for a router, the result is the value that it was asked about."""
        run, graph, known = effect.run, _graph_of(effect.visit), self._known(effect)
        source = effect.ref if effect.cause.before_body else ""
        if router or (not source and "error" in spec.get("roots", ())):
            source = self._resolver.visit_input(run, effect.visit)
        ref = source if router else effect.ref
        error = self._resolver.value(run, source, graph) if parse_input(source).source is Source.ERROR_VALUE else None
        return self._resolver.facts(
            run,
            graph,
            spec.get("names", {}),
            effect.last,
            effect.graph_input,
            result=self._resolver.value(run, ref, effect.visit, known) if ref else None,
            error=error,
            visits=effect.visits,
            known=known,
        )

    def _answer(self, effect: Decide, router: str) -> Any:
        """Return a router's answer: of the router that has just ended, or of one that was asked earlier."""
        graph, own, _ = effect.visit.rsplit(".", 2)
        ref = effect.ref if router == own else effect.last[router]
        return self._resolver.value(effect.run, ref, graph, self._known(effect))

    def _known(self, effect: Decide) -> dict[str, Any]:
        """Return the results that came with the effect; a record that only refers to another node is not among them."""
        return self._results(effect.records)

    def _results(self, records: Mapping[str, bytes]) -> dict[str, Any]:
        found = {node: parse_ended(raw) for node, raw in records.items()}
        own = {node: end for node, end in found.items() if end.state is NodeState.SUCCEEDED and end.ref is None}
        return {node: self._codec.load(end.payload) for node, end in own.items()}

    def _after_error(self, effect: Decide, spec: Mapping[str, Any]) -> Decision:
        records = effect.records

        def read(nodes: Sequence[str]) -> Sequence[bytes | None]:
            if all(node in records for node in nodes):
                return [records[node] for node in nodes]
            return self._reader.terminal(effect.run, nodes)

        outcome = Outcome(effect.run, read, self._codec)
        names = outcome.error_names(effect.ref)
        policy = spec.get("retry")
        target = after_error(policy, spec.get("errors", ()), names, effect.tries)
        if target is None:
            return Decision("stop")
        if target == "again" and policy is not None:
            return Decision("again", pause(policy, effect.tries, f"{effect.run}:{effect.visit}"))
        return Decision("go", target)

    def _inputs(self, spec: Mapping[str, Any], facts: Facts) -> Decision:
        try:
            inputs = {name: value_of(expression, facts) for name, expression in spec["inputs"].items()}
        except ConditionError as exc:
            raise ConditionError(f"The inputs of {spec['name']!r} cannot be evaluated. {exc}") from exc
        return Decision("with", "", self._codec.dump(inputs))

    def _elements(self, spec: Mapping[str, Any], facts: Facts) -> Decision:
        elements = mapped_over(spec, facts)
        return Decision("map", len(elements), self._codec.dump(list(elements)))


def _no_node_results(name: str) -> Any:
    raise LookupError(name)


def _graph_of(visit: str) -> str:
    return visit.rsplit(".", 2)[0]

"""Decisions of graphs: made here in Python, recorded by the store, made again by whoever finds one that is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orchestrator_celery.canvas.conditions.language import Facts, value_of
from orchestrator_celery.dispatch.inputs import Givens
from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.engine.routing import after_error, pause, targets
from orchestrator_celery.errors import ConditionError
from orchestrator_celery.model.effects import Decide, Effect, Foresight, Reason, Verdict
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

__all__ = ("Deciding",)


class Deciding:
    """Makes decisions.

    Args:
        store: records them.
        reader: reads what they depend on.
        codec: decodes it.
        givens: reads what nodes were given.
    """

    def __init__(self, store: Store, reader: Reader, codec: Codec, givens: Givens) -> None:
        self._store = store
        self._reader = reader
        self._codec = codec
        self._givens = givens

    def decide(self, effect: Decide) -> Iterable[Effect]:
        """Make one decision and record it; answers what follows."""
        self._givens.meet(effect.run, effect.born)
        try:
            verdict = self._verdict(effect)
        except UNREACHABLE:
            raise
        except Exception as exc:  # whatever it is, it would be so again, and the graph would wait for ever
            verdict = Verdict("fail", self._codec.dump_error(exc))
        return self._store.decide(effect.run, effect.visit, verdict).todo

    def foresee(self, leaf: LeafId, told: Foresight, result: Any) -> tuple[str | None, str]:
        """Choose the edges out of a node before its end is recorded, so that it costs no call of its own.

        Args:
            leaf: whose body has ended well.
            told: what is known of what its edges depend on.
            result: what the body returned, as whoever reads it gets it.

        Returns:
            The targets, None where they cannot be told: the graph fails by that, or is asked in its turn; and what they
            were chosen by, as `Store.finish` takes it.
        """
        definition = parse_definition(told.spec)
        spec = self._codec.load(definition.payload)
        at = leaf.node.split(".")[-2]
        looked = [number for number in definition.text(Attribute.LOOKS_AT).split(",") if number not in ("", at)]
        try:
            facts = self._told(leaf, told, spec, result) if told.looks else Facts(result, None, None, 0, _nothing)
            relied = " ".join(f"{number}:{told.last.get(number, '')}" for number in looked if told.looks)
            return targets(spec["routes"], facts, lambda router: result), relied
        except UNREACHABLE:
            raise
        except Exception:
            return None, ""

    def _told(self, leaf: LeafId, told: Foresight, spec: Mapping[str, Any], result: Any) -> Facts:
        graph, at, _ = leaf.node.rsplit(".", 2)
        return self._givens.facts(
            leaf.run,
            graph,
            spec.get("names", {}),
            {**told.last, at: leaf.node},
            told.given,
            result=result,
            visits=told.visits,
            known={**self._results(told.records), leaf.node: result},
        )

    def _verdict(self, effect: Decide) -> Verdict:
        definition = parse_definition(effect.spec)
        spec = self._codec.load(definition.payload)
        if effect.why is Reason.FAILED:
            return self._after_error(effect, spec)
        router = definition.has(Attribute.ASKED_ABOUT)
        facts = self._facts(effect, spec, router)
        if effect.why is Reason.INPUTS:
            return self._inputs(spec, facts)
        if effect.why is Reason.MAP:
            return self._elements(spec, facts)
        plain = definition.text(Attribute.NEXT)
        taken = (
            targets(spec["routes"], facts, lambda number: self._answer(effect, number)) if "routes" in spec else plain
        )
        begins = definition.kind is NodeKind.GRAPH or definition.text(Attribute.ASKED_ABOUT) == Place.START.value
        # What goes from START to END, and past a node that is skipped, no node has as its result.
        kept = effect.why is Reason.SKIPPED or (begins and Place.CLOSE.value in taken.split(","))
        return Verdict("go", taken, self._codec.dump_result(facts.result) if kept else b"")

    def _facts(self, effect: Decide, spec: Mapping[str, Any], router: bool) -> Facts:
        """What conditions look at; of a router, what it was asked about is the result."""
        run, graph, known = effect.run, _graph_of(effect.visit), self._known(effect)
        source = effect.ref if effect.why.before_body else ""
        if router or (not source and "error" in spec.get("roots", ())):
            source = self._givens.given_to(run, effect.visit)
        ref = source if router else effect.ref
        error = self._givens.value(run, source, graph) if parse_input(source).source is Source.ERROR_VALUE else None
        return self._givens.facts(
            run,
            graph,
            spec.get("names", {}),
            effect.last,
            effect.given,
            result=self._givens.value(run, ref, effect.visit, known) if ref else None,
            error=error,
            visits=effect.visits,
            known=known,
        )

    def _answer(self, effect: Decide, router: str) -> Any:
        """What a router has answered: the one that has just ended, or one that was asked before it."""
        graph, own, _ = effect.visit.rsplit(".", 2)
        ref = effect.ref if router == own else effect.last[router]
        return self._givens.value(effect.run, ref, graph, self._known(effect))

    def _known(self, effect: Decide) -> dict[str, Any]:
        """Results that came with the effect; what only refers to another is read."""
        return self._results(effect.records)

    def _results(self, records: Mapping[str, bytes]) -> dict[str, Any]:
        found = {node: parse_ended(raw) for node, raw in records.items()}
        well = {node: one for node, one in found.items() if one.state is NodeState.SUCCEEDED and one.ref is None}
        return {node: self._codec.load(one.payload) for node, one in well.items()}

    def _after_error(self, effect: Decide, spec: Mapping[str, Any]) -> Verdict:
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
            return Verdict("stop")
        if target == "again" and policy is not None:
            return Verdict("again", pause(policy, effect.tries, f"{effect.run}:{effect.visit}"))
        return Verdict("go", target)

    def _inputs(self, spec: Mapping[str, Any], facts: Facts) -> Verdict:
        try:
            inputs = {name: value_of(one, facts) for name, one in spec["inputs"].items()}
        except ConditionError as exc:
            raise ConditionError(f"The inputs of {spec['name']!r} cannot be worked out. {exc}") from exc
        return Verdict("with", "", self._codec.dump(inputs))

    def _elements(self, spec: Mapping[str, Any], facts: Facts) -> Verdict:
        elements = value_of(spec["map_over"], facts)
        if not isinstance(elements, (list, tuple)):
            raise ConditionError(
                f"{spec['name']!r} is mapped over {type(elements).__name__} {elements!r:.100}, which is no list: let "
                "map_over= name a list."
            )
        return Verdict("map", len(elements), self._codec.dump(list(elements)))


def _nothing(name: str) -> Any:
    raise LookupError(name)


def _graph_of(visit: str) -> str:
    return visit.rsplit(".", 2)[0]

"""A dry run with the results of an eager run goes the same way, visit by visit, edge by edge."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from celery import Celery
from celery.canvas import maybe_signature
from hypothesis import HealthCheck, assume, given, settings

from orchestrator_celery.canvas.approval import timeout_result
from orchestrator_celery.canvas.conditions.language import value_of
from orchestrator_celery.canvas.eager.apply import EagerGraph
from orchestrator_celery.canvas.eager.scope import running_eagerly
from orchestrator_celery.canvas.graphs.edge_selection import mapped_over
from orchestrator_celery.canvas.graphs.graph_definition import START
from orchestrator_celery.canvas.own_copy import own_copy
from orchestrator_celery.canvas.retry import class_names, matches_error
from tests.kit.cases import amount

from .behaviour import Bodies, plain
from .built import STEP, built
from .drawn import Kind, graphs, inputs_of_runs

pytestmark = pytest.mark.usefixtures("quiet")

APP = Celery("dry", set_as_current=False, broker="memory://", backend="cache+memory://")
TOLD = Bodies()


@APP.task(name=STEP, shared=False)
def step(value: Any = None, *, body: dict[str, Any], **inputs: Any) -> Any:
    return TOLD.real(body, value, inputs)


class Told(EagerGraph):
    """An eager run that tells of its visits."""

    def __init__(self, graph):
        super().__init__(graph.kwargs, graph.max_visits, graph.app)
        self.app = graph.app
        self.way, self.has_failed_router = [], False
        self.results, self.errors, self.routes = defaultdict(list), defaultdict(list), defaultdict(list)

    def tell(self, value):
        try:
            with running_eagerly(self.app):
                return self.run((value,), {}), None
        except Exception as error:
            return None, type(error).__name__

    def _leaves(self, token, outcome, taken):
        self.way.append((token.node, token.visit, plain(token.value), tuple(dict.fromkeys(e.place for e in taken))))
        if token.visit:
            failed = isinstance(outcome, Exception)
            self.results[token.node].append(None if failed else outcome)
            self.errors[token.node].append(outcome if failed else None)

    def _route(self, place, router, token, result):
        args, kwargs = self._input if token.node == START else ((result,), {})
        self.has_failed_router = True
        key = self._call(router, args, kwargs)
        self.has_failed_router = False
        self.routes[place].append(key)
        return key

    def _visit(self, token):
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
        raise AssertionError("the last attempt neither returned nor raised")

    def _body(self, entry, token):
        facts = self._facts(token, token.value, token.known)
        inputs = {name: value_of(value, facts) for name, value in entry.get("inputs", {}).items()}
        if "map_over" not in entry:
            args, kwargs = self._input if token.source == START else ((token.value,), {})
            return self._call(entry["signature"], args, {**kwargs, **inputs})
        results, failure = [], None
        for element in mapped_over(entry, facts):  # all elements run, even if one of them fails
            try:
                results.append(self._call(entry["signature"], (element,), inputs))
            except Exception as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return results

    def _call(self, signature, args, kwargs):
        body = maybe_signature(own_copy(signature), app=self._app)
        if body.immutable:  # it takes no positional arguments, but it takes the declared inputs
            args = ()
            body.set(immutable=False)
        return body.apply(own_copy(args), own_copy(kwargs)).get(disable_sync_subtasks=False)


@pytest.mark.timeout(900)  # finding the smallest example takes its time
@given(graphs(Kind(sure=True)), inputs_of_runs)
@settings(max_examples=amount(200, 2000), deadline=None, suppress_health_check=list(HealthCheck))
def test_a_dry_run_goes_the_way_of_the_run_whose_results_it_gets(definition, value):
    TOLD.reset()
    graph = built(definition, APP)
    eager = Told(graph)
    result, error = eager.tell(value)
    assume(not eager.has_failed_router)  # a dry run is given keys of routers, not their errors
    calls = len(TOLD.calls)
    found = graph.dry_run(value, results=eager.results, errors=eager.errors, routes=eager.routes)
    assert [(one.node, one.visit, plain(one.input), one.edges) for one in found.steps] == eager.way
    assert plain(found.result) == plain(result)
    assert (found.error.type if found.error else None) == error
    assert len(TOLD.calls) == calls, "no task has run"

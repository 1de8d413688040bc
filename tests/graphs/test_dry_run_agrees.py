"""A dry run with the results of an eager run goes the same way, visit by visit, edge by edge."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from celery import Celery
from hypothesis import HealthCheck, given, settings

from orchestrator_celery.canvas.eager.apply import EagerGraph
from orchestrator_celery.canvas.eager.scope import running_eagerly
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
        self.way = []
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
        self.routes[place].append(super()._route(place, router, token, result))
        return self.routes[place][-1]


@pytest.mark.timeout(900)  # finding the smallest example takes its time
@given(graphs(Kind(sure=True)), inputs_of_runs)
@settings(max_examples=amount(200, 2000), deadline=None, suppress_health_check=list(HealthCheck))
def test_a_dry_run_goes_the_way_of_the_run_whose_results_it_gets(definition, value):
    TOLD.reset()
    graph = built(definition, APP)
    eager = Told(graph)
    result, error = eager.tell(value)
    calls = len(TOLD.calls)
    found = graph.dry_run(value, results=eager.results, errors=eager.errors, routes=eager.routes)
    assert [(one.node, one.visit, plain(one.input), one.edges) for one in found.steps] == eager.way
    assert plain(found.result) == plain(result)
    assert (found.error.type if found.error else None) == error
    assert len(TOLD.calls) == calls, "no task has run"

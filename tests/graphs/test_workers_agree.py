"""A hundred graphs on real workers, which are killed while they run, come out as the interpreter says."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from orchestrator_celery import RunStatus
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.waiting import wait_for
from tests.worker.support import Stand

from .behaviour import Bodies, plain
from .built import built
from .drawn import Kind, graphs, inputs_of_runs
from .interpreter import interpret

HASTY = {"orchestrator_heartbeat": 0.5, "orchestrator_lease": 2, "orchestrator_republish_after": 1}
COUNT = 100
#: What the workers that are killed do, and what the last one does; the setting may change while runs are under way.
KILLED, LAST = ("auto", False, True), "auto"


def some(count: int) -> list[tuple[dict[str, Any], int]]:
    """So many graphs of which it does not matter in what order their tasks end, the same in every run of this test."""
    found: list[tuple[dict[str, Any], int]] = []

    @settings(
        max_examples=count, derandomize=True, phases=[Phase.generate], database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(graphs(Kind(ordered=True, flaky=False)), inputs_of_runs)
    def keep(definition, value):
        found.append((definition, value))

    keep()
    return found[:count]


@pytest.fixture
def stand(ledger_server):
    with ExitStack() as stack:
        server = stack.enter_context(EmbeddedRedis())
        yield stack.enter_context(Stand(server.url(0), server.url(1), **HASTY))


def test_a_hundred_graphs_and_killed_workers(stand):
    """Given graphs whose workers are killed three times in between, then each ends as it should, visits included."""
    drawn = some(COUNT)
    runs = [built(definition, stand.app).apply_async((value,)) for definition, value in drawn]
    for kill, choice in enumerate(KILLED, 1):
        with stand.worker(orchestrator_continue=choice):  # which is killed at the end
            wait_for(lambda part=kill: ended(runs) >= COUNT * part // (len(KILLED) + 1), 120, "some of them to end")
            time.sleep(0.05 * kill)  # in the middle of something
    with stand.worker(orchestrator_continue=LAST):
        for (definition, value), run in zip(drawn, runs, strict=True):
            expected = interpret(definition, Bodies(), value)
            wait_for(lambda run=run: run.status.ended, 120, "its end")
            assert str(run.status) == expected.state, definition
            if run.status is RunStatus.SUCCEEDED:
                assert plain(run.outcome()) == plain(expected.value), definition
                visits = {view.name: view.visits for view in run.tree().children if " (" not in view.name}
                assert visits == {node["name"]: expected.visits[node["name"]] for node in definition["nodes"]}, (
                    definition
                )


def ended(runs: list[Any]) -> int:
    return sum(run.status.ended for run in runs)

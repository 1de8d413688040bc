"""A run in the store does what the interpreter does, step by step, in whatever order its tasks end."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from celery import Celery
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator_celery.store.scripting import scripts
from orchestrator_celery.store.scripting.script_text import script_text
from tests.kit.cases import amount

from .behaviour import Bodies, plain
from .built import built
from .drawn import Kind, graphs, inputs_of_runs
from .driver import Driver, Work, client_of
from .interpreter import END, START, Outcome, interpret
from .schedule import Leaf

EXAMPLES = amount(300, 3000)
#: Where a script says how many steps of a graph it takes.
STEPS = "graph.left = 100"
MANY = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def app(redis_server: Any) -> Iterator[Celery]:
    made = client_of(redis_server.url(5))
    yield made
    made.close()


@pytest.fixture
def in_slices(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Scripts that take one step of a graph in a call, where they take a hundred."""

    def text(verb: str) -> str:
        whole = script_text(verb)
        assert ("parse_graph" in whole) is (STEPS in whole)
        return whole.replace(STEPS, "graph.left = 1")

    monkeypatch.setattr(scripts, "script_text", text)
    scripts.load.cache_clear()
    yield
    scripts.load.cache_clear()


class Together:
    """A schedule of the interpreter that has a driver do the same.

    Args:
        driver: of the run in the store.
        choose: who starts or ends next.
        prompt: whatever can start has started before anything ends, as with workers enough.
        deaths: one in how many times a worker dies: before a task has ended, which starts again, and after that,
            before it has done what follows; 0 for never.
    """

    def __init__(self, driver: Driver, choose: random.Random, prompt: bool = True, deaths: int = 0) -> None:
        self.driver, self.choose, self.prompt, self.deaths = driver, choose, prompt, deaths

    def __call__(self, live: list[Leaf]) -> Leaf:
        """What needs no task is done; then the same one starts, or ends, in both."""
        for leaf in live:
            if leaf.body is None:
                return leaf
        leaves, found = sorted(live, key=lambda leaf: (word(leaf), leaf.path)), sorted(self.driver.work)
        expected = [(word(leaf), leaf.running) for leaf in leaves]
        at_work = [(work.word, self.driver.work[work].looked_at) for work in found]
        assert at_work == expected, f"at work {at_work}, expected {expected}"
        starting = [place for place, leaf in enumerate(leaves) if not leaf.running] if self.prompt else []
        place = self.choose.choice(starting or range(len(leaves)))
        if not leaves[place].running:
            self.driver.start(found[place])
            return leaves[place]
        if self.dies() and not leaves[place].waits:
            self.driver.lose(found[place])
        self.driver.end(found[place], forget=self.dies())
        return leaves[place]

    def dies(self) -> bool:
        return self.deaths > 0 and self.choose.randrange(self.deaths) == 0


def word(leaf: Leaf) -> str:
    """A leaf of the interpreter as the driver speaks of one."""
    names = tuple((step.name, "" if step.item is None else str(step.item)) for step in leaf.path)
    return Work.of(names, leaf.given, leaf.inputs).word


def compare(
    app: Celery, definition: Any, value: Any, choose: random.Random, sliced: bool = False, **how: Any
) -> Outcome:
    """Run a graph in both; `sliced`: a call takes one step of the graph in the store."""
    driver = Driver(app, definition, built(definition, app), value)
    outcome = interpret(definition, Bodies(), value, Together(driver, choose, **how))
    assert not driver.work, f"at work {driver.work}, expected none"
    assert driver.status == outcome.state, f"{driver.status}, expected {outcome.state}"
    if outcome.state == "SUCCEEDED":
        assert plain(driver.value) == plain(outcome.value), f"{driver.value}, expected {outcome.value}"
    else:
        assert driver.value == outcome.value.type, f"{driver.value}, expected {outcome.value}"
    own = {node["name"] for node in definition["nodes"]}
    visits, withdrawn = driver.visits(), driver.withdrawn()
    # Which of two decisions a sweep makes first, when both fail the graph, is chance.
    for name in own if not how.get("deaths") or outcome.state == "SUCCEEDED" else ():
        assert visits.get(name, 0) - withdrawn.get(name, 0) <= outcome.visits[name] <= visits.get(name, 0), name
    skipped = {name for name in outcome.skipped if name in own}
    if sliced and outcome.state != "SUCCEEDED":  # the graph may fail before the call that skips nodes
        skipped &= driver.skipped()
    assert driver.skipped() == skipped, f"skipped {driver.skipped()}, expected {skipped}"
    return outcome


drawn = graphs(Kind(approvals=True))


@pytest.mark.slow
@pytest.mark.timeout(900)  # finding the smallest example takes its time
@given(drawn, inputs_of_runs, st.randoms(use_true_random=False), st.booleans())
@MANY
def test_random_graphs(app, definition, value, choose, prompt):
    """Given a graph, when its tasks start and end in some order, then the same goes on after each, and it ends the same."""
    compare(app, definition, value, choose, prompt=prompt)


@pytest.mark.timeout(900)  # finding the smallest example takes its time
@given(drawn, inputs_of_runs, st.randoms(use_true_random=False))
@settings(MANY, max_examples=EXAMPLES // 5)
def test_workers_that_die(app, definition, value, choose):
    """Given the same, when workers die between its tasks and in them, then it comes to the same."""
    compare(app, definition, value, choose, deaths=3)


@pytest.mark.timeout(900)  # finding the smallest example takes its time
@pytest.mark.usefixtures("in_slices")
@given(drawn, inputs_of_runs, st.randoms(use_true_random=False), st.sampled_from([0, 3]))
@settings(MANY, max_examples=EXAMPLES // 3)
def test_one_step_in_a_call(app, definition, value, choose, deaths):
    """Given the same, when each call takes one step and leaves the rest to the next call, then it comes to the same."""
    compare(app, definition, value, choose, sliced=True, deaths=deaths)


# -- cases that did not agree at first ---------------------------------------------------------------------


def task(name: str, gives: str = "number") -> dict[str, Any]:
    return {"name": name, "seed": 1, "gives": gives, "fails": "never", "error": "Lost"}


def sequence(*nodes: dict[str, Any], more: Any = ()) -> dict[str, Any]:
    """Nodes one after the other."""
    names = [START, *(node["name"] for node in nodes), END]
    edges = [{"from": one, "to": other} for one, other in pairwise(names)]
    return {"nodes": list(nodes), "edges": [*edges, *more], "max_visits": 3}


NODE: dict[str, Any] = {"name": "x", "body": task("x")}
MISSING = {"more": ["item", ["run_input"], "x"]}
CASES = {
    "what a node is mapped over does not depend on its inputs": sequence(
        {"name": "a", "body": task("a", "list")},
        {"name": "m", "body": task("m"), "map_over": ["result"], "inputs": {"more": 1}},
    ),
    "inputs go to what begins a nested graph that is immutable": sequence(
        {"name": "n", "body": sequence(NODE), "immutable": True, "inputs": {"more": 1}}
    ),
    "an input that is not there fails the node, not what is in it": sequence(
        {"name": "n", "body": sequence(NODE, more=[{"from": "x", "error": None, "to": END}]), "inputs": MISSING}
    ),
    "nor does it keep the graph from being started": sequence({**NODE, "inputs": MISSING}),
}


@pytest.mark.parametrize("definition", CASES.values(), ids=CASES)
def test_cases(app, definition):
    compare(app, definition, 3, random.Random(0))

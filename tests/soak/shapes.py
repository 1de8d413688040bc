"""Shapes of workflows, each with the answer it has to give."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from celery import chain, chord, group

from orchestrator_celery import ComplexSignature, Swarm
from tests.soak import project as p
from tests.soak.client import add_and_close, suspend_for


@dataclass
class Flow:
    """One workflow, what it has to give, and which bodies it has to run: tag to the retries each begins with."""

    id: str
    shape: str
    signature: Any = None
    value: Any = None
    error: str | None = None
    bodies: dict[str, list[int]] = field(default_factory=dict)
    #: What the client does once it runs.
    then: Callable[[Any], None] | None = None


class Draft:
    """Makes the parts of one flow."""

    def __init__(self, flow: Flow, rng: Random):
        self.flow, self.rng = flow, rng

    def at(self, kind="add", retries=0):
        tag = f"{kind}{len(self.flow.bodies)}"
        self.flow.bodies[tag] = list(range(retries + 1))
        return [self.flow.id, tag, self.rng.choice([0, 0.05, 0.1, 0.2, 0.4])]

    def some(self, low, high):
        return [self.rng.randint(1, 1000) for _ in range(self.rng.randint(low, high))]

    def items(self, low=3, high=12):
        numbers = self.some(low, high)
        return [p.add.s(n, 1, self.at()) for n in numbers], [n + 1 for n in numbers]

    def steps(self, low=2, high=8, first=True):
        """A chain, and what it adds up to; what it is given comes on top where it is not the first."""
        numbers = self.some(low, high)
        steps = [p.add.s(n, self.at()) for n in numbers]
        if first:
            steps[0] = p.add.s(0, *steps[0].args)
        return chain(steps), sum(numbers)

    def join(self):
        return p.total.s(self.at("join"))

    def tail(self):
        return p.add.s(1, self.at("tail"))


def _chain(d):
    steps, value = d.steps()
    return chain(steps, d.tail()), value + 1


def _group(d):
    items, values = d.items()
    return group(items), values


def _chord(d):
    items, values = d.items()
    return chain(chord(items, d.join()), d.tail()), sum(values) + 1


def _nested(d):
    first, start = d.steps(1, 3)
    branch, more = d.steps(1, 3, first=False)
    header, by = d.some(2, 4), d.some(1, 1)[0]
    inner = chord([p.add.s(n, d.at()) for n in header], d.join())
    members = group(branch, inner, p.add.s(by, d.at()))
    value = start + more + sum(start + n for n in header) + start + by
    return chain(first, members, d.join(), d.tail()), value + 1


def _bounded(d):
    items, values = d.items(5, 20)
    return Swarm(items, max_concurrency=d.rng.randint(1, 4)), values


def _tolerant(d):
    items, values = d.items(5, 15)
    for index in d.rng.sample(range(len(items)), 2):
        tag = items[index].args[-1][1]
        items[index], values[index] = p.broken.s([d.flow.id, tag, 0.01]), None
    return chain(Swarm(items, max_failures=2), d.join(), d.tail()), sum(v or 0 for v in values) + 1


def _swarm_of_chains(d):
    parts = [d.steps(1, 3) for _ in range(d.rng.randint(3, 6))]
    return chain(Swarm([part for part, _ in parts], max_concurrency=2), d.join()), sum(v for _, v in parts)


def _swarm_given(d):
    first, start = d.steps(1, 2)
    numbers = d.some(3, 10)
    return chain(first, Swarm([p.add.s(n, d.at()) for n in numbers]), d.join()), sum(start + n for n in numbers)


def _retries(d):
    times, times_in_group = d.rng.randint(1, 3), d.rng.randint(1, 2)
    members = group(p.flaky.s(times_in_group, d.at("flaky", times_in_group)), p.add.s(5, d.at()))
    return chain(p.flaky.s(1, times, d.at("flaky", times)), members, d.join()), 2 * (1 + times) + times_in_group + 5


def _replaced(d):
    bys, joins = d.some(2, 5), d.rng.random() < 0.5
    places = [d.at("inner") for _ in bys] + ([d.at("innerjoin")] if joins else [])
    value = sum(1 + by for by in bys) if joins else 1 + sum(bys)
    return chain(p.swap.s(1, bys, places, d.at("swap")), d.tail()), value + 1


def _replaced_in_group(d):
    bys, number = d.some(2, 3), d.some(1, 1)[0]
    swap = p.swap.s(1, bys, [d.at("inner") for _ in bys], d.at("swap"))
    return chain(group(swap, p.add.s(number, 1, d.at())), d.join()), 1 + sum(bys) + number + 1


def _countdown(d):
    steps, value = d.steps(1, 3)
    return chain(steps, p.add.s(7, d.at()).set(countdown=round(d.rng.uniform(0.3, 3), 1)), d.tail()), value + 8


def _checkpoints(d):
    count = d.rng.randint(5, 25)
    return chain(p.stepper.s(1, count, d.at("stepper")), d.tail()), count + 2


def _handled(d):
    steps, value = d.steps()
    return ComplexSignature(steps, on_success=p.mark.s(d.at("success"))), value


def _failing(d):
    steps, _ = d.steps(1, 3)
    d.flow.error = "ValueError"
    workflow = chain(steps, p.broken.s(d.at("broken")), p.add.s(1, [d.flow.id, "never", 0]))
    return ComplexSignature(workflow, on_error=p.mark.s(d.at("handler"))), None


def _failing_swarm(d):
    items, _ = d.items(3, 8)
    d.flow.error = "SwarmFailed"
    never = p.total.s([d.flow.id, "never", 0])
    workflow = chain(Swarm([*items, p.broken.s(d.at("broken"))]), never)
    return ComplexSignature(workflow, on_error=p.mark.s(d.at("handler"))), None


def _open(d):
    items, values = d.items(1, 4)
    late, later = d.items(2, 8)
    d.flow.then = lambda run: add_and_close(run, len(values), late)
    return Swarm(items, open=True, max_concurrency=2), values + later


def _suspended(d):
    items, values = d.items(5, 12)
    pause = round(d.rng.uniform(0.2, 2), 1)
    d.flow.then = lambda run: suspend_for(run, pause)
    return chain(Swarm(items, max_concurrency=2), d.join()), sum(values)


SHAPES = {
    "chain": _chain, "group": _group, "chord": _chord, "nested": _nested, "bounded swarm": _bounded,
    "tolerant swarm": _tolerant, "swarm of chains": _swarm_of_chains, "swarm in a chain": _swarm_given,
    "retries": _retries, "replaced": _replaced, "replaced in a group": _replaced_in_group, "countdown": _countdown,
    "checkpoints": _checkpoints, "on_success": _handled, "failing chain": _failing, "failing swarm": _failing_swarm,
    "open swarm": _open, "suspended": _suspended,
}  # fmt: skip
